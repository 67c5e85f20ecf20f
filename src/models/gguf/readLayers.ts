import { corrupt, unsupported } from '../modelErrors.ts';
import type { AttentionSpec, DenseFeedForward, DraftSpec, LayerSpec } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import { needSize } from './needSize.ts';
import { readExperts } from './readExperts.ts';
import { readGroupedQueryAttention } from './readGroupedQueryAttention.ts';
import { readLatentAttention } from './readLatentAttention.ts';
import { SIZE_LIMITS } from './sizeLimits.ts';

/** Every layer has at least so many tensors (two norms, four of attention, three of feed-forward). */
const LEAST_LAYER_TENSORS = 9;

export interface Layers {
  readonly layers: readonly LayerSpec[];
  readonly draft?: DraftSpec;
}

/**
 * The layers of a model and those behind them that draft. A file may name draft layers and not hold them.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function readLayers(
  source: ArchitectureSource,
  embeddingLength: number,
  contextLength: number,
): Layers {
  const { family, metadata, tensors, file } = source;
  const most = Math.max(1, Math.floor(tensors.size / LEAST_LAYER_TENSORS));
  const drafts = readDraftCount(source);
  // Draft layers that the file does not hold have no tensors to be counted by.
  const blocks = needSize(source, 'block_count', most + drafts);
  const count = blocks - drafts;
  if (count < 1)
    throw corrupt(
      file,
      `metadata key "${family.architecture}.nextn_predict_layers"`,
      `is ${String(drafts)}, which leaves none of the ${String(blocks)} layers`,
    );
  const attention: AttentionSpec =
    family.attention.kind === 'mla'
      ? readLatentAttention(source, contextLength)
      : readGroupedQueryAttention(source, family.attention, embeddingLength, contextLength);
  const dense = (): DenseFeedForward => ({
    kind: 'dense',
    innerLength: needSize(source, 'feed_forward_length', SIZE_LIMITS.width),
  });
  if (family.feedForward === 'dense') return { layers: repeat(count, { attention, feedForward: dense() }) };
  const denseKey = `${family.architecture}.leading_dense_block_count`;
  const denseCount =
    family.feedForward === 'deepseek' ? (metadata.integer(denseKey, 0, SIZE_LIMITS.width) ?? 0) : 0;
  if (denseCount >= count)
    throw corrupt(
      file,
      `metadata key "${denseKey}"`,
      `is ${String(denseCount)}, which leaves none of the ${String(count)} layers to experts`,
    );
  const expertLayer: LayerSpec = { attention, feedForward: readExperts(source, denseCount) };
  const denseLayers = denseCount > 0 ? repeat(denseCount, { attention, feedForward: dense() }) : [];
  const holdsDraft = drafts > 0 && tensors.has(`blk.${String(count)}.nextn.eh_proj.weight`);
  return {
    layers: [...denseLayers, ...repeat(count - denseCount, expertLayer)],
    ...(holdsDraft && { draft: { layers: repeat(drafts, expertLayer) } }),
  };
}

function readDraftCount({ family, metadata, file }: ArchitectureSource): number {
  if (family.feedForward !== 'deepseek') return 0;
  const key = `${family.architecture}.nextn_predict_layers`;
  const drafts = metadata.integer(key, 0, SIZE_LIMITS.width) ?? 0;
  if (drafts > 1)
    throw unsupported(file, `metadata key "${key}"`, `is ${String(drafts)}; one draft layer is supported`);
  return drafts;
}

function repeat(count: number, layer: LayerSpec): LayerSpec[] {
  return Array.from({ length: count }, () => layer);
}
