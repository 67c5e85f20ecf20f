import { CellField } from './cellField.ts';
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
 * millisecond. (ECharts' heat map makes an element of each cell: far too many for ten changes a second.)
 */
export class HeatMap {
  readonly element: HTMLElement;
  readonly #field: CellField;
  readonly #pixels = document.createElement('canvas');
  #rows = 0;
  #columns = 0;
  #values: Float32Array = new Float32Array();
  #ramp: Uint32Array | undefined;
  #cell = { width: MIN_WIDTH, height: MIN_HEIGHT };

  constructor({ label, describe, pick }: HeatMapOptions) {
    this.#field = new CellField({
      name: 'heat',
      kind: 'heat map',
      label: `${label}. Arrow keys move from cell to cell.`,
      page: { row: 8, column: 0 },
      describe: ({ row, column }) => describe(row, column),
      pick: ({ row, column }) => pick?.(row, column),
      draw: () => this.#draw(),
    });
    this.element = this.#field.element;
    const { canvas } = this.#field;
    canvas.addEventListener('pointermove', (event) => {
      const [row, column] = this.#at(event);
      this.#field.move({ row, column });
    });
    canvas.addEventListener('click', (event) => pick?.(...this.#at(event)));
    new ResizeObserver(() => {
      this.#fit();
      this.#draw();
    }).observe(this.element);
  }

  /** @param values `[rows, columns]` from 0 to 1, NaN for none */
  show(rows: number, columns: number, values: Float32Array): void {
    const isOther = rows !== this.#rows || columns !== this.#columns;
    this.#rows = rows;
    this.#columns = columns;
    this.#values = values;
    if (isOther) {
      this.#field.setSize(rows, columns);
      this.#fit();
    }
    this.#draw();
    this.#field.describe();
  }

  /** Another theme is on. */
  recolour(): void {
    this.#ramp = undefined;
    this.#draw();
  }

  #at({ offsetX, offsetY }: MouseEvent): [row: number, column: number] {
    return [Math.floor(offsetY / this.#cell.height), Math.floor(offsetX / this.#cell.width)];
  }

  #fit(): void {
    if (this.#rows === 0 || this.#columns === 0) return;
    const clamp = (value: number, least: number, most: number): number =>
      Math.min(most, Math.max(least, Math.floor(value)));
    this.#cell = {
      width: clamp((this.element.clientWidth - 2) / this.#columns, MIN_WIDTH, MAX_WIDTH),
      height: clamp(WANTED_HEIGHT / this.#rows, MIN_HEIGHT, MAX_HEIGHT),
    };
    this.#pixels.width = this.#columns;
    this.#pixels.height = this.#rows;
  }

  #draw(): void {
    const [width, height] = [this.#cell.width * this.#columns, this.#cell.height * this.#rows];
    const context = this.#field.begin(width, height);
    const cells = this.#pixels.getContext('2d');
    if (!context || !cells) return;
    const palette = readPalette();
    this.#ramp ??= heatRamp(
      palette.isHighContrast
        ? [rgbOf(palette.background), rgbOf(palette.foreground)]
        : [rgbOf(palette.background), rgbOf(palette.blue), rgbOf(palette.foreground)],
    );
    const image = cells.createImageData(this.#columns, this.#rows);
    paintHeat(this.#values, this.#ramp, new Uint32Array(image.data.buffer));
    cells.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#pixels, 0, 0, width, height);
    this.#drawLines(context, palette.line);
    const { cursor } = this.#field;
    if (!cursor) return;
    const { width: cellWidth, height: cellHeight } = this.#cell;
    this.#field.drawCursor(context, palette, {
      left: cursor.column * cellWidth,
      top: cursor.row * cellHeight,
      width: cellWidth,
      height: cellHeight,
    });
  }

  #drawLines(context: CanvasRenderingContext2D, colour: string): void {
    const { width, height } = this.#cell;
    if (Math.min(width, height) < LINES_FROM) return;
    const thin = 1 / window.devicePixelRatio;
    context.fillStyle = colour;
    for (let column = 1; column < this.#columns; column++) {
      context.fillRect(column * width, 0, thin, height * this.#rows);
    }
    for (let row = 1; row < this.#rows; row++) context.fillRect(0, row * height, width * this.#columns, thin);
  }
}
