import { element } from '../element.ts';

const gatherMs = 700;

/** The one live region of the page. Lines that arrive close together are read as one, and never a token. */
export class Announcer {
  readonly element = element('div', {
    class: 'visually-hidden',
    attributes: { role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true' },
  });
  private waiting: string[] = [];
  private timer: number | undefined;

  announce(text: string): void {
    if (text === '' || this.waiting.at(-1) === text) return;
    this.waiting.push(text);
    this.timer ??= window.setTimeout(() => {
      this.element.textContent = this.waiting.join(' ');
      this.waiting = [];
      this.timer = undefined;
    }, gatherMs);
  }
}
