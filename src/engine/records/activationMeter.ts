import type { MeasuredActivations } from '../../protocol/records.ts';
import type { ProcessMemory } from '../processMemory.ts';

/** A forward pass is a few of these long; a reading takes some 50 microseconds. */
const INTERVAL_MS = 4;

/** Some tokens that are about to be computed. */
export interface MeasuredPiece {
  readonly tokens: number;
  /** With those before them in the cache. */
  readonly contextTokens: number;
  /** That were ever written of all caches; only then does the system give them memory. Asked for when the piece is looked at. */
  readonly writtenKvBytes: () => number;
  /** That it writes for the first time. */
  readonly newKvBytes: number;
}

/**
 * Measures the working memory of forward passes. ONNX Runtime's arena, which could tell, is off (it keeps the largest piece's
 * memory for ever), so the process is looked at while it computes on other threads: the most that it takes beyond what it took
 * before its first piece, without the KV caches and the script's heap. Pieces larger than all before are looked at, and no others.
 */
export class ActivationMeter {
  readonly #memory: () => ProcessMemory;
  /** Before the first piece. */
  #baselineBytes: number | undefined;
  #largest: MeasuredActivations | undefined;
  #isOver = false;

  constructor(memory: () => ProcessMemory) {
    this.#memory = memory;
  }

  /** Absent before the first piece of a prompt. */
  get largest(): MeasuredActivations | undefined {
    return this.#largest;
  }

  /** The memory of a cache was given back, now or some time later: what is taken from here on says nothing. */
  stop(): void {
    this.#isOver = true;
  }

  /** Runs a piece, and looks at the process meanwhile if that is worth it. */
  during<Result>(piece: MeasuredPiece, run: () => Promise<Result>): Promise<Result> {
    const { tokens, contextTokens } = piece;
    const { tokens: most, contextTokens: longest } = this.#largest ?? { tokens: 1, contextTokens: 0 };
    if (this.#isOver || tokens < most || tokens < 2 || contextTokens <= longest) return run();
    return this.#measured(piece, run);
  }

  async #measured<Result>(
    { tokens, contextTokens, writtenKvBytes, newKvBytes }: MeasuredPiece,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const kvBytesBefore = writtenKvBytes();
    const kvBytesAfter = kvBytesBefore + newKvBytes;
    this.#baselineBytes ??= this.#nativeBytes() - kvBytesBefore;
    const baseline = this.#baselineBytes;
    let peak = 0;
    const look = (): void => {
      peak = Math.max(peak, this.#nativeBytes() - kvBytesAfter - baseline);
    };
    const timer = setInterval(look, INTERVAL_MS);
    try {
      const result = await run();
      look();
      this.#largest = { bytes: Math.max(peak, this.#largest?.bytes ?? 0), tokens, contextTokens };
      return result;
    } finally {
      clearInterval(timer);
    }
  }

  #nativeBytes(): number {
    const { residentBytes, heapBytes } = this.#memory();
    return residentBytes - heapBytes;
  }
}
