import { beforeAll, describe, expect, it } from 'vitest';
import {
  PACKED_TYPES,
  PANEL_ROWS,
  type CpuLibrary,
  type PackedMatrix,
  type PackedType,
} from '../../../../native/cpu/library.ts';
import { blockLayout } from '../../../../src/models/quantization/blockLayout.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { packedMatrix, packedProduct } from '../../../support/packedProduct.ts';
import { Random } from '../../../support/random.ts';
import { randomBlocks } from '../../../support/randomBlocks.ts';

let library: CpuLibrary;
beforeAll(async () => {
  library = await cpuLibrary();
});

/** Half floats from 2^-7 to 2^-3: as large as those of models, of either sign. */
const EXPONENTS = { least: 8, most: 11 };
/** No half float above, and no multiplier of one above 63 (Q4_K, Q5_K) or 128 (Q6_K). */
const LARGEST_HALF = 2 ** -3;

interface Weights {
  readonly matrix: PackedMatrix;
  /** `[rows, columns]` */
  readonly floats: Float32Array;
}

function randomMatrix(type: PackedType, rows: number, columns: number, seed = 3): Weights {
  const bytes = randomBlocks(type, (rows * columns) / blockLayout(type).values, new Random(seed), EXPONENTS);
  return { matrix: packedMatrix(library, type, [rows, columns], bytes), floats: dequantize(type, bytes) };
}

/** Tokens that differ in size, with a block of zeros and one of a single large value. */
function randomInputs(tokens: number, columns: number, seed = 5): Float32Array<ArrayBuffer> {
  const x = new Float32Array(tokens * columns);
  const random = new Random(seed);
  for (let token = 0; token < tokens; token++) {
    x.set(random.normals(columns, 2 ** (random.below(12) - 6)), token * columns);
    const block = random.below(columns / 32) * 32;
    x.fill(0, token * columns + block, token * columns + block + 32);
    if (token % 3 === 0) x[token * columns + block + 7] = 1000;
  }
  return x;
}

/** Steps from 0 to the largest value of a block: 16 * 127 + 7. */
const STEPS = 2039;
/** Largest rounding error of an input, for a largest value of 1 in its block: half a step, and what 2^-23 makes of 2039. */
const INPUT_ERROR = (0.5 + 2 ** -10) / STEPS;

/** How far a product of quantized inputs and sums in single precision may be from the exact one. */
function tolerance(type: PackedType, weights: Float32Array, x: Float32Array): number {
  const multipliers = type === 'Q4_K' || type === 'Q5_K' ? 63 : 1;
  const hasMinima = ['Q4_1', 'Q5_1', 'Q4_K', 'Q5_K'].includes(type);
  const largestMinimum = hasMinima ? LARGEST_HALF * multipliers : 0;
  let inputError = 0;
  let terms = 0;
  for (let block = 0; block < weights.length; block += 32) {
    let largest = 0;
    let steps = 0;
    for (let i = block; i < block + 32; i++) {
      const weight = Math.abs(weights[i] ?? NaN) + largestMinimum;
      const input = Math.abs(x[i] ?? NaN);
      largest = Math.max(largest, input);
      steps += weight;
      terms += (weight + largestMinimum) * input;
    }
    inputError += largest * INPUT_ERROR * steps;
  }
  // A block takes at most four additions of products of three factors, each rounded; its own sum of inputs takes five,
  // and the weights that we compare with were rounded twice.
  const roundings = (weights.length / 32) * 4 + 10;
  return inputError + roundings * 2 ** -24 * terms;
}

function exactProduct(weights: Float32Array, x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? NaN) * (x[i] ?? NaN);
  return sum;
}

