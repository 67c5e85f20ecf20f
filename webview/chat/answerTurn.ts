import type { AnswerStatus, AnswerView, HostMessage } from '../../src/protocol/chat.ts';
import type { GenerationTimings, ThoughtEnd } from '../../src/protocol/generation.ts';
import { BranchSwitcher } from './branchSwitcher.ts';
import { element, setText } from '../element.ts';
import type { FrameQueue } from './frameQueue.ts';
import { confirm, iconButton } from './iconButton.ts';
import { MarkdownStream } from './markdownStream.ts';
import { progressBar } from './progressBar.ts';
import { strings } from './strings.ts';
import { ThoughtSection } from './thoughtSection.ts';
import type { TurnActions } from './turnList.ts';

type Delta = Extract<HostMessage, { type: 'delta' }>;

/** Whether more of an answer is to come. */
export const isRunning = (status: AnswerStatus): boolean =>
  status.kind !== 'done' && status.kind !== 'failed';

/** How far the model is that it waits for. */
interface LoadingModel {
  readonly name: string;
  readonly fraction: number;
  /** The device that is being measured. */
  readonly trying?: string;
}

/** An answer: what it waits for, its thought, its text, and what it cost. */
export class AnswerTurn {
  readonly element: HTMLElement;
  private readonly thought: ThoughtSection;
  private readonly body: MarkdownStream;
  private readonly ring = element('vscode-progress-ring', { attributes: { 'aria-hidden': 'true' } });
  private readonly statusText = element('span');
  private readonly statusLine = element('div', { class: 'status', children: [this.ring, this.statusText] });
  private readonly progress = progressBar(strings.waiting.prompt);
  private readonly ending = element('p', { class: 'ending' });
  private readonly failureText = element('span', { class: 'failure-text', attributes: { dir: 'auto' } });
  private readonly failure: HTMLElement;
  private readonly branch: BranchSwitcher;
  private readonly copy: HTMLButtonElement;
  private readonly retry: HTMLButtonElement;
  private readonly trace: HTMLButtonElement;
  private readonly cost = element('span', { class: 'cost' });
  private readonly footer: HTMLElement;
  private loading: LoadingModel | undefined;

  constructor(
    private view: AnswerView,
    queue: FrameQueue,
    thoughtExpanded: boolean,
    actions: TurnActions,
  ) {
    this.thought = new ThoughtSection(queue, thoughtExpanded, {
      toggled: (expanded) => {
        actions.thoughtToggled(this.view.id, expanded);
      },
      answerNow: actions.answerNow,
    });
    this.body = new MarkdownStream(queue);
    const retry = () => {
      actions.retry(this.view.id);
    };
    this.branch = new BranchSwitcher((index) => {
      actions.selectBranch(this.view.id, index);
    });
    this.copy = iconButton('copy', strings.copyAnswer, () => {
      actions.copy(this.body.source);
      confirm(this.copy, strings.copied);
    });
    this.retry = iconButton('retry', strings.retry, retry);
    this.trace = element('button', {
      class: 'trace-button',
      text: strings.trace,
      attributes: { type: 'button', title: strings.openTrace, 'aria-label': strings.openTrace },
    });
    this.trace.addEventListener('click', () => {
      actions.openTrace(this.view.id);
    });
    const retryFailed = element('vscode-button', {
      text: strings.retry,
      attributes: { appearance: 'secondary' },
    });
    retryFailed.addEventListener('click', retry);
    this.failure = element('div', { class: 'failure', children: [this.failureText, retryFailed] });
    this.footer = element('div', {
      class: 'turn-actions',
      children: [this.branch.element, this.copy, this.retry, this.cost, this.trace],
    });
    this.element = element('article', {
      class: 'turn answer',
      attributes: { 'aria-label': strings.answer },
      children: [
        this.thought.element,
        this.body.element,
        this.statusLine,
        this.progress.element,
        this.ending,
        this.failure,
        this.footer,
      ],
    });
    this.element.dataset['turnId'] = view.id;
    this.update(view, true, 0);
  }

  get id(): string {
    return this.view.id;
  }

  get status(): AnswerStatus {
    return this.view.status;
  }

  get answerTokens(): number {
    return this.view.answerTokens;
  }

  update(view: AnswerView, enabled: boolean, thoughtBudget: number): void {
    this.view = view;
    this.thought.setBudget(thoughtBudget);
    this.branch.update(view.branch, enabled);
    this.retry.disabled = !enabled;
    this.show();
  }

