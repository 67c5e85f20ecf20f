import type { Node } from '@vscode/tree-sitter-wasm';

/** Strings of several lines: templates, raw strings, text blocks, heredocs. */
const STRING = /(?:^|_)string(?:_|$)|^heredoc_body$/u;

/**
 * The lines, counted from 0, that begin inside a string. A Python docstring is one that stands alone: tools take its indentation
 * away, so it moves with its code.
 */
export function contentLinesIn(root: Node): ReadonlySet<number> {
  const lines = new Set<number>();
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const first = node.startPosition.row;
    const last = node.endPosition.row;
    if (first === last) continue;
    if (STRING.test(node.type)) {
      if (node.parent?.type === 'expression_statement' && node.type === 'string') continue;
      for (let line = first + 1; line <= last; line++) lines.add(line);
    } else {
      waiting.push(...node.children.filter((child) => child !== null));
    }
  }
  return lines;
}
