import * as vscode from 'vscode';
import { fence, fenceTag } from '../../reasoning/prompts/fence.ts';
import { answerMarkdown } from './answerMarkdown.ts';
import type { RefactorSession } from './refactorSession.ts';
import { removeThread } from './removeThread.ts';
import { shownHunks } from './shownHunks.ts';

const controllerId = 'glassbox.refactor';
/** What a zone below a line shows. */
interface ZoneContent {
  /** Unique within its session. */
  readonly key: string;
  /** Menus know a zone by it: `hunk` (may be accepted), `preview` or `answer`. */
  readonly kind: 'hunk' | 'preview' | 'answer';
  readonly line: number;
  readonly label: string;
  readonly author: string;
  readonly body: string;
}

interface Zone {
  readonly thread: vscode.CommentThread;
  readonly madeAt: number;
  shown: string;
}

/**
 * Shows proposed lines between the lines of a document, without a change of the document: comment threads are the one thing by
 * which an extension can make room between lines. There are some only while an editor shows the document.
 */
export class ReviewZones implements vscode.Disposable {
  #controller: vscode.CommentController | undefined;
  /** By session and key. */
  readonly #zones = new Map<string, Map<string, Zone>>();
  readonly #owners = new WeakMap<
    vscode.CommentThread,
    { readonly sessionId: string; readonly hunkId: string }
  >();

  /** Draws what a session shows now. @param document undefined while no editor shows it */
  draw(session: RefactorSession, document: vscode.TextDocument | undefined): void {
    const { id } = session.task;
    const before = new Map(this.#zones.get(id));
    const after = new Map<string, Zone>();
    // A thread stays with its document; one whose file has been renamed is made anew.
    for (const [key, zone] of before) {
      if (document === undefined || zone.thread.uri.toString() === document.uri.toString()) continue;
      removeThread(zone);
      before.delete(key);
    }
    const contents = document === undefined ? [] : contentsOf(session, document);
    const wanted = new Set(contents.map(({ key }) => key));
    // While a model writes, hunks come and go: a zone whose hunk has gone is taken for the next one.
    const spare = [...before].filter(([key]) => !wanted.has(key)).map(([, zone]) => zone);
    for (const content of contents) {
      if (document === undefined) continue;
      const zone = before.get(content.key) ?? spare.shift() ?? this.#make(document.uri, content.line);
      this.#owners.set(zone.thread, { sessionId: id, hunkId: content.key });
      fill(zone, content);
      after.set(content.key, zone);
    }
    for (const zone of spare) removeThread(zone);
    if (after.size === 0) this.#zones.delete(id);
    else this.#zones.set(id, after);
  }

  /** Whose zone it is; undefined for other extensions' threads. */
  ownerOf(thread: vscode.CommentThread): { readonly sessionId: string; readonly hunkId: string } | undefined {
    return this.#owners.get(thread);
  }

  dispose(): void {
    for (const zones of this.#zones.values()) for (const zone of zones.values()) removeThread(zone);
    this.#zones.clear();
    this.#controller?.dispose();
  }

  #make(uri: vscode.Uri, line: number): Zone {
    this.#controller ??= vscode.comments.createCommentController(controllerId, 'Glassbox');
    const thread = this.#controller.createCommentThread(uri, new vscode.Range(line, 0, line, 0), []);
    // The editor opens its Comments view for a thread that is not resolved (`configurationDefaults` in package.json).
    thread.state = vscode.CommentThreadState.Resolved;
    thread.canReply = false;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    return { thread, madeAt: performance.now(), shown: '' };
  }
}

function fill(zone: Zone, { kind, line, label, author, body }: ZoneContent): void {
  const { thread } = zone;
  if (thread.range?.start.line !== line) thread.range = new vscode.Range(line, 0, line, 0);
  const shown = JSON.stringify([kind, label, author, body]);
  if (zone.shown === shown) return;
  zone.shown = shown;
  thread.label = label;
  thread.contextValue = kind;
  thread.comments = [commentOf(author, body)];
}

function commentOf(name: string, markdown: string): vscode.Comment {
  // What a model wrote is hostile: no HTML, no commands, no pictures; it stands in fences or escaped.
  const body = new vscode.MarkdownString(markdown);
  return { body, mode: vscode.CommentMode.Preview, author: { name } };
}

function contentsOf(session: RefactorSession, document: vscode.TextDocument): readonly ZoneContent[] {
  const t = vscode.l10n.t;
  const { phase, task } = session;
  const lineAt = (offset: number): number => document.positionAt(offset).line;
  const lastLine = lineAt(session.range.end);
  if (phase.kind === 'reviewing' || phase.kind === 'writing') {
    const hunks = shownHunks(session, lineAt);
    const contents = hunks.flatMap(({ hunk, line, removed }, index): ZoneContent[] => {
      if (hunk.proposedLines.length === 0) return [];
      return [
        {
          key: hunk.id,
          kind: phase.kind === 'reviewing' ? 'hunk' : 'preview',
          line: Math.max(0, removed === 0 ? line - 1 : line + removed - 1),
          label: hunks.length === 1 ? task.title : t('Change {0} of {1}', index + 1, hunks.length),
          author: removed === 0 ? t('Add') : t('Replace with'),
          body: fence(hunk.proposedLines.join('').replace(/\r?\n$/u, ''), fenceTag(task.languageId)),
        },
      ];
    });
    if (task.answer === 'text' && session.answer !== '') return [textZone(session, lastLine, task.title)];
    return contents;
  }
  if (phase.kind === 'text') return [textZone(session, lastLine, task.title)];
  if (phase.kind === 'rejected' || phase.kind === 'failed') {
    const reason = phase.kind === 'rejected' ? phase.reason : phase.message;
    const text = session.answer.trim() === '' ? '' : `\n\n${fence(session.answer.trim(), 'text')}`;
    return [
      {
        key: 'answer',
        kind: 'answer',
        line: lastLine,
        label: task.title,
        author: t('Not applied'),
        body: `${escaped(reason)}${text}`,
      },
    ];
  }
  return [];
}

function textZone(session: RefactorSession, line: number, label: string): ZoneContent {
  return {
    key: 'answer',
    kind: 'answer',
    line,
    label,
    author: 'Glassbox',
    body: answerMarkdown(session.answer, escaped),
  };
}

function escaped(text: string): string {
  return new vscode.MarkdownString().appendText(text).value;
}
