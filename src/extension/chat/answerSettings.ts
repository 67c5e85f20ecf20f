import type { ReasoningMode, SamplingOptions } from '../../protocol/generation.ts';

/** The part of the settings that decides how a question is answered. */
export interface AnswerSettings {
  readonly mode: ReasoningMode;
  /** 0: no limit. */
  readonly budgetTokens: number;
  readonly sampling: SamplingOptions;
  /** Whether each answer's trace is saved with its conversation. */
  readonly keepTraces: boolean;
}
