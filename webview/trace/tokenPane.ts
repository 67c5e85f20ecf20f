import type { Trace } from '../../src/reasoning/trace/trace.ts';
import { element, setText, uniqueId } from '../element.ts';
import { visibleText } from '../visibleText.ts';
import { type Measure, measureOf } from './measures.ts';
import { strings } from './strings.ts';
import { layoutRows, rowOf, type TokenRows } from './tokenRows.ts';
import { scrollFor, visibleRange } from './visibleRange.ts';

/** As in trace.css. */
const ROW_HEIGHT = 22;
const MIN_COLUMNS = 20;
const MAX_COLUMNS = 160;

export interface TokenPaneActions {
  readonly selected: (token: number) => void;
  /** Enter on the selected token: the user wants to know more of it. */
  readonly opened: (token: number) => void;
}

/**
 * A trace's tokens as text, coloured by a measure. Only the rows that are seen are in the page. For screen readers it is a
 * list of which one token is active; arrow keys go from token to token and from row to row.
 */
export class TokenPane {
  readonly element: HTMLElement;
  private readonly id = uniqueId('token');
  private readonly list: HTMLElement;
  private readonly spacer = element('div', { class: 'token-spacer', attributes: { role: 'presentation' } });
  private readonly window = element('div', { class: 'token-window', attributes: { role: 'presentation' } });
  private readonly ruler = element('span', {
    class: 'token-ruler',
    text: '0'.repeat(100),
    attributes: { 'aria-hidden': 'true' },
  });
  private rows: TokenRows;
  private measure: Measure;
  private columns = 80;
  private active = 0;
  private drawn: { readonly first: number; readonly end: number } | undefined;
  private isMatch: ((token: number) => boolean) | undefined;
  private marked: ReadonlySet<number> = new Set();
  private frame: number | undefined;
  private readonly observer: ResizeObserver;

