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
import { Answering, type NewQuestion } from './answering.ts';
import type { AnswerRun, AnswerRunEnd, TextDelta } from './answerRun.ts';
import type { AnswerSettings } from './answerSettings.ts';
import { comesFromAnAnswer } from './answerText.ts';
import type { Attachment } from './attachments.ts';
import type { ChatActions } from './chatActions.ts';
import { droppedNotice, turnViews } from './chatProjection.ts';
import { ContextCosts } from './contextCosts.ts';
import type { ContextSource } from './contextSource.ts';
import { continueAnswer } from './continueAnswer.ts';
import type { ConversationStore } from './conversationStore.ts';
import { currentPath, emptyConversation, findAnswer, findQuestion, withBranch } from './conversationTree.ts';
import { DeletedConversations } from './deletedConversations.ts';
import { DeltaBatcher, type TextsSent } from './deltaBatcher.ts';
import { isContinuable, type TracedAnswerId } from './isContinuable.ts';
import type { LiveAnswer } from './liveAnswer.ts';
import type { Notices } from './notices.ts';
import { OpenConversations } from './openConversations.ts';
import { severalAnswers, type SeveralOptions } from './severalAnswers.ts';

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

/** At most this many conversations are listed in the panel; *Open History* lists all. */
const listedConversations = 100;
const draftSaveMs = 1000;
const streamSaveMs = 2000;
/** The context meter need not move with every token. */
const meterMs = 500;

