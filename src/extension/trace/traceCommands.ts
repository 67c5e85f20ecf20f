import path from 'node:path';
import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { readTrace } from '../../reasoning/trace/readTrace.ts';
import { traceJson } from '../../reasoning/trace/traceJson.ts';
import { askForTarget } from '../askForTarget.ts';
import type { ChatSession } from '../chat/chatSession.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { AnswerSettings } from '../chat/answerSettings.ts';
import { type TraceEditors, traceEditorId } from './traceEditors.ts';
import type { TraceStore } from './traceStore.ts';
import type { TraceSource } from './traceWebview.ts';

export interface TraceCommandsOptions {
  readonly session: ChatSession;
  readonly traces: TraceStore;
  readonly editors: TraceEditors;
  readonly model: ModelSession;
  readonly settings: () => AnswerSettings;
  readonly reveal: () => Thenable<unknown>;
}

const MIN_ANSWERS = 2;
const MAX_ANSWERS = 8;
/** DeepSeek recommends 0.5 to 0.7 for its reasoning models; a greedy model would give one answer several times. */
const DIFFERENT_TEMPERATURE = 0.6;

/** What the commands about traces do, by name; they throw what is to be told. */
export function traceCommands(options: TraceCommandsOptions): Readonly<Record<string, () => unknown>> {
  const { session, editors } = options;
  return {
    openTrace: async () => {
      await session.restore();
      const source = await pickTrace(options, vscode.l10n.t('Open Trace'));
      if (source !== undefined) await editors.open(source.uri);
    },
    compareTraces: async () => {
      await session.restore();
      const one = await pickTrace(options, vscode.l10n.t('Compare Traces: the First One'));
      const other = one && (await pickTrace(options, vscode.l10n.t('Compare Traces: the Second One')));
      if (one && other) editors.showSeveral('compare', [one, other], vscode.l10n.t('Compare Traces'));
    },
    exportTrace: async () => {
      await session.restore();
      const source =
        shownTraces().find(({ isActive }) => isActive) ??
        (await pickTrace(options, vscode.l10n.t('Export Trace')));
      if (source !== undefined) await exportTrace(source);
    },
    askSeveralTimes: () => askSeveralTimes(options),
  };
}

/** Opens the trace of an answer. @throws GlassboxError `request/invalid` when it is not kept any more */
export async function openTraceOf(
  { traces, editors }: Pick<TraceCommandsOptions, 'traces' | 'editors'>,
  conversationId: string,
  answerId: string,
): Promise<void> {
  const file = await traces.fileOf(conversationId, answerId);
  if (file === undefined) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t('The trace of this answer is not kept any more: newer ones have taken its room.'),
    );
  }
  await editors.open(vscode.Uri.file(file));
}

/** The traces that are open in editors. */
function shownTraces(): readonly (TraceSource & { readonly isActive: boolean })[] {
  const active = vscode.window.tabGroups.activeTabGroup.activeTab;
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap((tab) =>
      tab.input instanceof vscode.TabInputCustom && tab.input.viewType === traceEditorId
        ? [{ uri: tab.input.uri, name: path.posix.basename(tab.input.uri.path), isActive: tab === active }]
        : [],
    );
}

