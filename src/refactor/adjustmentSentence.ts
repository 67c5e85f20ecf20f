import type { Adjustment } from './proposedEdit.ts';

/** What the user is told of a fallback by which an answer became an edit; undefined for what is no news to anybody. */
export function adjustmentSentence(adjustment: Adjustment): string | undefined {
  switch (adjustment) {
    case 'cutFromFile':
      return 'The model gave the whole file; all outside of the selection is the same and was left out.';
    case 'unclosedBlock':
      return "The answer's code block was not closed; its syntax was checked and is right.";
    case 'bare':
      return 'The answer had no code block and was read as code; its syntax was checked and is right.';
    case 'reindented':
      return undefined;
    default:
      return adjustment satisfies never;
  }
}
