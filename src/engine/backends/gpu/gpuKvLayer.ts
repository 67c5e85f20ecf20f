import { cacheBytesPerNumber, type CacheType } from '../../../../native/kernels/cacheType.ts';
import type { AttentionSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';

const DATA_TYPES = {
  f32: 'float32',
  f16: 'float16',
  q8: 'q8',
  q4: 'q4',
} as const satisfies Record<CacheType, KvLayer['dataType']>;

/** What a layer's cache holds for a token. */
export function gpuKvLayer(attention: AttentionSpec, cache: CacheType): KvLayer {
  const bytes = cacheBytesPerNumber(cache);
  const dataType = DATA_TYPES[cache];
  if (attention.kind === 'gqa') {
    const bytesPerToken = attention.kvHeads * attention.headDim * bytes;
    return {
      parts: [
        { kind: 'key', bytesPerToken },
        { kind: 'value', bytesPerToken },
      ],
      dataType,
      plainBytesPerToken: 2 * bytesPerToken,
    };
  }
  const { queryHeads, plainDim, rotaryDim, valueDim, latentRank } = attention;
  return {
    parts: [{ kind: 'latent', bytesPerToken: (latentRank + rotaryDim) * bytes }],
    dataType,
    plainBytesPerToken: Math.ceil(queryHeads * (plainDim + rotaryDim + valueDim) * bytes),
  };
}
