/** Characters that would move or hide others: controls, joiners, and those that turn the direction of a line. */
const INVISIBLE =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A text of a model or a file so that every character of it can be seen and none moves another; its lines stay lines. */
export function visibleLines(text: string): string {
  return text.replaceAll(/\r\n?/gu, '\n').replaceAll(INVISIBLE, '·');
}
