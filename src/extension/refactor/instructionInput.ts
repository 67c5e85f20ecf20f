import * as vscode from 'vscode';
import { boxLine } from './boxLine.ts';
import { focusedCommentInput } from './commentInput.ts';
import { InstructionBox } from './instructionBox.ts';
import { InstructionMemory } from './instructionMemory.ts';
import { pickInstruction } from './instructionPick.ts';

/** What the small model knows; a larger one understands it too. */
const examples = [
  'Use guard clauses.',
  'Use for...of.',
  'Use const and let instead of var.',
  'Use a template literal.',
  'Rename `a` to `b`.',
];

/** Asks for an instruction: in a box at the lines that are meant, or above all lines where VS Code shows no box. */
export class InstructionInput implements vscode.Disposable {
  readonly box = new InstructionBox();
  readonly #memory: InstructionMemory;

  constructor(memento: vscode.Memento) {
    this.#memory = new InstructionMemory(memento);
  }

  /** @returns undefined when the user gave none */
  async ask(editor: vscode.TextEditor, range: vscode.Range): Promise<string | undefined> {
    const title = range.isSingleLine
      ? vscode.l10n.t('Edit line {0}', range.start.line + 1)
      : vscode.l10n.t('Edit lines {0} to {1}', range.start.line + 1, range.end.line + 1);
    const instruction = await this.#ask(editor, range, title);
    if (instruction !== undefined) await this.#memory.remember(instruction);
    return instruction;
  }

  /** The editor of the code where the box at it has the keys; else the one that has them. */
  get activeEditor(): vscode.TextEditor | undefined {
    return focusedCommentInput() === undefined
      ? vscode.window.activeTextEditor
      : (this.box.editor ?? vscode.window.activeTextEditor);
  }

  dispose(): void {
    this.box.dispose();
  }

  async #ask(editor: vscode.TextEditor, range: vscode.Range, title: string): Promise<string | undefined> {
    const memory = this.#memory;
    let typed = '';
    if (mayShowBox(editor)) {
      const { earlier } = memory;
      const answer = await this.box.ask({
        editor,
        line: boxLine({
          first: range.start.line,
          last: range.end.line,
          cursor: editor.selection.active.line,
          isSeen: (line) =>
            editor.visibleRanges.some(({ start, end }) => start.line <= line && line <= end.line),
        }),
        title,
        suggestions: [...earlier, ...examples.filter((each) => !earlier.includes(each))],
      });
      if (answer.kind === 'instruction') return answer.instruction;
      if (answer.kind === 'closed') return undefined;
      if (answer.kind === 'list') typed = answer.typed;
    }
    return pickInstruction({ title, typed, memory, examples });
  }
}

/**
 * Not in a notebook's cell or a diff, which show none or cover it, nor in one of two editors of a document: both would show it, and
 * either would take the keys.
 */
function mayShowBox({ document }: vscode.TextEditor): boolean {
  if (vscode.workspace.getConfiguration('comments').get<unknown>('visible') === false) return false;
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return (
    input instanceof vscode.TabInputText &&
    input.uri.toString() === document.uri.toString() &&
    vscode.window.visibleTextEditors.filter((each) => each.document === document).length === 1
  );
}
