import ts from 'typescript';

/** @param {string} code */
export const parsed = (code) => ts.createSourceFile('code.ts', code, ts.ScriptTarget.ES2022, true);

/** @param {string} code */
export const syntaxErrors = (code) =>
  // Not part of the public type, but of every source file.
  /** @type {any} */ (parsed(code)).parseDiagnostics.length;

/**
 * @param {ts.Node} node
 * @returns {ts.Node[]} itself and everything below
 */
export function nodesOf(node) {
  const nodes = [node];
  node.forEachChild((child) => void nodes.push(...nodesOf(child)));
  return nodes;
}

/** @param {string} code */
export const allNodes = (code) => nodesOf(parsed(code));

/** @param {ts.Node} node */
export function ancestors(node) {
  /** @type {ts.Node[]} */
  const found = [];
  for (let at = node.parent; at; at = at.parent) found.push(at);
  return found;
}
