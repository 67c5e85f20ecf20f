import { cacheHolds, type CacheType } from '../../../../native/kernels/cacheType.ts';
import type { AttentionSpec, FeedForwardSpec, ModelSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';

/**
 * What our kernels ask of a model, before anything is allocated.
 * @throws GlassboxError `model/unsupported`
 */
export function checkGpuSupported(spec: ModelSpec, cache: CacheType): void {
  const refuse = (problem: string): never => {
    throw new GlassboxError(
      'model/unsupported',
      `${spec.name} cannot run on the GPU: ${problem}. Use the CPU.`,
    );
  };
  if (spec.embeddingLength % 32 !== 0)
    refuse(`its stream is ${String(spec.embeddingLength)} wide (a multiple of 32 is supported)`);
  let topK: number | undefined;
  spec.layers.forEach(({ attention, feedForward }, index) => {
    const problem =
      problemOfAttention(attention) ?? problemOfCache(attention, cache) ?? problemOfFeedForward(feedForward);
    if (problem !== undefined) refuse(`layer ${String(index)} ${problem}`);
    if (feedForward.kind === 'dense') return;
    topK ??= feedForward.topK;
    // What is recorded of a token's routing has one shape for all layers.
    if (topK !== feedForward.topK)
      refuse(
        `layer ${String(index)} chooses ${String(feedForward.topK)} experts and an earlier one ${String(topK)}`,
      );
  });
}

function problemOfAttention(attention: AttentionSpec): string | undefined {
  const { rope } = attention;
  if (rope.dimensions % 8 !== 0)
    return `rotates ${String(rope.dimensions)} dimensions of a head (a multiple of 8 is supported)`;
  if (attention.kind === 'gqa') {
    const { queryHeads, kvHeads, headDim } = attention;
    if (queryHeads % kvHeads !== 0)
      return `has ${String(queryHeads)} query heads for ${String(kvHeads)} key heads (a multiple is supported)`;
    if (headDim % 4 !== 0 || (queryHeads * headDim) % 32 !== 0 || rope.dimensions > headDim)
      return `has heads of ${String(headDim)} dimensions, of which ${String(rope.dimensions)} are rotated`;
    return undefined;
  }
  const { queryRank, latentRank, plainDim, rotaryDim, valueDim, queryHeads } = attention;
  if (rope.dimensions !== rotaryDim)
    return `rotates ${String(rope.dimensions)} of the ${String(rotaryDim)} dimensions that its keys share (all are supported)`;
  if ([queryRank ?? 0, latentRank, plainDim, queryHeads * valueDim].some((length) => length % 32 !== 0))
    return 'has a latent space whose sizes are no multiples of 32';
  if (valueDim % 4 !== 0)
    return `has values of ${String(valueDim)} dimensions (a multiple of 4 is supported)`;
  return undefined;
}

function problemOfCache(attention: AttentionSpec, cache: CacheType): string | undefined {
  const row = attention.kind === 'gqa' ? attention.headDim : attention.latentRank + attention.rotaryDim;
  return cacheHolds(cache, row)
    ? undefined
    : `keeps rows of ${String(row)} numbers, which a cache in ${cache} cannot hold`;
}

function problemOfFeedForward(feedForward: FeedForwardSpec): string | undefined {
  const lengths =
    feedForward.kind === 'dense'
      ? [feedForward.innerLength]
      : [feedForward.expertInnerLength, feedForward.sharedInnerLength];
  const odd = lengths.find((length) => length % 32 !== 0);
  return odd === undefined
    ? undefined
    : `has a feed-forward of ${String(odd)} rows (a multiple of 32 is supported)`;
}