describe.each(PACKED_TYPES)('a product with %s', (type) => {
  const block = blockLayout(type).values;
  const shapes = [
    [1, block],
    [16, 3 * block],
    [37, 1280],
    [20, 4096],
  ] as const;

  it.each(shapes)(
    'of %i rows and %i columns is the exact one, up to the rounding of inputs',
    (rows, columns) => {
      const { matrix, floats } = randomMatrix(type, rows, columns);
      const tokens = 5;
      const x = randomInputs(tokens, columns);
      const y = packedProduct(library, matrix, x);
      for (let token = 0; token < tokens; token++) {
        const input = x.subarray(token * columns, (token + 1) * columns);
        for (let row = 0; row < rows; row++) {
          const weights = floats.subarray(row * columns, (row + 1) * columns);
          const error = Math.abs((y[token * rows + row] ?? NaN) - exactProduct(weights, input));
          expect(error).toBeLessThanOrEqual(tolerance(type, weights, input));
        }
      }
    },
  );

  it.each([
    // Groups of 16 whole, cut, and more than the 128 tokens that some kernels take at once.
    [37, 1280, [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 70, 131]],
    // Enough rows that a few tokens are worth tiles, and a block left over where tiles take two.
    [85, block === 32 ? 1056 : 1280, [3, 4, 5, 6, 7, 8]],
    // Panels that are shorter than what is asked for ahead, an odd number of them, of an odd number of blocks.
    [100, block === 32 ? 96 : 256, [1, 2, 3, 5]],
  ])(
    'of %i rows and %i columns is the same bits with every instruction set, for every number of tokens',
    (rows, columns, counts) => {
      const { matrix } = randomMatrix(type, rows, columns);
      const x = randomInputs(Math.max(...counts), columns);
      try {
        library.forceIsa('scalar');
        const expected = packedProduct(library, matrix, x);
        for (const isa of library.usableIsas()) {
          library.forceIsa(isa);
          for (const tokens of counts) {
            const y = packedProduct(library, matrix, x.subarray(0, tokens * columns));
            const same = bytesOf(expected.subarray(0, tokens * rows)).equals(bytesOf(y));
            expect(same, `${isa}, ${String(tokens)} tokens`).toBe(true);
          }
        }
      } finally {
        library.forceIsa(undefined);
      }
    },
  );
});

it('loses to the rounding of inputs what 12 bits lose', () => {
  const [rows, columns, tokens] = [128, 1024, 4];
  const { matrix, floats } = randomMatrix('Q8_0', rows, columns);
  const x = new Random(8).normals(tokens * columns, 1);
  const y = packedProduct(library, matrix, x);
  let squares = 0;
  let expectedSquares = 0;
  for (let token = 0; token < tokens; token++) {
    const input = x.subarray(token * columns, (token + 1) * columns);
    for (let row = 0; row < rows; row++) {
      const weights = floats.subarray(row * columns, (row + 1) * columns);
      squares += ((y[token * rows + row] ?? NaN) - exactProduct(weights, input)) ** 2;
      for (let block = 0; block < columns; block += 32) {
        const step = input.subarray(block, block + 32).reduce((a, b) => Math.max(a, Math.abs(b)), 0) / STEPS;
        const norm = weights.subarray(block, block + 32).reduce((sum, weight) => sum + weight * weight, 0);
        // Errors spread evenly over a step have a variance of a twelfth of its square.
        expectedSquares += (step * step * norm) / 12;
      }
    }
  }
  // The mean of 512 squares of nearly normal errors strays by 6 %; sums in single precision add little.
  expect(Math.sqrt(squares / expectedSquares)).toBeGreaterThan(0.8);
  expect(Math.sqrt(squares / expectedSquares)).toBeLessThan(1.25);
});

