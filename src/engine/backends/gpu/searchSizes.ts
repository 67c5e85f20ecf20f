import type { MeasuredSizes } from './gpuTuning.ts';

/** What sizes are measured for: the products of a token, those of a piece of a prompt, and a token's attention far behind others. */
export type SizedProduct = 'matrixVector' | 'matrixMatrix' | 'attention';

export interface SizeStage {
  readonly product: SizedProduct;
  /** What is tried instead of the sizes so far. */
  readonly candidates: readonly Partial<MeasuredSizes>[];
}

export type SizeOutcome =
  | { readonly kind: 'right'; readonly ms: number }
  /** Other logits than with the sizes that were there first. */
  | { readonly kind: 'wrong' }
  /** It does not compile, or does not fit. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface SizeTrial {
  readonly product: SizedProduct;
  readonly sizes: MeasuredSizes;
  readonly outcome: SizeOutcome;
}

export interface SizeSearch {
  readonly sizes: MeasuredSizes;
  readonly trials: readonly SizeTrial[];
  /** Candidates that there was no time for. */
  readonly left: number;
  readonly tookMs: number;
}

export interface SizeSearchOptions {
  /** Times one product with these sizes. What it throws ends the search. */
  readonly measure: (product: SizedProduct, sizes: MeasuredSizes) => Promise<SizeOutcome>;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  /** No candidate begins later than so long after the first. */
  readonly budgetMs: number;
}

/** A candidate has to take less than this share of the best's time: two measurements of the same differ by a few hundredths. */
const CLEARLY_FASTER = 0.97;

/**
 * The fastest sizes that are right, one product after the other, each beginning with what was best before. Where nothing is clearly
 * faster, or `start` itself cannot be measured, it stays.
 */
export async function searchSizes(
  start: MeasuredSizes,
  stages: readonly SizeStage[],
  { measure, now, budgetMs }: SizeSearchOptions,
): Promise<SizeSearch> {
  const startedAt = now();
  const trials: SizeTrial[] = [];
  let best = start;
  let left = 0;
  const tried = async (product: SizedProduct, sizes: MeasuredSizes): Promise<number> => {
    const outcome = await measure(product, sizes);
    trials.push({ product, sizes, outcome });
    return outcome.kind === 'right' ? outcome.ms : Infinity;
  };
  for (const { product, candidates } of stages) {
    const others = candidates.map((sizes) => ({ ...best, ...sizes })).filter((sizes) => !isSame(sizes, best));
    if (others.length === 0) continue;
    if (now() - startedAt > budgetMs) {
      left += others.length;
      continue;
    }
    let bestMs = await tried(product, best);
    // Nothing to compare with.
    if (bestMs === Infinity) continue;
    for (const sizes of others) {
      if (now() - startedAt > budgetMs) {
        left++;
        continue;
      }
      const ms = await tried(product, sizes);
      if (ms >= CLEARLY_FASTER * bestMs) continue;
      [best, bestMs] = [sizes, ms];
    }
  }
  return { sizes: best, trials, left, tookMs: now() - startedAt };
}

/**
 * What is worth trying on a GPU: twice and four times, and half, of what is usual.
 * @param workgroupSize invocations that the adapter allows a workgroup
 */
export function sizeStages(workgroupSize: number): readonly SizeStage[] {
  const fits = ({
    workgroupSize: size = 1,
    attentionSize = 1,
    tileSide = 1,
  }: Partial<MeasuredSizes>): boolean => Math.max(size, attentionSize, tileSide ** 2) <= workgroupSize;
  const stages: readonly SizeStage[] = [
    {
      product: 'matrixVector',
      candidates: [
        { workgroupSize: 64, unitsPerLane: 1 },
        { workgroupSize: 32, unitsPerLane: 2 },
        { workgroupSize: 64, unitsPerLane: 2 },
        { workgroupSize: 128, unitsPerLane: 1 },
        { workgroupSize: 16, unitsPerLane: 4 },
      ],
    },
    { product: 'matrixMatrix', candidates: [{ tileSide: 16 }, { tileSide: 4 }] },
    {
      product: 'attention',
      candidates: [
        { attentionSize: 64, tilePositions: 8 },
        { attentionSize: 64, tilePositions: 16 },
        { attentionSize: 128, tilePositions: 16 },
      ],
    },
  ];
  return stages.map(({ product, candidates }) => ({ product, candidates: candidates.filter(fits) }));
}

function isSame(one: MeasuredSizes, other: MeasuredSizes): boolean {
  return (
    one.workgroupSize === other.workgroupSize &&
    one.unitsPerLane === other.unitsPerLane &&
    one.attentionSize === other.attentionSize &&
    one.tilePositions === other.tilePositions &&
    one.tileSide === other.tileSide
  );
}