/** Undefined when nothing was picked. */
async function pickTrace(
  { session, traces }: TraceCommandsOptions,
  title: string,
): Promise<TraceSource | undefined> {
  const { id, nodes } = session.shown;
  const answers = await Promise.all(
    nodes.map(async (node) => {
      if (node.kind !== 'answer' || node.hasTrace !== true) return [];
      const file = await traces.fileOf(id, node.id);
      const asked = nodes.find(({ id: each }) => each === node.parentId);
      const label = asked?.kind === 'question' ? firstLine(asked.text) : node.id;
      const written = new Date(node.createdAt);
      // Answers to one question are told apart by their time.
      const name = `${label} (${written.toLocaleTimeString()})`;
      const source = file === undefined ? undefined : { name, uri: vscode.Uri.file(file) };
      return source === undefined
        ? []
        : [
            {
              label,
              description: written.toLocaleString(),
              detail: firstLine(node.answer),
              source,
            },
          ];
    }),
  );
  const open = shownTraces().map(({ name, uri }) => ({
    label: name,
    description: vscode.l10n.t('open in an editor'),
    detail: '',
    source: { name, uri },
  }));
  const file = { label: vscode.l10n.t('Choose a File…'), description: '', detail: '', source: undefined };
  const picked = await vscode.window.showQuickPick([...answers.flat().reverse(), ...open, file], {
    title,
    placeHolder: vscode.l10n.t('An answer of this chat, or a file'),
    matchOnDetail: true,
  });
  if (picked === undefined || picked.source !== undefined) return picked?.source;
  const [uri] = (await vscode.window.showOpenDialog({ title, filters: { Glassbox: ['gbtrace'] } })) ?? [];
  return uri && { name: path.posix.basename(uri.path), uri };
}

async function exportTrace(source: TraceSource): Promise<void> {
  const name = path.posix.basename(source.uri.path, '.gbtrace');
  const target = await askForTarget({
    title: vscode.l10n.t('Export Trace'),
    fileName: `${name}.gbtrace`,
    filters: { [vscode.l10n.t('Glassbox Trace')]: ['gbtrace'], JSON: ['json'] },
  });
  if (target === undefined) return;
  const bytes = await vscode.workspace.fs.readFile(source.uri);
  const isJson = path.posix.extname(target.path).toLowerCase() === '.json';
  const written = isJson
    ? new TextEncoder().encode(JSON.stringify(traceJson(readTrace(bytes, source.name).trace), undefined, 2))
    : bytes;
  await vscode.workspace.fs.writeFile(target, written);
}

async function askSeveralTimes({
  session,
  traces,
  editors,
  model,
  settings,
  reveal,
}: TraceCommandsOptions): Promise<void> {
  await session.restore();
  if (!settings().keepTraces) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t(
        'Answers are compared by their traces, which the setting glassbox.traces.keep turns off.',
      ),
    );
  }
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Ask Several Times'),
    prompt: vscode.l10n.t('The question. Each answer gets a seed of its own.'),
    value: session.lastQuestion ?? '',
    // A page that takes the focus as it opens would take the question along.
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === '') return;
  const counts = Array.from({ length: MAX_ANSWERS - MIN_ANSWERS + 1 }, (_, index) =>
    String(MIN_ANSWERS + index),
  );
  const count = await vscode.window.showQuickPick(counts, {
    title: vscode.l10n.t('How Many Times?'),
    ignoreFocusOut: true,
  });
  if (count === undefined) return;
  await reveal();
  const recommended = (await model.load()).sampling.temperature;
  const temperature = settings().sampling.temperature ?? recommended;
  const sampling = { temperature: temperature > 0 ? temperature : DIFFERENT_TEMPERATURE };
  const { conversationId, answerIds } = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Asking {0} times', count),
      cancellable: true,
    },
    (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      return session.askSeveral(text, {
        count: Number(count),
        sampling,
        signal: abort.signal,
        onAnswer: (answers) =>
          progress.report({
            increment: 100 / Number(count),
            message: vscode.l10n.t('{0} of {1}', answers, count),
          }),
      });
    },
  );
  const sources: TraceSource[] = [];
  for (const [index, answerId] of answerIds.entries()) {
    const file = await traces.fileOf(conversationId, answerId);
    if (file !== undefined)
      sources.push({ name: vscode.l10n.t('Answer {0}', index + 1), uri: vscode.Uri.file(file) });
  }
  if (sources.length > 0)
    editors.showSeveral('several', sources, vscode.l10n.t('Answers: {0}', firstLine(text)));
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
