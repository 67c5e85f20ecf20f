import type { GenerationEvent } from '../../protocol/generation.ts';

/** How far the model is, for the status bar and the notification. */
export type WritingStep =
  | { readonly kind: 'engine' }
  | { readonly kind: 'model' }
  | { readonly kind: 'context' }
  /** `done` of `total` tokens of the prompt that had to be computed. */
  | { readonly kind: 'prompt'; readonly done: number; readonly total: number }
  | { readonly kind: 'thinking'; readonly tokensPerSecond?: number }
  | { readonly kind: 'answering'; readonly tokensPerSecond?: number };

export function writingStep(step: WritingStep, event: GenerationEvent): WritingStep {
  switch (event.type) {
    case 'prompt':
      return { kind: 'prompt', done: 0, total: event.promptTokens - event.reusedTokens };
    case 'prefill':
      return { kind: 'prompt', done: event.done, total: event.total };
    case 'thoughtStart':
      return { kind: 'thinking' };
    case 'thoughtEnd':
      return { kind: 'answering' };
    case 'text': {
      const kind = event.channel === 'thought' ? 'thinking' : 'answering';
      return step.kind === kind ? step : { kind };
    }
    case 'speed':
      return step.kind === 'thinking' || step.kind === 'answering'
        ? { kind: step.kind, tokensPerSecond: event.tokensPerSecond }
        : step;
    case 'tokens':
    case 'backendChanged':
      return step;
    default:
      return event satisfies never;
  }
}
