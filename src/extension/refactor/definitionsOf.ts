import * as vscode from 'vscode';
import type { Definition } from '../../refactor/refactorRequest.ts';
import { identifiersIn } from './identifiersIn.ts';

/** All language features together: a refactoring does not wait for a language server that is still reading the project. */
const deadlineMs = 1500;
const mostNames = 24;
const mostDefinitions = 8;
const mostLines = 30;

/**
 * The definitions of what the code in `range` uses, as far as VS Code's language features find them in time. Those in
 * the range itself, and those outside the workspace, are left out.
 */
export async function definitionsOf(
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<readonly Definition[]> {
  const start = document.offsetAt(range.start);
  // By the place of the name: the model sees them in the order in which the code uses them, whichever came first.
  const found = new Map<number, Definition>();
  const collect = Promise.all(
    identifiersIn(document.getText(range), mostNames).map(async ({ name, offset }) => {
      const target = await definitionOf(document, document.positionAt(start + offset));
      if (target === undefined) return;
      if (target.uri.toString() === document.uri.toString() && range.contains(target.range)) return;
      const definition = await read(name, target);
      if (definition !== undefined) found.set(offset, definition);
    }),
  ).catch(() => undefined);
  await within(deadlineMs, collect);
  const inOrder = [...found].sort(([a], [b]) => a - b).map(([, definition]) => definition);
  const unique = new Map(inOrder.map((each) => [`${each.path}\n${each.text}`, each]));
  return [...unique.values()].slice(0, mostDefinitions);
}

/** Returns when the work is done or the time is over; what comes later is not looked at. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

interface Target {
  readonly uri: vscode.Uri;
  readonly range: vscode.Range;
}

async function definitionOf(
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<Target | undefined> {
  const [first] = await vscode.commands.executeCommand<readonly (vscode.Location | vscode.LocationLink)[]>(
    'vscode.executeDefinitionProvider',
    document.uri,
    position,
  );
  if (first === undefined) return undefined;
  return 'targetUri' in first ? { uri: first.targetUri, range: first.targetRange } : first;
}

async function read(name: string, { uri, range }: Target): Promise<Definition | undefined> {
  if (vscode.workspace.getWorkspaceFolder(uri) === undefined || uri.path.includes('/node_modules/'))
    return undefined;
  const document = await vscode.workspace.openTextDocument(uri);
  const whole = range.isSingleLine ? ((await enclosingSymbol(uri, range.start)) ?? range) : range;
  const first = whole.start.line;
  const last = Math.min(whole.end.line, first + mostLines - 1, document.lineCount - 1);
  return {
    name,
    path: vscode.workspace.asRelativePath(uri),
    languageId: document.languageId,
    text: document.getText(new vscode.Range(first, 0, last, document.lineAt(last).text.length)),
  };
}

/** The symbol whose name is at a place: language features often tell the place of the name only. */
async function enclosingSymbol(
  uri: vscode.Uri,
  position: vscode.Position,
): Promise<vscode.Range | undefined> {
  const symbols = await vscode.commands.executeCommand<
    readonly (vscode.DocumentSymbol | vscode.SymbolInformation)[]
  >('vscode.executeDocumentSymbolProvider', uri);
  const search = (among: readonly vscode.DocumentSymbol[]): vscode.Range | undefined => {
    for (const symbol of among) {
      if (symbol.selectionRange.contains(position)) return symbol.range;
      const inner = search(symbol.children);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return search((symbols ?? []).filter((symbol) => 'selectionRange' in symbol));
}
