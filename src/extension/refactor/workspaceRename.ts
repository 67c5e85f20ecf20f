import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { fence, fenceTag } from '../../reasoning/prompts/fence.ts';
import { promptStyleOf } from '../../refactor/promptStyle.ts';
import { filesBeside } from './filesBeside.ts';
import type { ModelRun } from './modelRun.ts';
import { occurrences } from './occurrences.ts';
import { pathOf } from './pathOf.ts';
import { isIdentifier, nameInAnswer, readRenameInstruction } from './renameInstruction.ts';

export interface WorkspaceRenameOptions {
  readonly run: ModelRun;
  readonly newId: () => string;
}

/** More files than this are no rename that somebody reviews. */
const mostFiles = 2000;
const largestFileBytes = 1 << 20;
/** Lines on each side of the symbol that the model sees. */
const contextLines = 20;
const replyTokens = 512;

/** The edits of a rename and how they were found. */
interface RenameEdits {
  readonly edit: vscode.WorkspaceEdit;
  readonly how: 'provider' | 'text';
}

/** *Refactor in Workspace*: renames a symbol in all files through the refactor preview. The model finds the name where none is given. */
export class WorkspaceRename {
  readonly #options: WorkspaceRenameOptions;

  constructor(options: WorkspaceRenameOptions) {
    this.#options = options;
  }

  /** @throws GlassboxError `request/invalid` when there is no symbol, no name, or nothing to rename */
  async run(editor: vscode.TextEditor): Promise<void> {
    const t = vscode.l10n.t;
    const { document, selection } = editor;
    const word = document.getWordRangeAtPosition(selection.active);
    const here = word === undefined ? undefined : document.getText(word);
    const instruction = await vscode.window.showInputBox({
      title: t('Refactor in Workspace'),
      prompt: t('A new name, or "Rename `a` to `b`". Empty: the model finds a name.'),
      placeHolder: here === undefined ? t('Rename `a` to `b`') : t('A new name for {0}', here),
    });
    if (instruction === undefined) return;
    const asked = readRenameInstruction(instruction);
    const place = await this.#placeOf(document, asked.from, word);
    const from = document.getText(place);
    const to = asked.to ?? (await this.#nameFromModel(document, place, instruction));
    if (to === undefined) return;
    if (!isIdentifier(to))
      throw new GlassboxError('request/invalid', t('"{0}" is not a name that code can have.', to));
    if (to === from) throw new GlassboxError('request/invalid', t('{0} is called that already.', from));
    const found = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: t('Glassbox: looking for {0}', from),
        cancellable: true,
      },
      async (_progress, token) => {
        const edits = await this.#edits(document, place, { from, to }, token);
        return token.isCancellationRequested ? undefined : edits;
      },
    );
    if (found === undefined) return;
    const { edit, how } = found;
    const count = edit.entries().reduce((sum, [, edits]) => sum + edits.length, 0);
    if (count === 0)
      throw new GlassboxError('request/invalid', t('{0} stands nowhere that can be renamed.', from));
    if (how === 'text') {
      void vscode.window.showInformationMessage(
        t(
          'Glassbox: no language feature renames in this file, so "{0}" was looked for as a word. Look at each place in the preview.',
          from,
        ),
      );
    }
    await vscode.workspace.applyEdit(edit, { isRefactoring: true });
  }

  async #placeOf(
    document: vscode.TextDocument,
    name: string | undefined,
    word: vscode.Range | undefined,
  ): Promise<vscode.Range> {
    if (word !== undefined && (name === undefined || document.getText(word) === name)) return word;
    const [offset] = name === undefined ? [] : occurrences(document.getText(), name);
    if (name === undefined || offset === undefined) {
      throw new GlassboxError(
        'request/invalid',
        name === undefined
          ? vscode.l10n.t('Put the cursor on the name that is to be changed.')
          : vscode.l10n.t('There is no {0} in {1}.', name, pathOf(document.uri)),
      );
    }
    return new vscode.Range(document.positionAt(offset), document.positionAt(offset + name.length));
  }

  /** Undefined when the user wants none. */
  async #nameFromModel(
    document: vscode.TextDocument,
    place: vscode.Range,
    instruction: string,
  ): Promise<string | undefined> {
    const t = vscode.l10n.t;
    const from = document.getText(place);
    const answer = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: t('Glassbox: looking for a better name than {0}', from),
        cancellable: true,
      },
      async (_progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        const model = await this.#options.run.load(abort.signal);
        // The small model knows no such question.
        if (promptStyleOf(model) === 'compact') return '';
        return await this.#options.run.askShortly({
          requestId: this.#options.newId(),
          content: question(document, place, instruction),
          maxTokens: replyTokens,
          signal: abort.signal,
        });
      },
    );
    const suggested = nameInAnswer(answer);
    return await vscode.window.showInputBox({
      title: t('A New Name for {0}', from),
      prompt:
        suggested === undefined
          ? t('The model gave no name that code can have. Which one shall it be?')
          : t('The model suggests this name.'),
      value: suggested ?? from,
      validateInput: (value) =>
        isIdentifier(value.trim()) ? undefined : t('A name has letters, digits, _ and $.'),
    });
  }

  async #edits(
    document: vscode.TextDocument,
    place: vscode.Range,
    names: { readonly from: string; readonly to: string },
    token: vscode.CancellationToken,
  ): Promise<RenameEdits> {
    const metadata: vscode.WorkspaceEditEntryMetadata = {
      needsConfirmation: true,
      label: vscode.l10n.t('Rename {0} to {1}', names.from, names.to),
      description: 'Glassbox',
    };
    const found = await renameByProvider(document, place, names.to);
    if (found !== undefined) return { edit: confirmed(found, metadata), how: 'provider' };
    return { edit: await renameByText(document, names, metadata, token), how: 'text' };
  }
}

