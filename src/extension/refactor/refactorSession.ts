import type { GenerationEvent, GenerationTimings } from '../../protocol/generation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import { growingEdit } from '../../refactor/growingEdit.ts';
import { judgeAnswer } from '../../refactor/judgeAnswer.ts';
import { promptStyleOf } from '../../refactor/promptStyle.ts';
import { MOST_RETRIES, type Rejection } from '../../refactor/rejection.ts';
import type { RefactorPrompt } from '../../refactor/refactorPrompt.ts';
import type { RefactorRequest, RetryNote } from '../../refactor/refactorRequest.ts';
import type { Syntax } from '../../refactor/syntax/syntax.ts';
import type { DocumentChange } from '../../refactor/trackRange.ts';
import type { ModelRun } from './modelRun.ts';
import type { RefactorTask } from './refactorTask.ts';
import { currentText, decide, newReview, pendingHunks, type Review, withLineEndings } from './review.ts';
import type { SessionPhase } from './sessionPhase.ts';
import { emptyReply, type SessionReply } from './sessionReply.ts';
import { proposalNotes } from './proposalNotes.ts';
import { requestIdOf, timesAsked } from './requestId.ts';
import { requestOf } from './requestOf.ts';
import { ReviewPlace } from './reviewPlace.ts';
import { reviewOf, type StoredReview } from './storedReview.ts';
import { storedSession } from './storedSession.ts';
import { writingStep, type WritingStep } from './writingStep.ts';

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
  #task: RefactorTask;
  /** The document as the model knows it, and the range in it. */
  readonly #target: EditTarget;
  #abort = new AbortController();
  #phase: SessionPhase;
  /** Where the range is now. */
  readonly #place: ReviewPlace;
  /** How often an answer was rejected and asked for again. */
  #attempt = 0;
  /** How often the model was asked in all. */
  #asked = 0;
  #rejection: Rejection | undefined;
  #reply: SessionReply;
  /** What was there when the model was asked again: it comes back where the new answer is none. */
  #before:
    | {
        readonly phase: SessionPhase;
        readonly reply: SessionReply;
        readonly rejection: Rejection | undefined;
        readonly attempt: number;
      }
    | undefined;
  /** A later answer that could not be used, while an earlier proposal is under review again. */
  #unused: { readonly reason: string; readonly answer: string } | undefined;
  #prompt: RefactorPrompt | undefined;

  constructor(options: RefactorSessionOptions, restored?: StoredReview) {
    this.#options = options;
    this.#task = options.task;
    this.#target = options.target;
    this.#place = new ReviewPlace(options.target);
    this.#phase = { kind: 'writing', step: { kind: 'engine' } };
    this.#reply = emptyReply(options.task.id);
    if (restored === undefined) return;
    const { id, requestId = id, thought, answer, hasTrace, notes = [] } = restored;
    this.#reply = { requestId, thought, answer, hasTrace };
    this.#asked = timesAsked(id, requestId);
    this.#phase =
      restored.status === 'reviewing'
        ? { kind: 'reviewing', review: reviewOf(restored), notes }
        : restored.status === 'text'
          ? { kind: 'text' }
          : { kind: 'rejected', reason: restored.reason ?? '' };
  }

  get task(): RefactorTask {
    return this.#task;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  /** Somebody else has changed what stands in the range: nothing is applied before the user has said what to do. */
  get isTouched(): boolean {
    return this.#place.isTouched;
  }

  /** Offsets in the document as it is now. */
  get range(): { readonly start: number; readonly end: number } {
    return this.#place.range;
  }

  /** What was selected when the user asked. */
  get selection(): string {
    return this.#target.document.slice(this.#target.start, this.#target.end);
  }

  get thought(): string {
    return this.#reply.thought;
  }

  get answer(): string {
    return this.#reply.answer;
  }

  /** A later answer than the one under review, which could not be used. */
  get unused(): { readonly reason: string; readonly answer: string } | undefined {
    return this.#unused;
  }

  /** The name of what is shown in the engine and among the traces. */
  get requestId(): string {
    return this.#reply.requestId;
  }

  get hasTrace(): boolean {
    return this.#reply.hasTrace;
  }

  /** Undefined until the model has been asked. */
  get prompt(): RefactorPrompt | undefined {
    return this.#prompt;
  }

  /** Undefined until the model has come to its end. */
  get timings(): GenerationTimings | undefined {
    return this.#reply.timings;
  }

  /** The document with all that waits accepted; undefined while there is nothing to compare. */
  get proposedDocument(): string | undefined {
    if (this.#phase.kind !== 'reviewing' || this.isTouched) return undefined;
    const { review } = this.#phase;
    const waiting = pendingHunks(review).map(({ id }) => id);
    return this.#place.with(currentText(decide(review, waiting, 'accepted')));
  }

  /**
   * Asks the model. A failure becomes the phase.
   * @throws GlassboxError when it was refused before anything was written, so that there is nothing to show: the session has ended then
   */
  async start(): Promise<void> {
    await this.#run(undefined);
  }

  /**
   * Asks again and says what was wrong. Does nothing when it was asked often enough. A proposal that was under review stays where the
   * new answer is none, or is stopped.
   * @throws GlassboxError as `start` does; what was there before is there again
   */
  async tryAgain(): Promise<void> {
    if (!this.canTryAgain) return;
    this.#before = {
      phase: this.#phase,
      reply: this.#reply,
      rejection: this.#rejection,
      attempt: this.#attempt,
    };
    if (this.#phase.kind !== 'failed' && this.#rejection?.reason !== 'cancelled') this.#attempt += 1;
    const note: RetryNote | undefined =
      this.#rejection === undefined || this.#rejection.reason === 'cancelled'
        ? undefined
        : { answer: this.#rejection.text, whatWasWrong: this.#rejection.forModel };
    await this.#run(note);
  }

  get canTryAgain(): boolean {
    const phase = this.#phase;
    if (phase.kind === 'writing' || phase.kind === 'ended' || this.isTouched) return false;
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
    const review = this.#place.follow(document, changes, this.#review());
    if (review !== undefined && this.#phase.kind === 'reviewing') this.#phase = { ...this.#phase, review };
    this.#keep();
    this.#options.onChange(this);
  }

  /** The document's file has another name now, or lies elsewhere. @param path relative to the workspace where there is one */
  moved(uri: string, path: string): void {
    if (this.#phase.kind === 'ended') return;
    this.#task = { ...this.#task, uri, path };
    this.#keep();
    this.#options.onChange(this);
  }

  /** Takes what stands in the range now as the text that the rest of the proposal is for. @returns how many hunks are gone */
  settle(): number {
    if (this.#phase.kind !== 'reviewing' || !this.isTouched) return 0;
    const { review, dropped } = this.#place.settle(this.#phase.review);
    this.#become({ ...this.#phase, review });
    return dropped;
  }

  /** As it is kept on the disk. */
  stored(): StoredReview {
    // While the model writes another answer, the proposal that was there before is what must not be lost.
    const { phase, reply } =
      this.#before?.phase.kind === 'reviewing' ? this.#before : { phase: this.#phase, reply: this.#reply };
    const review = phase.kind === 'reviewing' ? phase.review : this.#review();
    return storedSession({
      task: this.#task,
      phase,
      reply,
      review,
      start: this.#place.range.start,
      document: this.#place.document,
    });
  }

  async #run(retry: RetryNote | undefined): Promise<void> {
    this.#abort = new AbortController();
    this.#asked += 1;
    this.#rejection = undefined;
    this.#unused = undefined;
    this.#reply = emptyReply(requestIdOf(this.task.id, this.#asked));
    this.#become({ kind: 'writing', step: { kind: 'engine' } });
    try {
      await this.#ask(retry);
    } catch (thrown) {
      const { code, message } = GlassboxError.from(thrown);
      if (this.#isEnded()) return;
      const hasNothingToShow = this.#reply.answer.trim() === '';
      if (code === 'request/cancelled' && hasNothingToShow) {
        this.#takeBack();
        return;
      }
      if (hasNothingToShow && refusals.has(code)) {
        this.#takeBack();
        throw thrown;
      }
      this.#becomeUnusable({ kind: 'failed', code, message }, message);
    }
  }

  /** Nothing was written: all is as before the question, or there is nothing to show. */
  #takeBack(): void {
    const before = this.#before;
    if (before === undefined) {
      this.end();
      return;
    }
    this.#before = undefined;
    this.#reply = before.reply;
    this.#rejection = before.rejection;
    this.#attempt = before.attempt;
    this.#become(before.phase);
  }

  /** No edit came of it. A proposal that was under review before stays under review, and its user is told. */
  #becomeUnusable(phase: SessionPhase, reason: string): void {
    const before = this.#before;
    this.#before = undefined;
    if (before?.phase.kind !== 'reviewing') {
      this.#become(phase);
      return;
    }
    this.#unused = { reason, answer: this.#reply.answer };
    this.#reply = before.reply;
    this.#become({ ...before.phase, notes: [`The new answer could not be used: ${reason}`] });
  }

  async #ask(retry: RetryNote | undefined): Promise<void> {
    const { run, syntax, gather } = this.#options;
    const { signal } = this.#abort;
    this.#step({ kind: 'model' });
    const model = await run.load(signal);
    const style = promptStyleOf(model);
    this.#step({ kind: 'context' });
    const request = await requestOf(this.task, this.#target, { style, gather, retry });
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
      onEvent: (event) => this.#take(event, request.answer === 'edit'),
    });
    if (this.#isEnded()) return;
    const { thought, timings } = result;
    this.#reply = { ...this.#reply, thought, answer: result.answer, hasTrace, timings };
    if (request.answer === 'text' && result.finishReason === 'stop') {
      this.#before = undefined;
      this.#become({ kind: 'text' });
      return;
    }
    const judged = await judgeAnswer(this.#target, result, syntax);
    if (this.#isEnded()) return;
    if (judged.kind === 'rejected') {
      this.#rejection = judged;
      // Stopped before the first word: there is nothing to show.
      if (judged.reason === 'cancelled' && result.answer.trim() === '') this.#takeBack();
      else this.#becomeUnusable({ kind: 'rejected', reason: judged.forUser }, judged.forUser);
      return;
    }
    this.#before = undefined;
    const review = withLineEndings(newReview(judged.original, judged.edit.text), this.#place.document);
    this.#become({ kind: 'reviewing', review, notes: proposalNotes(judged) });
  }

  #take(event: GenerationEvent, isEdit: boolean): void {
    if (this.#phase.kind !== 'writing') return;
    if (event.type === 'text') {
      const { thought, answer } = this.#reply;
      this.#reply =
        event.channel === 'thought'
          ? { ...this.#reply, thought: thought + event.text }
          : { ...this.#reply, answer: answer + event.text };
    }
    const step = writingStep(this.#phase.step, event);
    // A line that is not whole changes nothing of the hunks.
    const isNewLine = event.type === 'text' && event.channel === 'answer' && event.text.includes('\n');
    const growing = isEdit && isNewLine ? growingEdit(this.#target, this.#reply.answer) : this.#phase.growing;
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
    if (this.#phase.kind === 'ended') return;
    // Before the first word there is nothing to lose.
    if (this.#phase.kind !== 'reviewing' && this.#reply.answer === '') return;
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
