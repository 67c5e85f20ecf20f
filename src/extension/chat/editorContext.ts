import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { excerptLabel, renderExcerpt } from '../../reasoning/prompts/codeExcerpt.ts';
import { type Problem, renderProblems } from '../../reasoning/prompts/problem.ts';
import { codeless } from '../codeless.ts';
import type { ContextOffer, ContextSource } from './contextSource.ts';

/** The editor reports every move of the cursor; the chips follow when it rests. */
const settleMs = 150;
/** More than fits in any context that Glassbox offers; larger documents are not worth reading whole. */
const largestFileCharacters = 4_000_000;

const severities = ['error', 'warning', 'information', 'hint'] as const;

/**
 * Offers the selection, the file and the problems of the active editor. A selection is attached by itself, and
 * stays off once the user took it off until another is made; a file or its problems are attached when the user asks,
 * and stay on when the user moves to another file.
 */
export class EditorContext implements ContextSource, vscode.Disposable {
  readonly #onChange: () => void;
  readonly #disposables: vscode.Disposable[];
  #editor: vscode.TextEditor | undefined;
  /** The selection that the user took off, or that was sent; see `versionOf`. */
  #selectionOff: string | undefined;
  readonly #attached = new Map<string, { readonly kind: 'file' | 'problems'; readonly uri: vscode.Uri }>();
  #timer: NodeJS.Timeout | undefined;
  #signature = '';

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#editor = codeEditor(vscode.window.activeTextEditor);
    const settle = (): void => this.#settle();
    this.#disposables = [
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        // None is active while the panel has the focus after the last tab was closed, or in the output view.
        if (editor === undefined ? vscode.window.visibleTextEditors.length === 0 : codeEditor(editor))
          this.#editor = editor;
        settle();
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === this.#editor) settle();
      }),
      vscode.workspace.onDidChangeTextDocument(settle),
      vscode.workspace.onDidCloseTextDocument(settle),
      vscode.languages.onDidChangeDiagnostics(settle),
    ];
  }

  get offers(): readonly ContextOffer[] {
    const offers: ContextOffer[] = [];
    const editor = this.#editor;
    if (editor !== undefined && !editor.document.isClosed) {
      const selection = selectionOffer(editor);
      if (selection !== undefined)
        offers.push({ ...selection, attached: selection.version !== this.#selectionOff });
    }
    const uris = new Map([...this.#attached.values()].map(({ uri }) => [uri.toString(), uri]));
    if (editor !== undefined && !editor.document.isClosed)
      uris.set(editor.document.uri.toString(), editor.document.uri);
    for (const uri of uris.values()) {
      for (const offer of [fileOffer(uri), problemsOffer(uri)]) {
        if (offer !== undefined) offers.push({ ...offer, attached: this.#attached.has(offer.id) });
      }
    }
    // Of a file that is not the active one, only what is attached is of interest.
    const active = editor?.document.uri.toString();
    return offers.filter(
      (offer) => offer.attached || offer.kind === 'selection' || offer.id.endsWith(` ${active}`),
    );
  }

  setAttached(id: string, attached: boolean): void {
    const offer = this.offers.find((candidate) => candidate.id === id);
    if (offer === undefined) return;
    if (offer.kind === 'selection') this.#selectionOff = attached ? undefined : offer.version;
    else if (attached)
      this.#attached.set(id, {
        kind: offer.kind,
        uri: vscode.Uri.parse(id.slice(id.indexOf(' ') + 1), true),
      });
    else this.#attached.delete(id);
    this.#change();
  }

  /** Attaches the selection even where the user had taken it off. */
  attachSelection(): void {
    this.#selectionOff = undefined;
    this.#change();
  }

  sent(): void {
    const selection = this.offers.find(({ kind }) => kind === 'selection');
    this.#selectionOff = selection?.version;
    this.#attached.clear();
    this.#change();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#change(), settleMs);
  }

  #change(): void {
    clearTimeout(this.#timer);
    const signature = JSON.stringify(
      this.offers.map(({ id, version, attached, label }) => [id, version, attached, label]),
    );
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#onChange();
  }
}

type Offer = Omit<ContextOffer, 'attached'>;

function codeEditor(editor: vscode.TextEditor | undefined): vscode.TextEditor | undefined {
  return editor === undefined || codeless.has(editor.document.uri.scheme) ? undefined : editor;
}

function selectionOffer({ document, selection }: vscode.TextEditor): Offer | undefined {
  if (selection.isEmpty) return undefined;
  const { start, end } = selection;
  // A selection of whole lines ends at the start of the line after them.
  const last = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
  const path = vscode.workspace.asRelativePath(document.uri);
  const lines = { first: start.line + 1, last };
  return {
    id: 'selection',
    kind: 'selection',
    label: excerptLabel({ path, lines }),
    version: [document.uri, document.version, document.offsetAt(start), document.offsetAt(end)].join(' '),
    content: () =>
      Promise.resolve(
        renderExcerpt({ path, languageId: document.languageId, text: document.getText(selection), lines }),
      ),
  };
}

function fileOffer(uri: vscode.Uri): Offer | undefined {
  const open = openDocument(uri);
  const path = vscode.workspace.asRelativePath(uri);
  return {
    id: `file ${uri.toString()}`,
    kind: 'file',
    label: excerptLabel({ path }),
    version: open === undefined ? 'closed' : String(open.version),
    content: async () => {
      const document = open ?? (await vscode.workspace.openTextDocument(uri));
      const end = document.lineAt(document.lineCount - 1).range.end;
      if (document.offsetAt(end) > largestFileCharacters) {
        throw new GlassboxError(
          'request/invalid',
          vscode.l10n.t('{0} is too large to be attached. Select the part that matters.', path),
        );
      }
      return renderExcerpt({ path, languageId: document.languageId, text: document.getText() });
    },
  };
}

function problemsOffer(uri: vscode.Uri): Offer | undefined {
  const diagnostics = vscode.languages.getDiagnostics(uri);
  if (diagnostics.length === 0) return undefined;
  const path = vscode.workspace.asRelativePath(uri);
  const name = excerptLabel({ path });
  const document = openDocument(uri);
  const problems = diagnostics.map((diagnostic) => problemOf(diagnostic, document));
  return {
    id: `problems ${uri.toString()}`,
    kind: 'problems',
    label:
      problems.length === 1
        ? vscode.l10n.t('1 problem in {0}', name)
        : vscode.l10n.t('{0} problems in {1}', problems.length, name),
    version: JSON.stringify(problems),
    content: () => Promise.resolve(renderProblems(path, problems)),
  };
}

function problemOf(
  { severity, range, message, source, code }: vscode.Diagnostic,
  document: vscode.TextDocument | undefined,
): Problem {
  const value = typeof code === 'object' ? code.value : code;
  const name = [source, value === undefined ? undefined : `(${value})`]
    .filter((part) => part !== undefined)
    .join('');
  const { line, character } = range.start;
  return {
    severity: severities[severity],
    line: line + 1,
    column: character + 1,
    message,
    ...(name === '' ? {} : { code: name }),
    sourceLine: document !== undefined && line < document.lineCount ? document.lineAt(line).text : '',
  };
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  const wanted = uri.toString();
  return vscode.workspace.textDocuments.find(
    (document) => !document.isClosed && document.uri.toString() === wanted,
  );
}
