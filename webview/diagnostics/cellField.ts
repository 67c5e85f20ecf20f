import { element, setText } from '../element.ts';
import type { Palette } from './palette.ts';

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** In CSS pixels. */
export interface CellRectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface CellFieldOptions {
  /** Begins the names of the classes: `heat` makes `heat-map` and `heat-field`. */
  readonly name: string;
  /** What screen readers call a thing of this kind, and this one with its keys. */
  readonly kind: string;
  readonly label: string;
  /** How far PageDown goes. */
  readonly page: Cell;
  /** One cell in words. */
  readonly describe: (cell: Cell) => string;
  /** A key is about to move the cursor. */
  readonly moving?: (from: Cell, event: KeyboardEvent) => void;
  /** Enter or Space on the cursor's cell. */
  readonly pick: (cell: Cell) => void;
  readonly draw: () => void;
}

/**
 * A canvas of cells with one focus for all: arrow keys move a cursor over the cells, and what is under it is said in words
 * below. Whoever owns it draws, and listens to the pointer.
 */
export class CellField {
  readonly element: HTMLElement;
  readonly canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #options: CellFieldOptions;
  readonly #words = element('p', { class: 'words', attributes: { role: 'status' } });
  #rows = 0;
  #columns = 0;
  #cursor: Cell | undefined;

  constructor(options: CellFieldOptions) {
    this.#options = options;
    const { name, kind, label } = options;
    const field = element('div', {
      class: `${name}-field`,
      attributes: { tabindex: '0', role: 'application', 'aria-roledescription': kind, 'aria-label': label },
      children: [this.canvas],
    });
    field.addEventListener('keydown', (event) => this.#key(event));
    field.addEventListener('focus', () => this.move(this.#cursor ?? { row: 0, column: 0 }));
    this.element = element('div', { class: `${name}-map`, children: [field, this.#words] });
  }

  /** Absent until the field was entered. */
  get cursor(): Cell | undefined {
    return this.#cursor;
  }

  /** There are so many cells now; the cursor stays among them. */
  setSize(rows: number, columns: number): void {
    this.#rows = rows;
    this.#columns = columns;
    if (rows === 0 || columns === 0) this.#cursor = undefined;
    else if (this.#cursor) this.#cursor = this.#within(this.#cursor);
  }

  /** To this cell, or the nearest there is. */
  move(cell: Cell): void {
    if (this.#rows === 0 || this.#columns === 0) return;
    this.#cursor = this.#within(cell);
    this.#options.draw();
    this.describe();
  }

  /** Says again what is under the cursor: it may have changed, or more is known of it. */
  describe(): void {
    if (this.#cursor) setText(this.#words, this.#options.describe(this.#cursor));
  }

  /** An empty canvas of this size in CSS pixels, to be drawn on in them; undefined where nothing can be drawn. */
  begin(width: number, height: number): CanvasRenderingContext2D | undefined {
    const context = this.canvas.getContext('2d');
    if (!context || width <= 0 || height <= 0) return undefined;
    const ratio = window.devicePixelRatio;
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== pixelWidth || this.canvas.height !== pixelHeight) {
      [this.canvas.width, this.canvas.height] = [pixelWidth, pixelHeight];
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return context;
  }

  /** Around some cells, in two colours, so that it is seen on every other. */
  drawCursor(
    context: CanvasRenderingContext2D,
    { background, focus }: Palette,
    { left, top, width, height }: CellRectangle,
  ): void {
    for (const [colour, margin] of [
      [background, 2],
      [focus, 1],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.strokeRect(left - margin, top - margin, width + 2 * margin, height + 2 * margin);
    }
  }

  #within({ row, column }: Cell): Cell {
    return {
      row: Math.min(this.#rows - 1, Math.max(0, row)),
      column: Math.min(this.#columns - 1, Math.max(0, column)),
    };
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = this.#cursor ?? { row: 0, column: 0 };
    const { row, column } = from;
    const { page } = this.#options;
    const moves: Readonly<Record<string, Cell>> = {
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      PageUp: { row: row - page.row, column: column - page.column },
      PageDown: { row: row + page.row, column: column + page.column },
      Home: { row, column: 0 },
      End: { row, column: this.#columns - 1 },
    };
    const to = moves[event.key];
    if (to) {
      this.#options.moving?.(from, event);
      this.move(to);
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (this.#cursor) this.#options.pick(this.#cursor);
    } else return;
    event.preventDefault();
  }
}
