import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { GpuSizesOptions } from '../../src/engine/backends/gpu/fitSizes.ts';
import { createGpuBackend } from '../../src/engine/backends/gpu/gpuBackend.ts';
import { SizeMemory } from '../../src/engine/backends/gpu/sizeMemory.ts';
import {
  rowsOfLogits,
  squaredError,
  testAdapter,
  withGpuModel,
  withSmallModel,
} from './support/gpuModels.ts';

const TOKENS = Array.from({ length: 20 }, (_, i) => (i * 37 + 11) % 60);
/** Two ways to share the work of a product: as in backend.test.ts, both sides round what goes through halves. */
const HALF_ERROR = 4e-6;

describe('The sizes of the kernels of a model', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-sizes-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A clock that goes slower each time that it is read: what is measured later is faster. */
  function quickening(): () => number {
    let [clock, step] = [0, 1];
    return () => (clock += step *= 0.9);
  }

  function options(more: Partial<GpuSizesOptions> = {}): GpuSizesOptions {
    return {
      driver: 'of the tests',
      memory: new SizeMemory(folder),
      now: quickening(),
      // One other way: what costs here is to compile it.
      stages: [{ product: 'matrixVector', candidates: [{ workgroupSize: 16, unitsPerLane: 2 }] }],
      ...more,
    };
  }

  it('are measured once, remembered, and give the numbers that the others give', () =>
    withSmallModel({ family: 'llama', type: 'Q8_0' }, async (file) => {
      const rows: Float32Array[][] = [];
      const read = async (sizes?: GpuSizesOptions): Promise<string> => {
        let reason = '';
        await withGpuModel(file, sizes === undefined ? {} : { sizes }, async (model) => {
          rows.push(
            await rowsOfLogits(model, [TOKENS.slice(0, 3), TOKENS.slice(3)], file.spec.vocabularySize),
          );
          reason = model.runtime.reason;
        });
        return reason;
      };
      expect(await read()).not.toContain('fastest here');
      expect(await read(options())).toMatch(/16 invocations a product, 2 units each;.*\(2 measurements in/u);
      expect(await readdir(folder)).toHaveLength(1);
      expect(await read(options({ stages: [{ product: 'matrixVector', candidates: [{}] }] }))).toMatch(
        /16 invocations a product, 2 units each;[^(]*$/u,
      );
      const [first = [], ...others] = rows;
      expect(others).toHaveLength(2);
      for (const other of others) expect(squaredError(other, first)).toBeLessThan(HALF_ERROR);
    }));

  it('are left alone where other sizes compute something else, which nothing remembers as better', () =>
    withSmallModel({ family: 'llama', type: 'Q8_0' }, async (file) => {
      const faults = {
        // Right with the sizes that are there first, and wrong with the others.
        kernelText: (kernel: string, source: string) =>
          kernel === 'matVec' && source.includes('const unitsPerLane = 2u;')
            ? source.replace('var sums = vec4f(0.0);', 'var sums = vec4f(1.0);')
            : source,
      };
      await withGpuModel(file, { sizes: options(), faults }, (model) => {
        expect(model.runtime.reason).toContain('1 of them failed or computed other numbers');
        expect(model.runtime.reason).not.toContain('16 invocations a product');
        return Promise.resolve();
      });
    }));

  it.runIf(inject('adapterNames').length > 0)('are those for software on software, and not measured', () =>
    withSmallModel({ family: 'llama', type: 'Q8_0' }, async (file) => {
      const { stages: _, ...sizes } = options();
      await withGpuModel(file, { sizes }, async (model) => {
        expect(model.runtime.reason).toContain('the sizes that suit software');
        expect(await readdir(folder)).toEqual([]);
      });
    }),
  );

  it('are not measured when loading is cancelled meanwhile', () =>
    withSmallModel({ family: 'llama', type: 'Q8_0' }, async ({ spec, weights }) => {
      const abort = new AbortController();
      const clock = quickening();
      const sizes = options({
        now: () => {
          abort.abort();
          return clock();
        },
      });
      const loading = createGpuBackend({ ...testAdapter(), sizes }).load(spec, weights, {
        threads: 1,
        signal: abort.signal,
      });
      await expect(loading).rejects.toMatchObject({ code: 'request/cancelled' });
      expect(await readdir(folder)).toEqual([]);
    }));
});
