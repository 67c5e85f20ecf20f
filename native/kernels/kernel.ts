import type { ComputeFeature } from '../webgpu/computeDevice.ts';
import { GpuError } from '../webgpu/errors.ts';
import { isNarrow, type WeightSpan } from '../webgpu/weightSpan.ts';
import type { BlockType } from './blockType.ts';
import type { CacheType } from './cacheType.ts';
import { readParameterFields, type ParameterFields } from './kernelParameters.ts';
import { blockPart, cachePart, PARTS, secondBlockPart, type PartName } from './parts.ts';
import { wideWeights } from './wideWeights.ts';

/** A kernel: what its file says, and what it needs from others. */
export interface Kernel<Constant extends string = string> {
  readonly name: string;
  readonly source: string;
  readonly fields: ParameterFields;
  readonly parts: readonly PartName[];
  readonly readsBlocks: boolean;
  /** Of a second matrix, too, of a type of its own. */
  readonly readsSecondBlocks: boolean;
  readonly usesCache: boolean;
  /** Writes rows to the cache; such a kernel says how long they are in `storedDim4`. */
  readonly storesCache: boolean;
  /** Holds numbers in half precision on the way where there is f16. */
  readonly usesTile: boolean;
  readonly constants: readonly Constant[];
}

export type { CacheType } from './cacheType.ts';

/** One way to compile a kernel. */
export interface KernelVariant<Constant extends string = string> {
  readonly features: ReadonlySet<ComputeFeature>;
  /** Invocations of a workgroup: a power of two. */
  readonly workgroupSize: number;
  /** Of the matrix, for kernels that read one. */
  readonly blocks?: BlockType;
  /** Of the second matrix, for kernels that read two. */
  readonly secondBlocks?: BlockType;
  /** Over how many buffers the matrices lie. Absent: one of quants and one of scales. */
  readonly span?: WeightSpan;
  /** For kernels that use the KV cache. */
  readonly cache?: CacheType;
  /** Numbers become `u32`. */
  readonly constants: Readonly<Record<Constant, number | boolean>>;
}

export function defineKernel<Constant extends string>(
  name: string,
  source: string,
  needs: {
    readonly parts?: readonly PartName[];
    readonly readsBlocks?: boolean;
    readonly readsSecondBlocks?: boolean;
    readonly usesCache?: boolean;
    readonly storesCache?: boolean;
    readonly usesTile?: boolean;
    readonly constants?: readonly Constant[];
  } = {},
): Kernel<Constant> {
  return {
    name,
    source,
    fields: readParameterFields(name, source),
    parts: needs.parts ?? [],
    readsBlocks: needs.readsBlocks ?? false,
    readsSecondBlocks: needs.readsSecondBlocks ?? false,
    usesCache: needs.usesCache ?? needs.storesCache ?? false,
    storesCache: needs.storesCache ?? false,
    usesTile: needs.usesTile ?? false,
    constants: needs.constants ?? [],
  };
}

/** Types whose weights may be larger, or finer, than a half holds: they come through a workgroup's memory as singles. */
const BEYOND_HALVES: ReadonlySet<BlockType | undefined> = new Set(['F32', 'BF16'] as const);

/**
 * The whole WGSL of a variant: directives, constants, the parts that the kernel uses, and the kernel.
 * @throws GpuError `invalid` when the variant lacks something
 */
export function composeKernel<Constant extends string>(
  kernel: Kernel<Constant>,
  { features, workgroupSize, blocks, secondBlocks, span, cache, constants }: KernelVariant<Constant>,
): string {
  if (workgroupSize < 1 || (workgroupSize & (workgroupSize - 1)) !== 0)
    throw new GpuError('invalid', `A workgroup of ${String(workgroupSize)} is not a power of two.`);
  const hasSubgroups = features.has('subgroups');
  const hasF16 = kernel.usesTile && features.has('f16') && !BEYOND_HALVES.has(blocks);
  const hasImmediates = features.has('immediates');
  const directives = [
    ...(hasSubgroups ? ['enable subgroups;'] : []),
    ...(hasF16 ? ['enable f16;'] : []),
    ...(hasImmediates ? ['requires immediate_address_space;'] : []),
    `const workgroupSize = ${String(workgroupSize)}u;`,
    ...kernel.constants.map((name) => constantLine(kernel.name, name, constants[name])),
    ...(kernel.usesTile ? [`alias Tile = ${hasF16 ? 'f16' : 'f32'};`] : []),
    hasImmediates
      ? 'var<immediate> parameters: Parameters;'
      : '@group(0) @binding(6) var<uniform> parameters: Parameters;',
    PARTS.bindings,
  ];
  const lines = [
    hasSubgroups ? PARTS.reduceSubgroups : PARTS.reduceShared,
    ...kernel.parts.map((part) => PARTS[part]),
  ];
  if (kernel.readsBlocks) {
    if (blocks === undefined) throw new GpuError('invalid', `Kernel ${kernel.name} needs a type of blocks.`);
    lines.push(PARTS.nibbles, blockPart(blocks));
  }
  if (kernel.readsSecondBlocks) {
    if (secondBlocks === undefined)
      throw new GpuError('invalid', `Kernel ${kernel.name} needs a second type of blocks.`);
    lines.push(secondBlockPart(secondBlocks));
  }
  if (kernel.usesCache) {
    if (cache === undefined) throw new GpuError('invalid', `Kernel ${kernel.name} needs a type of cache.`);
    lines.push(cachePart(cache, kernel.storesCache));
  }
  lines.push(kernel.source);
  if (span === undefined || isNarrow(span)) return [...directives, ...lines].join('\n');
  const wide = wideWeights(span);
  return [...directives, wide.declarations, ...lines.map(wide.read)].join('\n');
}

function constantLine(kernel: string, name: string, value: number | boolean | undefined): string {
  if (typeof value === 'boolean') return `const ${name} = ${String(value)};`;
  if (value === undefined || !Number.isInteger(value) || value < 0)
    throw new GpuError(
      'invalid',
      `Kernel ${kernel} needs the constant ${name}, a whole number or a boolean.`,
    );
  return `const ${name} = ${String(value)}u;`;
}
