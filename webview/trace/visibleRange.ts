export interface Viewport {
  /** Pixels from the top of all rows to the top of what is seen. */
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** Rows drawn above and below what is seen, so that a short scroll finds them there. */
const MARGIN_ROWS = 8;

/** Which of `rows` are to be in the page: from `first` up to `end`. */
export function visibleRange(
  rows: number,
  { scrollTop, height, rowHeight }: Viewport,
): { readonly first: number; readonly end: number } {
  const seen = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const first = Math.max(0, Math.min(rows, seen) - MARGIN_ROWS);
  const end = Math.min(rows, seen + Math.ceil(height / rowHeight) + 1 + MARGIN_ROWS);
  return { first: Math.min(first, end), end };
}

/** Where to scroll to for a row to be seen; undefined when it is. A row far away comes to the middle. */
export function scrollFor(row: number, { scrollTop, height, rowHeight }: Viewport): number | undefined {
  const top = row * rowHeight;
  if (top >= scrollTop && top + rowHeight <= scrollTop + height) return undefined;
  const isNear = top > scrollTop - 2 * rowHeight && top < scrollTop + height + rowHeight;
  if (!isNear) return Math.max(0, top - (height - rowHeight) / 2);
  return top < scrollTop ? top : top + rowHeight - height;
}
