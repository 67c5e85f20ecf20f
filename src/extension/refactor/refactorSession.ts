import { createHash } from 'node:crypto';
import type { GenerationEvent, GenerationTimings } from '../../protocol/generation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { compactInstruction } from '../../refactor/compactInstruction.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import { growingEdit, type GrowingEdit } from '../../refactor/growingEdit.ts';
import { judgeAnswer } from '../../refactor/judgeAnswer.ts';
import { promptStyleOf } from '../../refactor/promptStyle.ts';
import { MOST_RETRIES, type Rejection } from '../../refactor/rejection.ts';
import type { RefactorPrompt } from '../../refactor/refactorPrompt.ts';
import type { RefactorRequest, RetryNote } from '../../refactor/refactorRequest.ts';
import type { Syntax } from '../../refactor/syntax/syntax.ts';
import { type DocumentChange, trackRange } from '../../refactor/trackRange.ts';
import type { ModelRun } from './modelRun.ts';
import type { RefactorTask } from './refactorTask.ts';
import { currentText, decide, follow, newReview, pendingHunks, type Review, settle } from './review.ts';
import { placeOf, reviewOf, type StoredReview } from './storedReview.ts';
import { writingStep, type WritingStep } from './writingStep.ts';

/** What a session is at. */
export type SessionPhase =
  | { readonly kind: 'writing'; readonly step: WritingStep; readonly growing?: GrowingEdit }
  /** `notes` are sentences for the user: syntax that was not checked, code that had to be fitted. */
  | { readonly kind: 'reviewing'; readonly review: Review; readonly notes: readonly string[] }
  /** An answer that is a text, as was asked for. */
  | { readonly kind: 'text' }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** It broke off: the engine ended, the model could not be loaded, the user stopped it. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: GlassboxError['code'] }
  /** Nothing is shown any more. */
  | { readonly kind: 'ended' };

export interface RefactorSessionOptions {
  readonly task: RefactorTask;
  /** The document when the user asked, and the lines that it is about. */
  readonly target: EditTarget;
  readonly run: ModelRun;
  readonly syntax: Syntax;
  /** What is around the selection; asked for once the model is there, and only where the model can use it. */
  readonly gather: () => Promise<Pick<RefactorRequest, 'imports' | 'definitions' | 'lines'>>;
  readonly save: (stored: StoredReview) => void;
  readonly forget: (id: string) => void;
  /** After every change; what the eye does not follow comes in a bundle. */
  readonly onChange: (session: RefactorSession) => void;
}

/** One refactoring, from the question to the last decision. It knows texts and offsets; the document is changed elsewhere. */
export class RefactorSession {
  readonly #options: RefactorSessionOptions;
  /** The document as the model knows it, and the range in it. */
  readonly #target: EditTarget;
  #abort = new AbortController();
  #phase: SessionPhase;
  /** The document as it is now. */
  #document: string;
  #start: number;
  #end: number;
  #isTouched = false;
  /** How often an answer was rejected and asked for again. */
  #attempt = 0;
  /** How often the model was asked in all. */
  #asked = 0;
  #rejection: Rejection | undefined;
  #thought = '';
  #answer = '';
  #hasTrace = false;
  #prompt: RefactorPrompt | undefined;
  #timings: GenerationTimings | undefined;

  constructor(options: RefactorSessionOptions, restored?: StoredReview) {
    this.#options = options;
    this.#target = options.target;
    this.#document = options.target.document;
    this.#start = options.target.start;
    this.#end = options.target.end;
    this.#phase = { kind: 'writing', step: { kind: 'engine' } };
    if (restored === undefined) return;
    this.#thought = restored.thought;
    this.#answer = restored.answer;
    this.#hasTrace = restored.hasTrace;
    this.#phase =
      restored.status === 'reviewing'
        ? { kind: 'reviewing', review: reviewOf(restored), notes: [] }
        : { kind: 'rejected', reason: restored.reason ?? '' };
  }

