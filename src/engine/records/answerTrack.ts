import type { FinishReason, SpeculationCounts } from '../../protocol/generation.ts';
import type { AnswerRecord, PrefixMismatch } from '../../protocol/records.ts';
import { AnswerSteps } from './answerSteps.ts';

/** A question as its answer begins. Times on a steady clock, in milliseconds. */
export interface AnswerStart {
  readonly requestId: string;
  readonly arrivedAt: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly mismatch: PrefixMismatch | undefined;
}

/** Follows one answer: what it reused, and where its time goes. */
export class AnswerTrack {
  readonly #start: AnswerStart;
  readonly #steps = new AnswerSteps();
  #reusedTokens = 0;
  #prefilledTokens = 0;
  #prefillMs = 0;
  /** When the last step ended. */
  #mark: number;
  #decodeStartedAt: number | undefined;
  #firstTokenAt: number | undefined;
  #decodedTokens = 0;
  #backendMs = 0;
  #samplingMs = 0;
  #recordingMs = 0;
  #speculation: SpeculationCounts | undefined;
  #finishReason: FinishReason | undefined;
  #isOver = false;

  constructor(start: AnswerStart) {
    this.#start = start;
    this.#mark = start.arrivedAt;
  }

  /** So many tokens of the prompt need no computation; the rest is computed from `at` on. */
  reused(tokens: number, at: number): void {
    this.#reusedTokens = tokens;
    this.#mark = at;
  }

  /** @param done tokens of the prompt that are computed so far */
  prefilled(done: number, at: number): void {
    const tokens = done - this.#prefilledTokens;
    if (tokens <= 0) return;
    const durationMs = at - this.#mark;
    this.#steps.prefilled(this.#mark - this.#start.arrivedAt, durationMs, tokens);
    this.#prefilledTokens = done;
    this.#prefillMs += durationMs;
    this.#mark = at;
  }

  /** A token was chosen, which took `samplingMs`. */
  sampled(samplingMs: number, at: number): void {
    this.#decodeStartedAt ??= this.#mark;
    this.#firstTokenAt ??= at;
    this.#decodedTokens++;
    this.#samplingMs += samplingMs;
    this.#step(at, { tokens: 1, backendMs: 0, samplingMs });
  }

  /** The backend computed what was chosen, which took `backendMs`. */
  computed(backendMs: number, at: number): void {
    this.#backendMs += backendMs;
    this.#step(at, { tokens: 0, backendMs, samplingMs: 0 });
  }

  /** Something was recorded of this answer's passes. */
  recorded(ms: number): void {
    if (!this.#isOver) this.#recordingMs += ms;
  }

  /** The answer is over; without a reason when it failed. */
  ended(finishReason?: FinishReason, speculation?: SpeculationCounts): void {
    this.#isOver = true;
    this.#finishReason = finishReason;
    this.#speculation = speculation;
  }

  get record(): AnswerRecord {
    const { requestId, arrivedAt, startedAtMs, promptTokens, cachedTokens, mismatch } = this.#start;
    return {
      requestId,
      startedAtMs,
      ...(this.#finishReason === undefined ? {} : { finishReason: this.#finishReason }),
      promptTokens,
      reusedTokens: this.#reusedTokens,
      cachedTokens,
      ...(mismatch ? { mismatch } : {}),
      prefillMs: this.#prefillMs,
      estimatedSavedMs:
        this.#prefilledTokens === 0 ? null : this.#reusedTokens * (this.#prefillMs / this.#prefilledTokens),
      ...(this.#firstTokenAt === undefined ? {} : { timeToFirstTokenMs: this.#firstTokenAt - arrivedAt }),
      decodedTokens: this.#decodedTokens,
      decodeMs: this.#decodeStartedAt === undefined ? 0 : this.#mark - this.#decodeStartedAt,
      backendMs: this.#backendMs,
      samplingMs: this.#samplingMs,
      recordingMs: this.#recordingMs,
      ...(this.#speculation ? { speculation: this.#speculation } : {}),
      steps: this.#steps.list,
    };
  }

  #step(at: number, did: { tokens: number; backendMs: number; samplingMs: number }): void {
    this.#steps.decoded(this.#mark - this.#start.arrivedAt, at - this.#start.arrivedAt, did);
    this.#mark = at;
  }
}
