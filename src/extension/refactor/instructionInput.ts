import * as vscode from 'vscode';
import { instructionsOf, withInstruction } from './instructionHistory.ts';

const storageKey = 'glassbox.refactor.instructions';

interface InstructionItem extends vscode.QuickPickItem {
  readonly instruction?: string;
}

/** Asks for an instruction; earlier ones are picked with the arrow keys. */
export class InstructionInput {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /**
   * @param title says what the instruction is for
   * @param examples shown below the history, for those who have none yet
   * @returns undefined when the user gave none
   */
  async ask(title: string, examples: readonly string[]): Promise<string | undefined> {
    const history = instructionsOf(this.#memory.get<unknown>(storageKey));
    const remove = {
      iconPath: new vscode.ThemeIcon('close'),
      tooltip: vscode.l10n.t('Forget This Instruction'),
    };
    const pick = vscode.window.createQuickPick<InstructionItem>();
    let shown = history;
    const fill = (): void => {
      const typed = pick.value.trim();
      pick.items = [
        ...(typed === '' || shown.includes(typed) || examples.includes(typed)
          ? []
          : [
              {
                label: typed,
                description: vscode.l10n.t('this instruction'),
                alwaysShow: true,
                instruction: typed,
              },
            ]),
        ...group(
          vscode.l10n.t('Earlier'),
          shown.map((each) => ({ label: each, instruction: each, buttons: [remove] })),
        ),
        ...group(
          vscode.l10n.t('For Example'),
          examples
            .filter((each) => !shown.includes(each))
            .map((each) => ({ label: each, instruction: each })),
        ),
      ];
    };
    pick.title = title;
    pick.placeholder = vscode.l10n.t('What should change? For example: use guard clauses');
    pick.ignoreFocusOut = true;
    fill();
    const instruction = await new Promise<string | undefined>((resolve) => {
      pick.onDidChangeValue(fill);
      pick.onDidTriggerItemButton(({ item }) => {
        shown = shown.filter((each) => each !== item.instruction);
        void this.#memory.update(storageKey, shown);
        fill();
      });
      pick.onDidAccept(() => {
        resolve(
          pick.selectedItems[0]?.instruction ?? (pick.value.trim() === '' ? undefined : pick.value.trim()),
        );
        pick.hide();
      });
      pick.onDidHide(() => {
        pick.dispose();
        resolve(undefined);
      });
      pick.show();
    });
    if (instruction !== undefined) await this.#memory.update(storageKey, withInstruction(shown, instruction));
    return instruction;
  }
}

function group(label: string, items: readonly InstructionItem[]): readonly InstructionItem[] {
  return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}
