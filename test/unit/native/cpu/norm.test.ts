import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuLibrary } from '../../../../native/cpu/library.ts';
import { openOperators } from '../../../../native/cpu/operators.ts';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { Random } from '../../../support/random.ts';
import { haveSameBits } from './haveSameBits.ts';

const EPSILON = Math.fround(1e-5);
/** Not whole lanes of 16. */
const WIDTH = 200;

describe('Norm', () => {
  let library: CpuLibrary;
  let runtime: OrtRuntime;
  const sessions: OrtSession[] = [];
  beforeAll(async () => {
    library = await cpuLibrary();
    runtime = await openRuntime({ threads: 2, binding: 'c-api' });
    runtime.addOperators(await openOperators());
  });
  afterAll(async () => {
    library.forceIsa(undefined);
    for (const session of sessions) await session.dispose();
    runtime.dispose();
  });

  interface Normed {
    readonly y: Float32Array;
    readonly sum: Float32Array | undefined;
  }
  type Run = (x: Float32Array<ArrayBuffer>, addend?: Float32Array<ArrayBuffer>) => Promise<Normed>;

  /** A session of one operator; x has `columns`, the weights have WIDTH. */
  async function session(
    weights: Float32Array<ArrayBuffer>,
    options: {
      readonly columns?: number;
      readonly hasAddend?: boolean;
      readonly addendColumns?: number;
    } = {},
  ): Promise<Run> {
    const { columns = WIDTH, hasAddend = false, addendColumns = columns } = options;
    const graph = new GraphBuilder();
    const inputs = [graph.input('x', 'float32', ['tokens', columns])];
    inputs.push(graph.weight('weights', weights, [weights.length]));
    if (hasAddend) inputs.push(graph.input('addend', 'float32', ['tokens', addendColumns]));
    const outputs = hasAddend ? ['y', 'sum'] : ['y'];
    graph.nodes('glassbox.Norm', outputs, inputs, { epsilon: { float: EPSILON } });
    for (const output of outputs) graph.output(output, 'float32', ['tokens', weights.length]);
    const { model, names, initializers } = graph.build('norm');
    const made = await runtime.createSession(model, names, initializers);
    sessions.push(made);
    return async (x, addend) => {
      const tokens = x.length / columns;
      const given = [runtime.tensor(x, [tokens, columns])];
      if (addend) given.push(runtime.tensor(addend, [tokens, addendColumns]));
      const floats = outputs.map(() => new Float32Array(tokens * weights.length).fill(NaN));
      await made.run(
        given,
        floats.map((output) => runtime.tensor(output, [tokens, weights.length])),
      );
      const [y = new Float32Array(), sum] = floats;
      return { y, sum };
    };
  }

  function random(length: number, seed: number): Float32Array<ArrayBuffer> {
    return Float32Array.from(new Random(seed).normals(length, 1));
  }

  /** In double precision. */
  function twin(x: Float32Array, weights: Float32Array): Float64Array {
    const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    return Float64Array.from(x, (value, i) => (value / Math.sqrt(mean + EPSILON)) * (weights[i] ?? NaN));
  }

  function expectClose(found: Float32Array, expected: Float64Array): void {
    // The mean of squares is off by at most WIDTH / 16 + 4 additions and a product, each 2^-24, half of which the root keeps;
    // the root, the quotient and two products add one each.
    const most = ((WIDTH / 16 + 5) / 2 + 5) * 2 ** -24;
    found.forEach((value, i) => {
      const exact = expected[i] ?? NaN;
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(most * Math.abs(exact));
    });
  }

  it('divides by the root of the mean square and multiplies with the weights', async () => {
    const weights = random(WIDTH, 1);
    const x = random(3 * WIDTH, 2);
    const { y } = await (await session(weights))(x);
    for (let row = 0; row < 3; row++)
      expectClose(
        y.subarray(row * WIDTH, (row + 1) * WIDTH),
        twin(x.subarray(row * WIDTH, (row + 1) * WIDTH), weights),
      );
  });

  it('adds what is given to be added before, and hands the sum on', async () => {
    const weights = random(WIDTH, 1);
    const [x, addend] = [random(WIDTH, 2), random(WIDTH, 3)];
    const { y, sum } = await (await session(weights, { hasAddend: true }))(x, addend);
    const expected = x.map((value, i) => value + (addend[i] ?? NaN));
    expect(sum).toEqual(expected);
    expectClose(y, twin(expected, weights));
  });

  it('norms the first columns, as many as there are weights', async () => {
    const weights = random(WIDTH, 1);
    const columns = WIDTH + 7;
    const x = random(2 * columns, 2);
    const { y } = await (await session(weights, { columns }))(x);
    const first = Float32Array.from([...x.subarray(0, WIDTH), ...x.subarray(columns, columns + WIDTH)]);
    expect(y).toEqual((await (await session(weights))(first)).y);
  });

  it('gives each of many rows, shared among threads, the bits that it has alone, with every instruction set', async () => {
    const weights = random(WIDTH, 1);
    const run = await session(weights, { hasAddend: true });
    // More floats than one task takes.
    const tokens = 400;
    const [x, addend] = [random(tokens * WIDTH, 2), random(tokens * WIDTH, 3)];
    const { y } = await run(x, addend);
    for (const isa of library.usableIsas()) {
      library.forceIsa(isa);
      expect(haveSameBits((await run(x, addend)).y, y), isa).toBe(true);
    }
    library.forceIsa(undefined);
    for (const row of [0, 1, 200, 399]) {
      const [first, end] = [row * WIDTH, (row + 1) * WIDTH];
      const alone = await run(x.slice(first, end), addend.slice(first, end));
      expect(haveSameBits(alone.y, y.slice(first, end)), `row ${row}`).toBe(true);
    }
  });

  it('refuses fewer columns than weights, and an addend of another shape', async () => {
    const weights = random(WIDTH, 1);
    const few = await session(weights, { columns: WIDTH - 1 });
    await expect(few(random(WIDTH - 1, 2))).rejects.toMatchObject({ code: 'failed' });
    const other = await session(weights, { hasAddend: true, addendColumns: WIDTH + 1 });
    await expect(other(random(WIDTH, 2), random(WIDTH + 1, 3))).rejects.toMatchObject({ code: 'failed' });
  });
});
