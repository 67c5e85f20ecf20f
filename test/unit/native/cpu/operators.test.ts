import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CpuError } from '../../../../native/cpu/errors.ts';
import { PACKED_TYPES, type CpuLibrary, type PackedType } from '../../../../native/cpu/library.ts';
import type { MatrixStack } from '../../../../native/cpu/matrixStack.ts';
import { openOperators, type Operators } from '../../../../native/cpu/operators.ts';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime, OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';
import { blockLayout, rowBytes } from '../../../../src/models/quantization/blockLayout.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { quantize } from '../../../support/ggufQuantize.ts';
import { packedMatrix, packedProduct } from '../../../support/packedProduct.ts';
import { Random } from '../../../support/random.ts';
import { randomBlocks } from '../../../support/randomBlocks.ts';

/** Half floats from 2^-7 to 2^-4, which keep what comes out near 1. */
const EXPONENTS = { least: 8, most: 10 };

let library: CpuLibrary;
let operators: Operators;
beforeAll(async () => {
  library = await cpuLibrary();
  operators = await openOperators();
});

interface Matrices {
  readonly type: PackedType;
  readonly rows: number;
  readonly columns: number;
  /** One for each matrix of the stack. */
  readonly bytes: readonly Uint8Array[];
}

function randomMatrices(
  type: PackedType,
  [count, rows, columns]: readonly [number, number, number],
  seed = 3,
): Matrices {
  const random = new Random(seed);
  const blocks = (rows * columns) / blockLayout(type).values;
  const bytes = Array.from({ length: count }, () => randomBlocks(type, blocks, random, EXPONENTS));
  return { type, rows, columns, bytes };
}

/** Packed in two parts, as slices of a file come. */
async function stackOf({ type, rows, columns, bytes }: Matrices): Promise<MatrixStack> {
  const stack = operators.createStack(type, { count: bytes.length, rows, columns });
  const middle = Math.min(rows, stack.panelRows);
  const cut = middle * rowBytes(type, columns);
  for (const [index, source] of bytes.entries()) {
    await Promise.all([
      stack.pack(index, source.subarray(0, cut), 0, middle),
      ...(middle < rows ? [stack.pack(index, source.subarray(cut), middle, rows)] : []),
    ]);
  }
  return stack;
}

function productOf(matrices: Matrices, index: number, x: Float32Array): Float32Array {
  const { type, rows, columns, bytes } = matrices;
  return packedProduct(
    library,
    packedMatrix(library, type, [rows, columns], bytes[index] ?? new Uint8Array()),
    x,
  );
}

function randomFloats(length: number, seed = 5): Float32Array<ArrayBuffer> {
  return Float32Array.from(new Random(seed).normals(length, 1));
}

interface Choice {
  readonly experts: readonly number[];
  readonly weights: readonly number[];
}

type Run = (x: Float32Array<ArrayBuffer>, choice?: Choice) => Promise<Float32Array>;

