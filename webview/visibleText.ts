import { visibleLines } from './visibleLines.ts';

/** A token's text so that every character of it can be seen, on one line. Spaces stay spaces. */
export function visibleText(text: string): string {
  return text === '' ? '∅' : visibleLines(text).replaceAll('\n', '↵').replaceAll('\t', '⇥');
}
