import * as vscode from 'vscode';
import type { EngineHost } from '../engineClient/engineHost.ts';
import { GlassboxError } from '../protocol/errors.ts';
import { ReasoningMode } from '../protocol/generation.ts';
import { openAsMarkdown } from './chat/answerDocuments.ts';
import type { ChatSession } from './chat/chatSession.ts';
import type { EditorContext } from './chat/editorContext.ts';
import type { DiagnosticsViews } from './diagnostics/diagnosticsViews.ts';
import type { ModelSession } from './models/modelSession.ts';
import { answerSettings, updateSetting } from './settings.ts';

export interface CommandsOptions {
  readonly session: ChatSession;
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly editorContext: EditorContext;
  readonly diagnostics: DiagnosticsViews;
  readonly output: vscode.OutputChannel;
  readonly chooseModel: () => Promise<boolean>;
  readonly reveal: () => Thenable<unknown>;
  /** Of other parts, by name. */
  readonly more: Readonly<Record<string, () => unknown>>;
}

/** Registers what the command palette, menus and keys call. A failure is told in the editor's own way. */
export function registerCommands(options: CommandsOptions): vscode.Disposable {
  const { session, engine, model, editorContext, diagnostics, output, chooseModel, reveal, more } = options;
  const commands: Readonly<Record<string, () => unknown>> = {
    focusChat: async () => {
      await reveal();
      await session.focusInput();
    },
    newChat: async () => {
      await reveal();
      await session.restore();
      session.newChat();
      await session.focusInput();
    },
    askAboutSelection: async () => {
      editorContext.attachSelection();
      await reveal();
      await session.focusInput();
    },
    stop: () => session.stop(),
    answerNow: () => session.answerNow(),
    retry: async () => {
      await reveal();
      await session.restore();
      await session.retry();
    },
    chooseModel: async () => {
      if (!(await chooseModel())) return;
      await reveal();
      await model.load();
    },
    chooseReasoningMode,
    showEngineOutput: () => output.show(true),
    restartEngine: () => restartEngine(session, engine, model),
    measureBackends: () => measureBackends(session, model, diagnostics),
    showDiagnostics: async () => {
      await session.restore();
      diagnostics.showTab();
    },
    exportDiagnostics: async () => {
      await session.restore();
      await diagnostics.export();
    },
    exportChat: () => exportChat(session, false),
    exportChatWithThoughts: () => exportChat(session, true),
    openHistory: async () => {
      await session.restore();
      if (await openHistory(session)) await reveal();
    },
    ...more,
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`glassbox.${name}`, async () => {
        try {
          await run();
        } catch (thrown) {
          const error = GlassboxError.from(thrown);
          if (error.code === 'request/cancelled') return;
          output.appendLine(error.message);
          void vscode.window.showErrorMessage(`Glassbox: ${error.message}`);
        }
      }),
    ),
  );
}

async function restartEngine(session: ChatSession, engine: EngineHost, model: ModelSession): Promise<void> {
  const hadModel = model.loaded !== undefined;
  session.stop();
  await engine.stop();
  if (hadModel) await model.load();
  else await engine.client();
  vscode.window.setStatusBarMessage(vscode.l10n.t('The Glassbox engine was restarted.'), 5000);
}

/** Shows how far it is, can be cancelled, and says what came of it. */
async function measureBackends(
  session: ChatSession,
  model: ModelSession,
  diagnostics: DiagnosticsViews,
): Promise<void> {
  const { t } = vscode.l10n;
  session.stop();
  const { backend } = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t('Glassbox: measuring backends'),
      cancellable: true,
    },
    async (progress, token) => {
      const listening = token.onCancellationRequested(() => model.cancelLoading());
      let shown = 0;
      const stop = model.onProgress(({ fraction, trying }) => {
        progress.report({ increment: 100 * (fraction - shown), message: trying ?? '' });
        shown = fraction;
      });
      try {
        return await model.measureBackends();
      } finally {
        stop();
        listening.dispose();
      }
    },
  );
  const show = t('Show Diagnostics');
  const said = t('Glassbox runs on {0} ({1}). {2}', backend.device, backend.used, backend.reason);
  if ((await vscode.window.showInformationMessage(said, show)) === show) {
    await session.restore();
    diagnostics.showTab();
  }
}

async function exportChat(session: ChatSession, withThoughts: boolean): Promise<void> {
  await session.restore();
  if (session.shown.nodes.length > 0) await openAsMarkdown(session.shown, { withThoughts });
  else
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is nothing to export yet: this chat is empty.'),
    );
}

async function chooseReasoningMode(): Promise<void> {
  const details: Readonly<Record<ReasoningMode, string>> = {
    auto: vscode.l10n.t('The model decides whether it thinks first.'),
    force: vscode.l10n.t('Every reply starts with a thought, with any model.'),
    off: vscode.l10n.t('Replies start with the answer.'),
  };
  const current = answerSettings().mode;
  const picked = await vscode.window.showQuickPick(
    ReasoningMode.options.map((mode) => ({
      label: mode,
      description: mode === current ? vscode.l10n.t('current') : '',
      detail: details[mode],
    })),
    { title: vscode.l10n.t('Choose Reasoning Mode') },
  );
  if (picked !== undefined) await updateSetting('reasoning.mode', picked.label);
}

/** False when nothing was picked. */
async function openHistory(session: ChatSession): Promise<boolean> {
  const remove = { iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('Delete This Chat') };
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly id: string }>();
  const fill = (): void => {
    pick.items = session.history.map(({ id, title, updatedAt }) => ({
      id,
      label: title,
      description: new Date(updatedAt).toLocaleString(),
      buttons: [remove],
    }));
  };
  pick.title = vscode.l10n.t('Open Chat');
  pick.placeholder = vscode.l10n.t('Search the titles of earlier chats');
  fill();
  return await new Promise((resolve) => {
    pick.onDidTriggerItemButton(({ item }) => void session.deleteConversation(item.id).then(fill));
    pick.onDidAccept(() => {
      const [picked] = pick.selectedItems;
      pick.hide();
      if (picked !== undefined) void session.openConversation(picked.id).then(() => resolve(true));
    });
    pick.onDidHide(() => {
      pick.dispose();
      // After an accepted pick the promise is, or will be, resolved with true.
      if (pick.selectedItems.length === 0) resolve(false);
    });
    pick.show();
  });
}
