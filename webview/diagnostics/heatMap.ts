import { element, setText } from '../element.ts';
import { heatRamp, paintHeat } from './heatRamp.ts';
import { readPalette } from './palette.ts';
import { rgbOf } from './rgbOf.ts';

export interface HeatMapOptions {
  /** What screen readers call it. */
  readonly label: string;
  /** One cell in words. */
  readonly describe: (row: number, column: number) => string;
  readonly pick?: (row: number, column: number) => void;
}

/** Cells in CSS pixels: one can be pointed at, and few of them do not become a wall. */
const MIN_WIDTH = 2;
const MAX_WIDTH = 40;
const MIN_HEIGHT = 6;
const MAX_HEIGHT = 22;
const WANTED_HEIGHT = 360;
/** From this size on there are lines between cells. */
const LINES_FROM = 8;

/**
 * A heat map on a canvas: one pixel for each cell, scaled up, so that 61 x 256 cells cost a frame a fraction of a
 * millisecond. (ECharts' heat map makes an element of each cell: far too many for ten changes a second.) One focus for
 * all: arrow keys move over the cells, and what is under the cursor is said in words below it.
 */
export class HeatMap {
  readonly element: HTMLElement;
  readonly #options: HeatMapOptions;
  readonly #canvas = element('canvas');
  readonly #field: HTMLElement;
  readonly #words = element('p', { class: 'words', attributes: { role: 'status' } });
  readonly #pixels = document.createElement('canvas');
  #rows = 0;
  #columns = 0;
  #values: Float32Array = new Float32Array();
  #ramp: Uint32Array | undefined;
  #cell = { width: MIN_WIDTH, height: MIN_HEIGHT };
  #cursor: { readonly row: number; readonly column: number } | undefined;

  constructor(options: HeatMapOptions) {
    this.#options = options;
    this.#field = element('div', {
      class: 'heat-field',
      attributes: {
        tabindex: '0',
        role: 'application',
        'aria-roledescription': 'heat map',
        'aria-label': `${options.label}. Arrow keys move from cell to cell.`,
      },
      children: [this.#canvas],
    });
    this.element = element('div', { class: 'heat-map', children: [this.#field, this.#words] });
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#listen();
  }

  /** @param values `[rows, columns]` from 0 to 1, NaN for none */
  show(rows: number, columns: number, values: Float32Array): void {
    const isOther = rows !== this.#rows || columns !== this.#columns;
    this.#rows = rows;
    this.#columns = columns;
    this.#values = values;
    if (isOther) {
      this.#cursor = undefined;
      this.#resize();
    }
    this.#draw();
    this.#describe();
  }

  /** Another theme is on. */
  recolour(): void {
    this.#ramp = undefined;
    this.#draw();
  }

  #listen(): void {
    new ResizeObserver(() => {
      this.#resize();
      this.#draw();
    }).observe(this.element);
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('focus', () => {
      this.#move(this.#cursor?.row ?? 0, this.#cursor?.column ?? 0);
    });
    this.#canvas.addEventListener('pointermove', (event) => this.#move(...this.#at(event)));
    this.#canvas.addEventListener('click', (event) => this.#options.pick?.(...this.#at(event)));
  }

  #at({ offsetX, offsetY }: MouseEvent): [row: number, column: number] {
    return [Math.floor(offsetY / this.#cell.height), Math.floor(offsetX / this.#cell.width)];
  }

  #key(event: KeyboardEvent): void {
    const { row, column } = this.#cursor ?? { row: 0, column: 0 };
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      PageUp: [row - 8, column],
      PageDown: [row + 8, column],
      Home: [row, 0],
      End: [row, this.#columns - 1],
    };
    const to = moves[event.key];
    if (to) this.#move(...to);
    else if (event.key === 'Enter' || event.key === ' ') this.#options.pick?.(row, column);
    else return;
    event.preventDefault();
  }

  #move(row: number, column: number): void {
    if (this.#rows === 0 || this.#columns === 0) return;
    this.#cursor = {
      row: Math.min(this.#rows - 1, Math.max(0, row)),
      column: Math.min(this.#columns - 1, Math.max(0, column)),
    };
    this.#draw();
    this.#describe();
  }

  #describe(): void {
    if (this.#cursor) setText(this.#words, this.#options.describe(this.#cursor.row, this.#cursor.column));
  }

  #resize(): void {
    if (this.#rows === 0 || this.#columns === 0) return;
    const clamp = (value: number, least: number, most: number): number =>
      Math.min(most, Math.max(least, Math.floor(value)));
    this.#cell = {
      width: clamp((this.element.clientWidth - 2) / this.#columns, MIN_WIDTH, MAX_WIDTH),
      height: clamp(WANTED_HEIGHT / this.#rows, MIN_HEIGHT, MAX_HEIGHT),
    };
    const [width, height] = [this.#cell.width * this.#columns, this.#cell.height * this.#rows];
    const ratio = window.devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    this.#pixels.width = this.#columns;
    this.#pixels.height = this.#rows;
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d');
    const cells = this.#pixels.getContext('2d');
    if (!context || !cells || this.#rows === 0 || this.#columns === 0) return;
    const palette = readPalette();
    this.#ramp ??= heatRamp(
      palette.isHighContrast
        ? [rgbOf(palette.background), rgbOf(palette.foreground)]
        : [rgbOf(palette.background), rgbOf(palette.blue), rgbOf(palette.foreground)],
    );
    const image = cells.createImageData(this.#columns, this.#rows);
    paintHeat(this.#values, this.#ramp, new Uint32Array(image.data.buffer));
    cells.putImageData(image, 0, 0);
    const { width, height } = this.#canvas;
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#pixels, 0, 0, width, height);
    this.#drawLines(context, palette.line);
    if (this.#cursor) this.#drawCursor(context, this.#cursor, [palette.background, palette.focus]);
  }

  #drawLines(context: CanvasRenderingContext2D, colour: string): void {
    const { width, height } = this.#cell;
    if (Math.min(width, height) < LINES_FROM) return;
    const ratio = window.devicePixelRatio;
    context.fillStyle = colour;
    for (let column = 1; column < this.#columns; column++) {
      context.fillRect(Math.round(column * width * ratio), 0, 1, this.#canvas.height);
    }
    for (let row = 1; row < this.#rows; row++) {
      context.fillRect(0, Math.round(row * height * ratio), this.#canvas.width, 1);
    }
  }

  /** In two colours, so that it is seen on every other. */
  #drawCursor(
    context: CanvasRenderingContext2D,
    { row, column }: { readonly row: number; readonly column: number },
    colours: readonly string[],
  ): void {
    const ratio = window.devicePixelRatio;
    const { width, height } = this.#cell;
    colours.forEach((colour, index) => {
      const margin = 2 - index;
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.strokeRect(
        column * width * ratio - margin,
        row * height * ratio - margin,
        width * ratio + 2 * margin,
        height * ratio + 2 * margin,
      );
    });
  }
}
