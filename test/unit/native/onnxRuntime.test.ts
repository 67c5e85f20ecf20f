import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApi } from '../../../native/onnxruntime/api.ts';
import { openRuntime } from '../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime, OrtSession } from '../../../native/onnxruntime/runtime.ts';
import { checkVersion } from '../../../native/onnxruntime/version.ts';
import { GraphBuilder } from '../../../src/engine/backends/onnx/graphBuilder.ts';

const WIDTH = 256;

/** y = x * weight, elementwise; `weight` is too large to be written into the model itself. */
function product(runtime: OrtRuntime, weight: Float32Array<ArrayBuffer>): Promise<OrtSession> {
  const graph = new GraphBuilder();
  graph.input('x', 'float32', ['rows', WIDTH]);
  graph.node('Mul', 'y', ['x', graph.weight('weight', weight, [WIDTH])]);
  graph.output('y', 'float32', ['rows', WIDTH]);
  const { model, names, initializers } = graph.build('product');
  return runtime.createSession(model, names, initializers);
}

// JavaScript first, the harder order for the other: it then finds an environment without threads to share.
describe.each(['javascript', 'c-api'] as const)('the %s binding', (binding) => {
  let runtime: OrtRuntime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1, binding });
  });
  afterAll(() => runtime.dispose());

  it('says which it is, which version runs, and why', () => {
    expect(runtime).toMatchObject({ binding, version: '1.30.0', threads: 1 });
    expect(runtime.reason).toMatch(/\w+ .*\./);
  });

  it('computes into memory of the caller', async () => {
    const session = await product(runtime, new Float32Array(WIDTH).fill(3));
    const x = Float32Array.from({ length: 2 * WIDTH }, (_, i) => i);
    const y = new Float32Array(2 * WIDTH);
    const [input, output] = [runtime.tensor(x, [2, WIDTH]), runtime.tensor(y, [2, WIDTH])];
    await session.run([input], [output]);
    expect(y).toEqual(x.map((value) => 3 * value));
    x.fill(-1);
    await session.run([input], [output]);
    expect(y).toEqual(new Float32Array(2 * WIDTH).fill(-3));
    input.dispose();
    output.dispose();
    await session.dispose();
  });

  it('runs on the thread that calls it where it can, as on another', async () => {
    const session = await product(runtime, new Float32Array(WIDTH).fill(3));
    const x = Float32Array.from({ length: WIDTH }, (_, i) => i);
    const y = new Float32Array(WIDTH);
    const [input, output] = [runtime.tensor(x, [1, WIDTH]), runtime.tensor(y, [1, WIDTH])];
    expect(session.runHere !== undefined).toBe(binding === 'c-api');
    if (session.runHere) {
      session.runHere([input], [output]);
      expect(y).toEqual(x.map((value) => 3 * value));
      const running = session.run([input], [output]);
      expect(() => session.runHere?.([input], [output])).toThrow('while another run was under way');
      await running;
      // What was wrong with one run is not wrong with the next.
      const short = runtime.tensor(new Float32Array(1), [1, 1]);
      expect(() => session.runHere?.([input], [short])).toThrow();
      y.fill(0);
      session.runHere([input], [output]);
      expect(y).toEqual(x.map((value) => 3 * value));
    }
    await session.dispose();
  });

  it('has its own copy of the weights once a session is made', async () => {
    const weight = new Float32Array(WIDTH).fill(5);
    const session = await product(runtime, weight);
    weight.fill(NaN);
    const y = new Float32Array(WIDTH);
    await session.run(
      [runtime.tensor(new Float32Array(WIDTH).fill(1), [1, WIDTH])],
      [runtime.tensor(y, [1, WIDTH])],
    );
    expect(y).toEqual(new Float32Array(WIDTH).fill(5));
    await session.dispose();
  });

  it('has its own copy of block codes and scales, whatever kernel uses them', async () => {
    for (const [bits, blockSize] of [
      [4, 32],
      [8, 32],
      [8, 16],
    ] as const) {
      for (const accuracyLevel of [0, 4]) {
        const graph = new GraphBuilder();
        const codes = new Uint8Array((WIDTH * WIDTH * bits) / 8).fill(bits === 4 ? 0x99 : 0x81); // one above the zero point
        const scales = new Float32Array((WIDTH * WIDTH) / blockSize).fill(0.5);
        graph.input('x', 'float32', [1, WIDTH]);
        graph.node(
          'com.microsoft.MatMulNBits',
          'y',
          [
            'x',
            graph.weight('codes', codes, [WIDTH, WIDTH / blockSize, (blockSize * bits) / 8]),
            graph.weight('scales', scales, [scales.length]),
          ],
          { K: WIDTH, N: WIDTH, bits, block_size: blockSize, accuracy_level: accuracyLevel },
        );
        graph.output('y', 'float32', [1, WIDTH]);
        const { model, names, initializers } = graph.build('blocks');
        const session = await runtime.createSession(model, names, initializers);
        codes.fill(0);
        scales.fill(NaN);
        const y = new Float32Array(WIDTH);
        // Ones are exact as int8 activations, 127 times the step 1/127, up to one rounding of that step.
        await session.run(
          [runtime.tensor(new Float32Array(WIDTH).fill(1), [1, WIDTH])],
          [runtime.tensor(y, [1, WIDTH])],
        );
        for (const value of y) expect(Math.abs(value / (WIDTH / 2) - 1)).toBeLessThan(2 ** -20);
        await session.dispose();
      }
    }
  });

  it('reports what ONNX Runtime says about a model that is none', async () => {
    const bytes = new Uint8Array(100).fill(7);
    await expect(runtime.createSession(bytes, { inputs: [], outputs: [] }, [])).rejects.toMatchObject({
      name: 'OrtError',
      code: 'failed',
      message: expect.stringMatching(/\w+/) as string,
    });
  });

  it('reports an input of the wrong shape and goes on working', async () => {
    const session = await product(runtime, new Float32Array(WIDTH).fill(2));
    const y = runtime.tensor(new Float32Array(WIDTH), [1, WIDTH]);
    const wrong = runtime.tensor(new Float32Array(3), [1, 3]);
    await expect(session.run([wrong], [y])).rejects.toMatchObject({ code: 'failed' });
    await session.run([runtime.tensor(new Float32Array(WIDTH).fill(1), [1, WIDTH])], [y]);
    expect(y.data[0]).toBe(2);
    await session.dispose();
  });

  it('refuses the wrong number of tensors', async () => {
    const session = await product(runtime, new Float32Array(WIDTH));
    await expect(session.run([], [])).rejects.toMatchObject({ name: 'OrtError' });
    await session.dispose();
  });

  it('refuses a shape that does not describe the data', () => {
    expect(() => runtime.tensor(new Float32Array(6), [2, 4])).toThrow(RangeError);
  });

  it('does not begin a run that was stopped before', async () => {
    const session = await product(runtime, new Float32Array(WIDTH));
    const x = runtime.tensor(new Float32Array(WIDTH), [1, WIDTH]);
    const y = runtime.tensor(new Float32Array(WIDTH).fill(9), [1, WIDTH]);
    await expect(session.run([x], [y], AbortSignal.abort())).rejects.toMatchObject({ code: 'terminated' });
    expect(y.data[0]).toBe(9);
    await session.dispose();
  });
});

