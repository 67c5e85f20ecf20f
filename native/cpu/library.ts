import type { Koffi } from '../importKoffi.ts';
import { alignedBytes } from './alignedBytes.ts';
import { CpuError } from './errors.ts';

/** `GB_VERSION` of glassbox_cpu.h that this binding was written for. */
const VERSION = 2;

/** `gb_type`: the numbers of a GGUF file. */
const TYPE_NUMBERS = { Q4_0: 2, Q4_1: 3, Q5_0: 6, Q5_1: 7, Q8_0: 8, Q4_K: 12, Q5_K: 13, Q6_K: 14 } as const;

/** Types that can be packed. */
export type PackedType = keyof typeof TYPE_NUMBERS;
export const PACKED_TYPES: readonly PackedType[] = Object.keys(TYPE_NUMBERS).filter(isPackedType);

/** As `gb_type` has it. */
export function typeNumber(type: PackedType): number {
  return TYPE_NUMBERS[type];
}

export function isPackedType(type: string): type is PackedType {
  return type in TYPE_NUMBERS;
}

/** Rows of a panel: `GB_PANEL_ROWS`. */
export const PANEL_ROWS = 16;

export interface PackedMatrix {
  readonly type: PackedType;
  readonly rows: number;
  readonly columns: number;
  /** From `alignedBytes`, `packedBytes` of them. */
  readonly packed: Uint8Array;
}

export interface PreparedInputs {
  readonly tokens: number;
  readonly columns: number;
  /** From `alignedBytes`, `inputsBytes` of them. */
  readonly data: Uint8Array;
}

/** What an input of a product is prepared from: `tokens` rows of `columns` floats, `stride` floats apart. */
export interface FloatInputs {
  readonly x: Float32Array;
  readonly stride: number;
  readonly tokens: number;
  readonly columns: number;
  /** Token `t` is row `picks[t]` rather than row `t`. */
  readonly picks?: Int32Array;
}

export interface ProductOutput {
  /** `y[token * stride + row]` */
  readonly y: Float32Array;
  readonly stride: number;
  /** Added to the product; as large as `y`, and may be `y`. */
  readonly addend?: Float32Array;
}

/** A half-open range of rows, tokens or panels. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

/**
 * The library's functions as glassbox_cpu.h describes them. Each throws a `CpuError` where the C function returns an
 * error: `refused`, with what was asked.
 */
export interface CpuLibrary {
  /** The instruction set in use: `scalar`, `avx2`, `avxvnni`, `avx512vnni`, `amx` or `neon`. */
  isa(): string;
  /** Those that this machine can use, slowest first. */
  usableIsas(): readonly string[];
  /** Undefined goes back to the fastest. */
  forceIsa(name: string | undefined): void;
  packedBytes(type: PackedType, rows: number, columns: number): number;
  /** Packs rows of `matrix` whose file bytes are `source`. */
  pack(source: Uint8Array, matrix: PackedMatrix, rows: Range): void;
  unpackRow(matrix: PackedMatrix, row: number): Float32Array<ArrayBuffer>;
  inputsBytes(tokens: number, columns: number): number;
  prepareInputs(inputs: FloatInputs, data: Uint8Array, tokens: Range): void;
  product(matrix: PackedMatrix, inputs: PreparedInputs, panels: Range, output: ProductOutput): void;
  alignedBytes(byteLength: number): Uint8Array<ArrayBuffer>;
}

/**
 * Opens the library at `file`.
 * @throws CpuError `unavailable`, `version`
 */
export function openCpuLibrary(koffi: Koffi, file: string): CpuLibrary {
  const functions = bind(koffi, file);
  const version: number = functions.version();
  if (version !== VERSION) {
    throw new CpuError(
      'version',
      `${file} is of version ${String(version)}, this Glassbox needs ${String(VERSION)}: build it again with npm run build.`,
    );
  }
  return new Library(koffi, functions);
}

