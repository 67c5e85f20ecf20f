import type { Phase } from '../../protocol/records.ts';

/** What a token is to the conversation. */
export interface TokenLabel {
  readonly phase: Phase;
  /** Counts the conversation's questions: the one for the sake of which the token was first read. */
  readonly question: number;
}

/** What is recorded of tokens as they are appended to a cache. */
export interface Recording {
  /** By position in the cache. */
  readonly labelAt: (position: number) => TokenLabel;
  /** Whether experts are recorded. */
  readonly routing: boolean;
}

/** For tokens of which nobody said what they are. */
export const UNRECORDED: Recording = { labelAt: () => ({ phase: 'prompt', question: 0 }), routing: false };
