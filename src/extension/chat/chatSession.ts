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
import type { SamplingOptions } from '../../protocol/generation.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { Translate } from '../translate.ts';
import { readTrace } from '../../reasoning/trace/readTrace.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import { AnswerRun, type AnswerRunEnd, type AnswerWish, type TextDelta } from './answerRun.ts';
import type { AnswerSettings } from './answerSettings.ts';
import { comesFromAnAnswer } from './answerText.ts';
import type { Attachment } from './attachments.ts';
import type { ChatActions } from './chatActions.ts';
import { droppedNotice, turnViews } from './chatProjection.ts';
import { ContextCosts } from './contextCosts.ts';
import type { ContextSource } from './contextSource.ts';
import type { ConversationStore } from './conversationStore.ts';
import {
  currentPath,
  emptyConversation,
  findAnswer,
  findQuestion,
  withAnswer,
  withBranch,
  withNode,
} from './conversationTree.ts';
import { DeltaBatcher } from './deltaBatcher.ts';
import { emptyAnswer, type LiveAnswer } from './liveAnswer.ts';
import type { Notices } from './notices.ts';
import { OpenConversations } from './openConversations.ts';
import { promptMessages } from './prompt.ts';

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

export interface SeveralOptions {
  readonly count: number;
  /** In place of the settings' values; the seeds are 1, 2, … */
  readonly sampling: SamplingOptions;
  readonly signal: AbortSignal;
  readonly onAnswer: (answers: number) => void;
}

