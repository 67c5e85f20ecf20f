import type { Koffi } from '../importKoffi.ts';
import { bindSampling, type VocabularyFunctions } from './sampling.ts';
import { CpuError } from './errors.ts';
import { openCpuLibrary, PANEL_ROWS, typeNumber, type PackedType } from './library.ts';
import { libraryPath } from './libraryPath.ts';
import { loadKoffi } from './loadKoffi.ts';
import type { MatrixStack, StackShape } from './matrixStack.ts';
import { bindTandem, type Tandem } from './tandem.ts';

/** Our operators for ONNX Runtime and the matrices that they multiply with (include/glassbox_operators.h). */
export interface Operators {
  /** The instruction set in use. */
  readonly isa: string;
  /**
   * Adds the operators, of domain `glassbox`, to an `OrtSessionOptions`.
   * @param apiBase what `OrtGetApiBase` returned
   * @throws CpuError `version` for another ONNX Runtime than they were written for
   */
  register(sessionOptions: bigint, apiBase: bigint): void;
  /** What choosing a token takes of a vocabulary of so many tokens. */
  readonly sampling: (vocabularySize: number) => VocabularyFunctions;
  /** @param run the address of `OrtApi`'s `Run` @throws CpuError `refused` */
  tandem(run: bigint): Tandem;
  /** Bytes of a packed matrix. @throws CpuError `refused` */
  packedBytes(type: PackedType, rows: number, columns: number): number;
  /** An empty stack, to be packed. @throws CpuError `refused`, also when there is no memory for it */
  createStack(type: PackedType, shape: StackShape): MatrixStack;
}

/**
 * The operators of the library at `file`; absent: the one of this build.
 * @throws CpuError `unavailable`, `version`
 */
export async function openOperators(file = libraryPath()): Promise<Operators> {
  if (file === undefined) throw new CpuError('unavailable', 'None were built for this platform.');
  const opened = openedOperators.get(file) ?? open(await loadKoffi(), file);
  openedOperators.set(file, opened);
  return opened;
}

/** Held for ever: a library must not be unloaded while a session of ONNX Runtime calls it. */
const openedOperators = new Map<string, Operators>();

function open(koffi: Koffi, file: string): Operators {
  const library = openCpuLibrary(koffi, file);
  const functions = bind(koffi, file);
  return {
    get isa() {
      return library.isa();
    },
    sampling: functions.sampling,
    register: (sessionOptions, apiBase) => {
      const why = functions.register(sessionOptions, apiBase);
      if (why !== null) throw new CpuError('version', `${why}.`);
    },
    tandem: functions.tandem,
    packedBytes: (type, rows, columns) => library.packedBytes(type, rows, columns),
    createStack: (type, shape) => new Stack(functions, typeNumber(type), shape),
  };
}

// koffi's functions are untyped; what they take and give is what the prototypes beside them say.
interface Functions {
  readonly sampling: (vocabularySize: number) => VocabularyFunctions;
  readonly tandem: (run: bigint) => Tandem;
  readonly register: (sessionOptions: bigint, apiBase: bigint) => string | null;
  readonly create: (
    type: number,
    count: number,
    rows: number,
    columns: number,
    error: Int32Array,
  ) => bigint | null;
  readonly pack: {
    async(
      ...parameters: readonly [
        stack: bigint,
        matrix: number,
        source: Uint8Array,
        sourceBytes: number,
        firstRow: number,
        endRow: number,
        done: (failure: unknown, error: number) => void,
      ]
    ): void;
  };
  readonly release: (stack: bigint) => void;
  readonly errorText: (error: number) => string;
}

function bind(koffi: Koffi, file: string): Functions {
  try {
    const library = koffi.load(file);
    const [long, address] = ['int64_t', 'void *'];
    return {
      sampling: bindSampling(library),
      tandem: bindTandem(library),
      register: library.func('gb_register_operators', 'const char *', [address, address]),
      create: library.func('gb_resident_create', address, ['int32_t', long, long, long, address]),
      pack: library.func('gb_resident_pack', 'int32_t', [address, long, address, long, long, long]),
      release: library.func('gb_resident_release', 'void', [address]),
      errorText: library.func('gb_error_text', 'const char *', ['int32_t']),
    };
  } catch (error) {
    throw new CpuError('unavailable', `${file} has no operators.`, { cause: error });
  }
}

class Stack implements MatrixStack {
  readonly panelRows = PANEL_ROWS;
  readonly #functions: Functions;
  readonly #shape: StackShape;
  #address: bigint;

  constructor(functions: Functions, type: number, shape: StackShape) {
    const { count, rows, columns } = shape;
    const error = new Int32Array(new ArrayBuffer(4));
    const address = functions.create(type, count, rows, columns, error);
    if (address === null) {
      const what = `${count} matrices of ${rows} x ${columns}`;
      throw new CpuError('refused', `${what} cannot be held: ${functions.errorText(error[0] ?? 0)}.`);
    }
    this.#functions = functions;
    this.#shape = shape;
    this.#address = address;
  }

  get handle(): number {
    return Number(this.#held());
  }

  pack(matrix: number, source: Uint8Array, firstRow: number, endRow: number): Promise<void> {
    const address = this.#held();
    return new Promise((resolve, reject) => {
      this.#functions.pack.async(
        address,
        matrix,
        source,
        source.byteLength,
        firstRow,
        endRow,
        (failure, error) => {
          // Named here so that this callback, which koffi holds, keeps it alive until C is done with it.
          void source;
          if (failure === null && error === 0) {
            resolve();
            return;
          }
          const { rows, columns } = this.#shape;
          const what = `rows ${firstRow} to ${endRow} of matrix ${matrix}, ${rows} x ${columns}`;
          const why = failure === null ? this.#functions.errorText(error) : String(failure);
          reject(new CpuError('refused', `${what}, could not be packed: ${why}.`));
        },
      );
    });
  }

  release(): void {
    if (this.#address === 0n) return;
    this.#functions.release(this.#address);
    this.#address = 0n;
  }

  #held(): bigint {
    if (this.#address === 0n) throw new CpuError('refused', 'A stack was used after it was released.');
    return this.#address;
  }
}
