import type { EngineHost } from '../../engineClient/engineHost.ts';
import type {
  ChatState,
  ContextChip,
  ConversationSummary,
  HostMessage,
  ModelView,
  PageMessage,
} from '../../protocol/chat.ts';
import type { Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { Translate } from '../translate.ts';
import { AnswerRun } from './answerRun.ts';
import type { AnswerSettings } from './answerSettings.ts';
import type { Attachment } from './attachments.ts';
import type { ChatActions } from './chatActions.ts';
import { comesFromAnAnswer } from './answerText.ts';
import { droppedNotice, turnViews } from './chatProjection.ts';
import type { ContextSource } from './contextSource.ts';
import { ContextTokens } from './contextTokens.ts';
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
import { promptMessages } from './prompt.ts';

export interface ChatSessionOptions {
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly notices: Notices;
  readonly store: ConversationStore;
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

/**
 * The chat of one window: it owns the conversations that are open, the answer being written, and what the page
 * shows. The page sends intentions to `receive`, and gets the state and small changes to it through `post`.
 */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #tokens = new ContextTokens();
  readonly #deltas: DeltaBatcher;
  /** The shown conversation, and the one that is being answered when it is another. */
  readonly #open = new Map<string, Conversation>();
  #shownId: string;
  #history: readonly ConversationSummary[] = [];
  #run: AnswerRun | undefined;
  #contextTokens = 0;
  #saveTimer: NodeJS.Timeout | undefined;
  readonly #unsaved = new Set<string>();
  #restored: Promise<void> | undefined;
  #wantsFocus = false;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#deltas = new DeltaBatcher((delta) => options.post(delta));
    const conversation = emptyConversation(options.newId(), options.now());
    this.#open.set(conversation.id, conversation);
    this.#shownId = conversation.id;
  }

  get shown(): Conversation {
    const conversation = this.#open.get(this.#shownId);
    if (conversation === undefined) throw new GlassboxError('internal', 'The shown chat is not open.');
    return conversation;
  }

  /** The shown conversation with what is written of its answer so far. */
  get shownWithLive(): Conversation {
    return this.#withLive(this.shown);
  }

  /** The answer being written, in whichever conversation. */
  get live(): LiveAnswer | undefined {
    return this.#run?.live;
  }

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
    const { model, notices, t } = this.#options;
    const { mode, budgetTokens } = this.#options.settings();
    const conversation = this.shown;
    const run = this.#runHere;
    const dropped = droppedNotice(t, conversation);
    return {
      conversationId: conversation.id,
      title: conversation.title,
      turns: turnViews(t, conversation, run?.live),
      history: this.#history.slice(0, listedConversations),
      chips: this.#chips(),
      model: model.view,
      reasoningMode: mode,
      thinkingBudget: budgetTokens,
      context: { tokens: this.#contextTokensWithChips(), capacity: model.loaded?.contextCapacity ?? 0 },
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
    void this.#countChips();
  }

  /** To be called when the model's view has changed. */
  modelChanged(view: ModelView): void {
    this.#options.post({ type: 'model', model: view });
    if (view.status === 'loading') return;
    if (view.status === 'ready') void this.#countConversation().then(() => this.#countChips());
    else this.#contextTokens = 0;
    this.postState();
  }

  /** Stops whatever is under way for the answer being written; what is written stays. */
  stop(): void {
    this.#run?.stop();
  }

  async answerNow(): Promise<void> {
    await this.#run?.answerNow();
  }

  /** Saves what is not saved yet. To be awaited before the window closes. */
  async flush(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    const ids = [...this.#unsaved];
    this.#unsaved.clear();
    for (const id of ids) {
      const conversation = this.#open.get(id);
      if (conversation === undefined || conversation.nodes.length + conversation.draft.length === 0) continue;
      const live = this.#run?.conversationId === id ? this.#run.live.node : undefined;
      try {
        await this.#options.store.save(live === undefined ? conversation : withAnswer(conversation, live));
      } catch (thrown) {
        this.#unsaved.add(id);
        this.#tell(GlassboxError.from(thrown).message, 'error');
      }
    }
  }

  async dispose(): Promise<void> {
    this.#run?.stop();
    await this.flush();
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
        return await actions.exportMarkdown(this.shownWithLive);
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
        if (await actions.chooseModel()) await this.#loadQuietly();
        return;
      default:
        return message satisfies never;
    }
  }

  async #ask(text: string): Promise<void> {
    if (text.trim() === '') return;
    if (this.#run !== undefined && !(await this.#agreeToStop(text))) return;
    const attachments = await this.#attachments();
    const conversation = this.shown;
    const parent = currentPath(conversation).at(-1);
    this.#askIn(conversation, parent?.id ?? null, text, attachments);
    this.#options.context.sent();
  }

  /** Asks a question again; both answers stay. Absent id: the last answer of the shown branch. */
  async retry(answerId?: string): Promise<void> {
    const conversation = this.shown;
    const id = answerId ?? currentPath(conversation).findLast(({ kind }) => kind === 'answer')?.id;
    const answer = id === undefined ? undefined : findAnswer(conversation, id);
    if (answer === undefined || (this.#run !== undefined && !(await this.#agreeToStop('')))) return;
    this.#answer(conversation.id, answer.parentId);
  }

  /** The question in other words, with the same attachments; both versions stay. */
  async #edit(questionId: string, text: string): Promise<void> {
    const conversation = this.shown;
    const question = findQuestion(conversation, questionId);
    if (question === undefined || text.trim() === '') return;
    if (this.#run !== undefined && !(await this.#agreeToStop(''))) return;
    this.#askIn(this.shown, question.parentId, text, question.attachments);
  }

  #selectBranch(turnId: string, index: number): void {
    if (this.#runHere !== undefined) return;
    this.#change(withBranch(this.shown, turnId, index));
    this.#contextTokens = 0;
    this.postState();
    void this.#countConversation();
  }

  /** An empty conversation; the one shown stays in the history. */
  newChat(): void {
    if (this.shown.nodes.length > 0)
      this.#show(emptyConversation(this.#options.newId(), this.#options.now()));
    this.postState();
    this.#options.post({ type: 'focusInput' });
  }

  async openConversation(id: string): Promise<void> {
    if (id === this.#shownId) return;
    const { store, t } = this.#options;
    const conversation = this.#open.get(id) ?? (await store.read(id));
    if (conversation === undefined) {
      this.#tell(t('That chat is not there any more.'), 'warning');
      await this.#refreshHistory();
      return;
    }
    this.#show(conversation);
    this.postState();
    await this.#countConversation();
  }

  /** Takes a conversation off the list and offers to bring it back. */
  async deleteConversation(id: string): Promise<void> {
    const { store, notices, t } = this.#options;
    const title = this.#history.find((summary) => summary.id === id)?.title ?? t('the chat');
    if (this.#run?.conversationId === id) {
      this.#run.stop();
      await this.#run.ended;
    }
    await this.flush();
    await store.delete(id);
    if (id === this.#shownId) this.#show(emptyConversation(this.#options.newId(), this.#options.now()));
    this.#open.delete(id);
    await this.#options.engine.release(id).catch((thrown: unknown) => this.#options.log(String(thrown)));
    await this.#refreshHistory();
    void notices
      .ask({
        id: `deleted-${id}`,
        severity: 'info',
        message: t('Deleted “{0}”.', title),
        actions: [
          { id: 'undo', label: t('Undo') },
          { id: 'dismiss', label: t('Dismiss') },
        ],
      })
      .then(async (action) => {
        if (action !== 'undo') return;
        await store.restore(id);
        await this.#refreshHistory();
      })
      .catch((thrown: unknown) => this.#tell(GlassboxError.from(thrown).message, 'error'));
  }

  async #insert(text: string): Promise<void> {
    const { actions, t } = this.#options;
    if (comesFromAnAnswer(this.shownWithLive, text)) await actions.insert(text);
    else this.#tell(t('Only text of an answer can be inserted.'), 'warning');
  }

  #setDraft(draft: string): void {
    this.#change({ ...this.shown, draft }, draftSaveMs);
  }

  // ---- answering ---------------------------------------------------------------------------------------

  #askIn(
    conversation: Conversation,
    parentId: string | null,
    text: string,
    attachments: readonly Attachment[],
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
    this.#change({ ...withNode(conversation, question), draft: '' });
    this.#answer(conversation.id, question.id);
  }

  #answer(conversationId: string, questionId: string): void {
    const { newId, now } = this.#options;
    const conversation = this.#conversation(conversationId);
    const node = emptyAnswer(newId(), questionId, now());
    this.#change(withNode(conversation, node));
    const run = new AnswerRun({
      ...this.#options,
      conversationId,
      node,
      prompt: () => {
        const { nodes, keepFromId } = this.#conversation(conversationId);
        const path = currentPath({ ...this.#conversation(conversationId), nodes, currentId: questionId });
        return promptMessages(path, keepFromId);
      },
      keepFrom: (keepFromId) => this.#change({ ...this.#conversation(conversationId), keepFromId }),
      onLive: (live, delta) => this.#onLive(conversationId, live, delta),
    });
    this.#run = run;
    void run.start().then((end) => this.#ended(run, end));
    this.postState();
  }

  #onLive(
    conversationId: string,
    live: LiveAnswer,
    delta: { readonly thought: string; readonly answer: string } | undefined,
  ): void {
    this.#options.onActivity(live);
    this.#scheduleSave(conversationId, streamSaveMs);
    if (conversationId !== this.#shownId) return;
    if (live.contextTokens !== undefined) this.#contextTokens = live.contextTokens;
    const { node, status, tokensPerSecond } = live;
    const { id: answerId, thoughtTokens, answerTokens, thoughtMs, thoughtEnd } = node;
    if (delta !== undefined) {
      this.#deltas.add({
        type: 'delta',
        answerId,
        ...delta,
        thoughtTokens,
        answerTokens,
        thoughtMs,
        ...(tokensPerSecond === undefined ? {} : { tokensPerSecond }),
      });
      return;
    }
    this.#deltas.flush();
    this.#options.post({
      type: 'status',
      answerId,
      status,
      thoughtMs,
      ...(thoughtEnd === undefined ? {} : { thoughtEnd }),
    });
  }

  async #ended(run: AnswerRun, end: Awaited<ReturnType<AnswerRun['start']>>): Promise<void> {
    const { conversationId, live } = run;
    if (this.#run === run) this.#run = undefined;
    this.#change({
      ...withAnswer(this.#conversation(conversationId), live.node),
      updatedAt: this.#options.now(),
    });
    this.#options.onActivity(undefined);
    if (conversationId === this.#shownId && live.contextTokens !== undefined)
      this.#contextTokens = live.contextTokens;
    if (end === 'newChat') this.#moveToNewChat(conversationId, live.node.parentId);
    else if (end === 'giveBack') this.#giveBack(conversationId, live.node.parentId);
    if (conversationId !== this.#shownId && this.#run === undefined) {
      await this.flush();
      this.#open.delete(conversationId);
    }
    this.postState();
    await this.flush();
    await this.#refreshHistory();
  }

  /** The question did not fit: it is asked on its own in a new conversation. */
  #moveToNewChat(conversationId: string, questionId: string): void {
    const question = findQuestion(this.#conversation(conversationId), questionId);
    if (question === undefined) return;
    this.#giveBack(conversationId, questionId, '');
    const fresh = emptyConversation(this.#options.newId(), this.#options.now());
    this.#show(fresh);
    this.#askIn(fresh, null, question.text, question.attachments);
  }

  /** The question did not fit and was taken back: its text is the draft again, and the branch ends before it. */
  #giveBack(conversationId: string, questionId: string, draft?: string): void {
    const conversation = this.#conversation(conversationId);
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    this.#change({ ...conversation, currentId: question.parentId, draft: draft ?? question.text });
  }

  /** False when the user wants the answer that is being written to go on; `text` is then the draft again. */
  async #agreeToStop(text: string): Promise<boolean> {
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
    if (action === 'stop') {
      run.stop();
      await run.ended;
      return true;
    }
    if (text !== '') {
      this.#setDraft(text);
      this.#options.post({ type: 'focusInput', text });
    }
    return false;
  }

  async #attachments(): Promise<readonly Attachment[]> {
    const modelId = this.#options.model.loaded?.modelId;
    const attached = this.#options.context.offers.filter((offer) => offer.attached);
    return await Promise.all(
      attached.map(async (offer) => {
        const tokens = modelId === undefined ? undefined : this.#tokens.of(offer, modelId);
        const attachment = { label: offer.label, content: await offer.content() };
        return tokens === undefined ? attachment : { ...attachment, tokens };
      }),
    );
  }

  // ---- token costs -------------------------------------------------------------------------------------

  #chips(): readonly ContextChip[] {
    const modelId = this.#options.model.loaded?.modelId;
    return this.#options.context.offers.map((offer) => {
      const tokens = modelId === undefined ? undefined : this.#tokens.of(offer, modelId);
      const chip = { id: offer.id, kind: offer.kind, label: offer.label, attached: offer.attached };
      return tokens === undefined ? chip : { ...chip, tokens };
    });
  }

  #contextTokensWithChips(): number {
    return this.#chips().reduce(
      (sum, { attached, tokens }) => sum + (attached ? (tokens ?? 0) : 0),
      this.#contextTokens,
    );
  }

  #postChips(): void {
    this.#options.post({
      type: 'chips',
      chips: this.#chips(),
      contextTokens: this.#contextTokensWithChips(),
    });
  }

  async #countChips(): Promise<void> {
    const { model, engine, context, log } = this.#options;
    const modelId = model.loaded?.modelId;
    if (modelId === undefined) return;
    try {
      if (await this.#tokens.count(context.offers, modelId, engine)) this.#postChips();
    } catch (thrown) {
      // The costs are missing from the chips then, which is how an unknown cost is shown.
      log(`Counting the tokens of the context failed: ${GlassboxError.from(thrown).message}`);
    }
  }

  /** How much of the context the shown branch takes, for a conversation that the engine has not seen yet. */
  async #countConversation(): Promise<void> {
    const { model, engine, log } = this.#options;
    const { id, keepFromId } = this.shown;
    const messages = promptMessages(currentPath(this.shown), keepFromId).map(({ message }) => message);
    if (this.#runHere !== undefined) return;
    this.#contextTokens = 0;
    if (model.loaded === undefined || messages.length === 0) return this.#postChips();
    try {
      const { prompt } = await engine.count({ messages });
      if (this.#shownId !== id || this.#runHere !== undefined) return;
      this.#contextTokens = prompt;
      this.#postChips();
    } catch (thrown) {
      log(`Counting the tokens of the chat failed: ${GlassboxError.from(thrown).message}`);
    }
  }

  // ---- conversations -----------------------------------------------------------------------------------

  async #restore(): Promise<void> {
    const { store, remembered } = this.#options;
    const before = this.#shownId;
    const conversation = remembered === undefined ? undefined : await store.read(remembered);
    if (conversation !== undefined && this.#shownId === before) this.#show(conversation);
    await this.#refreshHistory();
  }

  async #refreshHistory(): Promise<void> {
    this.#history = await this.#options.store.list();
    this.postState();
  }

  get #runHere(): AnswerRun | undefined {
    return this.#run?.conversationId === this.#shownId ? this.#run : undefined;
  }

  #withLive(conversation: Conversation): Conversation {
    const run = this.#run;
    return run?.conversationId === conversation.id ? withAnswer(conversation, run.live.node) : conversation;
  }

  #conversation(id: string): Conversation {
    const conversation = this.#open.get(id);
    if (conversation === undefined) throw new GlassboxError('internal', 'That chat is not open.');
    return conversation;
  }

  #show(conversation: Conversation): void {
    const left = this.#shownId;
    this.#open.set(conversation.id, conversation);
    this.#shownId = conversation.id;
    this.#contextTokens = 0;
    this.#options.remember(conversation.id);
    if (left !== conversation.id && this.#run?.conversationId !== left)
      void this.flush().then(() => this.#forget(left));
  }

  #forget(id: string): void {
    if (id !== this.#shownId && this.#run?.conversationId !== id && !this.#unsaved.has(id))
      this.#open.delete(id);
  }

  #change(conversation: Conversation, saveInMs = 0): void {
    this.#open.set(conversation.id, conversation);
    this.#scheduleSave(conversation.id, saveInMs);
  }

  #scheduleSave(id: string, inMs: number): void {
    this.#unsaved.add(id);
    if (inMs === 0) {
      clearTimeout(this.#saveTimer);
      this.#saveTimer = undefined;
    }
    this.#saveTimer ??= setTimeout(() => void this.flush(), inMs);
  }

  /** Chosen means wanted: the model is loaded right away. A failure is in the model's view already. */
  async #loadQuietly(): Promise<void> {
    try {
      await this.#options.model.load();
    } catch (thrown) {
      this.#options.log(GlassboxError.from(thrown).message);
    }
  }

  #tell(message: string, severity: 'info' | 'warning' | 'error'): void {
    const { notices, newId, t } = this.#options;
    this.#options.log(message);
    void notices.ask({ id: newId(), severity, message, actions: [{ id: 'dismiss', label: t('Dismiss') }] });
  }
}
