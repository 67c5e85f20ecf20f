import type { Eviction, KvSnapshot } from '../../src/protocol/records.ts';
import { element, setText } from '../element.ts';
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
  readonly #canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #field: HTMLElement;
  readonly #words = element('p', { class: 'words', attributes: { role: 'status' } });
  #kv: KvSnapshot | undefined;
  #segments: readonly KvSegment[] = [];
  #lanes: readonly Eviction[] = [];
  #end = 1;
  #rowHeight = 4;
  #cursor = { row: 0, position: 0 };
  /** The other end of the selection. */
  #anchor: number | undefined;
  #isDragging = false;
  #hasCursor = false;
  wholeCapacity = false;

  constructor(options: KvMapOptions) {
    this.#options = options;
    this.#field = element('div', {
      class: 'kv-field',
      attributes: {
        tabindex: '0',
        role: 'application',
        'aria-roledescription': 'map',
        'aria-label':
          'KV map: layers by positions, evictions below. Arrow keys move, with Shift they select, Enter reads the text.',
      },
      children: [this.#canvas],
    });
    this.element = element('div', { class: 'kv-map', children: [this.#field, this.#words] });
    this.#listen();
  }

  show(kv: KvSnapshot): void {
    this.#kv = kv;
    this.#segments = kvSegments(kv);
    this.#lanes = evictionLanes(kv.evictions, LANES);
    this.#end = kvMapEnd(kv, this.#lanes, this.wholeCapacity);
    this.#rowHeight = Math.min(16, Math.max(3, Math.floor(LAYERS_HEIGHT / Math.max(1, kv.layers.length))));
    this.recolour();
    this.describe();
  }

  recolour(): void {
    if (this.#kv) this.#draw(this.#kv, readPalette());
  }

  /** Says again what is under the cursor: more is known of it now. */
  describe(): void {
    if (this.#hasCursor) setText(this.#words, this.#options.describe(this.#place));
  }

  get #rows(): number {
    return (this.#kv?.layers.length ?? 0) + this.#lanes.length;
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
    new ResizeObserver(() => this.recolour()).observe(this.element);
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('focus', () => this.#move(this.#cursor.row, this.#cursor.position));
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#isDragging = true;
      this.#canvas.setPointerCapture(event.pointerId);
      this.#move(...this.#at(event));
      this.#anchor = this.#cursor.position;
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      const [row, position] = this.#at(event);
      this.#move(this.#isDragging ? this.#cursor.row : row, position);
    });
    this.#canvas.addEventListener('pointerup', () => {
      this.#isDragging = false;
      if (this.#anchor === this.#cursor.position) this.#anchor = undefined;
      this.#read();
    });
  }

  #at({ offsetX, offsetY }: MouseEvent): [row: number, position: number] {
    const layers = this.#kv?.layers.length ?? 0;
    const below = offsetY - layers * this.#rowHeight - GAP;
    const row = below < 0 ? Math.floor(offsetY / this.#rowHeight) : layers + Math.floor(below / LANE_HEIGHT);
    return [row, Math.floor((offsetX / Math.max(1, this.#canvas.clientWidth)) * this.#end)];
  }

  #key(event: KeyboardEvent): void {
    const { row, position } = this.#cursor;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [row - 1, position],
      ArrowDown: [row + 1, position],
      ArrowLeft: [row, position - 1],
      ArrowRight: [row, position + 1],
      PageUp: [row, position - 32],
      PageDown: [row, position + 32],
      Home: [row, 0],
      End: [row, this.#end - 1],
    };
    const to = moves[event.key];
    if (to) {
      this.#anchor = event.shiftKey ? (this.#anchor ?? position) : undefined;
      this.#move(...to);
    } else if (event.key === 'Enter' || event.key === ' ') this.#read();
    else return;
    event.preventDefault();
  }

  #move(row: number, position: number): void {
    this.#hasCursor = true;
    this.#cursor = {
      row: Math.min(Math.max(0, this.#rows - 1), Math.max(0, row)),
      position: Math.min(this.#end - 1, Math.max(0, position)),
    };
    this.recolour();
    this.describe();
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
    const context = this.#canvas.getContext('2d');
    const width = this.element.clientWidth - 2;
    if (!context || width <= 0) return;
    const layers = kv.layers.length;
    const height = layers * this.#rowHeight + GAP + this.#lanes.length * LANE_HEIGHT;
    const ratio = window.devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
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
    if (this.#hasCursor) this.#drawCursor(context, palette, x);
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
    for (const [colour, margin] of [
      [palette.background, 2],
      [palette.focus, 1],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.strokeRect(left - margin, top - margin, right - left + 2 * margin, height + 2 * margin);
    }
  }
}
