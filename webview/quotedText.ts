import { visibleText } from './visibleText.ts';

/** As `visibleText`, and with its spaces at both ends to be seen. */
export function quotedText(text: string): string {
  return visibleText(text).replaceAll(/^ +| +$/gu, (spaces) => '␣'.repeat(spaces.length));
}
