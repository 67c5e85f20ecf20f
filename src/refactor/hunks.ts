import { diffArrays } from 'diff';

/**
 * Consecutive lines that a proposal changes, maximal: between two hunks stands a line that both texts have. Lines count from 0 within
 * the two texts and hold their line break, so that endings and a missing final one are part of the comparison.
 */
export interface Hunk {
  /** Unique within its two texts, and the same whenever they are compared: `line-` and the first line, counted from 1. */
  readonly id: string;
  readonly originalStart: number;
  /** What the hunk takes away; empty for one that only adds. */
  readonly originalLines: readonly string[];
  readonly proposedStart: number;
  /** What it puts there; empty for one that only takes away. */
  readonly proposedLines: readonly string[];
}

/** Lines with their breaks; joined they are the text. An empty text has none. */
export function linesWithBreaks(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
}

/** The hunks between two texts, from top to bottom. */
export function hunksOf(original: string, proposed: string): readonly Hunk[] {
  return hunksOfLines(linesWithBreaks(original), linesWithBreaks(proposed));
}

export function hunksOfLines(original: readonly string[], proposed: readonly string[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let originalAt = 0;
  let proposedAt = 0;
  let removed: readonly string[] = [];
  let added: readonly string[] = [];
  const finish = (): void => {
    if (removed.length > 0 || added.length > 0) {
      const originalStart = originalAt - removed.length;
      hunks.push({
        id: `line-${originalStart + 1}`,
        originalStart,
        originalLines: removed,
        proposedStart: proposedAt - added.length,
        proposedLines: added,
      });
    }
    removed = [];
    added = [];
  };
  for (const part of diffArrays([...original], [...proposed])) {
    if (part.removed) {
      removed = [...removed, ...part.value];
      originalAt += part.value.length;
    } else if (part.added) {
      added = [...added, ...part.value];
      proposedAt += part.value.length;
    } else {
      finish();
      originalAt += part.value.length;
      proposedAt += part.value.length;
    }
  }
  finish();
  return hunks;
}

/**
 * The original with some of its hunks applied: all of them give the proposed text, none the original.
 * @throws RangeError when a hunk is not of this original
 */
export function applyHunks(original: string, hunks: readonly Hunk[], chosen: ReadonlySet<string>): string {
  const lines = linesWithBreaks(original);
  let at = 0;
  let text = '';
  for (const { id, originalStart, originalLines, proposedLines } of hunks) {
    if (originalStart < at || originalLines.some((line, i) => lines[originalStart + i] !== line)) {
      throw new RangeError(`hunk ${id} is not of this text`);
    }
    text += lines.slice(at, originalStart).join('');
    text += (chosen.has(id) ? proposedLines : originalLines).join('');
    at = originalStart + originalLines.length;
  }
  return text + lines.slice(at).join('');
}

/** Where a hunk stands in a text that has some hunks applied, in UTF-16 units from the text's beginning. */
export interface HunkPlace {
  readonly hunk: Hunk;
  readonly applied: boolean;
  readonly start: number;
  readonly end: number;
}

/** The places of all hunks in `applyHunks(original, hunks, chosen)`, from top to bottom. */
export function hunkPlaces(
  original: string,
  hunks: readonly Hunk[],
  chosen: ReadonlySet<string>,
): readonly HunkPlace[] {
  const lines = linesWithBreaks(original);
  const length = (some: readonly string[]): number => some.reduce((sum, line) => sum + line.length, 0);
  let at = 0;
  let offset = 0;
  return hunks.map((hunk) => {
    const applied = chosen.has(hunk.id);
    const start = offset + length(lines.slice(at, hunk.originalStart));
    const end = start + length(applied ? hunk.proposedLines : hunk.originalLines);
    at = hunk.originalStart + hunk.originalLines.length;
    offset = end;
    return { hunk, applied, start, end };
  });
}
