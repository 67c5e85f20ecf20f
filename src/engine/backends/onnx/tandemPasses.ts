import type { Tandem } from '../../../../native/cpu/tandem.ts';
import type { NativeRun, NativeRuns, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelParts } from './modelParts.ts';
import { type BoundPass, PassMemory, type PassRows, type SessionRun } from './passMemory.ts';
import { SHORT_TOKENS } from './shortRuns.ts';

/** A wait of so many milliseconds for the other thread means that it has lost its core: no divided pass takes half as long. */
const STALL_MS = 0.3;
/** Passes that go alone behind a stall: as many as take about as long. Each time that the next stall comes soon, twice as many. */
const ALONE_PASSES = 16;
const MOST_ALONE_PASSES = 4096;
/** A stall in so many divided passes costs less than they save. */
const WORTH_A_STALL = 64;

/** The rows of a divided pass, first and second part. */
export type DividedPass = readonly [BoundPass, BoundPass];

/**
 * Passes over a few tokens that two threads compute: this one the first rows, another the rest (native/cpu/tandem.ts). Two rows then take
 * little longer than one. Where the machine has other work the other thread is often away, and passes go alone.
 */
export class TandemPasses {
  readonly memory: PassMemory;
  readonly #tandem: Tandem;
  readonly #native: NativeRuns;
  readonly #runs = new Map<OrtSession, NativeRun>();
  #table = new BigUint64Array(0);
  /** Passes that go alone from now on, and behind the next stall. */
  #alone = 0;
  #aloneNext = ALONE_PASSES;
  /** Divided since the last stall. */
  #divided = 0;

  constructor(parts: ModelParts, tandem: Tandem, native: NativeRuns) {
    this.memory = new PassMemory(parts, SHORT_TOKENS);
    this.#tandem = tandem;
    this.#native = native;
  }

  /**
   * Computes both parts; they are the rows of one pass.
   * @returns undefined where there is nobody to divide it with: nothing was computed
   * @throws OrtError
   */
  run(first: PassRows, firstMemory: PassMemory, second: PassRows): DividedPass | undefined {
    if (this.#alone > 0) {
      this.#alone--;
      return undefined;
    }
    const behind = this.memory.bind(second);
    // The other thread begins with what needs nothing of the first rows while those are bound.
    if (!this.#tandem.begin(this.#parametersOf([...behind.layers, behind.head]))) return undefined;
    let status: bigint | null = null;
    let before: BoundPass;
    try {
      before = firstMemory.bind(first);
      for (const { session, inputs, outputs } of [...before.layers, before.head])
        session.runHere?.(inputs, outputs);
    } finally {
      const since = performance.now();
      status = this.#tandem.end();
      this.#waited(performance.now() - since);
    }
    this.#native.check(status);
    return [before, behind];
  }

  /** Not while a pass is under way. */
  async dispose(): Promise<void> {
    await this.#tandem.dispose();
    this.memory.dispose();
  }

  #parametersOf(runs: readonly SessionRun[]): BigUint64Array<ArrayBuffer> {
    const parameters = runs.map(({ session, inputs, outputs }) => this.#nativeRun(session).parameters(inputs, outputs));
    const length = parameters.reduce((sum, { length }) => sum + length, 0);
    if (this.#table.length !== length) this.#table = new BigUint64Array(new ArrayBuffer(8 * length));
    let at = 0;
    for (const each of parameters) {
      this.#table.set(each, at);
      at += each.length;
    }
    return this.#table;
  }

  #nativeRun(session: OrtSession): NativeRun {
    const known = this.#runs.get(session);
    if (known) return known;
    const run = session.nativeRun?.();
    if (!run) throw new TypeError('A session of another binding was given.');
    this.#runs.set(session, run);
    return run;
  }

  #waited(milliseconds: number): void {
    this.#divided++;
    if (this.#divided === WORTH_A_STALL) this.#aloneNext = ALONE_PASSES;
    if (milliseconds < STALL_MS) return;
    this.#alone = this.#aloneNext;
    this.#aloneNext = Math.min(MOST_ALONE_PASSES, 2 * this.#aloneNext);
    this.#divided = 0;
  }
}
