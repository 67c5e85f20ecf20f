import type { ContextChip } from '../../protocol/chat.ts';

/** A piece of the workspace that can go with the next question. */
export interface ContextOffer {
  readonly id: string;
  readonly kind: ContextChip['kind'];
  readonly label: string;
  readonly attached: boolean;
  /** Changes when the content does, so that tokens are counted once. */
  readonly version: string;
  /** As the model will read it, now. Throws a GlassboxError when it cannot be read any more. */
  readonly content: () => Promise<string>;
}

/** What the editor offers as context. `onChange` callbacks are given where the source is made. */
export interface ContextSource {
  readonly offers: readonly ContextOffer[];
  setAttached(id: string, attached: boolean): void;
  /** The attached offers went out with a question: they are not attached to the next one by themselves. */
  sent(): void;
}
