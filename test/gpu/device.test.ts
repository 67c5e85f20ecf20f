import { afterEach, describe, expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { composeKernel } from '../../native/kernels/kernel.ts';
import { BindingLayout } from '../../native/webgpu/bindingLayout.ts';
import { openComputeDevice, type ComputeDevice } from '../../native/webgpu/computeDevice.ts';
import { emptyParameters } from '../../native/webgpu/submitDispatches.ts';
import { GpuError } from '../../native/webgpu/errors.ts';
import { PipelineCache } from '../../native/webgpu/pipelineCache.ts';
import { planShards } from '../../native/webgpu/planShards.ts';
import { Readback, type BufferPiece } from '../../native/webgpu/readback.ts';
import { storageBuffer } from '../../native/webgpu/storageBuffer.ts';
import { WeightBuffers } from '../../native/webgpu/weightBuffers.ts';
import { MACHINES, type Machine } from './support/machine.ts';

/** Adds one to each number of the arena's beginning; a thousand times a thousand when `slow`. */
const COUNTING = `
struct Parameters { rounds: u32, }
@compute @workgroup_size(workgroupSize)
fn main(at: Invocation) {
  for (var i = 0u; i < parameters.rounds; i++) { arena[at.lane] += vec4f(1.0); }
}`;

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a device', () => {
  const open: ComputeDevice[] = [];
  afterEach(() => {
    for (const device of open.splice(0)) device.destroy();
  });
  const openDevice = async (machine: Machine | undefined = MACHINES[0]): Promise<ComputeDevice> => {
    if (machine === undefined) throw new Error('there is no machine');
    const device = await openComputeDevice(machine);
    open.push(device);
    return device;
  };

  /** A device with one small buffer at each binding and a kernel that counts. */
  const counting = async (machine?: Machine) => {
    const device = await openDevice(machine);
    const layout = new BindingLayout(device);
    const buffer = await storageBuffer(device, 'A buffer', 1024);
    const unused = await storageBuffer(device, 'A buffer', 16);
    const [quants, scales, vectors, cache, state] = await Promise.all(
      Array.from({ length: 5 }, () => storageBuffer(device, 'A buffer', 16)),
    );
    const bindGroup = layout.bind({
      ...{ arena: buffer, quants: quants ?? unused, scales: scales ?? unused },
      ...{ vectors: vectors ?? unused, cache: cache ?? unused, state: state ?? unused },
    });
    const source = composeKernel(
      { ...KERNELS.swiGlu, name: 'counting', source: COUNTING, parts: [] },
      { features: device.features, workgroupSize: 4, constants: {} },
    );
    const pipelines = new PipelineCache(layout);
    const pipeline = await pipelines.get('counting', source);
    const readback = await Readback.create(layout, 64);
    const run = async (...rounds: readonly number[]): Promise<Float32Array> => {
      const result = new Float32Array(16);
      const dispatches = rounds.map((count) => {
        const parameters = emptyParameters();
        parameters[0] = count;
        return { pipeline, bindGroup, parameters, workgroups: [1, 1, 1] as const };
      });
      await readback.run(dispatches, [{ buffer, offset: 0, bytes: 64 }], new Uint8Array(result.buffer));
      return result;
    };
    return { device, layout, pipelines, run, pipeline, bindGroup, buffer };
  };

  test.each(MACHINES)('$title says what it is and what it can do', async (machine) => {
    const { name, limits, features } = await openDevice(machine);
    expect(name).toContain(machine.adapter ?? '');
    expect(limits.bindingBytes).toBeGreaterThanOrEqual(128 << 20);
    for (const feature of machine.without) expect(features).not.toContain(feature);
    if (machine.adapter === 'llvmpipe' && machine.without.length === 0)
      expect([...features].sort()).toEqual(['f16', 'immediates', 'subgroups']);
  });

  test.each(MACHINES)(
    '$title gives each dispatch its own parameters, also in a second submission',
    async (machine) => {
      const { run } = await counting(machine);
      expect([...(await run(1, 10, 100))]).toEqual(Array(16).fill(111));
      expect([...(await run(1000))]).toEqual(Array(16).fill(1111));
    },
  );

  test('more dispatches than there are slots for parameters run all the same', async () => {
    const { run, layout } = await counting(MACHINES.find(({ without }) => without.includes('immediates')));
    const slots = layout.uniforms?.slots ?? 0;
    expect(slots).toBeGreaterThan(0);
    const rounds = Array.from({ length: slots + 3 }, (_, i) => i % 3);
    expect((await run(...rounds))[0]).toBe(rounds.reduce((sum, count) => sum + count, 0));
  });

  test('an adapter that does not exist is unavailable, by its name', async () => {
    const error = await rejection(openComputeDevice({ adapter: 'no such adapter' }));
    expect(error).toBeInstanceOf(GpuError);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('no such adapter') });
  });

  test('a kernel that does not compile says where, and another compiles after it', async () => {
    const { pipelines, run } = await counting();
    const error = await rejection(pipelines.get('broken', 'fn main() {\n  let x = missing;\n}'));
    expect(error).toMatchObject({ code: 'shader' });
    expect(String(error)).toMatch(/broken does not compile: line 2: .*missing/);
    expect((await run(1))[0]).toBe(1);
  });

  test('a kernel is compiled once, however often it is asked for', async () => {
    const { pipelines } = await counting();
    const source = '@compute @workgroup_size(1) fn main() {}';
    const [first, second] = await Promise.all([pipelines.get('a', source), pipelines.get('b', source)]);
    expect(first).toBe(second);
    expect(pipelines.size).toBe(2);
  });

  test('a buffer beyond the limits is refused before the driver is asked', async () => {
    const device = await openDevice();
    const error = await rejection(storageBuffer(device, 'The KV cache', device.limits.bindingBytes + 1));
    expect(error).toMatchObject({ code: 'limit', message: expect.stringContaining('The KV cache') });
  });

  test('more workgroups than the device has are refused by name', async () => {
    const { layout, pipeline, bindGroup, device } = await counting();
    const readback = await Readback.create(layout, 4);
    const workgroups = [device.limits.workgroups + 1, 1, 1] as const;
    const dispatch = { pipeline, bindGroup, parameters: emptyParameters(), workgroups };
    const error = await rejection(readback.run([dispatch], [], new Uint8Array()));
    expect(error).toMatchObject({ code: 'limit', message: expect.stringContaining('counting') });
  });

  test('what WebGPU refuses comes out of the guard that did it, and nowhere else', async () => {
    const device = await openDevice();
    const error = await rejection(
      device.guard('A buffer of no use', () => device.handle.createBuffer({ size: 16, usage: 0 })),
    );
    expect(error).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('A buffer of no use failed'),
    });
    expect(() => {
      device.check();
    }).not.toThrow();
  });

  test('what nobody guards comes out of the next readback', async () => {
    const { device, run, buffer } = await counting();
    device.handle.queue.writeBuffer(buffer, 1 << 20, new Uint32Array(4));
    expect(await rejection(run(1))).toMatchObject({ code: 'invalid' });
    // It was said once.
    await run(1);
  });

  test('a device that is lost in the middle rejects what is pending, and everything after it', async () => {
    const { device, run, layout } = await counting();
    const pending = rejection(run(2_000_000));
    device.destroy();
    expect(await pending).toMatchObject({ code: 'lost' });
    expect(await rejection(run(1))).toMatchObject({ code: 'lost' });
    expect(await rejection(storageBuffer(device, 'A buffer', 16))).toMatchObject({ code: 'lost' });
    expect(
      await rejection(new PipelineCache(layout).get('late', '@compute @workgroup_size(1) fn main() {}')),
    ).toMatchObject({
      code: 'lost',
    });
    expect(await device.lost).toMatchObject({ code: 'lost' });
  });

  test('waiting for long work leaves the event loop to others', async () => {
    const { run } = await counting();
    // Dawn's own polling takes every turn of the loop: hundreds of thousands in the same time.
    let turns = 0;
    const own = globalThis.setImmediate;
    const counted = Object.assign(
      (...parameters: Parameters<typeof own>) => {
        turns += 1;
        return own(...parameters);
      },
      { __promisify__: own.__promisify__ },
    );
    globalThis.setImmediate = counted;
    try {
      const before = performance.now();
      await run(3_000_000);
      const elapsedMs = performance.now() - before;
      // One turn a millisecond after the first two, which spin; each asks for one immediate.
      expect(turns - elapsedMs).toBeLessThan(20_000);
      expect(globalThis.setImmediate).toBe(counted);
    } finally {
      globalThis.setImmediate = own;
    }
  });

  test('weights lie in shards, each row where the plan says', async () => {
    const device = await openDevice();
    const layout = new BindingLayout(device);
    const plan = planShards(
      [
        { name: 'a', rows: 8, grainRows: 4, grainQuantBytes: 64, grainScaleBytes: 8, grainHighBytes: 4 },
        { name: 'b', rows: 12, grainRows: 4, grainQuantBytes: 64, grainScaleBytes: 8, grainHighBytes: 4 },
        { name: 'c', rows: 32, grainRows: 4, grainQuantBytes: 64, grainScaleBytes: 8, grainHighBytes: 4 },
      ],
      // `a` and `b` lie in one buffer, `c` over two, and no piece of it ends where a buffer does.
      { bindingBytes: 320, buffers: 4 },
      1000,
    );
    expect(plan.shards.map(({ span }) => [span.quants, span.scales])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const weights = await WeightBuffers.create(device, plan);
    const readback = await Readback.create(layout, 64);
    const fill = (length: number, from: number): Uint32Array<ArrayBuffer> =>
      Uint32Array.from({ length }, (_, i) => from + i);
    plan.pieces.forEach((piece, index) => {
      const grains = piece.rows / 4;
      weights.write(piece, {
        quants: fill(grains * 16, 1000 * index),
        scales: fill(grains * 2, 1000 * index + 500),
        high: fill(grains, 1000 * index + 700),
      });
    });
    for (const [index, piece] of plan.pieces.entries()) {
      const { shard, quants, scales, high } = piece;
      const shardBuffers = weights.shards[shard];
      if (shardBuffers === undefined) throw new Error(`no shard ${String(shard)}`);
      const { quants: quantBuffers, scales: scaleBuffers, span } = shardBuffers;
      const word = (buffers: readonly GPUBuffer[], at: number): BufferPiece => {
        const buffer = buffers[Math.floor(at / span.bytes)];
        if (buffer === undefined) throw new Error(`nothing at ${String(at)}`);
        return { buffer, offset: at % span.bytes, bytes: 4 };
      };
      const result = new Uint32Array(4);
      const lastQuants = 4 * ((piece.rows / 4) * 16 - 1);
      await readback.run(
        [],
        [
          word(quantBuffers, quants * 16),
          word(quantBuffers, quants * 16 + lastQuants),
          word(scaleBuffers, scales * 4),
          word(scaleBuffers, high * 4),
        ],
        new Uint8Array(result.buffer),
      );
      expect([...result]).toEqual([
        1000 * index,
        1000 * index + lastQuants / 4,
        1000 * index + 500,
        1000 * index + 700,
      ]);
    }
  });
});
