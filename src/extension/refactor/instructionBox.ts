import * as vscode from 'vscode';
import { commentInputs, focusedCommentInput } from './commentInput.ts';
import { InputPlaceholder } from './inputPlaceholder.ts';
import { keepInSight } from './keepInSight.ts';
import { removeThread } from './removeThread.ts';
import { steppedInstruction } from './steppedInstruction.ts';

/** Keys and buttons know the box by it. */
const controllerId = 'glassbox.instruction';
/** Longer than a busy editor takes. It shows none where comments were switched off for this window. */
const longestOpeningMs = 3000;

/** What became of a box. */
export type BoxAnswer =
  | { readonly kind: 'instruction'; readonly instruction: string }
  /** The list of earlier ones was asked for. */
  | { readonly kind: 'list'; readonly typed: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'notShown' };

export interface BoxQuestion {
  readonly editor: vscode.TextEditor;
  /** The box stands below it. */
  readonly line: number;
  readonly title: string;
  /** What the arrow keys bring, nearest first. */
  readonly suggestions: readonly string[];
}

interface OpenBox extends BoxQuestion {
  readonly thread: vscode.CommentThread;
  close(answer: BoxAnswer): void;
}

/**
 * An input between the lines of a document: a comment thread whose one comment is being edited, which VS Code gives the keys as soon as it
 * shows it. A thread to be replied to would have to be focused by commands that choose among all extensions' threads, and one that the
 * user begins marks lines as such that may be commented on.
 */
export class InstructionBox implements vscode.Disposable {
  #controller: vscode.CommentController | undefined;
  #open: OpenBox | undefined;
  /** The context keys that are set. */
  readonly #keys = new Set<string>();
  #steps: Promise<void> = Promise.resolve();

  /** The editor that a box is in. */
  get editor(): vscode.TextEditor | undefined {
    return this.#open?.editor;
  }

  /** Opens a box; one that is open goes. */
  async ask(question: BoxQuestion): Promise<BoxAnswer> {
    this.#open?.close({ kind: 'closed' });
    const { editor, line, suggestions } = question;
    const others = new Set(commentInputs().map(({ document }) => document));
    const thread = this.#makeThread(question);
    const madeAt = performance.now();
    const placeholder = new InputPlaceholder(
      vscode.l10n.t('For example: use guard clauses. Arrow keys bring earlier instructions.'),
    );
    return new Promise((resolve) => {
      let isShown = false;
      const look = (): void => {
        const inputs = commentInputs().filter(({ document }) => !others.has(document));
        if (!isShown && inputs.length > 0) {
          isShown = true;
          listeners.push(keepInSight(editor, line));
        }
        // That of a reply, our own hidden one too, names the extension that it is for.
        placeholder.show(inputs.filter(({ document }) => document.uri.authority === ''));
        this.#setKey(
          'suggestionShown',
          inputs.some(({ document }) => suggestions.includes(document.getText())),
        );
        const isSeen = vscode.window.visibleTextEditors.some(({ document }) => document === editor.document);
        // An arrow of VS Code's own collapses it, and tells nobody.
        const isCollapsed = thread.collapsibleState === vscode.CommentThreadCollapsibleState.Collapsed;
        if (!isSeen || isCollapsed) close({ kind: 'closed' });
      };
      const opening = setTimeout(() => {
        if (!isShown) close({ kind: 'notShown' });
      }, longestOpeningMs);
      const listeners = [
        vscode.window.onDidChangeVisibleTextEditors(look),
        vscode.window.onDidChangeActiveTextEditor(look),
        vscode.workspace.onDidChangeTextDocument(look),
      ];
      const close = (answer: BoxAnswer): void => {
        if (this.#open !== open) return;
        this.#open = undefined;
        clearTimeout(opening);
        for (const each of [placeholder, ...listeners]) each.dispose();
        if (isShown) thread.dispose();
        else removeThread({ thread, madeAt });
        this.#setKey('asking', false);
        this.#setKey('suggestionShown', false);
        resolve(answer);
      };
      const open: OpenBox = { ...question, thread, close };
      this.#open = open;
      this.#setKey('asking', true);
    });
  }

  /** @param given what a button of the box tells; a key tells nothing */
  async send(given: unknown): Promise<void> {
    const open = this.#open;
    const instruction = typedIn(given).trim();
    if (open === undefined) return;
    if (instruction === '') {
      // A button has ended the editing.
      if (isComment(given)) open.thread.comments = [emptyComment()];
      return;
    }
    await this.#leave({ kind: 'instruction', instruction });
  }

  async list(given: unknown): Promise<void> {
    await this.#leave({ kind: 'list', typed: typedIn(given).trim() });
  }

  async cancel(): Promise<void> {
    await this.#leave({ kind: 'closed' });
  }

  /** An arrow key in the input. One that comes before the last one is done waits for it. */
  step(step: 1 | -1): Promise<void> {
    const steps = this.#steps.then(() => this.#step(step));
    this.#steps = steps.catch(() => undefined);
    return steps;
  }

  dispose(): void {
    this.#open?.close({ kind: 'closed' });
    this.#controller?.dispose();
  }

  async #step(step: 1 | -1): Promise<void> {
    const input = focusedCommentInput();
    if (this.#open === undefined || input === undefined) return;
    const { document } = input;
    const { suggestions } = this.#open;
    const shown = document.getText();
    const next = steppedInstruction(suggestions, shown, step);
    if (next === undefined) {
      // In words of one's own the key is the editor's; it came here before VS Code knew that they are.
      if (shown !== '' && !suggestions.includes(shown))
        await vscode.commands.executeCommand(step === 1 ? 'cursorUp' : 'cursorDown');
      return;
    }
    // Before it is shown: the next key may come at once.
    this.#setKey('suggestionShown', next !== '');
    const start = new vscode.Position(0, 0);
    await input.edit((edit) => edit.replace(new vscode.Range(start, endOf(document)), next));
    input.selection = new vscode.Selection(endOf(document), endOf(document));
  }

  #makeThread({ editor, line, title }: BoxQuestion): vscode.CommentThread {
    this.#controller ??= vscode.comments.createCommentController(controllerId, 'Glassbox');
    const place = new vscode.Range(line, 0, line, 0);
    const thread = this.#controller.createCommentThread(editor.document.uri, place, [emptyComment()]);
    // Else the Comments view says that there is something to do.
    thread.state = vscode.CommentThreadState.Resolved;
    thread.canReply = false;
    thread.label = title;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    return thread;
  }

  #setKey(name: string, value: boolean): void {
    if (this.#keys.has(name) === value) return;
    if (value) this.#keys.add(name);
    else this.#keys.delete(name);
    void vscode.commands.executeCommand('setContext', `glassbox.refactor.${name}`, value);
  }

  /** Closes the box and gives the keys back to the code. */
  async #leave(answer: BoxAnswer): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    open.close(answer);
  }
}

function endOf(document: vscode.TextDocument): vscode.Position {
  return document.lineAt(document.lineCount - 1).range.end;
}

/** Plain text, which is never rendered. */
function emptyComment(): vscode.Comment {
  return {
    body: '',
    mode: vscode.CommentMode.Editing,
    author: { name: vscode.l10n.t('What should change?') },
  };
}

function typedIn(given: unknown): string {
  if (!isComment(given)) return focusedCommentInput()?.document.getText() ?? '';
  return typeof given.body === 'string' ? given.body : given.body.value;
}

function isComment(given: unknown): given is vscode.Comment {
  return typeof given === 'object' && given !== null && 'body' in given && 'author' in given;
}
