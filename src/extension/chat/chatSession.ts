import type { EngineHost } from '../../engineClient/engineHost.ts';
import type {
  ChatState,
  ConversationSummary,
  HostMessage,
  ModelView,
  PageMessage,
} from '../../protocol/chat.ts';
import type { Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { machineMs } from '../../protocol/machineMs.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { Translate } from '../translate.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import { Answering } from './answering.ts';
import type { AnswerRun, AnswerRunEnd, TextDelta } from './answerRun.ts';
import type { AnswerSettings } from './answerSettings.ts';
import { comesFromAnAnswer } from './answerText.ts';
import { Asking } from './asking.ts';
import type { ChatActions } from './chatActions.ts';
import { ChatHistory } from './chatHistory.ts';
import { ChatPage } from './chatPage.ts';
import { ContextCosts } from './contextCosts.ts';
import type { ContextSource } from './contextSource.ts';
import { continueAnswer } from './continueAnswer.ts';
import type { ConversationStore } from './conversationStore.ts';
import { currentPath, emptyConversation, withBranch } from './conversationTree.ts';
import { isContinuable, type TracedAnswerId } from './isContinuable.ts';
import type { LiveAnswer } from './liveAnswer.ts';
import type { Notices } from './notices.ts';
import { OpenConversations } from './openConversations.ts';
import type { severalAnswers, SeveralOptions } from './severalAnswers.ts';
import { tellInPanel } from './tellInPanel.ts';

export interface ChatSessionOptions {
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly notices: Notices;
  readonly store: ConversationStore;
  readonly traces: TraceStore;
  readonly context: ContextSource;
  readonly actions: ChatActions;
  readonly settings: () => AnswerSettings;
  readonly t: Translate;
  /** To the page. False where none is there: it asks for the whole state when it comes. */
  readonly post: (message: HostMessage) => boolean;
  /** Tells the status bar and the editor's context keys what is going on. */
  readonly onActivity: (live: LiveAnswer | undefined) => void;
  /** Keeps the id of the shown conversation over a restart of the window. */
  readonly remember: (conversationId: string) => void;
  readonly remembered: string | undefined;
  readonly log: (message: string) => void;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const streamSaveMs = 2000;

/**
 * The chat of one window, for the editor and the page: what either wants is done by the part it concerns (`Asking`,
 * `ChatHistory`, `Answering`), and what came of it is told to the other. The page sends intentions to `receive`, and
 * gets the state and small changes to it through `post`.
 */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #conversations: OpenConversations;
  readonly #costs: ContextCosts;
  readonly #answering: Answering;
  readonly #history: ChatHistory;
  readonly #asking: Asking;
  readonly #page: ChatPage;
  #wantsFocus = false;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#costs = new ContextCosts({ ...options, onChange: () => this.#page.postChips() });
    this.#conversations = new OpenConversations(
      {
        store: options.store,
        writing: () => this.#answering.writing,
        onSaveFailed: (message) => tellInPanel(options, message, 'error'),
      },
      emptyConversation(options.newId(), options.now()),
    );
    this.#answering = new Answering({
      ...options,
      conversations: this.#conversations,
      onChange: () => this.postState(),
      onLive: (...news) => this.#onLive(...news),
      onEnd: (run, end) => this.#ended(run, end),
      onSaved: () => void this.#history.refresh(),
    });
    const parts = {
      ...options,
      conversations: this.#conversations,
      costs: this.#costs,
      answering: this.#answering,
    };
    this.#history = new ChatHistory({ ...parts, onChange: () => this.postState() });
    this.#asking = new Asking({ ...parts, history: this.#history });
    this.#page = new ChatPage({ ...parts, history: () => this.#history.all });
  }

  /** The shown conversation with what is written of its answer so far. */
  get shown(): Conversation {
    return this.#conversations.withWriting(this.#conversations.shown);
  }

  /** All conversations, newest first. */
  get history(): readonly ConversationSummary[] {
    return this.#history.all;
  }

  /** Reads the history and the conversation that was shown last. Done once; later calls wait for the first. */
  restore(): Promise<void> {
    return this.#history.restore();
  }

  /** Does what the page asks. Never rejects: what goes wrong is told in the panel. */
  async receive(message: PageMessage): Promise<void> {
    try {
      await this.restore();
      await this.#handle(message);
    } catch (thrown) {
      tellInPanel(this.#options, GlassboxError.from(thrown).message, 'error');
    }
  }

  /** Puts the cursor into the input, as soon as there is a page. */
  async focusInput(): Promise<void> {
    await this.restore();
    this.#wantsFocus = !this.#options.post({ type: 'focusInput' });
  }

  state(): ChatState {
    return this.#page.state();
  }

  /** Sends the whole state; everything but text being written goes this way. */
  postState(): void {
    this.#page.postState();
  }

  /** To be called when what the editor offers as context has changed. */
  contextChanged(): void {
    this.#page.postChips();
    void this.#costs.countOffers();
  }

  /** To be called when the model's view has changed. */
  modelChanged(view: ModelView): void {
    this.#options.post({ type: 'model', model: view });
    if (view.status === 'loading') return;
    if (this.#answering.shownRun === undefined) void this.#costs.countConversation(this.#conversations.shown);
    void this.#costs.countOffers();
    this.postState();
  }

  /** Stops the answer being written, or the waiting before it; what is written stays. */
  stop(): void {
    this.#answering.stop();
  }

  async answerNow(): Promise<void> {
    await this.#answering.answerNow();
  }

  /** Stops and saves. To be awaited before the window closes. */
  async dispose(): Promise<void> {
    this.#page.dispose();
    const saved = this.#conversations.closeAll();
    this.#answering.stop();
    await saved;
  }

  // ---- conversations -----------------------------------------------------------------------------------

  /** An empty conversation; the one shown stays in the history. */
  newChat(): void {
    if (this.#conversations.shown.nodes.length > 0) this.#history.showEmpty();
    this.postState();
    this.#options.post({ type: 'focusInput' });
  }

  async openConversation(id: string): Promise<void> {
    await this.#history.open(id);
  }

  /** Takes a conversation off the list and offers to bring it back. */
  async deleteConversation(id: string): Promise<void> {
    await this.#history.delete(id);
  }

  // ---- what the page asks ------------------------------------------------------------------------------

  async #handle(message: PageMessage): Promise<void> {
    const { actions, context, notices } = this.#options;
    switch (message.type) {
      case 'ready':
        this.postState();
        if (this.#wantsFocus) await this.focusInput();
        return;
      case 'ask':
        return await this.#asking.ask(message.text);
      case 'stop':
        return this.stop();
      case 'answerNow':
        return await this.answerNow();
      case 'retry':
        return await this.retry(message.answerId);
      case 'edit':
        return await this.#asking.edit(message.questionId, message.text);
      case 'selectBranch':
        return this.#selectBranch(message.turnId, message.index);
      case 'newChat':
        return this.newChat();
      case 'openConversation':
        return await this.openConversation(message.conversationId);
      case 'deleteConversation':
        return await this.deleteConversation(message.conversationId);
      case 'exportMarkdown':
        return await actions.exportMarkdown(this.shown);
      case 'copy':
        return await actions.copy(message.text);
      case 'insert':
        return await this.#insert(message.text);
      case 'toggleChip':
        return context.setAttached(message.chipId, message.attached);
      case 'setReasoningMode':
        return await actions.setReasoningMode(message.mode);
      case 'noticeAction':
        return notices.take(message.noticeId, message.actionId);
      case 'draft':
        return this.#asking.setDraft(message.text);
      case 'chooseModel':
        return await this.#chooseModel();
      case 'openTrace':
        return await actions.openTrace(this.#conversations.shownId, message.answerId);
      case 'drawn':
        return this.#answering.run?.transport.drawn(message.mark, message.heldMs, machineMs());
      default:
        return message satisfies never;
    }
  }

  #selectBranch(turnId: string, index: number): void {
    if (this.#answering.shownRun !== undefined) return;
    this.#conversations.change(withBranch(this.#conversations.shown, turnId, index));
    void this.#costs.countConversation(this.#conversations.shown);
    this.postState();
  }

  async #insert(text: string): Promise<void> {
    const { actions, t } = this.#options;
    if (comesFromAnAnswer(this.shown, text)) await actions.insert(text);
    else tellInPanel(this.#options, t('Only text of an answer can be inserted.'), 'warning');
  }

  /** Chosen means wanted: the model is loaded right away. A failure is in the model's view already. */
  async #chooseModel(): Promise<void> {
    const { actions, model, log } = this.#options;
    if (!(await actions.chooseModel())) return;
    await model.load().catch((thrown: unknown) => log(GlassboxError.from(thrown).message));
  }

  // ---- questions and answers ---------------------------------------------------------------------------

  /** Asks a question again; both answers stay. Absent id: the last answer of the shown branch. */
  async retry(answerId?: string): Promise<void> {
    await this.#asking.retry(answerId);
  }

  /** Whether a traced answer can be told again from one of its tokens on: it is here, and so is its model. */
  async canContinue(about: TracedAnswerId): Promise<boolean> {
    const { store, model } = this.#options;
    const conversationOf = async (id: string) => this.#conversations.find(id) ?? (await store.read(id));
    return await isContinuable({ model, conversationOf }, about);
  }

  /** Tells an answer again from one of its tokens on: see `continueAnswer`. @throws GlassboxError `request/invalid` */
  async continueFrom(
    answer: { readonly conversationId: string; readonly answerId: string },
    from: { readonly token: number; readonly alternative: number },
  ): Promise<void> {
    await this.restore();
    const open = async (conversationId: string): Promise<Conversation> => {
      await this.openConversation(conversationId);
      return this.#conversations.shown;
    };
    await continueAnswer({ ...this.#options, answering: this.#answering, open }, answer, from);
  }

  /** The last question of the shown branch as the user wrote it. */
  get lastQuestion(): string | undefined {
    const question = currentPath(this.#conversations.shown).findLast(({ kind }) => kind === 'question');
    return question?.kind === 'question' ? question.text : undefined;
  }

  /** Asks one question several times in the shown chat: see `severalAnswers`. */
  async askSeveral(text: string, options: SeveralOptions): ReturnType<typeof severalAnswers> {
    await this.restore();
    return await this.#asking.askSeveral(text, options);
  }

  /** Adds a text to what the user is writing; they send it. */
  putIntoInput(text: string): void {
    this.#asking.putIntoInput(text);
  }

  // ---- what comes of an answer -------------------------------------------------------------------------

  #onLive(conversationId: string, live: LiveAnswer, delta: TextDelta | undefined): void {
    this.#options.onActivity(live);
    this.#conversations.saveSoon(conversationId, streamSaveMs);
    if (conversationId !== this.#conversations.shownId) return;
    if (live.contextTokens !== undefined) {
      this.#costs.measured(live.contextTokens);
      this.#page.moveMeter();
    }
    this.#page.postLive(live, delta);
  }

  #ended(run: AnswerRun, end: AnswerRunEnd): void {
    const { contextTokens } = run.live;
    this.#options.onActivity(undefined);
    if (run.conversationId === this.#conversations.shownId && contextTokens !== undefined) {
      this.#costs.measured(contextTokens);
    }
    this.#asking.ended(run, end);
    this.postState();
  }
}