describe('ranges', () => {
  const [rows, columns, tokens] = [70, 256, 20];

  it('of panels and tokens give together what one call gives, and touch nothing else', () => {
    const { matrix } = randomMatrix('Q4_0', rows, columns);
    const x = randomInputs(tokens, columns);
    const expected = packedProduct(library, matrix, x);
    const data = library.alignedBytes(library.inputsBytes(tokens, columns));
    const inputs = { x, stride: columns, tokens, columns };
    library.prepareInputs(inputs, data, { first: 13, end: 20 });
    library.prepareInputs(inputs, data, { first: 0, end: 13 });
    const stride = rows + 9;
    const y = new Float32Array(tokens * stride).fill(-7);
    const untouched = Float32Array.from(y);
    library.product(matrix, { tokens, columns, data }, { first: 2, end: 2 }, { y, stride });
    expect(y).toEqual(untouched);
    library.product(matrix, { tokens, columns, data }, { first: 3, end: 5 }, { y, stride });
    library.product(matrix, { tokens, columns, data }, { first: 0, end: 3 }, { y, stride });
    for (let token = 0; token < tokens; token++) {
      expect(y.subarray(token * stride, token * stride + rows)).toEqual(
        expected.subarray(token * rows, (token + 1) * rows),
      );
      expect(y.subarray(token * stride + rows, (token + 1) * stride)).toEqual(new Float32Array(9).fill(-7));
    }
  });

  it('may pick tokens', () => {
    const { matrix } = randomMatrix('Q5_K', rows, columns);
    const x = randomInputs(tokens, columns);
    const expected = packedProduct(library, matrix, x);
    const picks = Int32Array.of(19, 0, 7);
    const data = library.alignedBytes(library.inputsBytes(picks.length, columns));
    const inputs = { x, stride: columns, tokens: picks.length, columns, picks };
    library.prepareInputs(inputs, data, { first: 0, end: picks.length });
    const y = new Float32Array(picks.length * rows);
    library.product(
      matrix,
      { tokens: picks.length, columns, data },
      { first: 0, end: Math.ceil(rows / PANEL_ROWS) },
      { y, stride: rows },
    );
    picks.forEach((pick, token) =>
      expect(y.subarray(token * rows, (token + 1) * rows)).toEqual(
        expected.subarray(pick * rows, (pick + 1) * rows),
      ),
    );
  });
});

it.each([3, 20])('adds %i tokens to what is there in one addition', (tokens) => {
  const [rows, columns] = [37, 2048];
  const { matrix } = randomMatrix('Q4_1', rows, columns);
  const x = randomInputs(tokens, columns);
  const product = packedProduct(library, matrix, x);
  const residual = new Random(2).normals(tokens * rows, 100);
  const data = library.alignedBytes(library.inputsBytes(tokens, columns));
  library.prepareInputs({ x, stride: columns, tokens, columns }, data, { first: 0, end: tokens });
  const y = Float32Array.from(residual);
  const panels = { first: 0, end: Math.ceil(rows / PANEL_ROWS) };
  library.product(matrix, { tokens, columns, data }, panels, { y, stride: rows, addend: y });
  expect(y).toEqual(residual.map((value, i) => value + (product[i] ?? NaN)));
});

describe('inputs that are no ordinary numbers', () => {
  const [rows, columns, tokens] = [20, 512, 6];

  it.each([NaN, Infinity, -Infinity])(
    '%d makes its token NaN and no other, with every instruction set',
    (value) => {
      const { matrix } = randomMatrix('Q4_K', rows, columns);
      const x = randomInputs(tokens, columns);
      const expected = packedProduct(library, matrix, x);
      x[2 * columns + 300] = value;
      expected.fill(NaN, 2 * rows, 3 * rows);
      try {
        for (const isa of library.usableIsas()) {
          library.forceIsa(isa);
          expect(packedProduct(library, matrix, x)).toEqual(expected);
        }
      } finally {
        library.forceIsa(undefined);
      }
    },
  );

  it('zeros and what is next to zero give zeros', () => {
    const { matrix } = randomMatrix('Q6_K', rows, columns);
    const x = new Float32Array(2 * columns).fill(2 ** -140, columns);
    expect(packedProduct(library, matrix, x)).toEqual(new Float32Array(2 * rows));
  });

  it('the largest and the smallest keep their places', () => {
    const { matrix, floats } = randomMatrix('Q8_0', 1, 32);
    for (const scale of [2 ** -90, 2 ** 100]) {
      const x = new Random(4).normals(32, scale);
      const exact = exactProduct(floats, x);
      const [y = NaN] = packedProduct(library, matrix, x);
      expect(Math.abs(y - exact)).toBeLessThanOrEqual(tolerance('Q8_0', floats, x));
    }
  });
});

