import ts from 'typescript';
import { must } from './must.mjs';
import { allNodes, parsed } from './syntax.mjs';

/**
 * @param {string} code
 * @returns {ts.LanguageService}
 */
function languageService(code) {
  const options = {
    noUnusedLocals: true,
    allowUnreachableCode: false,
    target: ts.ScriptTarget.ES2022,
    noLib: true,
  };
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => ['code.ts'],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => (name === 'code.ts' ? ts.ScriptSnapshot.fromString(code) : undefined),
    getCurrentDirectory: () => '',
    getDefaultLibFileName: () => 'lib.d.ts',
    fileExists: (name) => name === 'code.ts',
    readFile: () => undefined,
  });
}

/**
 * @param {string} before
 * @param {string} after
 * @param {string} asked
 */
export function renamed(before, after, asked) {
  const identifiers = (/** @type {string} */ code) => allNodes(code).filter(ts.isIdentifier);
  const pairs = identifiers(before).map((node, i) => /** @type {const} */ ([node, identifiers(after)[i]]));
  const [node, to] = pairs.find(([a, b]) => a.text !== b?.text) ?? [];
  must(node && to, 'no name has changed');
  for (const name of [node.text, to.text])
    must(new RegExp(`\\b${name}\\b`, 'u').test(asked), `nobody asked for ${name}`);
  must(!identifiers(before).some((each) => each.text === to.text), `${to.text} is taken`);
  const places =
    languageService(before).findRenameLocations('code.ts', node.getStart(), false, false, {}) ?? [];
  return [...places]
    .sort((a, b) => b.textSpan.start - a.textSpan.start)
    .reduce(
      (code, { textSpan, prefixText = '', suffixText = '' }) =>
        code.slice(0, textSpan.start) +
        prefixText +
        to.text +
        suffixText +
        code.slice(textSpan.start + textSpan.length),
      before,
    );
}

/** @param {string} code */
export function withConstAndLet(code) {
  const nodes = allNodes(code);
  /** @type {(name: string) => boolean} */
  const isWritten = (name) =>
    nodes.some(
      (node) =>
        (ts.isBinaryExpression(node) &&
          node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
          node.operatorToken.kind <= ts.SyntaxKind.LastAssignment &&
          node.left.getText() === name) ||
        ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
          (node.operator === ts.SyntaxKind.PlusPlusToken ||
            node.operator === ts.SyntaxKind.MinusMinusToken) &&
          node.operand.getText() === name),
    );
  return nodes
    .filter(ts.isVariableDeclarationList)
    .filter((list) => list.getText().startsWith('var '))
    .map((list) => ({
      at: list.getStart(),
      keyword: list.declarations.some((each) => isWritten(each.name.getText())) ? 'let' : 'const',
    }))
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, keyword }) => text.slice(0, at) + keyword + text.slice(at + 'var'.length), code);
}

/** @param {string} code */
export function withStrictEquality(code) {
  return allNodes(code)
    .filter(ts.isBinaryExpression)
    .map(({ operatorToken }) => operatorToken)
    .filter(
      ({ kind }) => kind === ts.SyntaxKind.EqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsToken,
    )
    .sort((a, b) => b.end - a.end)
    .reduce((text, { end }) => `${text.slice(0, end)}=${text.slice(end)}`, code);
}

/** @param {ts.Node} node */
export const isConcatenation = (node) =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind === ts.SyntaxKind.PlusToken &&
  (ts.isStringLiteralLike(node.left) || ts.isStringLiteralLike(node.right));

/**
 * @param {string} code
 * @param {string} asked
 */
export function withoutConstant(code, asked) {
  const [statement] = parsed(code).statements;
  must(statement && ts.isVariableStatement(statement), 'it does not begin with the constant');
  const [declaration] = statement.declarationList.declarations;
  const [name, value] = [declaration?.name.getText() ?? '', declaration?.initializer?.getText() ?? ''];
  for (const word of [name, value])
    must(new RegExp(`\\b${word}\\b`, 'u').test(asked), `nobody asked for ${word}`);
  const rest = code.slice(statement.end).trimStart();
  const literals = allNodes(rest).filter(ts.isNumericLiteral);
  must(!literals.some((literal) => literal.text === value), `${value} is still there`);
  return allNodes(rest)
    .filter((node) => ts.isIdentifier(node) && node.text === name)
    .sort((a, b) => b.end - a.end)
    .reduce((text, node) => text.slice(0, node.getStart()) + value + text.slice(node.end), rest);
}

/**
 * @param {string} before
 * @param {string} after
 */
export function checkDeadCode(before, after) {
  const kept = after.split('\n');
  let next = 0;
  for (const line of before.split('\n')) if (line === kept[next]) next++;
  must(next === kept.length, 'more has changed than lines that are gone');
  const isProgram = before.includes('console.log(') && parsed(before).statements.length > 1;
  const dead = (/** @type {string} */ code) => {
    // As a module, so that names of the top level can be unused; a lone function is there for others.
    const service = languageService(`${isProgram ? code : `export ${code}`}\nexport {};`);
    return [...service.getSemanticDiagnostics('code.ts'), ...service.getSuggestionDiagnostics('code.ts')]
      .filter(({ code: number }) => number === NEVER_READ || number === UNREACHABLE)
      .map(({ messageText }) => JSON.stringify(messageText))
      .concat(onlyWritten(code));
  };
  must(dead(before).length > 0, 'no dead code is seen');
  must(dead(after).length === 0, `there is still dead code: ${dead(after)[0]}`);
}

/** TypeScript's numbers of what it says. */
const NEVER_READ = 6133;
const UNREACHABLE = 7027;

/**
 * Names that are only counted up or assigned: TypeScript takes `n += 1` for a use of `n`.
 * @param {string} code
 */
function onlyWritten(code) {
  const nodes = allNodes(code);
  const written = (/** @type {ts.Node} */ node) =>
    ts.isExpressionStatement(node.parent.parent) &&
    (!ts.isBinaryExpression(node.parent) || node.parent.left === node);
  return nodes
    .filter(ts.isVariableDeclaration)
    .map(({ name }) => name)
    .filter((name) => {
      const others = nodes.filter(
        (node) => ts.isIdentifier(node) && node !== name && node.text === name.getText(),
      );
      return others.length > 0 && others.every((node) => !ts.isCallExpression(node.parent) && written(node));
    })
    .map((name) => name.getText());
}
