import type { AttentionSpec, LayerSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';

/** Caches are single precision: half floats were slower on the CPU. */
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** What a layer's cache holds for a token. */
export function kvLayerOf(attention: AttentionSpec): KvLayer {
  switch (attention.kind) {
    case 'gqa': {
      const bytesPerToken = attention.kvHeads * attention.headDim * BYTES;
      return {
        parts: [
          { kind: 'key', bytesPerToken },
          { kind: 'value', bytesPerToken },
        ],
        dataType: 'float32',
        plainBytesPerToken: 2 * bytesPerToken,
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
export function kvBytes(layers: readonly LayerSpec[], tokens: number): number {
  const parts = layers.flatMap(({ attention }) => kvLayerOf(attention).parts);
  return tokens * parts.reduce((sum, { bytesPerToken }) => sum + bytesPerToken, 0);
}
