import type { RoutingResult } from '../../protocol/records.ts';
import { routingResult } from './recordAnswers.ts';
import type { RoutingRecord } from './routingRecord.ts';

/** Whoever unpacks a page does nothing else meanwhile: this takes some milliseconds. */
const PAGE_BYTES = 1 << 19;

/** The routing of positions from `first` up to `end`, in as many pages as it takes. */
export function routingPages(
  record: RoutingRecord,
  requestIds: readonly string[],
  { first, end }: { readonly first: number; readonly end: number },
): RoutingResult[] {
  const pages: RoutingResult[] = [];
  for (let position = first; position < end;) {
    const range = { firstPosition: position, endPosition: end };
    const page = routingResult(record, range, requestIds, PAGE_BYTES);
    if (page.entries === 0) break;
    pages.push(page);
    position = page.endPosition;
  }
  return pages;
}
