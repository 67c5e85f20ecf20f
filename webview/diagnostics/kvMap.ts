import type { Eviction, KvSnapshot } from '../../src/protocol/records.ts';
import { CellField } from './cellField.ts';
import { kvPattern } from './kvPattern.ts';
import { evictionLanes, type KvKind, kvMapEnd, type KvSegment, kvSegments } from './kvSegments.ts';
import { type Palette, readPalette } from './palette.ts';

/** A place in the map: a layer's row, or behind them the lane of an eviction. */
export interface KvPlace {
  readonly position: number;
  readonly layer?: number;
  readonly eviction?: Eviction;
  readonly segment?: KvSegment;
}

/** Neighbouring positions of the cache or of an eviction. */
export interface KvRange {
  readonly firstPosition: number;
  readonly endPosition: number;
  readonly eviction?: number;
}

export interface KvMapOptions {
  readonly describe: (place: KvPlace) => string;
  /** A range was chosen to be read. */
  readonly read: (range: KvRange) => void;
}

const LANES = 4;
const LANE_HEIGHT = 12;
const GAP = 6;
const LAYERS_HEIGHT = 200;

/**
 * Layers by positions, on a canvas. All layers hold the same tokens, so a row is a few rectangles; below them are the
 * latest evictions where they were. A drag or Shift with arrow keys selects positions, Enter reads them.
 */
export class KvMap {
  readonly element: HTMLElement;
  readonly #options: KvMapOptions;
  readonly #field: CellField;
  #kv: KvSnapshot | undefined;
  #segments: readonly KvSegment[] = [];
  #lanes: readonly Eviction[] = [];
  #end = 1;
  #rowHeight = 4;
  /** The other end of the selection. */
  #anchor: number | undefined;
  #isDragging = false;
  wholeCapacity = false;

