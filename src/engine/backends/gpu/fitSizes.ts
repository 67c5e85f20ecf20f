import type { ComputeDevice } from '../../../../native/webgpu/computeDevice.ts';
import type { GpuModel } from './gpuModel.ts';
import type { GpuPlan } from './gpuPlan.ts';
import type { MeasuredSizes } from './gpuTuning.ts';
import { measureSizes } from './measureSizes.ts';
import { type SizeSearch, type SizeStage, sizeStages } from './searchSizes.ts';
import type { SizeKey, SizeMemory } from './sizeMemory.ts';

export interface GpuSizesOptions {
  /** The driver of the adapter, with its version. */
  readonly driver: string;
  /** Absent: they are measured each time. */
  readonly memory?: SizeMemory;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  /** No measurement begins later than so long after the first. Default `BUDGET_MS`. */
  readonly budgetMs?: number;
  /** What is tried. Default `sizeStages`, and nothing on software. */
  readonly stages?: readonly SizeStage[];
}

/** What a first use may take longer for it. */
const BUDGET_MS = 1000;

interface Fitting {
  readonly device: ComputeDevice;
  readonly replan: (sizes: MeasuredSizes) => GpuPlan;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((fraction: number) => void) | undefined;
}

/**
 * Gives a loaded model the sizes that are remembered for its adapter, or measures them and remembers them.
 * @throws GlassboxError `request/cancelled`, `runtime/gpuLost`; GpuError `lost`
 */
export async function fitSizes(model: GpuModel, options: GpuSizesOptions, fitting: Fitting): Promise<void> {
  const { driver, memory, now, budgetMs = BUDGET_MS } = options;
  const { device, replan, signal, onProgress } = fitting;
  const stages = options.stages ?? (device.isSoftware ? [] : sizeStages(device.limits.workgroupSize));
  if (stages.length === 0) {
    model.explainSizes(
      'Its kernels have the sizes that suit software on the CPU: compiling others would take it longer than measuring may.',
    );
    return;
  }
  const key: SizeKey = { adapter: device.name, driver, kernels: model.kernelChecksum };
  const start = sizesOf(model.plan);
  const known = await memory?.read(key);
  if (known !== undefined) {
    await model.retune(replan(known));
    model.explainSizes(`Its kernels have the sizes that were fastest here: ${describeSizes(known)}.`);
    return;
  }
  const search = await measureSizes(model, {
    ...{ start, stages, planWith: replan, now, budgetMs, signal },
    // A sign of life: measuring has no share of the loading of its own.
    onMeasured: () => onProgress?.(1),
  });
  const unsaved = await save(memory, key, search.sizes);
  model.explainSizes(`${describeSearch(search)}${unsaved}`);
}

/** @returns what to add to the report where they could not be remembered */
async function save(memory: SizeMemory | undefined, key: SizeKey, sizes: MeasuredSizes): Promise<string> {
  try {
    await memory?.write(key, sizes);
    return '';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return ` They could not be remembered (${code}).`;
  }
}

function sizesOf({ tuning }: GpuPlan): MeasuredSizes {
  const { workgroupSize, unitsPerLane, attentionSize, tilePositions, tileSide } = tuning;
  return { workgroupSize, unitsPerLane, attentionSize, tilePositions, tileSide };
}

function describeSearch({ sizes, trials, left, tookMs }: SizeSearch): string {
  const wrong = trials.filter(({ outcome }) => outcome.kind !== 'right').length;
  const remarks = [
    `${String(trials.length)} measurements in ${(tookMs / 1000).toFixed(1)} s`,
    ...(wrong > 0 ? [`${String(wrong)} of them failed or computed other numbers`] : []),
    ...(left > 0 ? [`no time for ${String(left)} more`] : []),
  ];
  return `Its kernels have the sizes that were fastest here: ${describeSizes(sizes)} (${remarks.join(', ')}).`;
}

function describeSizes({
  workgroupSize,
  unitsPerLane,
  attentionSize,
  tilePositions,
  tileSide,
}: MeasuredSizes): string {
  const side = 4 * tileSide;
  return (
    `${String(workgroupSize)} invocations a product, ${String(unitsPerLane)} units each; ${String(attentionSize)} for attention over ` +
    `${String(tilePositions)} positions at once; tiles of ${String(side)} x ${String(side)}`
  );
}
