import path from 'node:path';
import * as vscode from 'vscode';
import { updateSetting } from '../settings.ts';
import type { RecentModels } from './recentModels.ts';

/**
 * Lets the user pick a model used before or a file, and writes it to the settings. False when none was picked.
 */
export async function chooseModel(recent: RecentModels, current: string): Promise<boolean> {
  const known = [...new Set([current, ...recent.paths])].filter((file) => file !== '');
  const file = known.length === 0 ? await pickFile(undefined) : await pickKnownOrFile(known, current);
  if (file === undefined) return false;
  await recent.add(file);
  await updateSetting('model.path', file);
  return true;
}

async function pickKnownOrFile(known: readonly string[], current: string): Promise<string | undefined> {
  const browse = { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, alwaysShow: true };
  const items = known.map((file) => ({
    label: path.basename(file),
    description: file === current ? vscode.l10n.t('current') : '',
    detail: path.dirname(file),
    file,
  }));
  const separator = { label: '', kind: vscode.QuickPickItemKind.Separator };
  const picked = await vscode.window.showQuickPick<vscode.QuickPickItem & { file?: string }>(
    [...items, separator, browse],
    {
      title: vscode.l10n.t('Choose Model'),
      placeHolder: vscode.l10n.t('A GGUF file with a llama, qwen2 or qwen3 model'),
      matchOnDetail: true,
    },
  );
  if (picked === undefined) return undefined;
  return picked.file ?? (await pickFile(known[0]));
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
