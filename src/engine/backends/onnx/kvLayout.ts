import type { AttentionSpec, LayerSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';
import type { GroupedAttention } from './groupedAttention.ts';

/** Rows of latent attention are single precision. */
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** What a layer's cache holds for a token. */
export function kvLayerOf(attention: AttentionSpec, grouped: GroupedAttention): KvLayer {
  switch (attention.kind) {
    case 'gqa': {
      const { key, value } = grouped.bytesPerToken(attention);
      return {
        parts: [
          { kind: 'key', bytesPerToken: key },
          { kind: 'value', bytesPerToken: value },
        ],
        dataType: grouped.cache(attention, 1).dataType,
        plainBytesPerToken: key + value,
      };
    }
    case 'mla': {
      const { queryHeads, plainDim, rotaryDim, valueDim } = attention;
      return {
        parts: [{ kind: 'latent', bytesPerToken: latentRowWidth(attention) * BYTES }],
        dataType: 'float32',
        plainBytesPerToken: queryHeads * (plainDim + rotaryDim + valueDim) * BYTES,
      };
    }
  }
}

/** Floats of a row of the latent cache: the normed latent vector, then the rotated key that all heads share. */
export function latentRowWidth({ latentRank, rotaryDim }: { latentRank: number; rotaryDim: number }): number {
  return latentRank + rotaryDim;
}

/** Of a cache that holds `tokens`. */
export function kvBytes(layers: readonly LayerSpec[], grouped: GroupedAttention, tokens: number): number {
  const parts = layers.flatMap(({ attention }) => kvLayerOf(attention, grouped).parts);
  return tokens * parts.reduce((sum, { bytesPerToken }) => sum + bytesPerToken, 0);
}
