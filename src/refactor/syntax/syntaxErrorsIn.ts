import type { Node } from '@vscode/tree-sitter-wasm';
import type { SyntaxError } from './syntaxCheck.ts';

/** More of them say nothing more. */
const MOST_ERRORS = 200;
/** Of what is too much, for people. */
const MOST_SHOWN = 40;

/** All errors of a tree in the order of the text: what the grammar could not read, and what it had to think up. */
export function syntaxErrorsIn(root: Node): readonly SyntaxError[] {
  const errors: SyntaxError[] = [];
  const waiting: Node[] = [root];
  while (waiting.length > 0 && errors.length < MOST_ERRORS) {
    const node = waiting.pop();
    if (!node?.hasError && !node?.isMissing) continue;
    if (node.isMissing || node.isError) errors.push(described(node));
    // The last child goes below, so that the first one is next.
    waiting.push(...node.children.filter((child) => child !== null).toReversed());
  }
  return errors;
}

function described(node: Node): SyntaxError {
  const line = node.startPosition.row + 1;
  const place = { start: node.startIndex, end: node.endIndex, line };
  if (node.isMissing)
    return { ...place, missing: node.type, description: `line ${line}: ${node.type} is missing` };
  const [shown = ''] = node.text.trim().split('\n');
  const piece = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}…` : shown;
  return {
    ...place,
    description: `line ${line}: ${piece === '' ? 'something is wrong' : `${piece} is not expected`}`,
  };
}