  constructor(
    private readonly trace: Trace,
    name: string,
    private readonly actions: TokenPaneActions,
  ) {
    this.rows = layoutRows(trace.tokens, this.columns);
    this.measure = measureOf(trace, 'probability');
    this.spacer.append(this.window);
    this.list = element('div', {
      class: 'tokens',
      attributes: { role: 'listbox', tabindex: '0', 'aria-label': name },
      children: [this.spacer],
    });
    this.element = element('div', { class: 'token-pane', children: [this.ruler, this.list] });
    this.list.addEventListener('scroll', () => {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = undefined;
        this.draw();
      });
    });
    this.list.addEventListener('keydown', (event) => {
      this.key(event);
    });
    this.list.addEventListener('click', (event) => {
      const token = event.target instanceof Element ? event.target.closest('[data-token]') : null;
      if (token instanceof HTMLElement) this.select(Number(token.dataset['token']));
    });
    this.list.addEventListener('dblclick', () => {
      this.actions.opened(this.active);
    });
    this.observer = new ResizeObserver(() => {
      this.resized();
    });
    this.observer.observe(this.list);
    this.layout();
  }

  get selected(): number {
    return this.active;
  }

  colourBy(measure: Measure): void {
    this.measure = measure;
    this.redraw();
  }

  /** Tokens for which `isMatch` is false are dimmed; undefined dims none. */
  filter(isMatch: ((token: number) => boolean) | undefined): void {
    this.isMatch = isMatch;
    this.redraw();
  }

  /** Tokens with a frame of their own, such as what was searched for. */
  mark(tokens: ReadonlySet<number>): void {
    this.marked = tokens;
    this.redraw();
  }

  /** Makes a token the active one and brings it into view. */
  select(token: number): void {
    const { count } = this.trace.tokens;
    if (count === 0) return;
    this.active = Math.max(0, Math.min(count - 1, token));
    this.reveal(this.active);
    this.redraw();
    this.actions.selected(this.active);
  }

  reveal(token: number): void {
    const to = scrollFor(rowOf(this.rows, token), this.viewport());
    if (to !== undefined) this.list.scrollTop = to;
  }

  focus(): void {
    this.list.focus();
  }

  dispose(): void {
    this.observer.disconnect();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
  }

  private viewport() {
    return { scrollTop: this.list.scrollTop, height: this.list.clientHeight, rowHeight: ROW_HEIGHT };
  }

  private resized(): void {
    const characterWidth = this.ruler.getBoundingClientRect().width / 100;
    if (characterWidth === 0 || this.list.clientWidth === 0) return;
    // Each row has some room at its sides.
    const fitting = Math.floor((this.list.clientWidth - 24) / characterWidth);
    const columns = Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, fitting));
    if (columns !== this.columns) {
      const seen = this.rows.starts[Math.floor(this.list.scrollTop / ROW_HEIGHT)] ?? 0;
      this.columns = columns;
      this.rows = layoutRows(this.trace.tokens, columns);
      this.layout();
      this.list.scrollTop = rowOf(this.rows, seen) * ROW_HEIGHT;
    }
    this.redraw();
  }

  private layout(): void {
    this.spacer.style.height = `${this.rows.rows * ROW_HEIGHT}px`;
    this.drawn = undefined;
  }

  private redraw(): void {
    this.drawn = undefined;
    this.draw();
  }

  private draw(): void {
    const range = visibleRange(this.rows.rows, this.viewport());
    if (this.drawn?.first === range.first && this.drawn.end === range.end) return;
    const kept = this.drawn;
    const before = kept ? [...this.window.children] : [];
    const rows: Element[] = [];
    for (let row = range.first; row < range.end; row++) {
      const known = kept && row >= kept.first && row < kept.end ? before[row - kept.first] : undefined;
      rows.push(known ?? this.row(row));
    }
    this.window.replaceChildren(...rows);
    this.window.style.transform = `translateY(${range.first * ROW_HEIGHT}px)`;
    this.drawn = range;
    const id = `${this.id}-${this.active}`;
    const isDrawn = this.window.querySelector(`[id="${id}"]`) !== null;
    if (isDrawn) this.list.setAttribute('aria-activedescendant', id);
    else this.list.removeAttribute('aria-activedescendant');
  }

  private row(row: number): HTMLElement {
    const { starts } = this.rows;
    const first = starts[row] ?? 0;
    const end = starts[row + 1] ?? first;
    const tokens = Array.from({ length: end - first }, (_, index) => this.token(first + index));
    const isAnswer = this.trace.tokens.channels[first] === 1;
    return element('div', {
      class: isAnswer ? 'token-row answer' : 'token-row',
      attributes: { role: 'presentation' },
      children: tokens,
    });
  }

  private token(token: number): HTMLElement {
    const { tokens } = this.trace;
    const level = this.measure.levelOf(token);
    const classes = [
      'token',
      ...(level === undefined ? [] : [`${this.measure.scale}-${level}`]),
      ...(this.isMatch && !this.isMatch(token) ? ['dim'] : []),
      ...(this.marked.has(token) ? ['marked'] : []),
      ...(token === this.active ? ['active'] : []),
    ];
    const text = visibleText(tokens.texts.get(tokens.ids[token] ?? 0) ?? '');
    const created = element('span', {
      class: classes.join(' '),
      attributes: {
        role: 'option',
        id: `${this.id}-${token}`,
        'aria-selected': String(token === this.active),
        'aria-posinset': String(token + 1),
        'aria-setsize': String(tokens.count),
        'aria-label': strings.tokenLabel(text, level === undefined ? undefined : this.measure.labels[level]),
      },
    });
    created.dataset['token'] = String(token);
    setText(created, text);
    return created;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = this.target(event.key);
    if (to !== undefined) this.select(to);
    else if (event.key === 'Enter') this.actions.opened(this.active);
    else return;
    event.preventDefault();
  }

  private target(key: string): number | undefined {
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW_HEIGHT) - 1);
    switch (key) {
      case 'ArrowLeft':
        return this.active - 1;
      case 'ArrowRight':
        return this.active + 1;
      case 'ArrowUp':
        return this.inRow(-1);
      case 'ArrowDown':
        return this.inRow(1);
      case 'PageUp':
        return this.inRow(-page);
      case 'PageDown':
        return this.inRow(page);
      case 'Home':
        return 0;
      case 'End':
        return this.trace.tokens.count - 1;
      default:
        return undefined;
    }
  }

  /** The token as far along its row as the active one is, so many rows further. */
  private inRow(rows: number): number {
    const { starts } = this.rows;
    const row = rowOf(this.rows, this.active);
    const target = Math.max(0, Math.min(this.rows.rows - 1, row + rows));
    const along = this.active - (starts[row] ?? 0);
    return Math.min((starts[target] ?? 0) + along, (starts[target + 1] ?? 1) - 1);
  }
}
