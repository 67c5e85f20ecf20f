import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { copyText } from '../chat/answerDocuments.ts';
import type { AcceptedRefactoring } from './afterAccept.ts';
import type { RefactorSession } from './refactorSession.ts';
import type { RefactorSessions } from './refactorSessions.ts';
import { revealLine } from './revealLine.ts';
import { acceptedText, currentText, pendingHunks, pendingPlaces } from './review.ts';
import type { ReviewDocuments } from './reviewDocuments.ts';
import { isAtHunk, shownHunks } from './shownHunks.ts';
import { showText } from './showText.ts';

export interface ReviewActionsOptions {
  readonly sessions: RefactorSessions;
  readonly documents: ReviewDocuments;
  /** Resolves when the editor was told of all that is to be shown. */
  readonly drawn: () => Promise<void>;
  /** Called when the last hunk was decided and the document is another than it was. */
  readonly onAccepted: (accepted: AcceptedRefactoring) => Promise<void>;
}

/** The first one finds previews gone on all but the busiest machines. */
const mostReveals = 6;
/** As many are looked at in any case. */
const fewestReveals = 2;

/** What a user does with a proposal. The document changes here and nowhere else, by edits that the user accepted. */
export class ReviewActions {
  readonly #options: ReviewActionsOptions;

  constructor(options: ReviewActionsOptions) {
    this.#options = options;
  }

  /**
   * Applies hunks that wait, as one edit that one undo takes back. Absent ids: all.
   * @throws GlassboxError `request/invalid` when the document cannot be edited; the proposal still waits then
   */
  async accept(session: RefactorSession, hunkIds?: readonly string[]): Promise<void> {
    const document = await this.#documentOf(session);
    // A file that was not open may be another one than it was. Nothing waits between this and the edit.
    if (document !== undefined) session.documentChanged(document.getText(), []);
    const { phase } = session;
    if (document === undefined || phase.kind !== 'reviewing') return;
    if (session.isTouched) {
      await this.resolveConflict(session);
      return;
    }
    const { review } = phase;
    const wanted = new Set(hunkIds ?? pendingHunks(review).map(({ id }) => id));
    const places = pendingPlaces(review).filter(({ hunk }) => wanted.has(hunk.id));
    if (places.length === 0) return;
    const { start: base } = session.range;
    const edit = new vscode.WorkspaceEdit();
    for (const { hunk, start, end } of places) {
      const range = new vscode.Range(document.positionAt(base + start), document.positionAt(base + end));
      edit.replace(document.uri, range, hunk.proposedLines.join(''));
    }
    session.decide([...wanted], 'accepted');
    if (!(await vscode.workspace.applyEdit(edit))) {
      session.restore(review);
      throw new GlassboxError(
        'request/invalid',
        vscode.l10n.t(
          'Nothing was changed: {0} cannot be edited now. The proposal can be copied.',
          session.task.path,
        ),
      );
    }
    await this.#afterDecision(session);
  }

  /** Absent ids: all that wait. */
  async reject(session: RefactorSession, hunkIds?: readonly string[]): Promise<void> {
    const { phase } = session;
    if (phase.kind !== 'reviewing') return;
    session.decide(hunkIds ?? pendingHunks(phase.review).map(({ id }) => id), 'rejected');
    await this.#afterDecision(session);
  }

