import type { Koffi } from '../importKoffi.ts';
import { CpuError } from './errors.ts';
import { openCpuLibrary, typeNumber, type CpuLibrary, type PackedType } from './library.ts';
import { libraryPath } from './libraryPath.ts';
import { loadKoffi } from './loadKoffi.ts';

/** Experts of a layer: gate and up `[inner, width]`, down `[width, inner]`. */
export interface ExpertShape {
  readonly gateType: PackedType;
  readonly downType: PackedType;
  readonly inner: number;
  readonly width: number;
}

/** Rows of a layer's experts that are to be computed: sorted by expert. */
export interface ExpertRows {
  /** `[experts]`: each one's matrices, packed by `packExpert`. */
  readonly images: readonly Uint8Array[];
  /** `[experts + 1]`: where each one's rows begin. */
  readonly starts: readonly number[];
  /** `[rows]`: the row of `x` that each reads. */
  readonly tokens: readonly number[];
  /** `[.., width]` */
  readonly x: Float32Array;
  /** `[rows, width]`, written: what each expert gives, without weights. */
  readonly y: Float32Array;
}

/** Experts computed by threads of their own, off the event loop (include/glassbox_experts.h). */
export interface ExpertCrew {
  /** The functions that pack, and those that tests compare with. */
  readonly library: CpuLibrary;
  /** Bytes of one expert's gate, up and down, packed behind each other. @throws CpuError `refused` */
  expertBytes(shape: ExpertShape): number;
  /**
   * One run at a time. `y` holds the bits that any other way of computing the same rows with native/cpu gives.
   * @param threads that work, the leading one among them
   * @throws CpuError `refused`
   */
  run(shape: ExpertShape, rows: ExpertRows, threads: number): Promise<void>;
  dispose(): void;
}

/**
 * The library at `file`; absent: the one of this build.
 * @throws CpuError `unavailable`, `version`
 */
export async function openExpertCrew(file = libraryPath()): Promise<ExpertCrew> {
  if (file === undefined)
    throw new CpuError('unavailable', 'Products on the CPU were not built for this platform.');
  const koffi = await loadKoffi();
  return new Crew(koffi, openCpuLibrary(koffi, file), bind(koffi, file));
}

// koffi's functions are untyped; what they take and give is what the prototypes beside them say.
interface Functions {
  readonly create: () => bigint | null;
  readonly free: (crew: bigint) => void;
  readonly open: (crew: bigint) => void;
  readonly help: { async(crew: bigint, done: (failure: unknown) => void): void };
  readonly bytes: (shape: BigInt64Array) => number;
  readonly lead: { async(...parameters: readonly unknown[]): void };
  readonly errorText: (error: number) => string;
}

function bind(koffi: Koffi, file: string): Functions {
  try {
    const library = koffi.load(file);
    const [long, address] = ['int64_t', 'void *'];
    return {
      create: library.func('gb_crew_create', address, []),
      free: library.func('gb_crew_free', 'void', [address]),
      open: library.func('gb_crew_open', 'void', [address]),
      help: library.func('gb_crew_help', 'void', [address]),
      bytes: library.func('gb_expert_bytes', long, [address]),
      lead: library.func('gb_crew_experts', 'int32_t', [
        ...[address, address, address, address, address, long, address, address],
      ]),
      errorText: library.func('gb_error_text', 'const char *', ['int32_t']),
    };
  } catch (error) {
    throw new CpuError('unavailable', `${file} computes no experts.`, { cause: error });
  }
}

class Crew implements ExpertCrew {
  readonly library: CpuLibrary;
  readonly #koffi: Koffi;
  readonly #functions: Functions;
  #crew: bigint;
  #isRunning = false;

  constructor(koffi: Koffi, library: CpuLibrary, functions: Functions) {
    this.library = library;
    this.#koffi = koffi;
    this.#functions = functions;
    const crew = functions.create();
    if (crew === null) throw new CpuError('refused', 'There is no memory for a crew of threads.');
    this.#crew = crew;
  }

