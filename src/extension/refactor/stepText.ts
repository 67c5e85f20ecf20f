import type { Translate } from '../translate.ts';
import { lineCount } from './lineCount.ts';
import type { WritingStep } from './writingStep.ts';

/** How far a refactoring is, in a few words. @param lines of the new text that are written */
export function stepText(t: Translate, step: WritingStep, lines: number): string {
  switch (step.kind) {
    case 'engine':
      return t('starting');
    case 'model':
      return t('loading the model');
    case 'context':
      return t('reading the code around');
    case 'prompt':
      return step.done === 0
        ? t('waiting for its turn')
        : t('reading, {0} of {1} tokens', step.done, step.total);
    case 'thinking':
      return t('thinking{0}', speed(t, step.tokensPerSecond));
    case 'answering':
      return lines === 0
        ? t('writing{0}', speed(t, step.tokensPerSecond))
        : t('writing, {0}{1}', lineCount(t, lines), speed(t, step.tokensPerSecond));
    default:
      return step satisfies never;
  }
}

function speed(t: Translate, tokensPerSecond: number | undefined): string {
  return tokensPerSecond === undefined ? '' : t(' ({0} tokens/s)', tokensPerSecond.toFixed(1));
}
