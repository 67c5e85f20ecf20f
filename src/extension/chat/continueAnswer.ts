import type { Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { readTraceSteps } from '../../reasoning/trace/readTraceSteps.ts';
import { inTurns } from '../inTurns.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import type { Translate } from '../translate.ts';
import type { Answering } from './answering.ts';
import { findAnswer } from './conversationTree.ts';

export interface ContinueAnswerParts {
  readonly answering: Answering;
  readonly traces: TraceStore;
  readonly t: Translate;
  /** Shows a conversation. @returns what is shown then */
  readonly open: (conversationId: string) => Promise<Conversation>;
}

/**
 * Asks the question of an answer again, so that the reply begins as that one did up to a token and goes on with another.
 * Both answers stay. The trace is the one that was saved with the answer, whatever a page or a file says.
 * @throws GlassboxError `request/invalid` when there is no such answer or token
 */
export async function continueAnswer(
  { answering, traces, t, open }: ContinueAnswerParts,
  { conversationId, answerId }: { readonly conversationId: string; readonly answerId: string },
  { token, alternative }: { readonly token: number; readonly alternative: number },
): Promise<void> {
  const bytes = await traces.read(conversationId, answerId);
  const earlier = bytes === undefined ? undefined : (await inTurns(readTraceSteps(bytes))).trace;
  if (earlier === undefined || token >= earlier.tokens.count) {
    throw new GlassboxError('request/invalid', t('The trace of this answer is not kept any more.'));
  }
  if (!(await answering.isFree())) return;
  const conversation = await open(conversationId);
  const answer = conversation.id === conversationId ? findAnswer(conversation, answerId) : undefined;
  if (answer === undefined) {
    throw new GlassboxError('request/invalid', t('The answer of this trace is not there any more.'));
  }
  answering.answer(conversationId, answer.parentId, { continues: { earlier, token, alternative } });
}
