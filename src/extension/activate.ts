import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import * as vscode from 'vscode';
import { embeddedModelPath } from '../engineClient/embeddedModelPath.ts';
import { EngineHost } from '../engineClient/engineHost.ts';
import { copyText, insertIntoEditor, openAsMarkdown } from './chat/answerDocuments.ts';
import { ChatSession } from './chat/chatSession.ts';
import { ChatViewProvider, chatViewId } from './chat/chatViewProvider.ts';
import { ConversationStore } from './chat/conversationStore.ts';
import { EditorContext } from './chat/editorContext.ts';
import { dismissAction, Notices } from './chat/notices.ts';
import { DiagnosticsViews, diagnosticsViewId } from './diagnostics/diagnosticsViews.ts';
import { answeredQuestions } from './diagnostics/answeredQuestions.ts';
import { diagnosedModel } from './diagnostics/diagnosedModel.ts';
import { answerTransport } from './diagnostics/answerTransport.ts';
import { savedAnswers } from './diagnostics/savedAnswers.ts';
import { SavedExperts } from './diagnostics/savedExperts.ts';
import { registerCommands } from './commands.ts';
import { ContextKeys } from './contextKeys.ts';
import { CountedRecords } from './countedRecords.ts';
import { describeEngineState } from './engine/describeEngineState.ts';
import { findNodeProgram } from './engine/nodeProgram.ts';
import { chooseModel } from './models/chooseModel.ts';
import { confirmMemory } from './models/confirmMemory.ts';
import { ModelSession } from './models/modelSession.ts';
import { RecentModels } from './models/recentModels.ts';
import { registerRefactor } from './refactor/registerRefactor.ts';
import { answerSettings, configuredNodePath, modelSettings, updateSetting } from './settings.ts';
import { StatusBar } from './statusBar.ts';
import { TestReporter } from './testReport.ts';
import { openTraceOf, traceCommands } from './trace/traceCommands.ts';
import { TraceEditors } from './trace/traceEditors.ts';
import { TraceStore } from './trace/traceStore.ts';

/** All saved traces of a workspace together. An answer of a thousand tokens takes a fraction of a megabyte. */
const maxTraceBytes = 512 * 2 ** 20;

const shownKey = 'glassbox.shownConversation';

/** What has to come to an end, in order, before the window closes. */
let closing: (() => Promise<void>) | undefined;

