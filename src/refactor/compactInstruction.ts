import type { AnswerKind, RefactoringId } from './refactoring.ts';

/** What the embedded model is told, or why it cannot be told that. */
export type CompactInstruction =
  | { readonly kind: 'instruction'; readonly text: string; readonly answer: AnswerKind }
  /** `hint` is a sentence for the user. */
  | { readonly kind: 'unsupported'; readonly hint: string };

const LARGER = 'For anything else choose a larger model with "Glassbox: Choose Model…".';

/**
 * A ready-made refactoring in the words that glassbox-nano was trained on (training/tasks.md). It can only be told one thing at a
 * time, so where a refactoring is several of its tasks the first one decides that the code has use for.
 * @param code the selection, in JavaScript or TypeScript
 */
export function compactInstruction(id: RefactoringId, languageId: string, code: string): CompactInstruction {
  if (!/^(?:java|type)script(?:react)?$/u.test(languageId)) {
    return unsupported(`The embedded model knows JavaScript and TypeScript only. ${LARGER}`);
  }
  switch (id) {
    case 'guardClauses':
      return edit('Use guard clauses.');
    case 'modernSyntax':
      return modern(code);
    case 'simplify':
      return edit('Remove the dead code.');
    case 'explain':
      return { kind: 'instruction', text: 'What does this function do?', answer: 'text' };
    case 'fixProblem':
      // It answers with a line and a reason, not with the code.
      return { kind: 'instruction', text: 'Which line is wrong, and why?', answer: 'text' };
    case 'rename':
      return unsupported(
        'The embedded model must be told both names: use the instruction "Rename `old` to `new`."',
      );
    case 'extractConstant':
      return unsupported(
        'The embedded model must be told value and name: use the instruction "Replace 12 with a constant named MAX_DEPTH."',
      );
    case 'extractFunction':
    case 'addTypes':
    case 'addDocComment':
      return unsupported(
        'The embedded model can use guard clauses, const and let, for...of, template literals and strict equality, rename, ' +
          `extract a constant and remove dead code. ${LARGER}`,
      );
  }
}

/** Older syntax, the sentence that asks for the newer one, most specific first. */
const MODERNIZATIONS: readonly (readonly [older: RegExp, text: string])[] = [
  [/\bvar\s/u, 'Use const and let instead of var.'],
  [/\bfor\s*\(\s*let\s+\w+\s*=\s*0\s*;[^;]*\.length\s*;/u, 'Use for...of.'],
  [/[^=!<>]==[^=]|!=[^=]/u, 'Use === instead of ==.'],
  [/(?:['"]\s*\+|\+\s*['"])/u, 'Use a template literal.'],
];

function modern(code: string): CompactInstruction {
  const [, text] = MODERNIZATIONS.find(([older]) => older.test(code)) ?? [];
  return text === undefined
    ? unsupported(
        'The embedded model modernizes var, index loops over a length, == and concatenation; there is none of them here. ' +
          LARGER,
      )
    : edit(text);
}

const edit = (text: string): CompactInstruction => ({ kind: 'instruction', text, answer: 'edit' });
const unsupported = (hint: string): CompactInstruction => ({ kind: 'unsupported', hint });
