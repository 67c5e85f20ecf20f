import type { Conversation } from '../../protocol/conversation.ts';
import type { TraceAbout } from '../../reasoning/trace/trace.ts';
import type { ModelSession } from '../models/modelSession.ts';
import { findAnswer } from './conversationTree.ts';

/** Whose answer a trace is, and which model wrote it. */
export interface TracedAnswerId {
  readonly id: string;
  readonly conversationId: string;
  readonly model: Pick<TraceAbout['model'], 'name' | 'fingerprint'>;
}

/**
 * Whether a traced answer can be told again from one of its tokens on: it is here, and so is its model. A model that is not
 * loaded goes by its name, as does one of a trace without a fingerprint; that it is the same is seen when it is loaded.
 */
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
  const { view, loaded } = model;
  const { name, fingerprint } = about.model;
  const isSame =
    loaded === undefined || fingerprint === undefined
      ? 'name' in view && view.name === name
      : loaded.fingerprint === fingerprint;
  if (!isSame) return false;
  const conversation = await conversationOf(about.conversationId);
  return conversation !== undefined && findAnswer(conversation, about.id) !== undefined;
}
