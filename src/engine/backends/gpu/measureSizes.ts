import { GlassboxError } from '../../../protocol/errors.ts';
import { throwIfCancelled } from '../cancelled.ts';
import { agrees, compareLogits, errorLimit } from '../choice/compareLogits.ts';
import { fromGpu } from './gpuErrors.ts';
import type { GpuModel } from './gpuModel.ts';
import type { GpuPlan } from './gpuPlan.ts';
import type { MeasuredSizes } from './gpuTuning.ts';
import {
  searchSizes,
  type SizedProduct,
  type SizeOutcome,
  type SizeSearch,
  type SizeStage,
} from './searchSizes.ts';
import type { SequenceBuffers } from './sequenceBuffers.ts';

export interface MeasureSizesOptions {
  readonly start: MeasuredSizes;
  readonly stages: readonly SizeStage[];
  /** The model's plan with other sizes. */
  readonly planWith: (sizes: MeasuredSizes) => GpuPlan;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  readonly budgetMs: number;
  readonly signal?: AbortSignal | undefined;
  /** After each measurement. */
  readonly onMeasured?: (() => void) | undefined;
}

/** How far a conversation goes whose last token is measured. */
const POSITIONS = 1024;
/** The shortest of so many: whatever else the machine does makes it longer only. */
const RUNS = 3;
/** Rows that are compared: the last of a piece of a prompt, and a token behind it. */
const ROWS = 2;

/**
 * Measures sizes with the model's own weights, on whole passes, and leaves the model with the best. What counts as right are the
 * logits that it has with those it came with, which the choice between backends compares with the CPU's.
 *
 * @throws GlassboxError `request/cancelled`, `runtime/gpuLost`
 */
export async function measureSizes(model: GpuModel, options: MeasureSizesOptions): Promise<SizeSearch> {
  const { start, stages, planWith, now, budgetMs, signal, onMeasured } = options;
  const limit = errorLimit(model.plan.spec);
  let expected: Float32Array | undefined;
  const measure = async (product: SizedProduct, sizes: MeasuredSizes): Promise<SizeOutcome> => {
    throwIfCancelled(signal);
    try {
      await model.retune(planWith(sizes));
      const { logits, ms } = await withBuffers(model, (buffers) =>
        timeProduct(model, buffers, product, now, signal),
      );
      expected ??= logits;
      return agrees(compareLogits(expected, logits, { positions: ROWS, limit }))
        ? { kind: 'right', ms }
        : { kind: 'wrong' };
    } catch (thrown) {
      const error = fromGpu(thrown, 'to measure its kernels');
      if (!(error instanceof GlassboxError)) throw error;
      if (error.code !== 'runtime/gpuFailed' && error.code !== 'runtime/gpuMemory') throw error;
      return { kind: 'failed', reason: error.message };
    } finally {
      onMeasured?.();
    }
  };
  // A GPU that was idle runs slowly at first, which would speak against whatever is measured first.
  await measure('matrixVector', start);
  const search = await searchSizes(start, stages, { measure, now, budgetMs });
  // Compiled already.
  await model.retune(planWith(search.sizes));
  return search;
}

async function withBuffers<Result>(
  model: GpuModel,
  use: (buffers: SequenceBuffers) => Promise<Result>,
): Promise<Result> {
  const buffers = await model.allocate(Math.min(POSITIONS, model.plan.spec.contextLength));
  try {
    return await use(buffers);
  } finally {
    buffers.destroy();
  }
}

/** Logits `[ROWS, vocabulary]` and the time of one product's pass. */
async function timeProduct(
  model: GpuModel,
  buffers: SequenceBuffers,
  product: SizedProduct,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<{ readonly logits: Float32Array; readonly ms: number }> {
  const { vocabularySize } = model;
  const last = Math.min(POSITIONS, model.plan.spec.contextLength) - 1;
  const piece = Array.from(
    { length: Math.min(model.chunkTokens, last) },
    (_, i) => (i * 37 + 11) % vocabularySize,
  );
  const logits = new Float32Array(ROWS * vocabularySize);
  const pass = async (tokens: readonly number[], position: number, into: Float32Array): Promise<void> => {
    const whole = { logits: into, need: undefined, onRouting: undefined };
    await model.forward({ buffers, tokens, position, signal, ...whole });
  };
  await pass(piece, 0, logits.subarray(0, vocabularySize));
  await pass([7 % vocabularySize], piece.length, logits.subarray(vocabularySize));

  const scratch = new Float32Array(vocabularySize);
  const timed = (): Promise<void> => {
    switch (product) {
      case 'matrixVector':
        return pass([7 % vocabularySize], piece.length, scratch);
      case 'matrixMatrix':
        return pass(piece, 0, scratch);
      case 'attention':
        // What lies between is zeros: it takes the same time.
        return pass([7 % vocabularySize], last, scratch);
      default:
        return product satisfies never;
    }
  };
  let ms = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = now();
    await timed();
    ms = Math.min(ms, now() - startedAt);
  }
  return { logits, ms };
}