/** Wires the parts together. Nothing is started, read or loaded here: that happens at the first use. */
export function activate(context: vscode.ExtensionContext): void {
  const startedAt = performance.now();
  const t = vscode.l10n.t;
  const output = vscode.window.createOutputChannel('Glassbox');
  const log = (message: string): void => output.appendLine(`${new Date().toISOString()} ${message}`);

  const engine = new EngineHost(async () => {
    const node = await findNodeProgram({
      configured: configuredNodePath(),
      packagedFolder: path.join(context.extensionPath, 'node'),
      isElectron: process.versions['electron'] !== undefined,
      searchPath: process.env['PATH'] ?? '',
      t,
    });
    log(`The engine’s Node is ${node.path ?? process.execPath}.`);
    if (node.warning !== undefined) warnOfNode(node.warning);
    return {
      enginePath: path.join(context.extensionPath, 'dist', 'engine.mjs'),
      yields: true,
      onOutput: (text) => output.append(text),
      ...(node.path === undefined ? {} : { nodePath: node.path }),
    };
  });

  engine.onChange((state) => {
    const line = describeEngineState(state);
    if (line !== undefined) log(line);
  });

  const recent = new RecentModels(context.globalState);
  const embeddedPath = embeddedModelPath(context.extensionUri.fsPath);
  const embedded = existsSync(embeddedPath) ? embeddedPath : undefined;
  if (embedded === undefined)
    log(`The model that comes with Glassbox is missing: there is no ${embeddedPath}.`);
  const settings = () => modelSettings(embedded);
  const choose = (): Promise<boolean> => chooseModel(recent, settings(), embedded);
  const reveal = (): Thenable<unknown> => vscode.commands.executeCommand(`${chatViewId}.focus`);

  const notices = new Notices(() => session.postState());
  // Told once: an engine that is started again would say the same.
  const toldOfNode = new Set<string>();
  const warnOfNode = (message: string): void => {
    log(message);
    if (toldOfNode.has(message)) return;
    toldOfNode.add(message);
    const actions = [{ id: dismissAction, label: t('Dismiss') }];
    void notices.ask({ id: 'node', severity: 'warning', message, actions });
  };
  const model = new ModelSession({
    engine,
    // The machine's, not the workspace's.
    backendFolder: path.join(context.globalStorageUri.fsPath, 'backends'),
    settings,
    confirmMemory: (needed) => {
      void reveal();
      return confirmMemory({ t, notices, chooseModel: choose }, needed);
    },
    onChange: (view) => {
      statusBar.setModel(view);
      session.modelChanged(view);
      if (view.status !== 'loading') diagnostics.changed();
    },
  });
  const statusBar = new StatusBar(model.view);
  const contextKeys = new ContextKeys();
  const editorContext = new EditorContext(() => session.contextChanged());
  const storage = context.storageUri ?? context.globalStorageUri;
  const store = new ConversationStore(path.join(storage.fsPath, 'conversations'), (message) => {
    log(message);
    void vscode.window.showWarningMessage(`Glassbox: ${message}`);
  });
  const traces = new TraceStore(path.join(storage.fsPath, 'conversations', 'traces'), {
    maxBytes: maxTraceBytes,
  });
  const session: ChatSession = new ChatSession({
    engine,
    model,
    notices,
    store,
    traces,
    context: editorContext,
    actions: {
      copy: copyText,
      insert: insertIntoEditor,
      exportMarkdown: (conversation) => openAsMarkdown(conversation, { withThoughts: false }),
      chooseModel: choose,
      openTrace: (conversationId, answerId) => openTraceOf({ traces, editors }, conversationId, answerId),
      setReasoningMode: (mode) => updateSetting('reasoning.mode', mode),
    },
    settings: answerSettings,
    t,
    post: (message) => {
      if (message.type === 'state') diagnostics.changed();
      return view.post(message);
    },
    onActivity: (live) => {
      statusBar.setLive(live);
      contextKeys.setLive(live);
    },
    remember: (id) => void context.workspaceState.update(shownKey, id),
    remembered: context.workspaceState.get<string>(shownKey),
    log,
    newId: randomUUID,
    now: Date.now,
  });
  const reportFile = process.env['GLASSBOX_TEST'] === '1' ? process.env['GLASSBOX_REPORT_FILE'] : undefined;
  const counted = new CountedRecords();
  const diagnostics = new DiagnosticsViews({
    extensionUri: context.extensionUri,
    source: {
      engine: () =>
        reportFile === undefined
          ? engine.runningClient()
          : engine.runningClient()?.then((client) => counted.of(client)),
      model: () => model.loaded && diagnosedModel(model.loaded),
      conversation: () => {
        const { id, title, nodes } = session.shown;
        return {
          id,
          title,
          questions: answeredQuestions(nodes),
          transport: answerTransport(nodes),
          answers: savedAnswers(nodes),
        };
      },
      savedExperts: new SavedExperts({ traces, log }),
      now: Date.now,
    },
    log,
  });
  const view = new ChatViewProvider({
    extensionUri: context.extensionUri,
    receive: (message) => void session.receive(message),
    log,
  });

  const editors = new TraceEditors({
    extensionUri: context.extensionUri,
    session,
    revealChat: reveal,
    log,
  });

  const refactor = registerRefactor({
    engine,
    model,
    traces,
    settings: answerSettings,
    log,
    now: Date.now,
    memory: context.globalState,
    folder: path.join(storage.fsPath, 'refactorings'),
    extensionPath: context.extensionPath,
    openTrace: (conversationId, answerId) => openTraceOf({ traces, editors }, conversationId, answerId),
    askInChat: async (question) => {
      await session.restore();
      session.newChat();
      session.putIntoInput(question);
      await reveal();
      await session.focusInput();
    },
  });

  context.subscriptions.push(
    refactor,
    output,
    statusBar,
    editorContext,
    vscode.window.registerWebviewViewProvider(chatViewId, view),
    editors.register(),
    vscode.window.registerWebviewViewProvider(diagnosticsViewId, diagnostics),
    registerCommands({
      session,
      engine,
      model,
      editorContext,
      diagnostics,
      output,
      chooseModel: choose,
      reveal,
      more: traceCommands({ session, traces, editors, model, settings: answerSettings, reveal }),
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration('glassbox')) return;
      model.settingsChanged();
      session.postState();
    }),
  );
  closing = async () => {
    await refactor.close();
    await session.dispose();
    await engine.dispose();
  };

  const activationMs = performance.now() - startedAt;
  if (reportFile !== undefined) {
    const reporter = new TestReporter({
      file: reportFile,
      engine,
      activationMs,
      counted,
      conversationId: () => session.shown.id,
    });
    void vscode.commands.executeCommand('setContext', 'glassbox.test', true);
    context.subscriptions.push(
      reporter,
      vscode.commands.registerCommand('glassbox.dev.report', () => reporter.writeAndReset()),
    );
  }
}

/** The editor waits a few seconds for this: what was written is saved, then the engine goes. */
export async function deactivate(): Promise<void> {
  await closing?.();
  closing = undefined;
}