// koffi's functions are untyped; what they take and give is what the prototypes beside them say.
interface Functions {
  readonly version: () => number;
  readonly errorText: (error: number) => string;
  readonly packedBytes: (type: number, rows: number, columns: number) => number;
  readonly pack: (...parameters: readonly unknown[]) => number;
  readonly unpackRow: (matrix: CMatrix, row: number, out: Float32Array) => number;
  readonly inputsBytes: (tokens: number, columns: number) => number;
  readonly prepareInputs: (...parameters: readonly unknown[]) => number;
  readonly panels: (rows: number) => number;
  readonly product: (matrix: CMatrix, inputs: CInputs, first: number, end: number, output: COutput) => number;
  readonly isa: () => string;
  readonly usableIsa: (index: number) => string | null;
  readonly forceIsa: (name: string | null) => number;
}

interface CMatrix {
  readonly type: number;
  readonly rows: number;
  readonly columns: number;
  readonly packed: bigint;
  readonly packed_bytes: number;
}

interface CInputs {
  readonly tokens: number;
  readonly columns: number;
  readonly data: bigint;
  readonly data_bytes: number;
}

interface COutput {
  readonly y: bigint;
  readonly stride: number;
  readonly addend: bigint | null;
}

function bind(koffi: Koffi, file: string): Functions {
  try {
    const library = koffi.load(file);
    const matrix = koffi.struct({
      type: 'int32_t',
      rows: 'int64_t',
      columns: 'int64_t',
      packed: 'void *',
      packed_bytes: 'int64_t',
    });
    const inputs = koffi.struct({
      tokens: 'int64_t',
      columns: 'int64_t',
      data: 'void *',
      data_bytes: 'int64_t',
    });
    const output = koffi.struct({ y: 'void *', stride: 'int64_t', addend: 'void *' });
    const [long, address] = ['int64_t', 'void *'];
    return {
      version: library.func('gb_version', 'int32_t', []),
      errorText: library.func('gb_error_text', 'const char *', ['int32_t']),
      packedBytes: library.func('gb_packed_bytes', long, ['int32_t', long, long]),
      pack: library.func('gb_pack', 'int32_t', [
        'int32_t',
        address,
        long,
        long,
        long,
        long,
        long,
        address,
        long,
      ]),
      unpackRow: library.func('gb_unpack_row', 'int32_t', [koffi.pointer(matrix), long, address]),
      inputsBytes: library.func('gb_inputs_bytes', long, [long, long]),
      prepareInputs: library.func('gb_prepare_inputs', 'int32_t', [
        address,
        long,
        address,
        long,
        long,
        long,
        long,
        address,
        long,
      ]),
      panels: library.func('gb_panels', long, [long]),
      product: library.func('gb_product', 'int32_t', [
        koffi.pointer(matrix),
        koffi.pointer(inputs),
        long,
        long,
        koffi.pointer(output),
      ]),
      isa: library.func('gb_isa', 'const char *', []),
      usableIsa: library.func('gb_usable_isa', 'const char *', ['int32_t']),
      forceIsa: library.func('gb_force_isa', 'int32_t', ['const char *']),
    };
  } catch (error) {
    throw new CpuError('unavailable', `The CPU library ${file} could not be opened.`, { cause: error });
  }
}

class Library implements CpuLibrary {
  readonly #koffi: Koffi;
  readonly #functions: Functions;

  constructor(koffi: Koffi, functions: Functions) {
    this.#koffi = koffi;
    this.#functions = functions;
  }

  isa(): string {
    return this.#functions.isa();
  }

  usableIsas(): readonly string[] {
    const names: string[] = [];
    for (;;) {
      const name = this.#functions.usableIsa(names.length);
      if (name === null) return names;
      names.push(name);
    }
  }

  forceIsa(name: string | undefined): void {
    this.#check(this.#functions.forceIsa(name ?? null), `use of the instruction set ${String(name)}`);
  }

  packedBytes(type: PackedType, rows: number, columns: number): number {
    const bytes = this.#functions.packedBytes(TYPE_NUMBERS[type], rows, columns);
    return this.#check(bytes, `a ${type} matrix of ${String(rows)} x ${String(columns)}`);
  }

