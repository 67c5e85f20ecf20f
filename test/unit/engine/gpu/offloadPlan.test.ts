import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planModel, type GpuPlan } from '../../../../src/engine/backends/gpu/gpuPlan.ts';
import { DEFAULT_TUNING } from '../../../../src/engine/backends/gpu/gpuTuning.ts';
import { planOffload } from '../../../../src/engine/backends/gpu/offloadPlan.ts';
import { planBytes, planWithin, type Planner } from '../../../../src/engine/backends/gpu/planWithin.ts';
import { reportPlan } from '../../../../src/engine/backends/gpu/reportPlan.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { TINY_VARIANTS } from '../../../support/tinyVariants.ts';
import { withTinyModel } from '../onnx/tinyBackend.ts';

/** Experts that outweigh what a pass needs besides. */
const LARGE: TinyModelOptions = {
  ...TINY_VARIANTS.qwen3moe,
  type: 'Q8_0',
  experts: { count: 64, innerLength: 256 },
};
const CAPACITY = 128;

/** Written once for all tests. */
let file: ModelFile;
let close = (): void => undefined;
let closed: Promise<void>;
beforeAll(
  () =>
    new Promise<void>((resolve, reject) => {
      closed = withTinyModel(LARGE, (opened) => {
        file = opened;
        resolve();
        return new Promise((end) => {
          close = end;
        });
      });
      closed.catch(reject);
    }),
);
afterAll(async () => {
  close();
  await closed;
});

function plannerOf({ spec, weights }: ModelFile): Planner {
  return (offload) =>
    planModel(spec, weights, {
      ...{ limits: { bindingBytes: 1 << 30, storageBuffers: 8, workgroups: 65_535 }, tuning: DEFAULT_TUNING },
      ...{ cache: 'f16', offload },
    });
}

function bytesOf(plan: GpuPlan): number {
  const { weightBytes, slotBytes, activationBytes, kvBytes } = planBytes(plan, CAPACITY);
  return weightBytes + slotBytes + activationBytes + kvBytes;
}

describe('Slots', () => {
  it('are shared out among layers evenly, what is left to the first ones', () => {
    const { spec, weights } = file;
    const slotsOf = (slots: number, bindingBytes = Infinity): number[] => {
      const { layers } = planOffload(spec, weights, { cacheBytes: 0 }, Infinity);
      const bytes = slots * (layers[0]?.slotBytes ?? NaN);
      return planOffload(spec, weights, { cacheBytes: bytes }, bindingBytes).layers.map(
        (layer) => layer.slots,
      );
    };
    expect(slotsOf(0)).toEqual([0, 0]);
    expect(slotsOf(0.9)).toEqual([0, 0]);
    expect(slotsOf(5)).toEqual([3, 2]);
    expect(slotsOf(1000)).toEqual([64, 64]);
    const { layers } = planOffload(spec, weights, { cacheBytes: 0 }, Infinity);
    expect(slotsOf(1000, 7.5 * (layers[0]?.slotBytes ?? NaN))).toEqual([7, 7]);
  });
});

describe('A budget', () => {
  it('that holds everything leaves everything on the GPU, any smaller one is kept to', () => {
    const planner = plannerOf(file);
    const whole = bytesOf(planner());
    expect(planWithin(planner, undefined, CAPACITY).offload).toBeUndefined();
    expect(planWithin(planner, whole, CAPACITY).offload).toBeUndefined();
    const least = bytesOf(planner({ cacheBytes: 0 }));
    expect(least).toBeLessThan(whole * 0.8);
    let slots = -1;
    for (const share of [0, 0.3, 0.6, 0.95]) {
      const memoryBytes = Math.floor(least + share * (whole - least));
      const plan = planWithin(planner, memoryBytes, CAPACITY);
      expect(bytesOf(plan)).toBeLessThanOrEqual(memoryBytes);
      const own = plan.offload?.layers.reduce((sum, layer) => sum + layer.slots, 0) ?? NaN;
      expect(own).toBeGreaterThan(slots);
      slots = own;
    }
  });

  it('that is too small for what cannot leave the GPU is refused, with how much that is', async () => {
    const planner = plannerOf(file);
    expect(() => planWithin(planner, 1000, CAPACITY)).toThrow(
      /needs \d+ MiB of the GPU's memory without its experts; 1 MiB are allowed\. Raise the limit/,
    );
    await withTinyModel({ family: 'llama' }, async (dense) => {
      expect(() => planWithin(plannerOf(dense), 1000, CAPACITY)).toThrow(/of the GPU's memory; 1 MiB/);
      await Promise.resolve();
    });
  });

  it('is what a report of the plan goes by: where experts are, and what slots are dispatched', () => {
    const planner = plannerOf(file);
    const whole = bytesOf(planner());
    const least = bytesOf(planner({ cacheBytes: 0 }));
    const pass = { capacity: CAPACITY, position: 5, tokens: 1 };
    expect(reportPlan(file.spec, file.weights, pass).experts).toBeUndefined();
    const memoryBytes = Math.floor((least + whole) / 2);
    const { experts, dispatches, perLayer } = reportPlan(file.spec, file.weights, { ...pass, memoryBytes });
    expect(experts?.layers.map(({ experts: count, types }) => [count, types])).toEqual([
      [64, ['Q8_0']],
      [64, ['Q8_0']],
    ]);
    expect(experts?.slotBytes).toBeGreaterThan(0);
    expect(dispatches.filter(({ kernel }) => kernel.startsWith('expert'))).toEqual([]);
    expect(
      dispatches
        .filter(({ layer }) => layer === 1)
        .map(({ kernel }) => kernel)
        .slice(-5),
    ).toEqual(['matVec', 'routeAndRound', 'cachedGateUp', 'cachedDown', 'addExperts']);
    expect(perLayer[1]?.dispatches).toBe(10);
  });
});
