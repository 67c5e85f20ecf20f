import { createHash } from 'node:crypto';
import { KERNELS } from '../../../../native/kernels/catalog.ts';
import { composeKernel, type CacheType, type Kernel } from '../../../../native/kernels/kernel.ts';
import type { ComputeFeature } from '../../../../native/webgpu/computeDevice.ts';
import type { PipelineCache } from '../../../../native/webgpu/pipelineCache.ts';
import type { KernelName, PlannedDispatch } from './plannedDispatch.ts';

export interface VariantOptions {
  readonly features: ReadonlySet<ComputeFeature>;
  readonly cache: CacheType;
  /** Changes a kernel's text, for tests of kernels that do not compile or compute wrongly. */
  readonly kernelText?: ((kernel: KernelName, source: string) => string) | undefined;
}

/** The kernels of a plan, compiled: each variant once, before the first pass. */
export class KernelVariants {
  readonly #pipelines: ReadonlyMap<string, GPUComputePipeline>;
  /** Of all their text, in hexadecimal. */
  readonly checksum: string;

  private constructor(pipelines: ReadonlyMap<string, GPUComputePipeline>, checksum: string) {
    this.#pipelines = pipelines;
    this.checksum = checksum;
  }

  /** @throws GpuError `shader`, `lost` */
  static async compile(
    dispatches: readonly PlannedDispatch[],
    pipelines: PipelineCache,
    options: VariantOptions,
    onCompiled: (fraction: number) => void,
  ): Promise<KernelVariants> {
    const variants = new Map(dispatches.map((dispatch) => [variantKey(dispatch), dispatch]));
    const compiled = new Map<string, GPUComputePipeline>();
    const checksum = createHash('sha256');
    for (const [key, dispatch] of variants) {
      const source = sourceOf(dispatch, options);
      checksum.update(source);
      compiled.set(key, await pipelines.get(dispatch.kernel, source, furtherBuffers(dispatch)));
      onCompiled(compiled.size / variants.size);
    }
    return new KernelVariants(compiled, checksum.digest('hex'));
  }

  of(dispatch: PlannedDispatch): GPUComputePipeline {
    const pipeline = this.#pipelines.get(variantKey(dispatch));
    if (pipeline === undefined) throw new RangeError(`${dispatch.name} was not compiled`);
    return pipeline;
  }
}

function sourceOf(
  { kernel: name, workgroupSize, constants, blocks, secondBlocks, span }: PlannedDispatch,
  { features, cache, kernelText }: VariantOptions,
): string {
  // The kernel checks that it has each of its constants; their names are text in a plan.
  const kernel: Kernel = KERNELS[name];
  const source = composeKernel(kernel, {
    ...{ features, workgroupSize, constants, cache },
    ...(blocks === undefined ? {} : { blocks }),
    ...(secondBlocks === undefined ? {} : { secondBlocks }),
    ...(span === undefined ? {} : { span }),
  });
  return kernelText?.(name, source) ?? source;
}

/** Of weights, beyond one of quants and one of scales. */
function furtherBuffers({ span }: PlannedDispatch): number {
  return span === undefined ? 0 : span.quants + span.scales - 2;
}

/** What tells compiled kernels of one model apart. */
function variantKey({
  kernel,
  workgroupSize,
  constants,
  blocks,
  secondBlocks,
  span,
}: PlannedDispatch): string {
  return JSON.stringify([
    kernel,
    workgroupSize,
    blocks,
    secondBlocks,
    span,
    Object.entries(constants).sort(),
  ]);
}
