import type { RopeSpec } from '../spec.ts';

/** What a family of models adds to the common transformer (RMSNorm, grouped-query attention, SwiGLU). */
export interface Family {
  /** `general.architecture`, which is also the prefix of the family's metadata keys. */
  readonly architecture: string;
  /** Biases on query, key and value: always, never, or when the file has them. */
  readonly attentionBias: 'always' | 'never' | 'optional';
  /** RMSNorm on every head of query and key. */
  readonly queryKeyNorm: boolean;
  /** How the converter left the rows of query and key: llama's are permuted for interleaved rotation. */
  readonly ropeLayout: RopeSpec['layout'];
  /** Whether a tensor `rope_freqs.weight` may divide the rotary frequencies (Llama 3.1 and later). */
  readonly ropeFactors: boolean;
}

/** To add a family that fits this shape, add a line here and a tiny model of it to the tests. */
export const FAMILIES: readonly Family[] = [
  {
    architecture: 'llama',
    attentionBias: 'optional',
    queryKeyNorm: false,
    ropeLayout: 'interleaved',
    ropeFactors: true,
  },
  {
    architecture: 'qwen2',
    attentionBias: 'always',
    queryKeyNorm: false,
    ropeLayout: 'halves',
    ropeFactors: false,
  },
  {
    architecture: 'qwen3',
    attentionBias: 'never',
    queryKeyNorm: true,
    ropeLayout: 'halves',
    ropeFactors: false,
  },
];
