import type { AttentionSpec, LayerSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';
import type { AttentionForms } from './attentionForms.ts';

const BYTES = { float32: Float32Array.BYTES_PER_ELEMENT, float16: Uint16Array.BYTES_PER_ELEMENT } as const;

/** What a layer's cache holds for a token. */
export function kvLayerOf(attention: AttentionSpec, { grouped, latent }: AttentionForms): KvLayer {
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
        parts: [{ kind: 'latent', bytesPerToken: latent.bytesPerToken(attention) }],
        dataType: latent.dataType,
        plainBytesPerToken: queryHeads * (plainDim + rotaryDim + valueDim) * BYTES[latent.dataType],
      };
    }
  }
}

/** Of a cache that holds `tokens`. */
export function kvBytes(layers: readonly LayerSpec[], forms: AttentionForms, tokens: number): number {
  const parts = layers.flatMap(({ attention }) => kvLayerOf(attention, forms).parts);
  return tokens * parts.reduce((sum, { bytesPerToken }) => sum + bytesPerToken, 0);
}
