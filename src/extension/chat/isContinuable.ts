import type { Conversation } from '../../protocol/conversation.ts';
import type { TraceAbout } from '../../reasoning/trace/trace.ts';
import type { ModelSession } from '../models/modelSession.ts';
import { findAnswer } from './conversationTree.ts';

/** Whose answer a trace is, and which model wrote it. */
export interface TracedAnswerId {
  readonly id: string;
  readonly conversationId: string;
  readonly model: Pick<TraceAbout['model'], 'name'>;
}

/** Whether a traced answer can be told again from one of its tokens on: it is here, and so is its model. */
export async function isContinuable(
  {
    model,
    conversationOf,
  }: {
    readonly model: ModelSession;
    readonly conversationOf: (id: string) => Promise<Conversation | undefined>;
  },
  about: TracedAnswerId,
): Promise<boolean> {
  const { view } = model;
  if (!('name' in view) || view.name !== about.model.name) return false;
  const conversation = await conversationOf(about.conversationId);
  return conversation !== undefined && findAnswer(conversation, about.id) !== undefined;
}
