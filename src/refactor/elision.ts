/** A comment's beginning in the languages that people write. */
const COMMENT = /^\s*(?:\/\/|#|--|\/\*|<!--|;|%|\{\/\*|"""|\*)\s*/u;
const DOTS = /\.{3}|…/u;
const SAYS_SO =
  /\b(?:rest|existing|remain(?:s|ing|der)?|unchanged|same|previous|as before|omitted|other|code|implementation|here)\b/iu;

/**
 * The line in which an answer says that it leaves code out ("// ... rest of the function"), unless that line stands in the selected code.
 */
export function elisionIn(lines: readonly string[], selected: string): string | undefined {
  const known = new Set(selected.split(/\r\n|\r|\n/u).map((line) => line.trim()));
  return lines
    .map((line) => line.trim())
    .find((line) => !known.has(line) && (isDots(line) || isRemark(line)));
}

/** Dots alone, or a comment of nothing but dots. Python's own `...` is a statement, so three dots without a comment are not enough. */
const isDots = (line: string): boolean =>
  COMMENT.test(line) && /^(?:\.{3,}|…)\s*(?:\*\/|-->)?$/u.test(line.replace(COMMENT, ''));

function isRemark(line: string): boolean {
  if (!COMMENT.test(line)) return false;
  const remark = line.replace(COMMENT, '');
  return (
    DOTS.test(remark) &&
    SAYS_SO.test(remark) &&
    /^(?:\(|\[)?(?:\.{3}|…)|(?:\.{3}|…)(?:\)|\])?\s*(?:\*\/|-->|\*\/\})?$/u.test(remark)
  );
}
