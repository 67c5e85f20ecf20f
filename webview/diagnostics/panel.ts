import type { DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import { element } from '../element.ts';

/** A section of the page. */
export interface PanelContent {
  readonly element: HTMLElement;
  /** Draws what is new. Called for an open section only. */
  show(state: DiagnosticsState): void;
  recolour(): void;
}

/** A section that can be closed: closed it draws nothing. */
export class Panel {
  readonly element: HTMLDetailsElement;
  readonly #content: PanelContent;
  /** Charts and tables change twice a second at most, to be read. */
  readonly #intervalMs: number;
  #shownAt = 0;
  #timer: number | undefined;
  #state: DiagnosticsState | undefined;

  constructor(title: string, content: PanelContent, { intervalMs }: { readonly intervalMs: number }) {
    this.#content = content;
    this.#intervalMs = intervalMs;
    this.element = element('details', {
      class: 'panel',
      attributes: { open: '' },
      children: [
        element('summary', { children: [element('h2', { text: title })] }),
        element('div', { class: 'panel-body', children: [content.element] }),
      ],
    });
    this.element.addEventListener('toggle', () => this.#draw());
  }

  show(state: DiagnosticsState): void {
    this.#state = state;
    if (this.#timer !== undefined) return;
    const wait = this.#intervalMs - (performance.now() - this.#shownAt);
    if (wait <= 0) this.#draw();
    else this.#timer = window.setTimeout(() => this.#draw(), wait);
  }

  recolour(): void {
    this.#content.recolour();
  }

  #draw(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#state || !this.element.open) return;
    this.#shownAt = performance.now();
    this.#content.show(this.#state);
  }
}