describe.each([1, 2])('operators on %i threads', (threads) => {
  let runtime: OrtRuntime;
  const sessions: OrtSession[] = [];
  beforeAll(async () => {
    runtime = await openRuntime({ threads, binding: 'c-api' });
    runtime.addOperators(operators);
  });
  afterAll(async () => {
    for (const session of sessions) await session.dispose();
    runtime.dispose();
  });

  /** A session of one operator. The stacks are released at once: from then on the operator alone holds them. */
  async function session(
    operator: 'Product' | 'FeedForward' | 'Experts',
    [columns, rows]: readonly [columns: number, rows: number],
    stacks: Readonly<Record<string, MatrixStack | readonly MatrixStack[]>>,
    { bias, chosen = 0 }: { readonly bias?: Float32Array<ArrayBuffer>; readonly chosen?: number } = {},
  ): Promise<Run> {
    const graph = new GraphBuilder();
    const inputs = [graph.input('x', 'float32', ['tokens', columns])];
    if (bias) inputs.push(graph.weight('bias', bias, [bias.length]));
    if (chosen > 0) {
      inputs.push(graph.input('experts', 'int64', ['tokens', chosen]));
      inputs.push(graph.input('weights', 'float32', ['tokens', chosen]));
    }
    const handles = Object.entries(stacks).map(([name, stack]) => [
      name,
      'handle' in stack ? stack.handle : stack.map(({ handle }) => handle),
    ]);
    const none = operator === 'Experts' ? { shared_gate: 0, shared_up: 0, shared_down: 0 } : {};
    const attributes = { ...none, ...(Object.fromEntries(handles) as Record<string, number>) };
    graph.node(`glassbox.${operator}`, 'y', inputs, attributes);
    graph.output('y', 'float32', ['tokens', rows]);
    const { model, names, initializers } = graph.build('operator');
    try {
      const made = await runtime.createSession(model, names, initializers);
      sessions.push(made);
      return async (x, { experts, weights } = { experts: [], weights: [] }) => {
        const tokens = x.length / columns;
        const y = new Float32Array(tokens * rows).fill(NaN);
        const given: OrtTensor[] = [runtime.tensor(x, [tokens, columns])];
        if (chosen > 0) {
          given.push(runtime.tensor(BigInt64Array.from(experts, BigInt), [tokens, chosen]));
          given.push(runtime.tensor(Float32Array.from(weights), [tokens, chosen]));
        }
        await made.run(given, [runtime.tensor(y, [tokens, rows])]);
        return y;
      };
    } finally {
      for (const stack of Object.values(stacks).flat()) stack.release();
    }
  }

  describe('Product', () => {
    it.each(PACKED_TYPES)(
      'multiplies with matrices of %s and another type, and adds a bias',
      async (type) => {
        const [first, second] = [randomMatrices(type, [1, 70, 512]), randomMatrices('Q8_0', [1, 33, 512], 4)];
        const bias = randomFloats(103, 6);
        const matrices = [await stackOf(first), await stackOf(second)];
        const run = await session('Product', [512, 103], { matrices }, { bias });
        const x = randomFloats(40 * 512);
        const expected = [productOf(first, 0, x), productOf(second, 0, x)];
        const y = await run(x);
        const wanted = Float32Array.from(y, (_, i) => {
          const [token, row] = [Math.floor(i / 103), i % 103];
          const product = row < 70 ? expected[0]?.[token * 70 + row] : expected[1]?.[token * 33 + row - 70];
          return (product ?? NaN) + (bias[row] ?? NaN);
        });
        // Nothing is computed but what the library computes: the same bits.
        expect(y).toEqual(wanted);
        expect(await run(x.slice(7 * 512, 8 * 512))).toEqual(y.slice(7 * 103, 8 * 103));
      },
    );

    it('takes no tokens at all', async () => {
      const matrices = [await stackOf(randomMatrices('Q4_0', [1, 16, 32]))];
      const run = await session('Product', [32, 16], { matrices });
      expect(await run(new Float32Array(0))).toEqual(new Float32Array(0));
    });

    it('refuses inputs of other columns than its matrices have', async () => {
      const matrices = [await stackOf(randomMatrices('Q4_0', [1, 16, 32]))];
      const run = await session('Product', [64, 16], { matrices });
      await expect(run(new Float32Array(64))).rejects.toMatchObject({ code: 'failed' });
    });

    it('refuses matrices that differ in columns', async () => {
      const matrices = [
        await stackOf(randomMatrices('Q4_0', [1, 16, 32])),
        await stackOf(randomMatrices('Q4_0', [1, 16, 64])),
      ];
      await expect(session('Product', [32, 32], { matrices })).rejects.toMatchObject({ code: 'failed' });
    });
  });

  const shapes = { gate: [8, 96, 256], up: [8, 96, 256], down: [8, 256, 96] } as const;
  const experts = {
    gate: randomMatrices('Q4_0', shapes.gate, 11),
    up: randomMatrices('Q5_1', shapes.up, 12),
    down: randomMatrices('Q8_0', shapes.down, 13),
  };
  const expertStacks = async (): Promise<Record<'gate' | 'up' | 'down', MatrixStack>> => ({
    gate: await stackOf(experts.gate),
    up: await stackOf(experts.up),
    down: await stackOf(experts.down),
  });
  const oneExpert = async (index: number): Promise<Run> => {
    const one = (all: Matrices): Promise<MatrixStack> =>
      stackOf({ ...all, bytes: all.bytes.slice(index, index + 1) });
    const { gate, up, down } = experts;
    return session('FeedForward', [256, 256], {
      gate: await one(gate),
      up: await one(up),
      down: await one(down),
    });
  };

  describe('FeedForward', () => {
    it('activates what gate and up give and multiplies it with down', async () => {
      const x = randomFloats(40 * 256);
      const [gate, up] = [productOf(experts.gate, 2, x), productOf(experts.up, 2, x)];
      const inner = gate.map((value, i) => (value / (1 + Math.exp(-value))) * (up[i] ?? NaN));
      const expected = productOf(experts.down, 2, inner);
      const y = await (await oneExpert(2))(x);
      // Activations are off by four roundings of 2^-24, and where that moves a value over a step of its 12 bits, by that step.
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = y.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0);
      expect(error / largest).toBeLessThan(2 ** -11);
      expect(largest).toBeGreaterThan(0.1);
    });

    it('gives a token the same bits alone and among others, with every instruction set', async () => {
      const run = await oneExpert(5);
      const x = randomFloats(40 * 256);
      try {
        library.forceIsa('scalar');
        const expected = await run(x);
        for (const isa of library.usableIsas()) {
          library.forceIsa(isa);
          expect(await run(x), isa).toEqual(expected);
          expect(await run(x.slice(9 * 256, 10 * 256)), isa).toEqual(expected.slice(9 * 256, 10 * 256));
        }
      } finally {
        library.forceIsa(undefined);
      }
    });

    it('activates values of any size as exactly as floats allow', async () => {
      // Gate and up are the identity and down is, too: x -> silu(x) * x. One value in each block, so that none is rounded.
      const size = 8 * 32;
      const identity = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
      const matrices = {
        type: 'Q8_0' as const,
        rows: size,
        columns: size,
        bytes: [quantize('Q8_0', identity)],
      };
      const weight = dequantize('Q8_0', matrices.bytes[0] ?? new Uint8Array())[0] ?? NaN;
      const run = await session('FeedForward', [size, size], {
        gate: await stackOf(matrices),
        up: await stackOf(matrices),
        down: await stackOf(matrices),
      });
      const values = [-120, -88.5, -30, -10, -3, -1, -0.1, -1e-4, 1e-4, 0.1, 1, 2.5, 9, 40, 88.5, 1000];
      for (let first = 0; first < values.length; first += 8) {
        const x = new Float32Array(size);
        values.slice(first, first + 8).forEach((value, i) => (x[i * 32] = value));
        const y = await run(x);
        values.slice(first, first + 8).forEach((value, i) => {
          const seen = value * weight;
          const expected = (seen / (1 + Math.exp(-seen))) * seen * weight;
          // A block's only value is its largest and kept to 2^-22 or so, twice, and an exponential multiplies an error by its argument.
          const tolerance = Math.abs(expected) * 2 ** -20 * Math.max(1, Math.min(88, Math.abs(value)));
          // Below exp(-87) the sigmoid stays where it is: so little that it does not matter.
          expect(Math.abs((y[i * 32] ?? NaN) - expected)).toBeLessThanOrEqual(Math.max(tolerance, 1e-33));
        });
      }
    });

    it('hands on what is not a number', async () => {
      const x = randomFloats(2 * 256);
      x[3] = NaN;
      const y = await (await oneExpert(0))(x);
      expect(y.slice(0, 256).every(Number.isNaN)).toBe(true);
      expect(y.slice(256).every(Number.isFinite)).toBe(true);
    });

    it('refuses matrices that do not fit each other', async () => {
      const { gate, up } = await expertStacks();
      const down = await stackOf(randomMatrices('Q4_0', [8, 256, 64]));
      await expect(session('FeedForward', [256, 256], { gate, up, down })).rejects.toMatchObject({
        code: 'failed',
      });
    });
  });

  describe('Experts', () => {
    it('adds what the chosen experts give, in their order, for one token as for many', async () => {
      const run = await session('Experts', [256, 256], await expertStacks(), { chosen: 3 });
      const tokens = 40;
      const random = new Random(9);
      const choice = { experts: [] as number[], weights: [] as number[] };
      for (let token = 0; token < tokens; token++) {
        // Expert 6 is never chosen, expert 1 always.
        const first = random.below(2) === 0 ? 0 : 7;
        choice.experts.push(first, 1, 2 + random.below(4));
        choice.weights.push(...random.normals(3, 1));
      }
      const x = randomFloats(tokens * 256);
      const y = await run(x, choice);

      const alone = await Promise.all(experts.gate.bytes.map((_, expert) => oneExpert(expert)));
      const outputs: Float32Array[] = [];
      for (const expert of alone) outputs.push(await expert(x));
      const weights = Float32Array.from(choice.weights);
      const expected = Float32Array.from(y, (_, i) => {
        const [token, column] = [Math.floor(i / 256), i % 256];
        let sum = 0;
        for (let place = token * 3; place < token * 3 + 3; place++) {
          const output = outputs[choice.experts[place] ?? NaN]?.[token * 256 + column] ?? NaN;
          sum = Math.fround(sum + Math.fround((weights[place] ?? NaN) * output));
        }
        return sum;
      });
      expect(y).toEqual(expected);
      const last = { experts: choice.experts.slice(-3), weights: choice.weights.slice(-3) };
      expect(await run(x.slice(-256), last)).toEqual(expected.slice(-256));
    });

    const wide = {
      gate: randomMatrices('Q5_K', [1, 512, 256], 21),
      up: randomMatrices('Q4_K', [1, 512, 256], 22),
      down: randomMatrices('Q6_K', [1, 256, 512], 23),
    };
    const alike = {
      gate: { ...experts.gate, bytes: experts.gate.bytes.slice(6, 7) },
      up: { ...experts.up, bytes: experts.up.bytes.slice(6, 7) },
      down: { ...experts.down, bytes: experts.down.bytes.slice(6, 7) },
    };
    it.each([
      { what: 'inner length is its own', shared: wide, tokens: 5 },
      { what: 'matrices are like theirs, of a lone token', shared: alike, tokens: 1 },
      { what: 'matrices are like theirs, of a few tokens', shared: alike, tokens: 5 },
      { what: 'matrices are like theirs, of many tokens', shared: alike, tokens: 20 },
    ])('adds what the shared expert gives, whose $what', async ({ shared, tokens }) => {
      const [gate, up, down] = [
        await stackOf(shared.gate),
        await stackOf(shared.up),
        await stackOf(shared.down),
      ];
      const both = await session(
        'Experts',
        [256, 256],
        { ...(await expertStacks()), shared_gate: gate, shared_up: up, shared_down: down },
        { chosen: 1 },
      );
      const routed = await session('Experts', [256, 256], await expertStacks(), { chosen: 1 });
      const always = await session('FeedForward', [256, 256], {
        gate: await stackOf(shared.gate),
        up: await stackOf(shared.up),
        down: await stackOf(shared.down),
      });
      const x = randomFloats(tokens * 256);
      const choice = {
        experts: Array.from({ length: tokens }, (_, i) => [3, 0, 3, 7, 1][i % 5] ?? NaN),
        weights: Array.from({ length: tokens }, (_, i) => [0.5, 2, -1, 0.25, 1][i % 5] ?? NaN),
      };
      const [chosen, shares] = [await routed(x, choice), await always(x)];
      expect(await both(x, choice)).toEqual(chosen.map((value, i) => value + (shares[i] ?? NaN)));
    });

    it('is refused with a shared expert of another width', async () => {
      const shared = {
        shared_gate: await stackOf(randomMatrices('Q4_0', [1, 64, 512])),
        shared_up: await stackOf(randomMatrices('Q4_0', [1, 64, 512])),
        shared_down: await stackOf(randomMatrices('Q4_0', [1, 512, 64])),
      };
      await expect(
        session('Experts', [256, 256], { ...(await expertStacks()), ...shared }, { chosen: 1 }),
      ).rejects.toMatchObject({ code: 'failed' });
    });

    it.each([-1, 8])('refuses expert %i of 8', async (expert) => {
      const run = await session('Experts', [256, 256], await expertStacks(), { chosen: 1 });
      await expect(run(new Float32Array(256), { experts: [expert], weights: [1] })).rejects.toMatchObject({
        code: 'failed',
      });
    });
  });

  it('is refused when its matrix has gone before the session was made', async () => {
    const stack = await stackOf(randomMatrices('Q4_0', [1, 16, 32]));
    const { handle } = stack;
    const gone = { handle, panelRows: 16, pack: () => Promise.resolve(), release: () => undefined };
    stack.release();
    await expect(session('Product', [32, 16], { matrices: [gone] })).rejects.toMatchObject({
      code: 'failed',
    });
  });
});

