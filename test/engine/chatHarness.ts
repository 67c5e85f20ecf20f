import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { AnswerSettings } from '../../src/extension/chat/answerSettings.ts';
import { ChatSession } from '../../src/extension/chat/chatSession.ts';
import type { ContextOffer, ContextSource } from '../../src/extension/chat/contextSource.ts';
import { ConversationStore } from '../../src/extension/chat/conversationStore.ts';
import { Notices } from '../../src/extension/chat/notices.ts';
import { confirmMemory } from '../../src/extension/models/confirmMemory.ts';
import { type ModelSettings, ModelSession } from '../../src/extension/models/modelSession.ts';
import { TraceStore } from '../../src/extension/trace/traceStore.ts';
import { EngineHost } from '../../src/engineClient/engineHost.ts';
import type { AnswerView, ChatState, HostMessage } from '../../src/protocol/chat.ts';
import type { Conversation } from '../../src/protocol/conversation.ts';
import { enginePath } from '../support/engineProcess.ts';

class OfferedContext implements ContextSource {
  readonly offers: ContextOffer[];

  constructor(offers: ContextOffer[]) {
    this.offers = offers;
  }

  setAttached(id: string, attached: boolean): void {
    this.offers.forEach((offer, index) => {
      if (offer.id === id) this.offers[index] = { ...offer, attached };
    });
  }

  sent(): void {
    for (const { id } of this.offers) this.setAttached(id, false);
  }
}

/**
 * The chat of one window with everything real (engine process, model, files) but the editor: its settings,
 * dialogs and documents are the fields below, and the page is whoever reads `messages`.
 */
export class ChatHarness {
  readonly messages: HostMessage[] = [];
  readonly reports: string[] = [];
  readonly inserted: string[] = [];
  readonly exported: Conversation[] = [];
  /** What the editor offers; tests put offers in. */
  readonly offers: ContextOffer[] = [];
  modelSettings: ModelSettings;
  answerSettings: AnswerSettings = {
    mode: 'force',
    budgetTokens: 8,
    sampling: { seed: 1 },
    keepTraces: true,
  };
  /** The answers whose traces were opened. */
  readonly openedTraces: string[] = [];
  readonly traces: TraceStore;
  /** What the user picks when asked for a model; undefined closes the dialog. */
  pickedModel: string | undefined;
  remembered: string | undefined;
  readonly engine = new EngineHost({ enginePath });
  readonly model: ModelSession;
  readonly session: ChatSession;
  readonly #waiting = new Set<() => void>();

  constructor(options: {
    readonly folder: string;
    readonly model: ModelSettings;
    readonly remembered?: string;
  }) {
    this.modelSettings = options.model;
    this.remembered = options.remembered;
    const t = (message: string, ...values: (string | number | boolean)[]): string =>
      message.replaceAll(/\{(\d+)\}/gu, (_, index: string) => String(values[Number(index)]));
    const chooseModel = (): Promise<boolean> => {
      if (this.pickedModel === undefined) return Promise.resolve(false);
      this.modelSettings = { ...this.modelSettings, path: this.pickedModel, isEmbedded: false };
      this.model.settingsChanged();
      return Promise.resolve(true);
    };
    this.traces = new TraceStore(path.join(options.folder, 'chats', 'traces'), { maxBytes: 2 ** 26 });
    const notices = new Notices(() => this.session.postState());
    this.model = new ModelSession({
      engine: this.engine,
      backendFolder: path.join(options.folder, 'backends'),
      settings: () => this.modelSettings,
      confirmMemory: (needed) => confirmMemory({ t, notices, chooseModel }, needed),
      onChange: (view) => this.session.modelChanged(view),
    });
    this.session = new ChatSession({
      engine: this.engine,
      model: this.model,
      notices,
      store: new ConversationStore(path.join(options.folder, 'chats'), (message) =>
        this.reports.push(message),
      ),
      traces: this.traces,
      context: new OfferedContext(this.offers),
      actions: {
        chooseModel,
        copy: () => Promise.resolve(),
        insert: (text) => Promise.resolve(void this.inserted.push(text)),
        exportMarkdown: (conversation) => Promise.resolve(void this.exported.push(conversation)),
        openTrace: (_, answerId) => Promise.resolve(void this.openedTraces.push(answerId)),
        setReasoningMode: (mode) => {
          this.answerSettings = { ...this.answerSettings, mode };
          return Promise.resolve();
        },
      },
      settings: () => this.answerSettings,
      t,
      post: (message) => {
        this.messages.push(message);
        for (const check of this.#waiting) check();
        return true;
      },
      onActivity: () => undefined,
      remember: (id) => {
        this.remembered = id;
      },
      remembered: options.remembered,
      log: () => undefined,
      newId: randomUUID,
      now: Date.now,
    });
  }

  get state(): ChatState {
    return this.session.state();
  }

  /** The answers of the shown branch, oldest first. */
  get answers(): readonly AnswerView[] {
    return this.state.turns.filter((turn): turn is AnswerView => turn.kind === 'answer');
  }

  /** Resolves when `condition` holds; it is looked at after each message to the page. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Asks and waits until the answer has come to its end. */
  async ask(text: string): Promise<AnswerView> {
    const before = this.state.turns.length;
    await this.session.receive({ type: 'ask', text });
    await this.until(() => this.state.turns.length > before && this.state.busy === undefined);
    return this.lastAnswer();
  }

  lastAnswer(): AnswerView {
    const answer = this.answers.at(-1);
    if (answer === undefined) throw new Error('There is no answer.');
    return answer;
  }

  /** Picks an action of a notice, when it is there. */
  async pick(noticeId: string, actionId: string): Promise<string> {
    const find = () => this.state.notices.find(({ id }) => id === noticeId);
    await this.until(() => find() !== undefined);
    const message = find()?.message ?? '';
    await this.session.receive({ type: 'noticeAction', noticeId, actionId });
    return message;
  }

  async close(): Promise<void> {
    await this.session.dispose();
    await this.engine.dispose();
  }
}