  constructor(options: KvMapOptions) {
    this.#options = options;
    this.#field = new CellField({
      name: 'kv',
      kind: 'map',
      label:
        'KV map: layers by positions, evictions below. Arrow keys move, with Shift they select, Enter reads the text.',
      page: { row: 0, column: 32 },
      describe: () => options.describe(this.#place),
      moving: ({ column }, { shiftKey }) => {
        this.#anchor = shiftKey ? (this.#anchor ?? column) : undefined;
      },
      pick: () => this.#read(),
      draw: () => this.recolour(),
    });
    this.element = this.#field.element;
    this.#listen();
  }

  show(kv: KvSnapshot): void {
    this.#kv = kv;
    this.#segments = kvSegments(kv);
    this.#lanes = evictionLanes(kv.evictions, LANES);
    this.#end = kvMapEnd(kv, this.#lanes, this.wholeCapacity);
    this.#rowHeight = Math.min(16, Math.max(3, Math.floor(LAYERS_HEIGHT / Math.max(1, kv.layers.length))));
    this.#field.setSize(kv.layers.length + this.#lanes.length, this.#end);
    this.recolour();
    this.describe();
  }

  recolour(): void {
    if (this.#kv) this.#draw(this.#kv, readPalette());
  }

  /** Says again what is under the cursor: more is known of it now. */
  describe(): void {
    this.#field.describe();
  }

  /** Where the cursor is. */
  get #cursor(): { readonly row: number; readonly position: number } {
    const { row, column } = this.#field.cursor ?? { row: 0, column: 0 };
    return { row, position: column };
  }

  get #place(): KvPlace {
    const { row, position } = this.#cursor;
    const layers = this.#kv?.layers.length ?? 0;
    const eviction = this.#lanes[row - layers];
    if (eviction) return { position, eviction };
    const segment = this.#segments.find(
      ({ firstPosition, tokens }) => position >= firstPosition && position < firstPosition + tokens,
    );
    return { position, layer: row, ...(segment ? { segment } : {}) };
  }

  #listen(): void {
    const { canvas } = this.#field;
    new ResizeObserver(() => this.recolour()).observe(this.element);
    canvas.addEventListener('pointerdown', (event) => {
      this.#isDragging = true;
      canvas.setPointerCapture(event.pointerId);
      const [row, column] = this.#at(event);
      this.#field.move({ row, column });
      this.#anchor = this.#cursor.position;
    });
    canvas.addEventListener('pointermove', (event) => {
      const [row, column] = this.#at(event);
      this.#field.move({ row: this.#isDragging ? this.#cursor.row : row, column });
    });
    canvas.addEventListener('pointerup', () => {
      this.#isDragging = false;
      if (this.#anchor === this.#cursor.position) this.#anchor = undefined;
      this.#read();
    });
  }

  #at({ offsetX, offsetY }: MouseEvent): [row: number, position: number] {
    const layers = this.#kv?.layers.length ?? 0;
    const below = offsetY - layers * this.#rowHeight - GAP;
    const row = below < 0 ? Math.floor(offsetY / this.#rowHeight) : layers + Math.floor(below / LANE_HEIGHT);
    return [row, Math.floor((offsetX / Math.max(1, this.#field.canvas.clientWidth)) * this.#end)];
  }

  /** What is selected, or the whole of what is under the cursor. */
  #read(): void {
    const { position, eviction, segment } = this.#place;
    const whole = eviction ?? segment;
    if (this.#anchor === undefined && !whole) return;
    const [firstPosition, endPosition] =
      this.#anchor === undefined
        ? [whole?.firstPosition ?? 0, (whole?.firstPosition ?? 0) + (whole?.tokens ?? 0)]
        : [Math.min(this.#anchor, position), 1 + Math.max(this.#anchor, position)];
    this.#options.read({ firstPosition, endPosition, ...(eviction ? { eviction: eviction.id } : {}) });
  }

  #draw(kv: KvSnapshot, palette: Palette): void {
    const width = this.element.clientWidth - 2;
    const layers = kv.layers.length;
    const height = layers * this.#rowHeight + GAP + this.#lanes.length * LANE_HEIGHT;
    const context = this.#field.begin(width, height);
    if (!context) return;
    const x = (position: number): number => (position / this.#end) * width;
    const fills = new Map<string, CanvasPattern | string>();
    const fillOf = (kind: KvKind | 'evicted'): CanvasPattern | string => {
      const fill = fills.get(kind) ?? kvPattern(context, kind, palette);
      fills.set(kind, fill);
      return fill;
    };
    for (const { kind, firstPosition, tokens } of this.#segments) {
      context.fillStyle = fillOf(kind);
      const [left, right] = [x(firstPosition), x(firstPosition + tokens)];
      context.fillRect(left, 0, Math.max(1, right - left), layers * this.#rowHeight);
      context.fillStyle = palette.line;
      context.fillRect(left, 0, 1, layers * this.#rowHeight);
    }
    context.fillStyle = palette.line;
    if (this.#rowHeight >= 5) {
      for (let layer = 1; layer < layers; layer++) context.fillRect(0, layer * this.#rowHeight, width, 1);
    }
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    context.strokeRect(0.5, 0.5, width - 1, layers * this.#rowHeight - 1);
    this.#lanes.forEach(({ firstPosition, tokens }, lane) => {
      const top = layers * this.#rowHeight + GAP + lane * LANE_HEIGHT;
      const [left, right] = [x(firstPosition), x(firstPosition + tokens)];
      context.fillStyle = fillOf('evicted');
      context.fillRect(left, top, Math.max(2, right - left), LANE_HEIGHT - 3);
      context.strokeRect(left + 0.5, top + 0.5, Math.max(2, right - left) - 1, LANE_HEIGHT - 4);
    });
    if (this.#field.cursor) this.#drawCursor(context, palette, x);
  }

  #drawCursor(context: CanvasRenderingContext2D, palette: Palette, x: (position: number) => number): void {
    const layers = this.#kv?.layers.length ?? 0;
    const { row, position } = this.#cursor;
    const [top, height] =
      row < layers
        ? [row * this.#rowHeight, this.#rowHeight]
        : [layers * this.#rowHeight + GAP + (row - layers) * LANE_HEIGHT, LANE_HEIGHT - 3];
    const [first, last] = [
      Math.min(this.#anchor ?? position, position),
      Math.max(this.#anchor ?? position, position),
    ];
    const [left, right] = [x(first), Math.max(x(last + 1), x(first) + 2)];
    this.#field.drawCursor(context, palette, { left, top, width: right - left, height });
  }
}