describe('the C API binding', () => {
  it('leaves the thread free while it runs', async () => {
    const runtime = await openRuntime({ threads: 1, binding: 'c-api' });
    const session = await product(runtime, new Float32Array(WIDTH).fill(1));
    const rows = 4096;
    const x = runtime.tensor(new Float32Array(rows * WIDTH), [rows, WIDTH]);
    const y = runtime.tensor(new Float32Array(rows * WIDTH), [rows, WIDTH]);
    let isRunning = true;
    const run = session.run([x], [y]).then(() => (isRunning = false));
    await nextTurn();
    expect(isRunning).toBe(true);
    await expect(session.run([x], [y])).rejects.toMatchObject({
      message: expect.stringContaining('another run') as string,
    });
    await run;
    await session.dispose();
    await expect(session.run([x], [y])).rejects.toMatchObject({ name: 'OrtError' });
    runtime.dispose();
  });
});

describe('the pinned version', () => {
  it('is the only one accepted, and the message names both', () => {
    expect(() => checkVersion('1.30.0')).not.toThrow();
    expect(() => checkVersion('1.31.0')).toThrow(/1\.31\.0.*1\.30\.0/);
    expect(() => checkVersion('1.31.0')).toThrow(expect.objectContaining({ code: 'version' }) as Error);
  });
});

describe('a library that cannot be opened', () => {
  it('is reported with its path, so that the fallback can say why it runs', async () => {
    const koffi = await import('koffi');
    expect(() => openApi(koffi, '/nowhere/libonnxruntime.so')).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: expect.stringContaining('/nowhere/libonnxruntime.so') as string,
      }) as Error,
    );
  });
});