/**
 * The chat of one window: the conversation that is shown, the answer being written, and what the page is told of
 * them. The page sends intentions to `receive`, and gets the state and small changes to it through `post`.
 */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #conversations: OpenConversations;
  readonly #costs: ContextCosts;
  readonly #deltas: DeltaBatcher;
  readonly #answering: Answering;
  readonly #deleted: DeletedConversations;
  #history: readonly ConversationSummary[] = [];
  #restored: Promise<void> | undefined;
  #wantsFocus = false;
  #meterTimer: NodeJS.Timeout | undefined;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#deltas = new DeltaBatcher((delta, sent) => this.#postDelta(delta, sent), machineMs);
    this.#costs = new ContextCosts({ ...options, onChange: () => this.#postChips() });
    this.#conversations = new OpenConversations(
      {
        store: options.store,
        writing: () => this.#answering.writing,
        onSaveFailed: (message) => this.#tell(message, 'error'),
      },
      emptyConversation(options.newId(), options.now()),
    );
    this.#answering = new Answering({
      ...options,
      conversations: this.#conversations,
      onChange: () => this.postState(),
      onLive: (...news) => this.#onLive(...news),
      onEnd: (run, end) => this.#ended(run, end),
      onSaved: () => void this.#refreshHistory(),
    });
    this.#deleted = new DeletedConversations(options);
  }

  /** The shown conversation with what is written of its answer so far. */
  get shown(): Conversation {
    return this.#conversations.withWriting(this.#conversations.shown);
  }

  /** All conversations, newest first. */
  get history(): readonly ConversationSummary[] {
    return this.#history;
  }

  /** Reads the history and the conversation that was shown last. Done once; later calls wait for the first. */
  restore(): Promise<void> {
    this.#restored ??= this.#restore();
    return this.#restored;
  }

  /** Does what the page asks. Never rejects: what goes wrong is told in the panel. */
  async receive(message: PageMessage): Promise<void> {
    try {
      await this.restore();
      await this.#handle(message);
    } catch (thrown) {
      this.#tell(GlassboxError.from(thrown).message, 'error');
    }
  }

  /** Puts the cursor into the input, as soon as there is a page. */
  async focusInput(): Promise<void> {
    await this.restore();
    this.#wantsFocus = !this.#options.post({ type: 'focusInput' });
  }

  state(): ChatState {
    const { model, notices, settings, t } = this.#options;
    const { mode, budgetTokens } = settings();
    const conversation = this.#conversations.shown;
    const run = this.#runHere;
    const dropped = droppedNotice(t, conversation);
    return {
      conversationId: conversation.id,
      title: conversation.title,
      turns: turnViews(t, conversation, run?.live),
      history: this.#history.slice(0, listedConversations),
      chips: this.#costs.chips(),
      model: model.view,
      reasoningMode: mode,
      thinkingBudget: budgetTokens,
      context: { tokens: this.#costs.total, capacity: model.loaded?.contextCapacity ?? 0 },
      notices: dropped === undefined ? notices.all : [dropped, ...notices.all],
      draft: conversation.draft,
      ...(run === undefined ? {} : { busy: run.live.node.id }),
    };
  }

  /** Sends the whole state; everything but text being written goes this way. */
  postState(): void {
    this.#deltas.flush();
    this.#options.post({ type: 'state', state: this.state() });
  }

  /** To be called when what the editor offers as context has changed. */
  contextChanged(): void {
    this.#postChips();
    void this.#costs.countOffers();
  }

  /** To be called when the model's view has changed. */
  modelChanged(view: ModelView): void {
    this.#options.post({ type: 'model', model: view });
    if (view.status === 'loading') return;
    if (this.#runHere === undefined) void this.#costs.countConversation(this.#conversations.shown);
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
    clearTimeout(this.#meterTimer);
    const saved = this.#conversations.closeAll();
    this.#answering.stop();
    await saved;
  }

  // ---- conversations -----------------------------------------------------------------------------------

  /** An empty conversation; the one shown stays in the history. */
  newChat(): void {
    if (this.#conversations.shown.nodes.length > 0) this.#show(this.#emptyConversation());
    this.postState();
    this.#options.post({ type: 'focusInput' });
  }

  async openConversation(id: string): Promise<void> {
    if (id === this.#conversations.shownId) return;
    const { store, t } = this.#options;
    const conversation = this.#conversations.find(id) ?? (await store.read(id));
    if (conversation === undefined) {
      this.#tell(t('That chat is not there any more.'), 'warning');
      await this.#refreshHistory();
      return;
    }
    this.#show(conversation);
    this.postState();
  }

  /** Takes a conversation off the list and offers to bring it back. */
  async deleteConversation(id: string): Promise<void> {
    const { engine, t, log } = this.#options;
    const title = this.#history.find((summary) => summary.id === id)?.title ?? t('the chat');
    if (this.#answering.run?.conversationId === id) {
      this.#answering.stop();
      await this.#answering.settled;
    }
    await this.#conversations.flush();
    await this.#deleted.delete(id);
    if (id === this.#conversations.shownId) this.#show(this.#emptyConversation());
    this.#conversations.forget(id);
    await engine.release(id).catch((thrown: unknown) => log(GlassboxError.from(thrown).message));
    await this.#refreshHistory();
    void this.#offerUndo(id, title);
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
        return await this.#ask(message.text);
      case 'stop':
        return this.stop();
      case 'answerNow':
        return await this.answerNow();
      case 'retry':
        return await this.retry(message.answerId);
      case 'edit':
        return await this.#edit(message.questionId, message.text);
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
        return this.#setDraft(message.text);
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

  async #ask(text: string): Promise<void> {
    if (text.trim() === '' || !(await this.#isFreeToAsk(text))) return;
    let attachments: readonly Attachment[];
    try {
      attachments = await this.#attachments();
    } catch (thrown) {
      // What was attached cannot be read: the question goes back to where it was written.
      this.putIntoInput(text);
      throw thrown;
    }
    const conversation = this.#conversations.shown;
    const parentId = currentPath(conversation).at(-1)?.id ?? null;
    this.#askIn(conversation, { parentId, text, attachments });
    this.#options.context.sent();
  }

  /** Asks a question again; both answers stay. Absent id: the last answer of the shown branch. */
  async retry(answerId?: string): Promise<void> {
    if (!(await this.#isFreeToAsk(''))) return;
    const conversation = this.#conversations.shown;
    const id = answerId ?? currentPath(conversation).findLast(({ kind }) => kind === 'answer')?.id;
    const answer = id === undefined ? undefined : findAnswer(conversation, id);
    if (answer !== undefined) this.#answering.answer(conversation.id, answer.parentId);
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
    const { id: conversationId } = this.#conversations.shown;
    if (!(await this.#isFreeToAsk(text))) return { conversationId, answerIds: [] };
    this.#options.remember(conversationId);
    const { store } = this.#options;
    return await severalAnswers(
      { answering: this.#answering, conversations: this.#conversations, store },
      text,
      options,
    );
  }

  /** The question in other words, with the same attachments; both versions stay. */
  async #edit(questionId: string, text: string): Promise<void> {
    if (text.trim() === '' || !(await this.#isFreeToAsk(''))) return;
    const conversation = this.#conversations.shown;
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    const { parentId, attachments } = question;
    this.#askIn(conversation, { parentId, text, attachments });
  }

  #selectBranch(turnId: string, index: number): void {
    if (this.#runHere !== undefined) return;
    this.#conversations.change(withBranch(this.#conversations.shown, turnId, index));
    void this.#costs.countConversation(this.#conversations.shown);
    this.postState();
  }

  async #insert(text: string): Promise<void> {
    const { actions, t } = this.#options;
    if (comesFromAnAnswer(this.shown, text)) await actions.insert(text);
    else this.#tell(t('Only text of an answer can be inserted.'), 'warning');
  }

  #setDraft(draft: string): void {
    this.#options.remember(this.#conversations.shownId);
    this.#conversations.change({ ...this.#conversations.shown, draft }, draftSaveMs);
  }

  /** Chosen means wanted: the model is loaded right away. A failure is in the model's view already. */
  async #chooseModel(): Promise<void> {
    const { actions, model, log } = this.#options;
    if (!(await actions.chooseModel())) return;
    await model.load().catch((thrown: unknown) => log(GlassboxError.from(thrown).message));
  }

  // ---- answering ---------------------------------------------------------------------------------------

  get #runHere(): AnswerRun | undefined {
    const { run } = this.#answering;
    return run?.conversationId === this.#conversations.shownId ? run : undefined;
  }

  #askIn(conversation: Conversation, question: NewQuestion): void {
    this.#options.remember(conversation.id);
    this.#answering.ask(conversation, question);
  }

  #onLive(conversationId: string, live: LiveAnswer, delta: TextDelta | undefined): void {
    this.#options.onActivity(live);
    this.#conversations.saveSoon(conversationId, streamSaveMs);
    if (conversationId !== this.#conversations.shownId) return;
    if (live.contextTokens !== undefined) this.#moveMeter(live.contextTokens);
    const { node, status, tokensPerSecond } = live;
    const { id: answerId, thoughtTokens, answerTokens, thoughtMs, thoughtEnd } = node;
    if (delta === undefined) {
      this.#deltas.flush();
      const end = thoughtEnd === undefined ? {} : { thoughtEnd };
      this.#options.post({ type: 'status', answerId, status, thoughtMs, ...end });
      return;
    }
    const speed = tokensPerSecond === undefined ? {} : { tokensPerSecond };
    this.#deltas.add({ type: 'delta', answerId, ...delta, thoughtTokens, answerTokens, thoughtMs, ...speed });
  }

  /** Text for the page, which is followed on its way. */
  #postDelta(delta: Extract<HostMessage, { type: 'delta' }>, sent: TextsSent): void {
    const { run } = this.#answering;
    const transport = sent.texts > 0 && run?.live.node.id === delta.answerId ? run.transport : undefined;
    const mark = transport?.mark(machineMs());
    const isPosted = this.#options.post(mark === undefined ? delta : { ...delta, mark });
    if (isPosted) transport?.posted(sent);
  }

  #ended({ conversationId, live }: AnswerRun, end: AnswerRunEnd): void {
    const { parentId: questionId } = live.node;
    this.#options.onActivity(undefined);
    if (conversationId === this.#conversations.shownId && live.contextTokens !== undefined) {
      this.#costs.measured(live.contextTokens);
    }
    if (end === 'newChat') this.#moveToNewChat(conversationId, questionId);
    else if (end === 'giveBack') this.#giveBack(conversationId, questionId);
    this.postState();
  }

  /** The question did not fit: it is asked on its own in a new conversation. */
  #moveToNewChat(conversationId: string, questionId: string): void {
    const conversation = this.#conversations.get(conversationId);
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    this.#conversations.change({ ...conversation, currentId: question.parentId });
    const fresh = this.#emptyConversation();
    this.#show(fresh);
    this.#askIn(fresh, { parentId: null, text: question.text, attachments: question.attachments });
  }

  /** The question did not fit and was taken back: the branch ends before it, and its text can be changed. */
  #giveBack(conversationId: string, questionId: string): void {
    const conversation = this.#conversations.get(conversationId);
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    this.#conversations.change({ ...conversation, currentId: question.parentId, draft: question.text });
    if (conversationId === this.#conversations.shownId) this.putIntoInput(question.text);
  }

  /** Adds a text to what the user is writing; they send it. */
  putIntoInput(text: string): void {
    if (text === '') return;
    this.#setDraft(text);
    this.#options.post({ type: 'focusInput', text });
  }

  /** False when another answer is being written and the user wants it to go on; `text` is then the draft again. */
  async #isFreeToAsk(text: string): Promise<boolean> {
    if (await this.#answering.isFree()) return true;
    this.putIntoInput(text);
    return false;
  }

  async #attachments(): Promise<readonly Attachment[]> {
    const attached = this.#options.context.offers.filter((offer) => offer.attached);
    return await Promise.all(
      attached.map(async (offer) => {
        const tokens = this.#costs.of(offer);
        const attachment = { label: offer.label, content: await offer.content() };
        return tokens === undefined ? attachment : { ...attachment, tokens };
      }),
    );
  }

  // ---- the rest ----------------------------------------------------------------------------------------

  async #restore(): Promise<void> {
    const { store, remembered } = this.#options;
    void this.#deleted.purge();
    const before = this.#conversations.shownId;
    const conversation = remembered === undefined ? undefined : await store.read(remembered);
    if (conversation !== undefined && this.#conversations.shownId === before) this.#show(conversation);
    await this.#refreshHistory();
  }

  async #refreshHistory(): Promise<void> {
    this.#history = await this.#options.store.list();
    this.postState();
  }

  async #offerUndo(id: string, title: string): Promise<void> {
    try {
      if (await this.#deleted.offerUndo(id, title)) await this.#refreshHistory();
    } catch (thrown) {
      this.#tell(GlassboxError.from(thrown).message, 'error');
    }
  }

  #show(conversation: Conversation): void {
    this.#conversations.show(conversation);
    this.#options.remember(conversation.id);
    if (this.#runHere === undefined) void this.#costs.countConversation(conversation);
  }

  #emptyConversation(): Conversation {
    return emptyConversation(this.#options.newId(), this.#options.now());
  }

  #moveMeter(contextTokens: number): void {
    this.#costs.measured(contextTokens);
    this.#meterTimer ??= setTimeout(() => {
      this.#meterTimer = undefined;
      this.#postChips();
    }, meterMs);
  }

  #postChips(): void {
    this.#options.post({ type: 'chips', chips: this.#costs.chips(), contextTokens: this.#costs.total });
  }

  #tell(message: string, severity: 'info' | 'warning' | 'error'): void {
    const { notices, t, log } = this.#options;
    log(message);
    // The sentence is its own id: a failure that comes again is shown once.
    const actions = [{ id: 'dismiss', label: t('Dismiss') }];
    void notices.ask({ id: message.slice(0, 200), severity, message, actions });
  }
}
