import type { TinyModelOptions } from './tinyModel.ts';

/**
 * Tiny models of every kind of latent attention and experts that Glassbox reads. `V3` is what the family deepseek2 is
 * without other options.
 */
export const TINY_VARIANTS = {
  /** No query compression, softmax gates whose weights stay as they are, two shared experts, no draft. */
  'V2-Lite': {
    family: 'deepseek2',
    latent: { queryRank: 0 },
    experts: {
      count: 6,
      topK: 3,
      sharedExperts: 2,
      gate: 'unsaid',
      selectionBias: false,
      normalizeWeights: false,
      weightScale: 0,
      groups: { count: 1, chosen: 1 },
      draftLayers: 0,
    },
  },
  /** Query compression, sigmoid gates with a bias and groups, weights normalised and scaled, a draft layer. */
  V3: { family: 'deepseek2' },
  /** As files were before latent attention had its own keys and tensors. */
  'V3, unsplit': { family: 'deepseek2', latent: { unsplit: true }, experts: { draftLayers: 0 } },
  qwen3moe: { family: 'qwen3moe' },
} as const satisfies Record<string, TinyModelOptions>;
