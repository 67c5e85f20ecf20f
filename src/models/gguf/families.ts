import type { RopeSpec } from '../spec.ts';

/** What a family of models adds to the common transformer (RMSNorm, attention, SwiGLU). */
export interface Family {
  /** `general.architecture`, which is also the prefix of the family's metadata keys. */
  readonly architecture: string;
  readonly attention: GroupedQueryFamily | { readonly kind: 'mla' };
  readonly feedForward: FeedForwardFamily;
  /** How the converter left the rows of query and key: llama's are permuted for interleaved rotation. */
  readonly ropeLayout: RopeSpec['layout'];
  /** Whether a tensor `rope_freqs.weight` may divide the rotary frequencies (Llama 3.1 and later). */
  readonly ropeFactors: boolean;
}

export interface GroupedQueryFamily {
  readonly kind: 'gqa';
  /** Biases on query, key and value: always, never, or when the file has them. */
  readonly bias: 'always' | 'never' | 'optional';
  /** RMSNorm on every head of query and key. */
  readonly queryKeyNorm: boolean;
}

/**
 * `deepseek`: dense layers first, then experts as the file's keys describe them, and perhaps a draft layer.
 * `experts`: in every layer, with softmax gates and normalised weights and nothing else to say about them.
 */
export type FeedForwardFamily = 'dense' | 'experts' | 'deepseek';

/** To add a family that fits this shape, add a line here and a tiny model of it to the tests. */
export const FAMILIES: readonly Family[] = [
  {
    architecture: 'llama',
    attention: { kind: 'gqa', bias: 'optional', queryKeyNorm: false },
    feedForward: 'dense',
    ropeLayout: 'interleaved',
    ropeFactors: true,
  },
  {
    architecture: 'qwen2',
    attention: { kind: 'gqa', bias: 'always', queryKeyNorm: false },
    feedForward: 'dense',
    ropeLayout: 'halves',
    ropeFactors: false,
  },
  {
    architecture: 'qwen3',
    attention: { kind: 'gqa', bias: 'never', queryKeyNorm: true },
    feedForward: 'dense',
    ropeLayout: 'halves',
    ropeFactors: false,
  },
  {
    architecture: 'qwen3moe',
    attention: { kind: 'gqa', bias: 'never', queryKeyNorm: true },
    feedForward: 'experts',
    ropeLayout: 'halves',
    ropeFactors: false,
  },
  {
    architecture: 'deepseek2',
    attention: { kind: 'mla' },
    feedForward: 'deepseek',
    ropeLayout: 'interleaved',
    ropeFactors: false,
  },
];
