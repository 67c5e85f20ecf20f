import type { SamplingOptions } from '../../protocol/generation.ts';
import type { Answering } from './answering.ts';
import type { ConversationStore } from './conversationStore.ts';
import { currentPath } from './conversationTree.ts';
import type { OpenConversations } from './openConversations.ts';

export interface SeveralOptions {
  readonly count: number;
  /** In place of the settings' values; the seeds are 1, 2, … */
  readonly sampling: SamplingOptions;
  readonly signal: AbortSignal;
  /** Told how many answers are written. */
  readonly onAnswer: (answers: number) => void;
}

/**
 * Asks one question several times in the shown conversation, one answer after the other, each with a seed of its own. The
 * answers are versions of one turn and share what the cache holds of the prompt. A question that is the last one already is
 * not written again.
 * @returns the ids of the answers that came to an end by themselves
 */
export async function severalAnswers(
  chat: {
    readonly answering: Answering;
    readonly conversations: OpenConversations;
    readonly store: ConversationStore;
  },
  text: string,
  { count, sampling, signal, onAnswer }: SeveralOptions,
): Promise<{ readonly conversationId: string; readonly answerIds: readonly string[] }> {
  const { answering, conversations, store } = chat;
  const answerIds: string[] = [];
  const { id: conversationId } = conversations.shown;
  const last = currentPath(conversations.shown).findLast(({ kind }) => kind === 'question');
  let questionId = last?.kind === 'question' && last.text === text ? last.id : undefined;
  const stop = (): void => answering.stop();
  signal.addEventListener('abort', stop);
  try {
    for (let seed = 1; seed <= count && !signal.aborted; seed++) {
      // The user may have gone on to another chat and deleted this one.
      const conversation = conversations.find(conversationId) ?? (await store.read(conversationId));
      if (conversation === undefined || answering.run !== undefined) break;
      conversations.change(conversation);
      const wish = { sampling: { ...sampling, seed } };
      const run =
        questionId === undefined
          ? answering.ask(conversation, { parentId: conversation.currentId, text, attachments: [] }, wish)
          : answering.answer(conversationId, questionId, wish);
      await answering.settled;
      const { node: written } = run.live;
      questionId = written.parentId;
      if (written.finish === undefined || written.finish === 'cancelled') break;
      answerIds.push(written.id);
      onAnswer(answerIds.length);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return { conversationId, answerIds };
}
