import type { Tandem } from '../../../../native/cpu/tandem.ts';
import type { NativeRun, NativeRuns, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import { GivingWay } from './givingWay.ts';
import type { ModelParts } from './modelParts.ts';
import { type BoundPass, PassMemory, type PassRows, type SessionRun } from './passMemory.ts';

/** The rows of a divided pass, first and second part. */
export type DividedPass = readonly [BoundPass, BoundPass];

/**
 * Passes over several tokens that two threads compute: this one the first rows, another the rest (native/cpu/tandem.ts). Two rows then take
 * little longer than one. Where the machine has other work the other thread is often away, and passes go alone.
 */
export class TandemPasses {
  readonly memory: PassMemory;
  readonly #tandem: Tandem;
  readonly #native: NativeRuns;
  readonly #runs = new Map<OrtSession, NativeRun>();
  #table = new BigUint64Array(0);
  readonly #givingWay: GivingWay | undefined;
  #divided = 0;

  /** @param mostTokens of the second part */
  constructor(parts: ModelParts, tandem: Tandem, native: NativeRuns, mostTokens: number) {
    this.memory = new PassMemory(parts, mostTokens);
    this.#givingWay = parts.spareThread?.givesWay ? new GivingWay() : undefined;
    this.#tandem = tandem;
    this.#native = native;
  }

  /** Passes that two threads computed so far. */
  get divided(): number {
    return this.#divided;
  }

  /** Such passes will come soon. */
  prepare(): void {
    if (this.#givingWay?.goesAlone !== true) this.#tandem.call();
  }

  /**
   * Computes both parts; they are the rows of one pass.
   * @returns undefined where there is nobody to divide it with: nothing was computed
   * @throws OrtError
   */
  run(first: PassRows, firstMemory: PassMemory, second: PassRows): DividedPass | undefined {
    if (this.#tandem.lostCore()) this.#givingWay?.lostCore();
    if (this.#givingWay?.mayDivide() === false) return undefined;
    const behind = this.memory.bind(second);
    // The other thread begins with what needs nothing of the first rows while those are bound.
    if (!this.#tandem.begin(this.#parametersOf(runsOf(behind)))) return undefined;
    let status: bigint | null;
    let before: BoundPass;
    try {
      before = firstMemory.bind(first);
      for (const { session, inputs, outputs } of runsOf(before)) session.runHere?.(inputs, outputs);
    } finally {
      const since = performance.now();
      status = this.#tandem.end();
      if (this.#givingWay?.waited(performance.now() - since)) this.#tandem.dismiss();
    }
    this.#native.check(status);
    this.#divided++;
    return [before, behind];
  }

  /** Not while a pass is under way. */
  async dispose(): Promise<void> {
    await this.#tandem.dispose();
    this.memory.dispose();
  }

  #parametersOf(runs: readonly SessionRun[]): BigUint64Array<ArrayBuffer> {
    const parameters = runs.map(({ session, inputs, outputs }) =>
      this.#nativeRun(session).parameters(inputs, outputs),
    );
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
}

/** One after another. */
function runsOf({ layers, head }: BoundPass): readonly SessionRun[] {
  return head ? [...layers, head] : layers;
}