  get task(): RefactorTask {
    return this.#options.task;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  /** Somebody else has changed what stands in the range: nothing is applied before the user has said what to do. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** Offsets in the document as it is now. */
  get range(): { readonly start: number; readonly end: number } {
    return { start: this.#start, end: this.#end };
  }

  /** What was selected when the user asked. */
  get selection(): string {
    return this.#target.document.slice(this.#target.start, this.#target.end);
  }

  get thought(): string {
    return this.#thought;
  }

  get answer(): string {
    return this.#answer;
  }

  /** The last attempt's name in the engine and among the traces. */
  get requestId(): string {
    return this.#asked <= 1 ? this.task.id : `${this.task.id}-${this.#asked}`;
  }

  get hasTrace(): boolean {
    return this.#hasTrace;
  }

  /** Undefined until the model has been asked. */
  get prompt(): RefactorPrompt | undefined {
    return this.#prompt;
  }

  /** Undefined until the model has come to its end. */
  get timings(): GenerationTimings | undefined {
    return this.#timings;
  }

  /** The document with all that waits accepted; undefined while there is nothing to compare. */
  get proposedDocument(): string | undefined {
    if (this.#phase.kind !== 'reviewing' || this.#isTouched) return undefined;
    const { review } = this.#phase;
    const waiting = pendingHunks(review).map(({ id }) => id);
    const text = currentText(decide(review, waiting, 'accepted'));
    return this.#document.slice(0, this.#start) + text + this.#document.slice(this.#end);
  }

  /**
   * Asks the model. A failure becomes the phase.
   * @throws GlassboxError when it was refused before anything was written, so that there is nothing to show: the session has ended then
   */
  async start(): Promise<void> {
    await this.#run(undefined);
  }

  /** Asks again and says what was wrong. Does nothing when it was asked often enough. */
  async tryAgain(): Promise<void> {
    if (!this.canTryAgain) return;
    if (this.#phase.kind !== 'failed' && this.#rejection?.reason !== 'cancelled') this.#attempt += 1;
    const note: RetryNote | undefined =
      this.#rejection === undefined || this.#rejection.reason === 'cancelled'
        ? undefined
        : { answer: this.#rejection.text, whatWasWrong: this.#rejection.forModel };
    await this.#run(note);
  }

  get canTryAgain(): boolean {
    const phase = this.#phase;
    if (phase.kind === 'writing' || phase.kind === 'ended' || this.#isTouched) return false;
    // Where something is decided, or was settled, the model was asked about another text than stands there now.
    if (
      phase.kind === 'reviewing' &&
      (phase.review.decisions.size > 0 || phase.review.original !== this.selection)
    )
      return false;
    return phase.kind === 'failed' || this.#attempt < MOST_RETRIES;
  }

  /** Stops the writing, or the waiting before it. */
  stop(): void {
    this.#abort.abort();
  }

  /** Ends the session; nothing of it is kept. */
  end(): void {
    this.#abort.abort();
    this.#phase = { kind: 'ended' };
    this.#options.forget(this.task.id);
    this.#options.onChange(this);
  }

  /** Decides hunks that wait. Whoever accepts changes the document in the same moment, and calls `documentChanged`. */
  decide(ids: readonly string[], decision: 'accepted' | 'rejected'): void {
    if (this.#phase.kind !== 'reviewing') return;
    const review = decide(this.#phase.review, ids, decision);
    this.#become({ ...this.#phase, review });
  }

  /** The review is as it was before a decision that could not be carried out. */
  restore(review: Review): void {
    if (this.#phase.kind === 'reviewing') this.#become({ ...this.#phase, review });
  }

  /** The document is another now. @param changes as VS Code tells them; none where it is not known how it came about */
  documentChanged(document: string, changes: readonly DocumentChange[]): void {
    if (this.#phase.kind === 'ended') return;
    const tracked = trackRange({ start: this.#start, end: this.#end, touched: false }, changes);
    const before = this.#start;
    this.#document = document;
    const review = this.#review();
    // A document that was opened again may have changed anywhere.
    const anywhere = changes.length === 0 ? [document.indexOf(currentText(review))] : [];
    const found = follow(review, document, [tracked.start, before, ...anywhere]);
    if (found === undefined) {
      this.#isTouched = true;
      this.#start = Math.min(tracked.start, document.length);
      this.#end = Math.max(this.#start, Math.min(tracked.end, document.length));
    } else {
      this.#isTouched = false;
      this.#start = found.start;
      this.#end = found.start + currentText(found.review).length;
      if (this.#phase.kind === 'reviewing') this.#phase = { ...this.#phase, review: found.review };
    }
    this.#keep();
    this.#options.onChange(this);
  }

  /** Takes what stands in the range now as the text that the rest of the proposal is for. @returns how many hunks are gone */
  settle(): number {
    if (this.#phase.kind !== 'reviewing' || !this.#isTouched) return 0;
    // Whole lines: what was typed before or behind the range on its own lines is part of it now.
    const start = this.#document.lastIndexOf('\n', this.#start - 1) + 1;
    const lineEnd = this.#document.slice(this.#end).search(/\r?\n/u);
    const end = lineEnd < 0 ? this.#document.length : this.#end + lineEnd;
    const { review, dropped } = settle(this.#phase.review, this.#document.slice(start, end));
    this.#start = start;
    this.#end = end;
    this.#isTouched = false;
    this.#become({ ...this.#phase, review });
    return dropped;
  }

  /** The text as it is kept on the disk. */
  stored(): StoredReview {
    const { id, createdAt, uri, path, languageId, title, instruction, refactoring } = this.task;
    const phase = this.#phase;
    const review = this.#review();
    return {
      version: 1,
      id,
      createdAt,
      uri,
      path,
      languageId,
      title,
      instruction,
      ...(refactoring === undefined ? {} : { refactoring }),
      status: phase.kind === 'reviewing' ? 'reviewing' : phase.kind === 'writing' ? 'writing' : 'rejected',
      ...(phase.kind === 'rejected'
        ? { reason: phase.reason }
        : phase.kind === 'failed'
          ? { reason: phase.message }
          : {}),
      original: review.original,
      proposed: review.proposed,
      decisions: [...review.decisions],
      thought: this.#thought,
      answer: this.#answer,
      hasTrace: this.#hasTrace,
      start: this.#start,
      documentHash: hashOf(this.#document),
    };
  }

  async #run(retry: RetryNote | undefined): Promise<void> {
    this.#abort = new AbortController();
    this.#asked += 1;
    this.#rejection = undefined;
    this.#thought = '';
    this.#answer = '';
    this.#hasTrace = false;
    this.#become({ kind: 'writing', step: { kind: 'engine' } });
    try {
      await this.#ask(retry);
    } catch (thrown) {
      const { code, message } = GlassboxError.from(thrown);
      if (this.#isEnded()) return;
      const hasNothingToShow = this.#answer.trim() === '';
      if (code === 'request/cancelled' && hasNothingToShow) {
        this.end();
        return;
      }
      if (hasNothingToShow && refusals.has(code)) {
        this.end();
        throw thrown;
      }
      this.#become({ kind: 'failed', code, message });
    }
  }

  async #ask(retry: RetryNote | undefined): Promise<void> {
    const { run, syntax, gather } = this.#options;
    const { signal } = this.#abort;
    this.#step({ kind: 'model' });
    const model = await run.load(signal);
    const style = promptStyleOf(model);
    const { instruction, answer } = style === 'compact' ? this.#compact() : this.task;
    this.#step({ kind: 'context' });
    const around = style === 'compact' ? { imports: '', definitions: [] } : await gather();
    const { document, start, end } = this.#target;
    const request: RefactorRequest = {
      languageId: this.task.languageId,
      path: this.task.path,
      selection: this.selection,
      before: document.slice(0, start),
      after: document.slice(end),
      problems: this.task.problems,
      instruction,
      answer,
      ...around,
      ...(retry === undefined ? {} : { retry }),
    };
    const { prompt, replyTokens } = await run.prompt(model, request, style);
    this.#prompt = prompt;
    if (signal.aborted) throw new GlassboxError('request/cancelled', 'The refactoring was stopped.');
    this.#step({ kind: 'prompt', done: 0, total: prompt.promptTokens });
    const { result, hasTrace } = await run.ask({
      requestId: this.requestId,
      title: this.task.title,
      prompt,
      replyTokens,
      selection: this.selection,
      attempt: this.#attempt,
      signal,
      onEvent: (event) => this.#take(event, answer === 'edit'),
    });
    if (this.#isEnded()) return;
    this.#thought = result.thought;
    this.#answer = result.answer;
    this.#hasTrace = hasTrace;
    this.#timings = result.timings;
    if (answer === 'text' && result.finishReason === 'stop') {
      this.#become({ kind: 'text' });
      return;
    }
    const judged = await judgeAnswer(this.#target, result, syntax);
    if (this.#isEnded()) return;
    if (judged.kind === 'rejected') {
      this.#rejection = judged;
      // Stopped before the first word: there is nothing to show.
      if (judged.reason === 'cancelled' && result.answer.trim() === '') this.end();
      else this.#become({ kind: 'rejected', reason: judged.forUser });
      return;
    }
    const notes = judged.syntax.kind === 'unchecked' ? [judged.syntax.sentence] : [];
    this.#become({ kind: 'reviewing', review: newReview(judged.original, judged.edit.text), notes });
  }

  /** In the words that the embedded model was trained on. @throws GlassboxError `request/invalid` when it was not trained on that */
  #compact(): Pick<RefactorRequest, 'instruction' | 'answer'> {
    const { refactoring, languageId, instruction, answer } = this.task;
    if (refactoring === undefined) return { instruction, answer };
    const compact = compactInstruction(refactoring, languageId, this.selection);
    if (compact.kind === 'unsupported') throw new GlassboxError('request/invalid', compact.hint);
    return { instruction: compact.text, answer: compact.answer };
  }

  #take(event: GenerationEvent, isEdit: boolean): void {
    if (this.#phase.kind !== 'writing') return;
    if (event.type === 'text') {
      if (event.channel === 'thought') this.#thought += event.text;
      else this.#answer += event.text;
    }
    const step = writingStep(this.#phase.step, event);
    // A line that is not whole changes nothing of the hunks.
    const isNewLine = event.type === 'text' && event.channel === 'answer' && event.text.includes('\n');
    const growing = isEdit && isNewLine ? growingEdit(this.#target, this.#answer) : this.#phase.growing;
    this.#phase = { kind: 'writing', step, ...(growing === undefined ? {} : { growing }) };
    this.#keep();
    this.#options.onChange(this);
  }

  #step(step: WritingStep): void {
    this.#become({ kind: 'writing', step });
  }

  #become(phase: SessionPhase): void {
    this.#phase = phase;
    this.#keep();
    this.#options.onChange(this);
  }

  #keep(): void {
    if (this.#phase.kind === 'text' || this.#phase.kind === 'ended') return;
    // Before the first word there is nothing to lose.
    if (this.#phase.kind !== 'reviewing' && this.#answer === '') return;
    this.#options.save(this.stored());
  }

  #isEnded(): boolean {
    return this.#phase.kind === 'ended';
  }

  /** Before there is a proposal, the selection without any change. */
  #review(): Review {
    return this.#phase.kind === 'reviewing' ? this.#phase.review : newReview(this.selection, this.selection);
  }
}

/** Failures that asking again would not mend. */
const refusals: ReadonlySet<GlassboxError['code']> = new Set([
  'request/invalid',
  'context/overflow',
  'model/notLoaded',
  'template/failed',
]);

/** A stored review in a document that still holds its text; undefined where it does not. */
export function targetOf(stored: StoredReview, document: string): EditTarget | undefined {
  const start = placeOf(stored, document, hashOf);
  if (start === undefined) return undefined;
  return {
    languageId: stored.languageId,
    document,
    start,
    end: start + currentText(reviewOf(stored)).length,
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