describe('the library refuses', () => {
  const [rows, columns, tokens] = [20, 256, 2];

  function product(change: {
    readonly matrix?: Partial<PackedMatrix>;
    readonly inputs?: { readonly tokens?: number; readonly columns?: number; readonly data?: Uint8Array };
    readonly panels?: { readonly first: number; readonly end: number };
    readonly stride?: number;
  }): void {
    const { matrix } = randomMatrix('Q4_0', rows, columns);
    const data = library.alignedBytes(library.inputsBytes(tokens, columns));
    const x = randomInputs(tokens, columns);
    library.prepareInputs({ x, stride: columns, tokens, columns }, data, { first: 0, end: tokens });
    const y = new Float32Array(tokens * rows).fill(-7);
    try {
      library.product(
        { ...matrix, ...change.matrix },
        { tokens, columns, data, ...change.inputs },
        change.panels ?? { first: 0, end: 2 },
        { y, stride: change.stride ?? rows },
      );
    } finally {
      expect(y).toEqual(new Float32Array(tokens * rows).fill(-7));
    }
  }

  it('matrices and inputs that do not meet', () => {
    expect(() => product({ matrix: { columns: 128 } })).toThrow('differ in columns');
    expect(() => product({ inputs: { columns: 128 } })).toThrow('differ in columns');
    expect(() => product({ matrix: { columns: 100 } })).toThrow('not whole blocks');
    expect(() => product({ inputs: { tokens: 0 } })).toThrow('not positive');
    expect(() => product({ matrix: { rows: -3 } })).toThrow('not positive');
    expect(() => product({ stride: rows - 1 })).toThrow('not positive');
  });

  it('ranges outside the matrix', () => {
    for (const panels of [
      { first: -1, end: 1 },
      { first: 0, end: 3 },
      { first: 2, end: 1 },
    ])
      expect(() => product({ panels })).toThrow('not inside its whole');
  });

  it('memory that is smaller than its shape, or crooked', () => {
    const { matrix } = randomMatrix('Q4_0', rows, columns);
    const data = library.alignedBytes(library.inputsBytes(tokens, columns) + 64);
    expect(() => product({ matrix: { packed: matrix.packed.subarray(64) } })).toThrow('too small');
    expect(() => product({ matrix: { rows: 40 } })).toThrow('does not fit');
    expect(() => product({ inputs: { data: data.subarray(0, -65) } })).toThrow('too small');
    expect(() => product({ inputs: { data: data.subarray(4) } })).toThrow('not aligned');
    expect(() => product({ inputs: { data: new Uint8Array() } })).toThrow(/missing|not aligned/);
  });

  it('inputs that would be read or written beyond their memory', () => {
    const x = new Float32Array(tokens * columns);
    const data = library.alignedBytes(library.inputsBytes(tokens, columns));
    const inputs = { x, stride: columns, tokens, columns };
    const all = { first: 0, end: tokens };
    const prepare = (change: object, range = all): void =>
      library.prepareInputs({ ...inputs, ...change }, data, range);
    expect(() => prepare({ x: x.subarray(1) })).toThrow('do not fit');
    expect(() => prepare({ stride: columns + 1 })).toThrow('do not fit');
    expect(() => prepare({ picks: Int32Array.of(0, 2) })).toThrow('do not fit');
    expect(() => prepare({ picks: Int32Array.of(0) })).toThrow('do not fit');
    expect(() => prepare({ picks: Int32Array.of(0, -1) })).toThrow('not inside its whole');
    expect(() => prepare({}, { first: 0, end: 3 })).toThrow(/do not fit|not inside/);
    expect(() => prepare({}, { first: -1, end: 1 })).toThrow('not inside its whole');
    expect(() => prepare({ columns: 33, stride: 33 })).toThrow('not whole blocks');
    expect(() => library.prepareInputs(inputs, data.subarray(0, -1), all)).toThrow('too small');
    expect(() => library.inputsBytes(0, 32)).toThrow('not positive');
    expect(() => library.inputsBytes(1, 2 ** 50)).toThrow('too many');
  });

  it('instruction sets that it does not know or that are not here', () => {
    const before = library.isa();
    const elsewhere = library.usableIsas().includes('neon') ? 'avx2' : 'neon';
    for (const isa of [elsewhere, 'abacus', ''])
      expect(() => library.forceIsa(isa)).toThrow('lacks the instruction set');
    expect(library.isa()).toBe(before);
  });
});

it('uses the fastest instruction set that is here', () => {
  expect(library.isa()).toBe(library.usableIsas().at(-1));
  expect(library.usableIsas()[0]).toBe('scalar');
});

function bytesOf(floats: Float32Array): Buffer {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
}