describe('a stack of matrices', () => {
  it('of no shape that could be is refused', () => {
    for (const shape of [
      { count: 0, rows: 16, columns: 32 },
      { count: 1, rows: 0, columns: 32 },
      { count: 1, rows: 16, columns: 33 },
      { count: 2 ** 40, rows: 2 ** 20, columns: 2 ** 20 },
    ]) {
      expect(() => operators.createStack('Q4_0', shape)).toThrow(CpuError);
    }
  });

  it('takes no rows that it has not, and no fewer bytes than they are', async () => {
    const stack = operators.createStack('Q4_0', { count: 2, rows: 20, columns: 32 });
    const source = new Uint8Array(20 * 18);
    await expect(stack.pack(2, source, 0, 20)).rejects.toMatchObject({ code: 'refused' });
    await expect(stack.pack(0, source, 0, 21)).rejects.toMatchObject({ code: 'refused' });
    await expect(stack.pack(0, source, 3, 20)).rejects.toMatchObject({ code: 'refused' });
    await expect(stack.pack(0, source.subarray(1), 0, 20)).rejects.toMatchObject({ code: 'refused' });
    await stack.pack(1, source, 0, 20);
    stack.release();
    expect(() => stack.handle).toThrow(CpuError);
  });
});

describe('operators that cannot be had', () => {
  it('are not registered with another version of ONNX Runtime', () => {
    const version = koffi.proto('const char *glassbox_test_version()');
    const callback = koffi.register(() => '1.29.0', koffi.pointer(version));
    try {
      const base = koffi.alloc('void *', 2);
      koffi.encode(base, 8, 'void *', callback);
      expect(() => operators.register(1n, koffi.address(base))).toThrow(/1\.30\.0/);
    } finally {
      koffi.unregister(callback);
    }
  });

  it('say that the library is not there, or is none of ours', async () => {
    await expect(openOperators('/nowhere/libglassbox_cpu.so')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(openOperators(process.execPath)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