  /** The hunk at the cursor of the active editor, or the only one that waits. */
  hunkAtCursor(session: RefactorSession): readonly string[] | undefined {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.toString() !== session.task.uri) return undefined;
    const hunks = shownHunks(session, (offset) => editor.document.positionAt(offset).line);
    const here = hunks.find((hunk) => isAtHunk(hunk, editor.selection.active.line));
    const chosen = here ?? (hunks.length === 1 ? hunks[0] : undefined);
    return chosen === undefined ? undefined : [chosen.hunk.id];
  }

  /** Whether an editor shows the code: nobody decides about what is not seen. */
  isSeen({ task }: RefactorSession): boolean {
    return vscode.window.visibleTextEditors.some(({ document }) => document.uri.toString() === task.uri);
  }

  /** Moves the cursor to the next hunk that waits: behind the last one of a document comes the first one of another. */
  async goTo(direction: 1 | -1): Promise<void> {
    const { sessions } = this.#options;
    const editor = vscode.window.activeTextEditor;
    const here = editor?.document.uri.toString();
    if (editor !== undefined && this.#goWithin(editor, direction)) return;
    const waiting = sessions.all.filter(({ phase }) => phase.kind === 'reviewing');
    const uris = [...new Set(waiting.map(({ task }) => task.uri))];
    const at = here === undefined ? -1 : uris.indexOf(here);
    const next = at < 0 ? uris[0] : uris.at((at + direction) % uris.length);
    if (editor !== undefined && next === here) {
      const lines = this.#linesIn(editor.document);
      const line = direction > 0 ? lines[0] : lines.at(-1);
      if (line !== undefined) revealLine(editor, line);
      return;
    }
    const session = waiting.find(({ task }) => task.uri === next);
    if (session !== undefined) await this.open(session, direction);
  }

  /** @returns false where there is no hunk further on in this document */
  #goWithin(editor: vscode.TextEditor, direction: 1 | -1): boolean {
    const lines = this.#linesIn(editor.document);
    const cursor = editor.selection.active.line;
    const line =
      direction > 0 ? lines.find((each) => each > cursor) : lines.findLast((each) => each < cursor);
    if (line !== undefined) revealLine(editor, line);
    return line !== undefined;
  }

  /** The lines of all hunks that wait in a document, from top to bottom. */
  #linesIn(document: vscode.TextDocument): readonly number[] {
    return linesToReview(this.#options.sessions.of(document.uri), document);
  }

  /** Shows the document at the first hunk that waits, or at the last one of all in it. */
  async open(session: RefactorSession, direction: 1 | -1 = 1): Promise<void> {
    const document = await this.#documentOf(session);
    if (document === undefined) return;
    const editor = await vscode.window.showTextDocument(document);
    const lines = direction > 0 ? linesToReview([session], document) : this.#linesIn(document).slice(-1);
    const [line = document.positionAt(session.range.start).line] = lines;
    revealLine(editor, line);
  }

  /** Undefined for one that is gone: what was proposed is offered as a text then. */
  async #documentOf(session: RefactorSession): Promise<vscode.TextDocument | undefined> {
    try {
      return await vscode.workspace.openTextDocument(vscode.Uri.parse(session.task.uri, true));
    } catch {
      void this.#options.sessions.lose(session);
      return undefined;
    }
  }

  /** Keys work on the hunk at the cursor. A user who has gone elsewhere meanwhile stays there. */
  goToFirst(session: RefactorSession, editor: vscode.TextEditor): void {
    const [line] = linesToReview([session], editor.document);
    if (line !== undefined && isThere(session, editor)) revealLine(editor, line);
  }

  /**
   * Scrolls to the text below the code, which may be longer than what is seen, once the previews above it are gone: scrolled to before,
   * it would leave sight with them. The selection stays, for a user who asks again; one who moves it has seen enough.
   */
  async revealText(session: RefactorSession, editor: vscode.TextEditor): Promise<void> {
    const { selection } = editor;
    for (let attempt = 1; attempt <= mostReveals; attempt++) {
      await this.#options.drawn();
      if (session.phase.kind === 'ended' || !isThere(session, editor)) return;
      if (!editor.selection.isEqual(selection)) return;
      const end = editor.document.positionAt(session.range.end);
      // A busy editor may have taken previews away since it scrolled.
      const isSeen = editor.visibleRanges.some((range) => range.contains(end));
      if (isSeen && attempt > fewestReveals) return;
      // The text stands between this line and the next one.
      editor.revealRange(
        new vscode.Range(end.line, 0, end.line + 1, 0),
        vscode.TextEditorRevealType.InCenterIfOutsideViewport,
      );
    }
  }

  async showSideBySide(session: RefactorSession): Promise<void> {
    const { documents } = this.#options;
    if (session.proposedDocument === undefined) {
      await documents.show(session, 'answer');
      return;
    }
    const proposed = documents.uriOf(session, 'proposed');
    // The name of a notebook or of an untitled document does not tell the language.
    const document = await vscode.workspace.openTextDocument(proposed);
    if (document.languageId !== session.task.languageId) {
      await vscode.languages.setTextDocumentLanguage(document, session.task.languageId);
    }
    await vscode.commands.executeCommand(
      'vscode.diff',
      vscode.Uri.parse(session.task.uri, true),
      proposed,
      vscode.l10n.t('{0}: {1}', session.task.path, session.task.title),
      { preview: true },
    );
  }

  async copy({ phase, answer }: RefactorSession): Promise<void> {
    await copyText(phase.kind === 'reviewing' ? acceptedText(phase.review) : answer.trim());
    vscode.window.setStatusBarMessage(vscode.l10n.t('Copied.'), 3000);
  }

  /** Asks what to do about code that was changed while a proposal waited for it. @param chosen what a lens has asked already */
  async resolveConflict(session: RefactorSession, chosen?: string): Promise<void> {
    const t = vscode.l10n.t;
    const { phase, task } = session;
    if (!session.isTouched || phase.kind !== 'reviewing') return;
    const keep = { title: t('Keep Mine'), id: 'keep' };
    const apply = { title: t('Apply What Still Fits'), id: 'apply' };
    const drop = { title: t('Drop the Proposal'), id: 'drop' };
    const action =
      [keep, apply, drop].find(({ id }) => id === chosen) ??
      (await vscode.window.showWarningMessage(
        t(
          'The code of "{0}" in {1} has changed since. Keep Mine goes on with the changes that your edit left alone; Apply What Still Fits accepts them at once.',
          task.title,
          task.path,
        ),
        keep,
        apply,
        drop,
      ));
    if (action === undefined || !session.isTouched) return;
    if (action.id === 'drop') await this.#drop(session);
    else await this.#settle(session, action.id === 'apply');
  }

  async #settle(session: RefactorSession, appliesRest: boolean): Promise<void> {
    const t = vscode.l10n.t;
    const { languageId, proposed } = session.stored();
    const gone = session.settle();
    const { phase } = session;
    const left = phase.kind === 'reviewing' ? pendingHunks(phase.review).length : 0;
    if (left === 0) {
      session.end();
      await offerText(t('Glassbox: nothing of the proposal fits any more.'), languageId, proposed);
      return;
    }
    if (gone > 0) {
      void vscode.window.showInformationMessage(
        t('Glassbox: {0} of the changes do not fit any more; {1} do.', gone, left),
      );
    }
    if (appliesRest) await this.accept(session);
  }

  /** What was proposed is offered as a text once more: nothing is lost by a click. */
  async #drop(session: RefactorSession): Promise<void> {
    const { languageId, proposed } = session.stored();
    session.end();
    await offerText(vscode.l10n.t('Glassbox: the proposal was dropped.'), languageId, proposed);
  }

  async #afterDecision(session: RefactorSession): Promise<void> {
    const { phase, task, range } = session;
    if (phase.kind !== 'reviewing') return;
    if (pendingHunks(phase.review).length > 0) {
      const editor = vscode.window.activeTextEditor;
      if (editor?.document.uri.toString() === task.uri && !this.#goWithin(editor, 1)) {
        this.#goWithin(editor, -1);
      }
      return;
    }
    const after = currentText(phase.review);
    const before = phase.review.original;
    session.end();
    if (after !== before) await this.#options.onAccepted({ task, start: range.start, before, after });
  }
}

async function offerText(sentence: string, language: string, content: string): Promise<void> {
  const show = vscode.l10n.t('Show as Text');
  if ((await vscode.window.showInformationMessage(sentence, show)) !== show) return;
  await showText(language, content);
}

/** The lines of hunks that wait, from top to bottom. */
function linesToReview(
  sessions: readonly RefactorSession[],
  document: vscode.TextDocument,
): readonly number[] {
  return sessions
    .filter(({ phase }) => phase.kind === 'reviewing')
    .flatMap((session) => shownHunks(session, (offset) => document.positionAt(offset).line))
    .map(({ line }) => line)
    .sort((a, b) => a - b);
}

/** Whether the cursor is still where a refactoring was asked for. */
function isThere({ range }: RefactorSession, { document, selection }: vscode.TextEditor): boolean {
  return (
    document.offsetAt(selection.start) >= range.start && document.offsetAt(selection.end) <= range.end + 2
  );
}
