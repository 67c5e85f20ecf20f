import { answerParts } from '../reasoning/answers/codeBlocks.ts';
import { coveredLines } from './coveredLines.ts';
import { type EditTarget, selectedText } from './editTarget.ts';
import { fitCode, lineEnding, selectionEnds } from './fitCode.ts';
import { type Hunk, hunksOf, hunksOfLines, linesWithBreaks } from './hunks.ts';

/** A proposal while the model writes it: a preview, which nothing may be accepted of. */
export interface GrowingEdit {
  /** Between the covered lines of the selection and the whole lines that are written. */
  readonly hunks: readonly Hunk[];
  /** So many lines of the selection, from its first on, are what the written lines stand for; the others are still to come. */
  readonly coveredLines: number;
  readonly writtenLines: number;
  /** The line that is being written, as the answer has it. */
  readonly unfinishedLine: string;
}

/**
 * What the code of an answer that is still being written does to the selection, line by line. Lines that the model has not come to
 * are never shown as deleted; once the block is closed, it has come to all of them. Undefined until a fenced block is open: before
 * that it may as well become a text.
 */
export function growingEdit(target: EditTarget, answerSoFar: string): GrowingEdit | undefined {
  const [block] = answerParts(answerSoFar).blocks;
  if (!block) return undefined;
  const written = block.closed ? block.lines : block.lines.slice(0, -1);
  const unfinishedLine = block.closed ? '' : (block.lines.at(-1) ?? '');
  const first = written.findIndex((line) => line.trim() !== '');
  const code = first < 0 ? [] : written.slice(first, written.findLastIndex((line) => line.trim() !== '') + 1);
  if (code.length === 0) return { hunks: [], coveredLines: 0, writtenLines: 0, unfinishedLine };

  const selected = selectedText(target);
  const { core, trail } = selectionEnds(selected);
  const { text } = fitCode(target, code, () => false);
  if (block.closed) {
    return {
      hunks: hunksOf(selected, text),
      coveredLines: linesWithBreaks(selected).length,
      writtenLines: linesWithBreaks(text).length,
      unfinishedLine,
    };
  }
  const proposed = linesWithBreaks(
    text.slice(0, text.length - trail.length) + lineEnding(target.document, core),
  );
  // The last line of a selection may have no break, and must still be found equal to one that is written.
  const original = linesWithBreaks(selected).map((line) =>
    line.endsWith('\n') ? line : line + lineEnding(target.document, core),
  );
  const covered = coveredLines(original, proposed);
  return {
    hunks: hunksOfLines(original.slice(0, covered), proposed),
    coveredLines: covered,
    writtenLines: proposed.length,
    unfinishedLine,
  };
}
