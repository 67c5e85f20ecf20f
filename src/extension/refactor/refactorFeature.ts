import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { fence, fenceTag } from '../../reasoning/prompts/fence.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import { instructionWith, type RefactoringId, refactoringOf } from '../../refactor/refactoring.ts';
import type { Syntax } from '../../refactor/syntax/syntax.ts';
import { afterAccept } from './afterAccept.ts';
import { requireRefactorable } from './documentRules.ts';
import { findTarget } from './findTarget.ts';
import { InstructionInput } from './instructionInput.ts';
import { makeRoom } from './makeRoom.ts';
import { markLines } from './markLines.ts';
import { ModelRun, type ModelRunOptions, refactorConversation } from './modelRun.ts';
import { oneSelection } from './oneSelection.ts';
import { pathOf } from './pathOf.ts';
import { pickRefactoring } from './pickRefactoring.ts';
import { problemsIn } from './problemsIn.ts';
import type { RefactorSession } from './refactorSession.ts';
import { RefactorSessions } from './refactorSessions.ts';
import type { RefactorTask } from './refactorTask.ts';
import { RefactorView } from './refactorView.ts';
import { ReviewActions } from './reviewActions.ts';
import { type ReviewDocument, ReviewDocuments } from './reviewDocuments.ts';
import { tellEnd } from './tellEnd.ts';
import { TrackedPlace } from './trackedPlace.ts';
import { WorkspaceRename } from './workspaceRename.ts';

export interface RefactorFeatureOptions extends ModelRunOptions {
  readonly syntax: Syntax;
  readonly memory: vscode.Memento;
  /** Where reviews that wait are kept. */
  readonly folder: string;
  readonly openTrace: (conversationId: string, answerId: string) => Promise<void>;
  /** Puts a question into the chat's input and shows it. */
  readonly askInChat: (question: string) => Promise<void>;
}

/** What is asked about a place, by a command, a code action or a task that failed. */
type Asked = Pick<RefactorTask, 'title' | 'instruction' | 'refactoring' | 'answer' | 'problems'>;

/** Refactoring in the editor: the ways in, and what becomes of what was asked. */
export class RefactorFeature implements vscode.Disposable {
  readonly #options: RefactorFeatureOptions;
  readonly sessions: RefactorSessions;
  readonly actions: ReviewActions;
  readonly #documents: ReviewDocuments;
  readonly #view: RefactorView;
  readonly input: InstructionInput;
  readonly #rename: WorkspaceRename;

