import type { CacheType } from '../../../../native/kernels/kernel.ts';
import type { AttentionSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';
import { bytesPerNumber } from './planAttention.ts';

/** What a layer's cache holds for a token. */
export function gpuKvLayer(attention: AttentionSpec, cache: CacheType): KvLayer {
  const bytes = bytesPerNumber(cache);
  const dataType = cache === 'f16' ? 'float16' : 'float32';
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
    plainBytesPerToken: queryHeads * (plainDim + rotaryDim + valueDim) * bytes,
  };
}