  pack(source: Uint8Array, { type, rows, columns, packed }: PackedMatrix, { first, end }: Range): void {
    const error = this.#functions.pack(
      TYPE_NUMBERS[type],
      source,
      source.byteLength,
      rows,
      columns,
      first,
      end,
      packed,
      packed.byteLength,
    );
    const part = `rows ${String(first)} to ${String(end)} of ${String(rows)} x ${String(columns)}`;
    this.#check(error, `packing of ${type}, ${part}`);
  }

  unpackRow(matrix: PackedMatrix, row: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(matrix.columns);
    const error = this.#functions.unpackRow(this.#matrix(matrix), row, out);
    this.#check(error, `row ${String(row)} of ${String(matrix.rows)}`);
    return out;
  }

  inputsBytes(tokens: number, columns: number): number {
    const bytes = this.#functions.inputsBytes(tokens, columns);
    return this.#check(bytes, `inputs of ${String(tokens)} x ${String(columns)}`);
  }

  prepareInputs(inputs: FloatInputs, data: Uint8Array, range: Range): void {
    const { x, stride, tokens, columns, picks } = inputs;
    // The C function is not told how long x is.
    const last =
      picks === undefined ? range.end - 1 : picks.subarray(range.first, range.end).reduce(larger, -1);
    const isTooShort = last >= 0 && last * stride + columns > x.length;
    if (isTooShort || (picks !== undefined && picks.length < tokens)) {
      throw new CpuError(
        'refused',
        `Inputs of ${String(tokens)} x ${String(columns)} do not fit their memory.`,
      );
    }
    const error = this.#functions.prepareInputs(
      x,
      stride,
      picks ?? null,
      tokens,
      columns,
      range.first,
      range.end,
      data,
      data.byteLength,
    );
    this.#check(error, `preparing inputs of ${String(tokens)} x ${String(columns)}`);
  }

  product(matrix: PackedMatrix, inputs: PreparedInputs, panels: Range, output: ProductOutput): void {
    const { y, stride, addend } = output;
    const needed = (inputs.tokens - 1) * stride + matrix.rows;
    if (y.length < needed || (addend !== undefined && addend.length < needed)) {
      throw new CpuError(
        'refused',
        `A product of ${String(inputs.tokens)} x ${String(matrix.rows)} does not fit its memory.`,
      );
    }
    const error = this.#functions.product(
      this.#matrix(matrix),
      {
        tokens: inputs.tokens,
        columns: inputs.columns,
        data: this.#address(inputs.data),
        data_bytes: inputs.data.byteLength,
      },
      panels.first,
      panels.end,
      { y: this.#address(y), stride, addend: addend === undefined ? null : this.#address(addend) },
    );
    const shape = `${String(matrix.rows)} x ${String(matrix.columns)}`;
    this.#check(error, `a ${matrix.type} product of ${shape} with ${String(inputs.tokens)} tokens`);
  }

  alignedBytes(byteLength: number): Uint8Array<ArrayBuffer> {
    return alignedBytes(byteLength, (array) => this.#address(array));
  }

  #matrix({ type, rows, columns, packed }: PackedMatrix): CMatrix {
    return {
      type: TYPE_NUMBERS[type],
      rows,
      columns,
      packed: this.#address(packed),
      packed_bytes: packed.byteLength,
    };
  }

  #address(array: ArrayBufferView): bigint {
    // V8 keeps small typed arrays inside its heap and moves them; asking for `buffer` moves their bytes out for good.
    void array.buffer;
    return this.#koffi.address(array);
  }

  /** `result` where it is no error. */
  #check(result: number, what: string): number {
    if (result >= 0) return result;
    throw new CpuError('refused', `The CPU library refused ${what}: ${this.#functions.errorText(result)}.`);
  }
}

function larger(a: number, b: number): number {
  return Math.max(a, b);
}