/** Undefined where no language feature renames. */
async function renameByProvider(
  document: vscode.TextDocument,
  place: vscode.Range,
  to: string,
): Promise<vscode.WorkspaceEdit | undefined> {
  try {
    const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(
      'vscode.executeDocumentRenameProvider',
      document.uri,
      place.start,
      to,
    );
    return edit !== undefined && edit.size > 0 ? edit : undefined;
  } catch (thrown) {
    // With no provider the command fails too; one that refuses says why.
    const { message } = GlassboxError.from(thrown);
    if (/no.*(provider|result)/iu.test(message)) return undefined;
    throw new GlassboxError('request/invalid', message, undefined, { cause: thrown });
  }
}

/** The same edits, each to be looked at before it is made. */
function confirmed(
  edit: vscode.WorkspaceEdit,
  metadata: vscode.WorkspaceEditEntryMetadata,
): vscode.WorkspaceEdit {
  const result = new vscode.WorkspaceEdit();
  for (const [uri, edits] of edit.entries()) {
    for (const { range, newText } of edits) result.replace(uri, range, newText, metadata);
  }
  return result;
}

async function renameByText(
  document: vscode.TextDocument,
  { from, to }: { readonly from: string; readonly to: string },
  metadata: vscode.WorkspaceEditEntryMetadata,
  token: vscode.CancellationToken,
): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  for (const uri of await filesBeside(document.uri, mostFiles, token)) {
    if (token.isCancellationRequested) return new vscode.WorkspaceEdit();
    const other = uri.toString() === document.uri.toString() ? document : await textOf(uri);
    if (other === undefined) continue;
    for (const offset of occurrences(other.getText(), from)) {
      const range = new vscode.Range(other.positionAt(offset), other.positionAt(offset + from.length));
      edit.replace(uri, range, to, metadata);
    }
  }
  return edit;
}

/** What stands in a file; undefined for one that is no text, or cannot be read. */
async function textOf(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    return size > largestFileBytes ? undefined : await vscode.workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}

function question(document: vscode.TextDocument, place: vscode.Range, instruction: string): string {
  const first = Math.max(0, place.start.line - contextLines);
  const last = Math.min(document.lineCount - 1, place.end.line + contextLines);
  const code = document.getText(new vscode.Range(first, 0, last, document.lineAt(last).text.length));
  const wish = instruction.trim() === '' ? '' : `${instruction.trim()}\n\n`;
  return `${fence(code, fenceTag(document.languageId))}\n\n${wish}Which name would say better what \`${document.getText(place)}\` is? Answer with the name only.`;
}
