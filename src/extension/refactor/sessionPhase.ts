import type { GlassboxError } from '../../protocol/errors.ts';
import type { GrowingEdit } from '../../refactor/growingEdit.ts';
import type { Review } from './review.ts';
import type { WritingStep } from './writingStep.ts';

/** What a session is at. */
export type SessionPhase =
  | { readonly kind: 'writing'; readonly step: WritingStep; readonly growing?: GrowingEdit }
  /** `notes` are sentences for the user: syntax that was not checked, what an answer lacked, a later answer that was no edit. */
  | { readonly kind: 'reviewing'; readonly review: Review; readonly notes: readonly string[] }
  /** An answer that is a text, as was asked for. */
  | { readonly kind: 'text' }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** It broke off: the engine ended, the model could not be loaded, the user stopped it. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: GlassboxError['code'] }
  /** Nothing is shown any more. */
  | { readonly kind: 'ended' };