/** At most this many conversations are listed in the panel; *Open History* lists all. */
const listedConversations = 100;
const draftSaveMs = 1000;
const keepDeletedMs = 86_400_000;
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
  #history: readonly ConversationSummary[] = [];
  #run: AnswerRun | undefined;
  /** Resolves when the last run has ended and its answer is in its conversation. */
  #settled: Promise<void> = Promise.resolve();
  #restored: Promise<void> | undefined;
  #wantsFocus = false;
  #meterTimer: NodeJS.Timeout | undefined;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#deltas = new DeltaBatcher((delta) => options.post(delta));
    this.#costs = new ContextCosts({ ...options, onChange: () => this.#postChips() });
    this.#conversations = new OpenConversations(
      {
        store: options.store,
        writing: () => this.#run && { conversationId: this.#run.conversationId, node: this.#run.live.node },
        onSaveFailed: (message) => this.#tell(message, 'error'),
      },
      emptyConversation(options.newId(), options.now()),
    );
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
    this.#run?.stop();
  }

  async answerNow(): Promise<void> {
    await this.#run?.answerNow();
  }

  /** Stops and saves. To be awaited before the window closes. */
  async dispose(): Promise<void> {
    clearTimeout(this.#meterTimer);
    const saved = this.#conversations.closeAll();
    this.#run?.stop();
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
    const { store, traces, engine, t, log } = this.#options;
    const title = this.#history.find((summary) => summary.id === id)?.title ?? t('the chat');
    if (this.#run?.conversationId === id) {
      this.#run.stop();
      await this.#settled;
    }
    await this.#conversations.flush();
    await store.delete(id);
    await traces.delete(id);
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
    this.#askIn(conversation, currentPath(conversation).at(-1)?.id ?? null, text, attachments);
    this.#options.context.sent();
  }

  /** Asks a question again; both answers stay. Absent id: the last answer of the shown branch. */
  async retry(answerId?: string): Promise<void> {
    if (!(await this.#isFreeToAsk(''))) return;
    const conversation = this.#conversations.shown;
    const id = answerId ?? currentPath(conversation).findLast(({ kind }) => kind === 'answer')?.id;
    const answer = id === undefined ? undefined : findAnswer(conversation, id);
    if (answer !== undefined) this.#answer(conversation.id, answer.parentId);
  }

  /** Whether a traced answer can be told again from one of its tokens on: it is here, and so is its model. */
  async canContinue(about: {
    readonly id: string;
    readonly conversationId: string;
    readonly model: { readonly name: string };
  }): Promise<boolean> {
    const { store, model } = this.#options;
    const { view } = model;
    if (!('name' in view) || view.name !== about.model.name) return false;
    const conversation =
      this.#conversations.find(about.conversationId) ?? (await store.read(about.conversationId));
    return conversation !== undefined && findAnswer(conversation, about.id) !== undefined;
  }

  /**
   * Asks the question of an answer again, so that the reply begins as that one did up to a token and goes on with another.
   * Both answers stay. The trace is the one that was saved with the answer, whatever a page or a file says.
   * @throws GlassboxError `request/invalid` when there is no such answer, token or alternative
   */
  async continueFrom(
    { conversationId, answerId }: { readonly conversationId: string; readonly answerId: string },
    { token, alternative }: { readonly token: number; readonly alternative: number },
  ): Promise<void> {
    const { traces, t } = this.#options;
    await this.restore();
    const bytes = await traces.read(conversationId, answerId);
    const earlier = bytes === undefined ? undefined : readTrace(bytes).trace;
    if (earlier === undefined || token >= earlier.tokens.count) {
      throw new GlassboxError('request/invalid', t('The trace of this answer is not kept any more.'));
    }
    if (!(await this.#isFreeToAsk(''))) return;
    await this.openConversation(conversationId);
    const conversation = this.#conversations.shown;
    const answer = conversation.id === conversationId ? findAnswer(conversation, answerId) : undefined;
    if (answer === undefined) {
      throw new GlassboxError('request/invalid', t('The answer of this trace is not there any more.'));
    }
    this.#answer(conversationId, answer.parentId, { continues: { earlier, token, alternative } });
  }

  /** The last question of the shown branch as the user wrote it. */
  get lastQuestion(): string | undefined {
    const question = currentPath(this.#conversations.shown).findLast(({ kind }) => kind === 'question');
    return question?.kind === 'question' ? question.text : undefined;
  }

  /**
   * Asks one question several times, one answer after the other, each with a seed of its own. The answers are versions of one
   * turn and share what the cache holds of the prompt. A question that is the last one already is not written again.
   * @param onAnswer told how many are written
   * @returns the ids of the answers that came to an end by themselves
   */
  async askSeveral(
    text: string,
    { count, sampling, signal, onAnswer }: SeveralOptions,
  ): Promise<{ readonly conversationId: string; readonly answerIds: readonly string[] }> {
    const { store } = this.#options;
    await this.restore();
    const answerIds: string[] = [];
    const { id: conversationId } = this.#conversations.shown;
    if (!(await this.#isFreeToAsk(text))) return { conversationId, answerIds };
    const last = currentPath(this.#conversations.shown).findLast(({ kind }) => kind === 'question');
    let questionId = last?.kind === 'question' && last.text === text ? last.id : undefined;
    const stop = (): void => this.stop();
    signal.addEventListener('abort', stop);
    try {
      for (let seed = 1; seed <= count && !signal.aborted; seed++) {
        // The user may have gone on to another chat and deleted this one.
        const conversation = this.#conversations.find(conversationId) ?? (await store.read(conversationId));
        if (conversation === undefined || this.#isAnswering) break;
        this.#conversations.change(conversation);
        const wish = { sampling: { ...sampling, seed } };
        if (questionId === undefined) this.#askIn(conversation, conversation.currentId, text, [], wish);
        else this.#answer(conversationId, questionId, wish);
        const run = this.#run;
        if (run === undefined) break;
        questionId = run.live.node.parentId;
        await this.#settled;
        const { node: written } = run.live;
        if (written.finish === undefined || written.finish === 'cancelled') break;
        answerIds.push(written.id);
        onAnswer(answerIds.length);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return { conversationId, answerIds };
  }

  get #isAnswering(): boolean {
    return this.#run !== undefined;
  }

  /** The question in other words, with the same attachments; both versions stay. */
  async #edit(questionId: string, text: string): Promise<void> {
    if (text.trim() === '' || !(await this.#isFreeToAsk(''))) return;
    const conversation = this.#conversations.shown;
    const question = findQuestion(conversation, questionId);
    if (question !== undefined) this.#askIn(conversation, question.parentId, text, question.attachments);
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
    return this.#run?.conversationId === this.#conversations.shownId ? this.#run : undefined;
  }

  #askIn(
    conversation: Conversation,
    parentId: string | null,
    text: string,
    attachments: readonly Attachment[],
    wish: AnswerWish = {},
  ): void {
    const { newId, now } = this.#options;
    const question = {
      kind: 'question' as const,
      id: newId(),
      parentId,
      createdAt: now(),
      text,
      attachments: [...attachments],
    };
    this.#options.remember(conversation.id);
    this.#conversations.change({ ...withNode(conversation, question), draft: '' });
    this.#answer(conversation.id, question.id, wish);
  }

  #answer(conversationId: string, questionId: string, wish: AnswerWish = {}): void {
    const { newId, now } = this.#options;
    const node = emptyAnswer(newId(), questionId, now());
    this.#conversations.change(withNode(this.#conversations.get(conversationId), node));
    const run = new AnswerRun({
      ...this.#options,
      conversationId,
      node,
      question: findQuestion(this.#conversations.get(conversationId), questionId)?.text ?? '',
      wish,
      prompt: () => {
        const conversation = this.#conversations.get(conversationId);
        return promptMessages(
          currentPath({ ...conversation, currentId: questionId }),
          conversation.keepFromId,
        );
      },
      keepFrom: (keepFromId) => {
        this.#conversations.change({ ...this.#conversations.get(conversationId), keepFromId });
        this.postState();
      },
      onLive: (live, delta) => this.#onLive(conversationId, live, delta),
    });
    this.#run = run;
    this.#settled = run.start().then((end) => this.#settle(run, end));
    void this.#settled
      .then(() => this.#conversations.close(conversationId))
      .then(() => this.#refreshHistory());
    this.postState();
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

  #settle(run: AnswerRun, end: AnswerRunEnd): void {
    const { conversationId, live } = run;
    const { parentId: questionId } = live.node;
    if (this.#run === run) this.#run = undefined;
    this.#options.onActivity(undefined);
    const ended = withAnswer(this.#conversations.get(conversationId), live.node);
    this.#conversations.change({ ...ended, updatedAt: this.#options.now() });
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
    this.#askIn(fresh, null, question.text, question.attachments);
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
    const run = this.#run;
    if (run === undefined) return true;
    const { notices, t } = this.#options;
    const action = await notices.ask({
      id: 'busy',
      severity: 'info',
      message: t('Another answer is still being written.'),
      actions: [
        { id: 'stop', label: t('Stop It and Continue') },
        { id: 'dismiss', label: t('Cancel') },
      ],
    });
    if (action !== 'stop') {
      this.putIntoInput(text);
      return false;
    }
    run.stop();
    await this.#settled;
    return true;
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
    const { store, traces, remembered, now, log } = this.#options;
    // As long as the conversations themselves can be restored.
    void traces
      .purgeDeleted(now() - keepDeletedMs)
      .catch((thrown: unknown) => log(GlassboxError.from(thrown).message));
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
    const { store, traces, notices, t } = this.#options;
    const action = await notices.ask({
      id: `deleted-${id}`,
      severity: 'info',
      message: t('Deleted “{0}”.', title),
      actions: [
        { id: 'undo', label: t('Undo') },
        { id: 'dismiss', label: t('Dismiss') },
      ],
    });
    if (action !== 'undo') return;
    try {
      await store.restore(id);
      await traces.restore(id);
      await this.#refreshHistory();
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
