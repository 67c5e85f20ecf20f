/** Characters that would move or hide others: controls, joiners, and those that turn the direction of a line. */
const INVISIBLE =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A token's text so that every character of it can be seen, on one line. Spaces stay spaces. */
export function visibleText(text: string): string {
  if (text === '') return '∅';
  return text
    .replaceAll('\r\n', '↵')
    .replaceAll(/[\n\r]/gu, '↵')
    .replaceAll('\t', '⇥')
    .replaceAll(INVISIBLE, '·');
}

/** As `visibleText`, and with its spaces at both ends to be seen. */
export function quotedText(text: string): string {
  return visibleText(text).replaceAll(/^ +| +$/gu, (spaces) => '␣'.repeat(spaces.length));
}
