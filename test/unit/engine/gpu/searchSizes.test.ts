import { describe, expect, it } from 'vitest';
import { DEFAULT_TUNING, type MeasuredSizes } from '../../../../src/engine/backends/gpu/gpuTuning.ts';
import {
  searchSizes,
  sizeStages,
  type SizedProduct,
  type SizeOutcome,
  type SizeStage,
} from '../../../../src/engine/backends/gpu/searchSizes.ts';

const { workgroupSize, unitsPerLane, attentionSize, tilePositions, tileSide } = DEFAULT_TUNING;
const START: MeasuredSizes = { workgroupSize, unitsPerLane, attentionSize, tilePositions, tileSide };
const STAGES: readonly SizeStage[] = [
  { product: 'matrixVector', candidates: [{ workgroupSize: 64 }, { workgroupSize: 128 }] },
  { product: 'matrixMatrix', candidates: [{ tileSide: 16 }] },
];

/** A GPU on which a measurement takes as long as it says. */
function search(
  outcomeOf: (product: SizedProduct, sizes: MeasuredSizes) => SizeOutcome,
  {
    budgetMs = 1000,
    stages = STAGES,
  }: { readonly budgetMs?: number; readonly stages?: readonly SizeStage[] } = {},
) {
  let clock = 0;
  return searchSizes(START, stages, {
    now: () => clock,
    budgetMs,
    measure: (product, sizes) => {
      const outcome = outcomeOf(product, sizes);
      clock += outcome.kind === 'right' ? outcome.ms : 0;
      return Promise.resolve(outcome);
    },
  });
}

describe('The search for sizes', () => {
  it('keeps the fastest of each product, and goes on from it', async () => {
    const measured: string[] = [];
    const found = await search((product, sizes) => {
      measured.push(`${product} ${sizes.workgroupSize} ${sizes.tileSide}`);
      return { kind: 'right', ms: product === 'matrixVector' ? 640 / sizes.workgroupSize : sizes.tileSide };
    });
    expect(found.sizes).toEqual({ ...START, workgroupSize: 128 });
    expect(measured).toEqual([
      'matrixVector 32 8',
      'matrixVector 64 8',
      'matrixVector 128 8',
      'matrixMatrix 128 8',
      'matrixMatrix 128 16',
    ]);
    expect(found.tookMs).toBe(20 + 10 + 5 + 8 + 16);
  });

  it('never takes sizes with other numbers, or that fail, however fast', async () => {
    const found = await search((_, sizes) => {
      if (sizes.workgroupSize === 64) return { kind: 'wrong' };
      if (sizes.tileSide === 16) return { kind: 'failed', reason: 'It does not compile.' };
      return { kind: 'right', ms: 10 };
    });
    expect(found.sizes).toEqual(START);
    expect(found.trials.map(({ outcome }) => outcome.kind)).toEqual([
      'right',
      'wrong',
      'right',
      'right',
      'failed',
    ]);
  });

  it('changes nothing for a difference that is within what measurements vary by', async () => {
    const found = await search((_, sizes) => ({ kind: 'right', ms: sizes.workgroupSize === 64 ? 9.8 : 10 }));
    expect(found.sizes).toEqual(START);
  });

  it('begins nothing after its time, and says how much it left', async () => {
    const found = await search((_, sizes) => ({ kind: 'right', ms: 64 / sizes.workgroupSize }), {
      budgetMs: 2,
    });
    expect(found.trials).toHaveLength(2);
    expect(found.left).toBe(2);
    expect(found.sizes).toEqual({ ...START, workgroupSize: 64 });
  });

  it('compares with nothing where what was there first fails', async () => {
    const found = await search(() => ({ kind: 'failed', reason: 'It does not fit.' }));
    expect(found.sizes).toEqual(START);
    expect(found.trials.map(({ product }) => product)).toEqual(['matrixVector', 'matrixMatrix']);
  });

  it('proposes no workgroup that the adapter does not allow', () => {
    const sizes = sizeStages(128).flatMap(({ candidates }) => candidates);
    expect(sizes).toContainEqual({ workgroupSize: 128, unitsPerLane: 1 });
    expect(sizes).not.toContainEqual({ tileSide: 16 });
    expect(sizeStages(256).flatMap(({ candidates }) => candidates)).toContainEqual({ tileSide: 16 });
  });
});
