import type { ResolvedSampling } from '../protocol/generation.ts';

export type RecommendedSampling = Omit<ResolvedSampling, 'seed'>;

/** What a model file says about sampling, all of it optional. */
export interface SamplingHints {
  readonly architecture: string;
  readonly name: string;
  readonly isReasoningModel: boolean;
  /** From the file's `general.sampling.*` keys. */
  readonly written: Partial<RecommendedSampling>;
}

/**
 * For a model of which nothing is known: mild truncation, no repetition penalty. A penalty is not a safe
 * default for code, where repeating an identifier is right; small models that loop are caught by the loop
 * detection instead.
 */
const COMMON: RecommendedSampling = {
  temperature: 0.7,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1,
  repetitionWindow: 64,
};

/** DeepSeek-R1 and its distills (model card): 0.6 and 0.95, and nothing else cut away. */
const DEEPSEEK_R1: RecommendedSampling = { ...COMMON, temperature: 0.6, topK: 0, topP: 0.95, minP: 0 };

/** Qwen3 while it thinks (model card). */
const QWEN3: RecommendedSampling = { ...COMMON, temperature: 0.6, topK: 20, topP: 0.95, minP: 0 };

/** The sampling recommended for a model: what its file says, else what its makers say, else common values. */
export function recommendedSampling(hints: SamplingHints): RecommendedSampling {
  return { ...makersValues(hints), ...hints.written };
}

function makersValues({ architecture, name, isReasoningModel }: SamplingHints): RecommendedSampling {
  if (!isReasoningModel) return COMMON;
  if (/^qwen3(moe)?$/.test(architecture) && !/deepseek/i.test(name)) return QWEN3;
  return DEEPSEEK_R1;
}
