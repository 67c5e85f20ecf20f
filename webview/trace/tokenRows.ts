import type { TraceTokens } from '../../src/reasoning/trace/trace.ts';
import { visibleText } from '../visibleText.ts';

/** A trace's tokens as rows of equal height: row r holds the tokens from `starts[r]` up to `starts[r + 1]`. */
export interface TokenRows {
  /** `[rows + 1]`, ascending; the last one is the number of tokens. */
  readonly starts: Uint32Array;
  readonly rows: number;
}

/**
 * Breaks tokens into rows of at most `columns` characters: after a line break, where thought and answer part, and before a
 * token that does not fit. A token is never cut, so one that is longer than a row has a row of its own.
 */
export function layoutRows(tokens: TraceTokens, columns: number): TokenRows {
  const widths = new Map<number, { readonly width: number; readonly breaks: boolean }>();
  const shapeOf = (id: number) => {
    const known = widths.get(id);
    if (known) return known;
    const text = tokens.texts.get(id) ?? '';
    const shape = { width: [...visibleText(text)].length, breaks: /[\n\r]/u.test(text) };
    widths.set(id, shape);
    return shape;
  };
  const starts: number[] = [];
  let used = 0;
  let isNewRow = true;
  for (let index = 0; index < tokens.count; index++) {
    const { width, breaks } = shapeOf(tokens.ids[index] ?? 0);
    const isOtherChannel = index > 0 && tokens.channels[index] !== tokens.channels[index - 1];
    if (isNewRow || isOtherChannel || used + width > columns) {
      starts.push(index);
      used = 0;
    }
    used += width;
    isNewRow = breaks;
  }
  starts.push(tokens.count);
  return { starts: Uint32Array.from(starts), rows: starts.length - 1 };
}

/** The row that holds a token. */
export function rowOf({ starts, rows }: TokenRows, token: number): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle + 1] ?? 0) <= token) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, Math.max(0, rows - 1));
}
