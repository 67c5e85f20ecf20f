/** A token's text so that one sees it: spaces at its ends and line breaks have signs. */
export function visibleText(text: string): string {
  if (text === '') return '∅';
  return text
    .replaceAll('\n', '⏎')
    .replaceAll('\t', '⇥')
    .replaceAll(/^ +| +$/g, (spaces) => '·'.repeat(spaces.length));
}
