import * as vscode from 'vscode';
import type { InstructionMemory } from './instructionMemory.ts';

interface InstructionItem extends vscode.QuickPickItem {
  readonly instruction?: string;
}

export interface InstructionPickOptions {
  /** Says what the instruction is for. */
  readonly title: string;
  /** What was typed elsewhere already, or nothing. */
  readonly typed: string;
  readonly memory: InstructionMemory;
  /** Shown below the earlier ones, for those who have none yet. */
  readonly examples: readonly string[];
}

/**
 * Asks for an instruction at the top of the window, above a list of earlier ones, which are forgotten here, too.
 * @returns undefined when the user gave none
 */
export function pickInstruction({
  title,
  typed: before,
  memory,
  examples,
}: InstructionPickOptions): Promise<string | undefined> {
  const remove = {
    iconPath: new vscode.ThemeIcon('close'),
    tooltip: vscode.l10n.t('Forget This Instruction'),
  };
  const pick = vscode.window.createQuickPick<InstructionItem>();
  const fill = (): void => {
    const { earlier } = memory;
    const typed = pick.value.trim() === '' ? before : pick.value.trim();
    pick.items = [
      ...(typed === '' || earlier.includes(typed) || examples.includes(typed)
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
        earlier.map((each) => ({ label: each, instruction: each, buttons: [remove] })),
      ),
      ...group(
        vscode.l10n.t('For Example'),
        examples
          .filter((each) => !earlier.includes(each))
          .map((each) => ({ label: each, instruction: each })),
      ),
    ];
  };
  pick.title = title;
  pick.placeholder = vscode.l10n.t('What should change? For example: use guard clauses');
  pick.ignoreFocusOut = true;
  fill();
  return new Promise<string | undefined>((resolve) => {
    pick.onDidChangeValue(fill);
    pick.onDidTriggerItemButton(async ({ item }) => {
      if (item.instruction !== undefined) await memory.forget(item.instruction);
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
}

function group(label: string, items: readonly InstructionItem[]): readonly InstructionItem[] {
  return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}
