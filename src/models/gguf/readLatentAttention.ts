import { corrupt, unsupported } from '../modelErrors.ts';
import type { LatentAttention } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import { needSize } from './needSize.ts';
import { readRope } from './readRope.ts';
import { readYarnLogMultiplier } from './readYarnLogMultiplier.ts';
import { SIZE_LIMITS } from './sizeLimits.ts';

/**
 * Latent attention of the family deepseek2, in both layouts of its keys. Files with `key_length_mla` describe the
 * cache by `key_length` and `value_length`: latent and rotary dimensions, and one key/value head. Older files give the
 * lengths of a head there.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function readLatentAttention(source: ArchitectureSource, contextLength: number): LatentAttention {
  const { metadata, file } = source;
  const prefix = `${source.family.architecture}.attention`;
  refuseTemperature(source, `${prefix}.temperature_scale`);
  const queryHeads = needSize(source, 'attention.head_count', SIZE_LIMITS.heads);
  const latentRank = needSize(source, 'attention.kv_lora_rank', SIZE_LIMITS.width);
  // llama.cpp knows V2-Lite by its 27 layers; a smaller model without query compression has the rank 0.
  const queryRank = metadata.integer(`${prefix}.q_lora_rank`, 0, SIZE_LIMITS.width) ?? 0;
  const heads = readHeadLengths(source);
  const rope = readRope(source, heads.key, contextLength);
  const rotaryDim = rope.dimensions;
  const plainDim = heads.key - rotaryDim;
  if (plainDim < 1)
    throw corrupt(
      file,
      `metadata key "${source.family.architecture}.rope.dimension_count"`,
      `(${String(rotaryDim)}) leaves nothing of the ${String(heads.key)} dimensions of a head`,
    );
  const must = (key: string, value: number): void => {
    const found = metadata.integer(`${prefix}.${key}`, 0, SIZE_LIMITS.width);
    if (found !== undefined && found !== value)
      throw corrupt(
        file,
        `metadata key "${prefix}.${key}"`,
        `is ${String(found)} instead of ${String(value)}`,
      );
  };
  must('head_count_kv', heads.absorbed ? 1 : queryHeads);
  if (heads.absorbed) {
    must('key_length', latentRank + rotaryDim);
    must('value_length', latentRank);
  }
  // llama.cpp's factor of the query, after V2's published code: YaRN's magnitude once for the query and once for the key.
  const magnitude =
    rope.scaling.kind === 'yarn'
      ? rope.scaling.attentionFactor * (1 + readYarnLogMultiplier(source) * Math.log(rope.scaling.factor))
      : 1;
  return {
    kind: 'mla',
    queryHeads,
    ...(queryRank > 0 && { queryRank }),
    latentRank,
    plainDim,
    rotaryDim,
    valueDim: heads.value,
    scale: magnitude ** 2 / Math.sqrt(heads.key),
    rope,
  };
}

interface HeadLengths {
  readonly key: number;
  readonly value: number;
  /** The cache's own lengths are written too. */
  readonly absorbed: boolean;
}

function readHeadLengths({ family, metadata }: ArchitectureSource): HeadLengths {
  const read = (part: 'key' | 'value', suffix: '' | '_mla'): number =>
    metadata.needInteger(`${family.architecture}.attention.${part}_length${suffix}`, 1, SIZE_LIMITS.width);
  const absorbed =
    metadata.has(`${family.architecture}.attention.key_length_mla`) ||
    metadata.has(`${family.architecture}.attention.value_length_mla`);
  const suffix = absorbed ? '_mla' : '';
  return { key: read('key', suffix), value: read('value', suffix), absorbed };
}

function refuseTemperature({ metadata, file }: ArchitectureSource, key: string): void {
  const temperature = metadata.float(key, -1e6, 1e6) ?? 0;
  if (temperature !== 0)
    throw unsupported(
      file,
      `metadata key "${key}"`,
      `is ${String(temperature)}; attention whose temperature depends on the position is not supported`,
    );
}
