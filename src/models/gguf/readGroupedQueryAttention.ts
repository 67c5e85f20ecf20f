import { corrupt, unsupported } from '../modelErrors.ts';
import type { GroupedQueryAttention } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import type { GroupedQueryFamily } from './families.ts';
import { needSize } from './needSize.ts';
import { readRope } from './readRope.ts';
import { readSize } from './readSize.ts';
import { SIZE_LIMITS } from './sizeLimits.ts';

/** @throws GlassboxError `model/corrupt`, `model/unsupported` */
export function readGroupedQueryAttention(
  source: ArchitectureSource,
  kind: GroupedQueryFamily,
  embeddingLength: number,
  contextLength: number,
): GroupedQueryAttention {
  const queryHeads = needSize(source, 'attention.head_count', SIZE_LIMITS.heads);
  const kvHeads = readSize(source, 'attention.head_count_kv', SIZE_LIMITS.heads) ?? queryHeads;
  if (queryHeads % kvHeads !== 0)
    throw corrupt(
      source.file,
      `metadata key "${source.family.architecture}.attention.head_count_kv"`,
      `(${String(kvHeads)}) does not divide the ${String(queryHeads)} query heads`,
    );
  const headDim = readHeadDim(source, embeddingLength, queryHeads);
  return {
    kind: 'gqa',
    queryHeads,
    kvHeads,
    headDim,
    bias: kind.bias === 'optional' ? source.tensors.has('blk.0.attn_q.bias') : kind.bias === 'always',
    queryKeyNorm: kind.queryKeyNorm,
    scale: 1 / Math.sqrt(headDim),
    rope: readRope(source, headDim, contextLength),
  };
}

function readHeadDim(source: ArchitectureSource, embeddingLength: number, queryHeads: number): number {
  const { family, metadata, file } = source;
  const prefix = `${family.architecture}.attention`;
  const shared = embeddingLength / queryHeads;
  const keyLength = metadata.integer(`${prefix}.key_length`, 2, SIZE_LIMITS.width) ?? shared;
  if (!Number.isInteger(keyLength))
    throw corrupt(
      file,
      `metadata key "${prefix}.head_count"`,
      `(${String(queryHeads)}) does not divide the width ${String(embeddingLength)}`,
    );
  const valueLength = metadata.integer(`${prefix}.value_length`, 2, SIZE_LIMITS.width) ?? shared;
  if (valueLength !== keyLength)
    throw unsupported(
      file,
      `metadata key "${prefix}.value_length"`,
      `is ${String(valueLength)}, but keys have ${String(keyLength)}; only equal lengths are supported`,
    );
  return keyLength;
}