  append(delta: Delta): void {
    this.view = {
      ...this.view,
      thought: this.view.thought + delta.thought,
      answer: this.view.answer + delta.answer,
      thoughtTokens: delta.thoughtTokens,
      answerTokens: delta.answerTokens,
      thoughtMs: delta.thoughtMs,
    };
    this.showThought();
    this.showStatus(this.view.status);
    if (delta.answer !== '') this.body.append(delta.answer);
    if (delta.tokensPerSecond !== undefined) setText(this.cost, strings.speed(delta.tokensPerSecond));
  }

  setStatus(status: AnswerStatus, thoughtEnd: ThoughtEnd | undefined, thoughtMs: number | undefined): void {
    this.view = {
      ...this.view,
      status,
      ...(thoughtEnd === undefined ? {} : { thoughtEnd }),
      ...(thoughtMs === undefined ? {} : { thoughtMs }),
    };
    this.show();
  }

  setLoading(model: LoadingModel | undefined): void {
    this.loading = model;
    if (this.view.status.kind === 'waiting') this.showStatus(this.view.status);
  }

  dispose(): void {
    this.thought.dispose();
    this.body.dispose();
  }

  private show(): void {
    const { status } = this.view;
    const running = isRunning(status);
    this.showThought();
    this.body.set(this.view.answer, !running);
    this.showStatus(status);
    this.element.setAttribute('aria-busy', String(running));
    this.copy.hidden = running || this.view.answer === '';
    this.retry.hidden = running;
    this.trace.hidden = running || !this.view.hasTrace;
    const failed = status.kind === 'failed';
    this.failure.hidden = !failed;
    if (failed) setText(this.failureText, status.message);
    const ended = status.kind === 'done' ? strings.finish(status.finish) : '';
    const empty = status.kind === 'done' && status.finish === 'stop' && this.view.answer.trim() === '';
    setText(this.ending, empty ? strings.noAnswer : ended);
    this.ending.hidden = this.ending.textContent === '';
    if (this.view.timings) this.showCost(this.view.timings);
    else if (!running) setText(this.cost, '');
  }

  private showThought(): void {
    const { thought, thoughtTokens, thoughtMs, thoughtEnd, status } = this.view;
    this.thought.update({
      text: thought,
      tokens: thoughtTokens,
      ms: thoughtMs,
      end: thoughtEnd,
      live: status.kind === 'thinking',
    });
  }

  private showStatus(status: AnswerStatus): void {
    const text = this.statusLineOf(status);
    this.statusLine.hidden = text === '';
    setText(this.statusText, text);
    const fraction =
      status.kind === 'prefill'
        ? status.done / Math.max(1, status.total)
        : status.kind === 'waiting' && status.what === 'model'
          ? this.loading?.fraction
          : undefined;
    this.progress.element.hidden = fraction === undefined;
    if (fraction !== undefined) {
      this.progress.element.setAttribute('aria-label', text);
      this.progress.set(fraction);
    }
  }

  private statusLineOf(status: AnswerStatus): string {
    switch (status.kind) {
      case 'waiting':
        return status.what === 'model' && this.loading
          ? strings.loadingModel(this.loading.name, this.loading.fraction, this.loading.trying)
          : strings.waiting[status.what];
      case 'prefill': {
        const text = strings.prefill(status.done, status.total);
        return status.reused > 0 ? `${text} · ${strings.reused(status.reused)}` : text;
      }
      case 'answering':
        return this.view.answer === '' ? strings.waiting.prompt : '';
      case 'thinking':
      case 'done':
      case 'failed':
        return '';
      default:
        return status satisfies never;
    }
  }

  private showCost(timings: GenerationTimings): void {
    const parts = [
      strings.timings.prompt(timings.promptTokens),
      ...(timings.reusedTokens > 0 ? [strings.reused(timings.reusedTokens)] : []),
      strings.timings.firstToken(timings.timeToFirstTokenMs),
      ...(timings.decodeMs > 0 ? [strings.speed((timings.decodedTokens * 1000) / timings.decodeMs)] : []),
    ];
    const text = parts.join(' · ');
    if (this.cost.textContent === text) return;
    // Each part on its own, so that a narrow panel breaks the line between them only.
    this.cost.replaceChildren(
      ...parts.flatMap((part, index) => [
        index > 0 ? ' · ' : '',
        element('span', { class: 'cost-part', text: part }),
      ]),
    );
    this.cost.title = strings.timings.title(timings.prefillMs, timings.decodedTokens, timings.decodeMs);
  }
}
