import type { ThoughtEnd } from '../../src/protocol/generation.ts';
import { element, setText, uniqueId } from '../element.ts';
import type { FrameJob, FrameQueue } from './frameQueue.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

export interface ThoughtView {
  readonly text: string;
  readonly tokens: number;
  readonly ms: number;
  readonly end: ThoughtEnd | undefined;
  /** Still growing. */
  readonly live: boolean;
}

/**
 * A thought: one line that says how long and how much, and the text. Closed, it shows its last lines while it
 * grows and nothing afterwards; opened by the user, it stays open. The text is plain: each line is an element
 * of its own, so that a new token touches only the last one.
 */
export class ThoughtSection implements FrameJob {
  readonly element: HTMLElement;
  private readonly toggle: HTMLButtonElement;
  private readonly label = element('span', { class: 'thought-label' });
  private readonly answerNow = element('vscode-button', {
    class: 'answer-now',
    text: strings.answerNow,
    attributes: { appearance: 'secondary', title: strings.answerNowHint },
  });
  private readonly body: HTMLElement;
  private readonly lines = element('div', { class: 'thought-lines' });
  private lastLine: Text | undefined;
  private expanded: boolean;
  private view: ThoughtView = { text: '', tokens: 0, ms: 0, end: undefined, live: false };
  private shown = 0;
  private receivedAt = 0;
  private clock: number | undefined;

  constructor(
    private readonly queue: FrameQueue,
    expanded: boolean,
    actions: { readonly toggled: (expanded: boolean) => void; readonly answerNow: () => void },
  ) {
    this.expanded = expanded;
    const id = uniqueId('thought');
    this.toggle = element('button', {
      class: 'thought-toggle',
      attributes: { type: 'button', 'aria-controls': id },
      children: [icon('chevron'), this.label],
    });
    this.body = element('div', { class: 'thought-body', attributes: { id }, children: [this.lines] });
    const flip = () => {
      this.expanded = !this.expanded;
      this.layOut();
      actions.toggled(this.expanded);
      // A long thought that is closed from its sticky line must not leave the reader somewhere below it.
      if (!this.expanded) this.element.scrollIntoView({ block: 'nearest' });
    };
    this.toggle.addEventListener('click', flip);
    this.body.addEventListener('click', () => {
      if (!this.expanded) flip();
    });
    this.answerNow.addEventListener('click', actions.answerNow);
    this.element = element('section', {
      class: 'thought',
      children: [
        element('div', { class: 'thought-head', children: [this.toggle, this.answerNow] }),
        this.body,
      ],
    });
    this.layOut();
  }

  setBudget(tokens: number): void {
    this.toggle.title = tokens > 0 ? strings.thoughtBudget(tokens) : '';
  }

  update(view: ThoughtView): void {
    if (!view.text.startsWith(this.view.text)) {
      this.lines.replaceChildren();
      this.lastLine = undefined;
      this.shown = 0;
    }
    this.view = view;
    this.receivedAt = performance.now();
    this.queue.request(this);
  }

  renderFrame(): boolean {
    this.layOut();
    this.appendText(this.view.text.slice(this.shown));
    this.shown = this.view.text.length;
    return false;
  }

  dispose(): void {
    window.clearInterval(this.clock);
    this.queue.cancel(this);
  }

  private layOut(): void {
    const { live } = this.view;
    this.element.hidden = !live && this.view.text === '' && this.view.tokens === 0;
    this.element.classList.toggle('live', live);
    this.toggle.setAttribute('aria-expanded', String(this.expanded));
    this.body.classList.toggle('tail', live && !this.expanded);
    this.body.hidden = !live && !this.expanded;
    this.answerNow.hidden = !live;
    this.showLabel();
    // Between two tokens of a slow model the time goes on.
    if (live) this.clock ??= window.setInterval(() => this.showLabel(), 250);
    else {
      window.clearInterval(this.clock);
      this.clock = undefined;
    }
  }

  private showLabel(): void {
    const { live, ms, tokens, end } = this.view;
    const waited = live ? performance.now() - this.receivedAt : 0;
    setText(this.label, live ? strings.thinking(ms + waited, tokens) : strings.thought(ms, tokens, end));
  }

  private appendText(text: string): void {
    if (text === '') return;
    const pieces = text.split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 || !this.lastLine) {
        this.lastLine = document.createTextNode('');
        this.lines.append(element('div', { attributes: { dir: 'auto' }, children: [this.lastLine] }));
      }
      this.lastLine.appendData(piece);
    }
  }
}