  constructor(options: RefactorFeatureOptions) {
    const run = new ModelRun(options);
    this.#options = options;
    this.#documents = new ReviewDocuments((id) => this.sessions.find(id));
    this.#view = new RefactorView(() => this.sessions.all, this.#documents);
    this.sessions = new RefactorSessions({
      ...options,
      run,
      onChange: (session) => this.#view.changed(session),
    });
    this.input = new InstructionInput(options.memory);
    this.#rename = new WorkspaceRename({ run, newId: randomUUID });
    this.actions = new ReviewActions({
      sessions: this.sessions,
      documents: this.#documents,
      drawn: () => this.#view.drawn(),
      onAccepted: (accepted) =>
        afterAccept(accepted, {
          fix: async (document, range, asked) =>
            this.#start(document, await findTarget(document, range, options.syntax), {
              ...asked,
              answer: 'edit',
              problems: problemsIn(document, range),
            }),
        }),
    });
  }

  /** Lets the user pick a ready-made refactoring. */
  async choose(): Promise<void> {
    const picked = await pickRefactoring();
    if (picked === undefined) return;
    if (picked.id === undefined) await this.editWithInstruction();
    else await this.refactor(picked.id);
  }

  /** Asks what to do and does it to the selection. */
  async editWithInstruction(): Promise<void> {
    const editor = this.#activeEditor();
    const { document } = editor;
    await requireRefactorable(document, true);
    const { syntax } = this.#options;
    const target = await findTarget(document, oneSelection(editor), syntax);
    const range = rangeOf(document, target);
    // Without a selection nothing else tells which lines are meant.
    const mark = markLines(editor, range);
    const place = new TrackedPlace(document, target);
    const instruction = await this.input.ask(editor, range).finally(() => {
      mark.dispose();
      place.dispose();
    });
    if (instruction === undefined) return;
    // One can go on typing in the code while the box is open.
    const now = place.isMoved ? await findTarget(document, place.range, syntax) : target;
    await this.#start(document, now, {
      title: instruction,
      instruction,
      answer: 'edit',
      problems: problemsIn(document, rangeOf(document, now)),
    });
  }

  /**
   * Runs a ready-made refactoring on the active editor's selection, or on a place that a code action names.
   * @param message of the problem that is to be fixed; absent: the worst one at the selection, or else in the code that is taken
   */
  async refactor(
    id: RefactoringId,
    at?: { readonly uri: vscode.Uri; readonly range: vscode.Range },
    message?: string,
  ): Promise<void> {
    const editor = this.#activeEditor(at?.uri);
    const { document } = editor;
    const refactoring = refactoringOf(id);
    await requireRefactorable(document, refactoring.answer === 'edit');
    const range = at?.range ?? oneSelection(editor);
    // A problem is a word; what has to change is the function around it.
    const place =
      id === 'fixProblem' && range.isSingleLine ? new vscode.Range(range.start, range.start) : range;
    const target = await findTarget(document, place, this.#options.syntax);
    const problems = problemsIn(document, rangeOf(document, target));
    const problem =
      message === undefined
        ? (problemsIn(document, range)[0] ?? problems[0])
        : // It may be gone from the list, or be below the worst ones; it is what was chosen all the same.
          (problems.find((each) => each.message === message) ?? { message });
    if (id === 'fixProblem' && problem === undefined) {
      throw new GlassboxError(
        'request/invalid',
        vscode.l10n.t('VS Code shows no problem here. Put the cursor on one, or use Edit with Instruction.'),
      );
    }
    await this.#start(document, target, {
      title: vscode.l10n.t(refactoring.title),
      instruction: id === 'fixProblem' ? instructionWith(refactoring, problem) : refactoring.instruction,
      refactoring: id,
      answer: refactoring.answer,
      problems,
    });
  }

  /** Renames a symbol in all files, with a preview. */
  async refactorInWorkspace(): Promise<void> {
    const editor = this.#activeEditor();
    await requireRefactorable(editor.document, true);
    await this.#rename.run(editor);
  }

  /** Asks again. @throws GlassboxError `request/invalid` when it was asked often enough, or about code that has changed since */
  async tryAgain(session: RefactorSession): Promise<void> {
    if (!session.canTryAgain) {
      throw new GlassboxError(
        'request/invalid',
        vscode.l10n.t('This was tried often enough, or the code has changed. Start the refactoring again.'),
      );
    }
    await session.tryAgain();
    await tellEnd(session, this.actions, this.#options.log);
  }

  /** Stops what is being written: by one session, by its id, or by all. */
  stop(id?: string): void {
    for (const session of this.sessions.all) {
      if (session.phase.kind === 'writing' && (id === undefined || session.task.id === id)) session.stop();
    }
  }

  async show(session: RefactorSession, kind: ReviewDocument): Promise<void> {
    await this.#documents.show(session, kind);
  }

  async showTrace(session: RefactorSession): Promise<void> {
    await this.#options.openTrace(refactorConversation, session.requestId);
  }

  /** The exact prompt of the last refactoring. */
  async showPrompt(): Promise<void> {
    const session = this.sessions.lastAsked;
    if (session === undefined) {
      throw new GlassboxError(
        'request/invalid',
        vscode.l10n.t(
          'No model was asked to refactor yet, so there is no prompt to show. Refactor something first.',
        ),
      );
    }
    await this.#documents.show(session, 'prompt');
  }

  async showInChat({ task, selection }: RefactorSession): Promise<void> {
    await this.#options.askInChat(`${task.instruction}\n\n${fence(selection, fenceTag(task.languageId))}`);
  }

  /** Whose zone a comment thread is. */
  ownerOf(thread: vscode.CommentThread): { readonly sessionId: string; readonly hunkId: string } | undefined {
    return this.#view.zones.ownerOf(thread);
  }

  dispose(): void {
    this.input.dispose();
    this.sessions.dispose();
    this.#view.dispose();
    this.#documents.dispose();
  }

  /** The editor that shows a document, or the active one. @throws GlassboxError `request/invalid` when there is none */
  #activeEditor(uri?: vscode.Uri): vscode.TextEditor {
    const wanted = uri?.toString();
    const active = this.input.activeEditor;
    const editor =
      wanted === undefined || active?.document.uri.toString() === wanted
        ? active
        : vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === wanted);
    if (editor !== undefined) return editor;
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t(
        'No editor is open to refactor in. Open a file and select code, or put the cursor into a function.',
      ),
    );
  }

  async #start(document: vscode.TextDocument, target: EditTarget, asked: Asked): Promise<void> {
    if (!(await makeRoom(this.sessions, document, target))) return;
    const task: RefactorTask = {
      ...asked,
      id: randomUUID(),
      createdAt: this.#options.now(),
      uri: document.uri.toString(),
      path: pathOf(document.uri),
      languageId: document.languageId,
    };
    const session = this.sessions.add(task, target);
    await session.start();
    await tellEnd(session, this.actions, this.#options.log);
  }
}

function rangeOf(document: vscode.TextDocument, { start, end }: EditTarget): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}
