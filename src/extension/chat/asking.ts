import type { HostMessage } from '../../protocol/chat.ts';
import type { Conversation } from '../../protocol/conversation.ts';
import type { Answering, NewQuestion } from './answering.ts';
import type { AnswerRun, AnswerRunEnd } from './answerRun.ts';
import type { Attachment } from './attachments.ts';
import type { ChatHistory } from './chatHistory.ts';
import type { ContextCosts } from './contextCosts.ts';
import type { ContextSource } from './contextSource.ts';
import type { ConversationStore } from './conversationStore.ts';
import { currentPath, findAnswer, findQuestion } from './conversationTree.ts';
import type { OpenConversations } from './openConversations.ts';
import { severalAnswers, type SeveralOptions } from './severalAnswers.ts';

export interface AskingOptions {
  readonly store: ConversationStore;
  readonly context: ContextSource;
  readonly post: (message: HostMessage) => boolean;
  /** Keeps the id of the shown conversation over a restart of the window. */
  readonly remember: (conversationId: string) => void;
  readonly conversations: OpenConversations;
  readonly costs: ContextCosts;
  readonly answering: Answering;
  readonly history: ChatHistory;
}

const draftSaveMs = 1000;

/**
 * The user's questions in the shown conversation: what they write, send, ask again and change. A question that cannot
 * be asked goes back to where it was written.
 */
export class Asking {
  readonly #options: AskingOptions;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Asks a question with what is attached. @throws GlassboxError when that cannot be read any more */
  async ask(text: string): Promise<void> {
    if (text.trim() === '' || !(await this.#isFreeToAsk(text))) return;
    let attachments: readonly Attachment[];
    try {
      attachments = await this.#attachments();
    } catch (thrown) {
      // What was attached cannot be read: the question goes back to where it was written.
      this.putIntoInput(text);
      throw thrown;
    }
    const conversation = this.#options.conversations.shown;
    const parentId = currentPath(conversation).at(-1)?.id ?? null;
    this.#askIn(conversation, { parentId, text, attachments });
    this.#options.context.sent();
  }

  /** Asks a question again; both answers stay. Absent id: the last answer of the shown branch. */
  async retry(answerId?: string): Promise<void> {
    if (!(await this.#isFreeToAsk(''))) return;
    const { conversations, answering } = this.#options;
    const conversation = conversations.shown;
    const id = answerId ?? currentPath(conversation).findLast(({ kind }) => kind === 'answer')?.id;
    const answer = id === undefined ? undefined : findAnswer(conversation, id);
    if (answer !== undefined) answering.answer(conversation.id, answer.parentId);
  }

  /** The question in other words, with the same attachments; both versions stay. */
  async edit(questionId: string, text: string): Promise<void> {
    if (text.trim() === '' || !(await this.#isFreeToAsk(''))) return;
    const conversation = this.#options.conversations.shown;
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    const { parentId, attachments } = question;
    this.#askIn(conversation, { parentId, text, attachments });
  }

  /** Asks one question several times: see `severalAnswers`. */
  async askSeveral(text: string, options: SeveralOptions): ReturnType<typeof severalAnswers> {
    const { id: conversationId } = this.#options.conversations.shown;
    if (!(await this.#isFreeToAsk(text))) return { conversationId, answerIds: [] };
    this.#options.remember(conversationId);
    return await severalAnswers(this.#options, text, options);
  }

  /** To be called when an answer has ended: its question may not have fitted. */
  ended({ conversationId, live }: AnswerRun, end: AnswerRunEnd): void {
    const { parentId: questionId } = live.node;
    if (end === 'newChat') this.#moveToNewChat(conversationId, questionId);
    else if (end === 'giveBack') this.#giveBack(conversationId, questionId);
  }

  /** Keeps what the user is writing with the shown conversation. */
  setDraft(draft: string): void {
    const { conversations, remember } = this.#options;
    remember(conversations.shownId);
    conversations.change({ ...conversations.shown, draft }, draftSaveMs);
  }

  /** Adds a text to what the user is writing; they send it. */
  putIntoInput(text: string): void {
    if (text === '') return;
    this.setDraft(text);
    this.#options.post({ type: 'focusInput', text });
  }

  #askIn(conversation: Conversation, question: NewQuestion): void {
    this.#options.remember(conversation.id);
    this.#options.answering.ask(conversation, question);
  }

  /** The question did not fit: it is asked on its own in a new conversation. */
  #moveToNewChat(conversationId: string, questionId: string): void {
    const { conversations, history } = this.#options;
    const conversation = conversations.get(conversationId);
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    conversations.change({ ...conversation, currentId: question.parentId });
    const { text, attachments } = question;
    this.#askIn(history.showEmpty(), { parentId: null, text, attachments });
  }

  /** The question did not fit and was taken back: the branch ends before it, and its text can be changed. */
  #giveBack(conversationId: string, questionId: string): void {
    const { conversations } = this.#options;
    const conversation = conversations.get(conversationId);
    const question = findQuestion(conversation, questionId);
    if (question === undefined) return;
    conversations.change({ ...conversation, currentId: question.parentId, draft: question.text });
    if (conversationId === conversations.shownId) this.putIntoInput(question.text);
  }

  /** False when another answer is being written and the user wants it to go on; `text` is then the draft again. */
  async #isFreeToAsk(text: string): Promise<boolean> {
    if (await this.#options.answering.isFree()) return true;
    this.putIntoInput(text);
    return false;
  }

  async #attachments(): Promise<readonly Attachment[]> {
    const { context, costs } = this.#options;
    const attached = context.offers.filter((offer) => offer.attached);
    return await Promise.all(
      attached.map(async (offer) => {
        const tokens = costs.of(offer);
        const attachment = { label: offer.label, content: await offer.content() };
        return tokens === undefined ? attachment : { ...attachment, tokens };
      }),
    );
  }
}
