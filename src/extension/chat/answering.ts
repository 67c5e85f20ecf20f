import type { EngineHost } from '../../engineClient/engineHost.ts';
import type { AnswerNode, Conversation } from '../../protocol/conversation.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import type { Translate } from '../translate.ts';
import { AnswerRun, type AnswerRunEnd, type AnswerWish, type TextDelta } from './answerRun.ts';
import type { AnswerSettings } from './answerSettings.ts';
import type { Attachment } from './attachments.ts';
import type { ChatActions } from './chatActions.ts';
import { currentPath, findQuestion, withAnswer, withNode } from './conversationTree.ts';
import { emptyAnswer, type LiveAnswer } from './liveAnswer.ts';
import type { Notices } from './notices.ts';
import type { OpenConversations } from './openConversations.ts';
import { promptMessages } from './prompt.ts';

export interface AnsweringOptions {
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly notices: Notices;
  readonly traces: TraceStore;
  readonly actions: ChatActions;
  readonly settings: () => AnswerSettings;
  readonly t: Translate;
  readonly log: (message: string) => void;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly conversations: OpenConversations;
  /** An answer was begun, or its conversation changed otherwise than by text. */
  readonly onChange: () => void;
  readonly onLive: (conversationId: string, live: LiveAnswer, delta: TextDelta | undefined) => void;
  /** An answer has come to its end, and is in its conversation. */
  readonly onEnd: (run: AnswerRun, end: AnswerRunEnd) => void;
  /** The conversation of an answer that has ended is saved. */
  readonly onSaved: () => void;
}

/** What a question asks, and where it stands. */
export interface NewQuestion {
  /** The answer that it follows; null for a first question. */
  readonly parentId: string | null;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** Writes answers into conversations, one at a time: the engine has one model. */
export class Answering {
  readonly #options: AnsweringOptions;
  #run: AnswerRun | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** The answer that is being written, or waits to be. */
  get run(): AnswerRun | undefined {
    return this.#run;
  }

  /** The same, where it belongs to the conversation that is shown. */
  get shownRun(): AnswerRun | undefined {
    return this.#run?.conversationId === this.#options.conversations.shownId ? this.#run : undefined;
  }

  get writing(): { readonly conversationId: string; readonly node: AnswerNode } | undefined {
    return this.#run && { conversationId: this.#run.conversationId, node: this.#run.live.node };
  }

  /** Resolves when the last answer has ended and is in its conversation. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** Stops the answer being written, or the waiting before it; what is written stays. */
  stop(): void {
    this.#run?.stop();
  }

  async answerNow(): Promise<void> {
    await this.#run?.answerNow();
  }

  /** False when another answer is being written and the user wants it to go on. */
  async isFree(): Promise<boolean> {
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
    if (action !== 'stop') return false;
    run.stop();
    await this.#settled;
    return true;
  }

  /** Adds a question to a conversation and begins its answer. */
  ask(
    conversation: Conversation,
    { parentId, text, attachments }: NewQuestion,
    wish: AnswerWish = {},
  ): AnswerRun {
    const { newId, now, conversations } = this.#options;
    const question = {
      kind: 'question' as const,
      id: newId(),
      parentId,
      createdAt: now(),
      text,
      attachments: [...attachments],
    };
    conversations.change({ ...withNode(conversation, question), draft: '' });
    return this.answer(conversation.id, question.id, wish);
  }

  /** Begins another answer to a question. */
  answer(conversationId: string, questionId: string, wish: AnswerWish = {}): AnswerRun {
    const { newId, now, conversations, onChange, onLive, onSaved } = this.#options;
    const node = emptyAnswer(newId(), questionId, now());
    conversations.change(withNode(conversations.get(conversationId), node));
    const run = new AnswerRun({
      ...this.#options,
      conversationId,
      node,
      question: findQuestion(conversations.get(conversationId), questionId)?.text ?? '',
      wish,
      prompt: () => {
        const conversation = conversations.get(conversationId);
        return promptMessages(
          currentPath({ ...conversation, currentId: questionId }),
          conversation.keepFromId,
        );
      },
      keepFrom: (keepFromId) => {
        conversations.change({ ...conversations.get(conversationId), keepFromId });
        onChange();
      },
      onLive: (live, delta) => onLive(conversationId, live, delta),
    });
    this.#run = run;
    this.#settled = run.start().then((end) => this.#settle(run, end));
    void this.#settled.then(() => conversations.close(conversationId)).then(onSaved);
    onChange();
    return run;
  }

  #settle(run: AnswerRun, end: AnswerRunEnd): void {
    const { conversations, now, onEnd } = this.#options;
    if (this.#run === run) this.#run = undefined;
    const ended = withAnswer(conversations.get(run.conversationId), run.live.node);
    conversations.change({ ...ended, updatedAt: now() });
    onEnd(run, end);
  }
}
