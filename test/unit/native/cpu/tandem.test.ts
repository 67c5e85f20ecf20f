import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOperators } from '../../../../native/cpu/operators.ts';
import type { Tandem } from '../../../../native/cpu/tandem.ts';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type {
  NativeRuns,
  OrtRuntime,
  OrtSession,
  OrtTensor,
} from '../../../../native/onnxruntime/runtime.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';

const WIDTH = 64;

describe('a thread that follows', () => {
  let runtime: OrtRuntime;
  let native: NativeRuns;
  let session: OrtSession;
  let tandem: Tandem;
  const held: unknown[] = [];

  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1, binding: 'c-api' });
    const { nativeRuns } = runtime;
    if (!nativeRuns) throw new Error('the C API has no native runs');
    native = nativeRuns;
    const graph = new GraphBuilder();
    graph.input('x', 'float32', ['rows', WIDTH]);
    graph.node('Add', 'y', ['x', 'x']);
    graph.output('y', 'float32', ['rows', WIDTH]);
    const { model, names, initializers } = graph.build('twice');
    session = await runtime.createSession(model, names, initializers);
    tandem = (await openOperators()).tandem(native.run);
  });
  afterAll(async () => {
    await tandem.dispose();
    await session.dispose();
    runtime.dispose();
  });

  function tensor(values: Float32Array<ArrayBuffer>): OrtTensor {
    return runtime.tensor(values, [values.length / WIDTH, WIDTH]);
  }

  /** The thread may be on its way, or have let another have its core. */
  async function begun(runs: BigUint64Array<ArrayBuffer>): Promise<void> {
    while (!tandem.begin(runs)) await sleep(0);
  }

  function parameters(x: OrtTensor, y: OrtTensor): BigUint64Array<ArrayBuffer> {
    const run = session.nativeRun?.();
    if (!run) throw new Error('the C API has no native runs');
    // The parameters live as long as it.
    held.push(run);
    return run.parameters([x], [y]);
  }

  it('computes runs one after another, beside one of the thread that leads', async () => {
    const [x, y, z] = [1, 0, 0].map((value) => new Float32Array(3 * WIDTH).fill(value));
    const [a, b] = [new Float32Array(WIDTH).fill(5), new Float32Array(WIDTH)];
    if (!x || !y || !z) throw new Error('no arrays');
    const [from, between, to] = [tensor(x), tensor(y), tensor(z)];
    const runs = new BigUint64Array(new ArrayBuffer(8 * 16));
    const [first, second] = [parameters(from, between), parameters(between, to)];
    runs.set(first);
    runs.set(second, first.length);
    for (let round = 0; round < 50; round++) {
      z.fill(0);
      b.fill(0);
      await begun(runs);
      session.runHere?.([tensor(a)], [tensor(b)]);
      native.check(tandem.end());
      expect(z).toEqual(new Float32Array(3 * WIDTH).fill(4));
      expect(b).toEqual(new Float32Array(WIDTH).fill(10));
    }
  });

  it('says what was wrong with a run, begins none behind it, and computes the next', async () => {
    const [x, y, z] = [1, 0, 0].map((value) => new Float32Array(2 * WIDTH).fill(value));
    if (!x || !y || !z) throw new Error('no arrays');
    const [good, wrong] = [
      parameters(tensor(x), tensor(y)),
      parameters(tensor(x), tensor(z.subarray(WIDTH))),
    ];
    const runs = new BigUint64Array(new ArrayBuffer(8 * 16));
    runs.set(wrong);
    runs.set(good, wrong.length);
    await begun(runs);
    const status = tandem.end();
    expect(status).not.toBeNull();
    expect(() => {
      native.check(status);
    }).toThrow(/shape|size/i);
    expect(y).toEqual(new Float32Array(2 * WIDTH));
    await begun(good);
    native.check(tandem.end());
    expect(y).toEqual(new Float32Array(2 * WIDTH).fill(2));
  });

  it('takes nothing that is no run, or too many of them', async () => {
    const [x, y] = [new Float32Array(WIDTH), new Float32Array(WIDTH)];
    const run = parameters(tensor(x), tensor(y));
    await begun(run);
    native.check(tandem.end());
    expect(tandem.begin(new BigUint64Array(0))).toBe(false);
    expect(tandem.begin(new BigUint64Array(new ArrayBuffer(8 * run.length * 5)))).toBe(false);
  });

  it('leaves when nothing comes, and is called again', async () => {
    const [x, y] = [new Float32Array(WIDTH).fill(1), new Float32Array(WIDTH)];
    const run = parameters(tensor(x), tensor(y));
    await begun(run);
    native.check(tandem.end());
    await sleep(200);
    y.fill(0);
    await begun(run);
    native.check(tandem.end());
    expect(y).toEqual(new Float32Array(WIDTH).fill(2));
  });
});
