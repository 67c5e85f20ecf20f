import { hasPart, withPart, type MeasuredPart } from '../measuredPart.ts';
import type { SetName } from './sample.ts';

/** Where new comparisons go. */
const NEXT_COMPARISON = '<!-- npm run eval -- compare --write puts new comparisons above this line -->';

const part = (name: string): MeasuredPart => ({
  begin: `<!-- measured by npm run eval, ${name}: begin -->`,
  end: `<!-- measured by npm run eval, ${name}: end -->`,
});

/** `docs/nano.md` with the tables of one set replaced. @throws Error when it has no place for them */
export function withSetReport(page: string, set: SetName, markdown: string): string {
  return withPart(page, part(set), markdown);
}

/** `docs/nano.md` with the comparison of this title replaced or added. @throws Error when it has no place for it */
export function withComparison(page: string, title: string, markdown: string): string {
  const place = part(`compare "${title.replaceAll('--', '-')}"`);
  if (hasPart(page, place)) return withPart(page, place, markdown);
  const at = page.indexOf(NEXT_COMPARISON);
  if (at < 0) throw new Error(`the page has no line "${NEXT_COMPARISON}"`);
  const added = `${page.slice(0, at)}${place.begin}\n${place.end}\n\n${page.slice(at)}`;
  return withPart(added, place, markdown);
}