  expertBytes(shape: ExpertShape): number {
    const bytes = this.#functions.bytes(shapeWords(shape));
    if (bytes < 0) throw new CpuError('refused', `${describe(shape)}: ${this.#functions.errorText(bytes)}.`);
    return bytes;
  }

  async run(shape: ExpertShape, rows: ExpertRows, threads: number): Promise<void> {
    if (this.#crew === 0n || this.#isRunning)
      throw new CpuError('refused', 'A crew computes one layer at a time, until it is disposed of.');
    const { x, y, images } = rows;
    this.#check(shape, rows);
    const starts = atRest(BigInt64Array.from(rows.starts, BigInt));
    const tokens = atRest(Int32Array.from(rows.tokens));
    const addresses = atRest(BigUint64Array.from(images, (image) => this.#koffi.address(atRest(image))));
    const shaped = atRest(shapeWords(shape));
    atRest(x);
    atRest(y);
    this.#isRunning = true;
    try {
      this.#functions.open(this.#crew);
      const lead = new Promise<void>((resolve, reject) => {
        this.#functions.lead.async(
          ...[this.#crew, shaped, addresses, starts, tokens, images.length, x, y],
          (failure: unknown, error: number) => {
            // Named here so that this callback, which koffi holds, keeps them alive until C is done with them.
            void [shaped, addresses, starts, tokens, rows];
            if (failure === null && error === 0) resolve();
            else {
              const why = failure === null ? this.#functions.errorText(error) : String(failure);
              reject(new CpuError('refused', `${describe(shape)} could not be computed: ${why}.`));
            }
          },
        );
      });
      // Behind the leader: where fewer threads are free than were asked for, it is the one that has one.
      const helpers = Array.from({ length: threads - 1 }, () => this.#help());
      // Who helps may still look at the crew when the leader is done.
      const [led] = await Promise.allSettled([lead, ...helpers]);
      if (led.status === 'rejected') throw led.reason;
    } finally {
      this.#isRunning = false;
    }
  }

  dispose(): void {
    if (this.#crew === 0n) return;
    if (this.#isRunning) throw new CpuError('refused', 'A crew that computes cannot be disposed of.');
    this.#functions.free(this.#crew);
    this.#crew = 0n;
  }

  #help(): Promise<void> {
    return new Promise((resolve) => {
      this.#functions.help.async(this.#crew, () => {
        resolve();
      });
    });
  }

  /** C is not told how long arrays are. */
  #check(shape: ExpertShape, { images, starts, tokens, x, y }: ExpertRows): void {
    const bytes = this.expertBytes(shape);
    const rowCount = starts.at(-1) ?? 0;
    const isSorted = starts[0] === 0 && starts.every((start, i) => i === 0 || start > (starts[i - 1] ?? 0));
    const furthest = tokens.reduce((most, token) => Math.max(most, token), 0);
    if (
      !isSorted ||
      starts.length !== images.length + 1 ||
      images.some((image) => image.byteLength < bytes) ||
      tokens.length < rowCount ||
      tokens.some((token) => !Number.isInteger(token) || token < 0) ||
      x.length < (furthest + 1) * shape.width ||
      y.length < rowCount * shape.width
    )
      throw new CpuError('refused', `${String(rowCount)} rows do not fit their memory.`);
  }
}

/** V8 keeps small typed arrays inside its heap and moves them; asking for `buffer` moves their bytes out for good. */
function atRest<View extends ArrayBufferView>(array: View): View {
  void array.buffer;
  return array;
}

/** `gb_expert_shape` */
function shapeWords({ gateType, downType, inner, width }: ExpertShape): BigInt64Array {
  return BigInt64Array.from([typeNumber(gateType), typeNumber(downType), inner, width], BigInt);
}

function describe({ gateType, downType, inner, width }: ExpertShape): string {
  return `An expert of ${String(inner)} x ${String(width)} in ${gateType} and ${downType}`;
}
