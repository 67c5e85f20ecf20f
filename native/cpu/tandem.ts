import type { Koffi } from '../importKoffi.ts';
import { CpuError } from './errors.ts';

/** Two threads that compute a pass: who calls leads, with the first rows, and another follows with the rest (include/glassbox_tandem.h). */
export interface Tandem {
  /** Work will come soon: the thread that follows is called, where it is not there. */
  call(): void;
  /**
   * Hands runs to the thread that follows, which computes them one after another beside what this thread runs until `end`.
   * @param runs the parameters of `Run` for each of them; what they point to must live until `end`
   * @returns false where that thread is not at its core: nothing was begun, and it is called
   */
  begin(runs: BigUint64Array<ArrayBuffer>): boolean;
  /** Waits for that thread. @returns the `OrtStatus *` of the run that failed, else null */
  end(): bigint | null;
  /** Whether that thread left because others compute on its core; asked once. */
  lostCore(): boolean;
  /** The thread that follows leaves soon; it is called again when there is work. */
  dismiss(): void;
  /** Waits, for a millisecond or so, until that thread has nothing left to wait for. */
  dispose(): Promise<void>;
}

const PARAMETERS_OF_RUN = 8;

// koffi's functions are untyped; what they take and give is what the prototypes beside them say.
interface Functions {
  readonly free: (tandem: bigint) => void;
  readonly call: (tandem: bigint) => void;
  readonly follow: { async(tandem: bigint, done: (failure: unknown, isContested: number) => void): void };
  readonly begin: (tandem: bigint, runs: BigUint64Array, count: number) => number;
  readonly end: (tandem: bigint) => bigint | null;
  readonly dismiss: (tandem: bigint) => void;
}

/** @returns makes one @throws CpuError `refused` */
export function bindTandem(library: ReturnType<Koffi['load']>): (run: bigint) => Tandem {
  const address = 'void *';
  const create: (run: bigint) => bigint | null = library.func('gb_tandem_create', address, ['uint64_t']);
  const functions: Functions = {
    free: library.func('gb_tandem_free', 'void', [address]),
    call: library.func('gb_tandem_call', 'void', [address]),
    follow: library.func('gb_tandem_follow', 'int32_t', [address]),
    begin: library.func('gb_tandem_begin', 'int32_t', [address, address, 'int64_t']),
    end: library.func('gb_tandem_end', address, [address]),
    dismiss: library.func('gb_tandem_dismiss', 'void', [address]),
  };
  return (run) => {
    const tandem = create(run);
    if (tandem === null) throw new CpuError('refused', 'There is no memory for a second thread.');
    return new NativeTandem(functions, tandem);
  };
}

class NativeTandem implements Tandem {
  readonly #functions: Functions;
  #tandem: bigint;
  /** While a thread follows. */
  #following: Promise<void> | undefined;
  #hasLostCore = false;

  constructor(functions: Functions, tandem: bigint) {
    this.#functions = functions;
    this.#tandem = tandem;
  }

  call(): void {
    if (this.#tandem === 0n || this.#following) return;
    this.#functions.call(this.#tandem);
    this.#following = new Promise((resolve) => {
      this.#functions.follow.async(this.#tandem, (_failure, isContested) => {
        this.#following = undefined;
        this.#hasLostCore = isContested === 1;
        resolve();
      });
    });
  }

  begin(runs: BigUint64Array<ArrayBuffer>): boolean {
    if (this.#tandem === 0n) return false;
    this.call();
    return this.#functions.begin(this.#tandem, runs, runs.length / PARAMETERS_OF_RUN) !== 0;
  }

  end(): bigint | null {
    return this.#functions.end(this.#tandem);
  }

  lostCore(): boolean {
    const lost = this.#hasLostCore;
    this.#hasLostCore = false;
    return lost;
  }

  dismiss(): void {
    if (this.#tandem !== 0n) this.#functions.dismiss(this.#tandem);
  }

  async dispose(): Promise<void> {
    this.dismiss();
    const tandem = this.#tandem;
    this.#tandem = 0n;
    await this.#following;
    if (tandem !== 0n) this.#functions.free(tandem);
  }
}
