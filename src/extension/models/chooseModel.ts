import path from 'node:path';
import * as vscode from 'vscode';
import { updateSetting } from '../settings.ts';
import type { ChosenModel } from './chosenModel.ts';
import { type ModelEntry, modelEntries } from './modelEntries.ts';
import type { RecentModels } from './recentModels.ts';

/**
 * Lets the user pick a model used before, the embedded one or a file, and writes it to the settings. False when none
 * was picked.
 * @param embedded undefined when it is missing
 */
export async function chooseModel(
  recent: RecentModels,
  current: ChosenModel,
  embedded: string | undefined,
): Promise<boolean> {
  const entries = modelEntries(vscode.l10n.t, { current, recent: recent.paths, embedded });
  const setting = entries.length === 0 ? await pickFile(undefined) : await pickEntryOrFile(entries);
  if (setting === undefined) return false;
  // A file that was named by hand is offered again after another model was tried.
  if (current.path !== '' && !current.isEmbedded) await recent.add(current.path);
  if (setting !== '') await recent.add(setting);
  await updateSetting('model.path', setting);
  return true;
}

async function pickEntryOrFile(entries: readonly ModelEntry[]): Promise<string | undefined> {
  const browse = { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, alwaysShow: true };
  const separator = { label: '', kind: vscode.QuickPickItemKind.Separator };
  const picked = await vscode.window.showQuickPick<vscode.QuickPickItem & { setting?: string }>(
    [...entries, separator, browse],
    {
      title: vscode.l10n.t('Choose Model'),
      placeHolder: vscode.l10n.t('The embedded model, or a GGUF file on this machine'),
      matchOnDetail: true,
    },
  );
  if (picked === undefined) return undefined;
  return picked.setting ?? (await pickFile(entries.find(({ setting }) => setting !== '')?.setting));
}

async function pickFile(near: string | undefined): Promise<string | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Choose Model'),
      openLabel: vscode.l10n.t('Use Model'),
      canSelectMany: false,
      filters: { [vscode.l10n.t('GGUF models')]: ['gguf'] },
      ...(near === undefined ? {} : { defaultUri: vscode.Uri.file(path.dirname(near)) }),
    })) ?? [];
  return uri?.fsPath;
}
