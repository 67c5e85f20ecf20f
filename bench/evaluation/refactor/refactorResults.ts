import type { FinishReason } from '../../../src/protocol/generation.ts';
import type { RejectionReason } from '../../../src/refactor/rejection.ts';
import type { MachineFacts, ModelFacts } from '../loadedModel.ts';
import type { Task } from '../sample.ts';
import type { Behaviour } from './behaviour.ts';
import type { CaseLanguage } from './refactorCase.ts';

/** What became of an answer. */
export type Verdict =
  | { readonly outcome: RejectionReason; readonly detail: string }
  | {
      readonly outcome: 'accepted';
      readonly syntaxChecked: boolean;
      /** Whether the new text holds what the case wants to see, and not what it does not. */
      readonly followed: boolean;
      readonly behaviour: Behaviour;
    };

export interface CaseResult {
  readonly id: string;
  readonly language: CaseLanguage;
  readonly nanoTask?: Task;
  readonly verdict: Verdict;
  readonly thought: string;
  readonly answer: string;
  readonly finishReason: FinishReason;
}

/** What `npm run eval -- refactor --json FILE` writes. */
export interface RefactorResults {
  readonly version: 1;
  readonly command: string;
  readonly model: ModelFacts;
  readonly sampling: { readonly temperature: number; readonly seed: number; readonly maxTokens: number };
  readonly machine: MachineFacts;
  readonly results: readonly CaseResult[];
}
