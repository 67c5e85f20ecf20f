import type { SpeculationCounts } from '../../protocol/generation.ts';
import type { Logits } from '../sampling/bestLogits.ts';
import type { Recording } from '../records/tokenLabel.ts';

/** Computes a reply's tokens into the cache, and what may come behind them. */
export interface Decoder {
  /** Tokens of the prompt and the reply that are in the cache. */
  readonly length: number;
  /** Absent where nothing is guessed. */
  readonly counts?: SpeculationCounts;
  /** The prompt is in the cache or soon will be, and the first step comes. May be called again. */
  prepare(): void;
  /** Whether this token was guessed, with this recording, and computed ahead: the next `advance` with it takes that. */
  hasComputed(token: number, recording: Recording): boolean;
  /**
   * @returns what is needed of the logits behind the last of the step's tokens, at once where it was computed ahead; valid until a
   *   later call gives a promise and, while that computes, until the caller waits for it
   * @throws GlassboxError `request/cancelled`, `runtime/failed`; the cache is as it was
   */
  advance(step: DecodeStep): Promise<Logits> | Logits;
  /** The reply has ended: the cache keeps its tokens and no others. */
  end(): void;
}

export interface DecodeStep {
  /** What the reply goes on with: one token that was sampled, or some that it is made to go on with. Not empty. */
  readonly tokens: readonly number[];
  readonly recording: Recording;
  /** Of a token behind them, unless it opens or closes a thought. */
  readonly nextRecording: Recording;
  /** How many tokens behind these may be computed: the reply's last one never is. `Infinity` where nothing limits it. */
  readonly room: number;
  readonly signal: AbortSignal;
}
