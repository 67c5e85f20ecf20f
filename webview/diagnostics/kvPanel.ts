import type { DiagnosticsState, TextRange } from '../../src/protocol/diagnostics.ts';
import type { Eviction, KvSnapshot, Phase, TextResult } from '../../src/protocol/records.ts';
import { element } from '../element.ts';
import { quotedText } from '../quotedText.ts';
import { visibleLines } from '../visibleLines.ts';
import { dataTable } from './dataTable.ts';
import { figures } from './figures.ts';
import { format } from './format.ts';
import { KvMap, type KvPlace, type KvRange } from './kvMap.ts';
import { kvPattern } from './kvPattern.ts';
import { readPalette } from './palette.ts';
import type { PanelContent } from './panel.ts';
import { strings } from './strings.ts';
import { toggledTable } from './toggledTable.ts';

/** Texts of tokens under the cursor are asked for in pieces of so many. */
const PIECE = 64;

/** Layers by positions, what was evicted, and the text of both. */
export class KvPanel implements PanelContent {
  readonly element: HTMLElement;
  readonly #readText: (of: TextRange) => void;
  readonly #figures = element('div');
  readonly #map: KvMap;
  readonly #legend = element('ul', { class: 'legend' });
  readonly #text = element('div', { class: 'reading', attributes: { 'aria-live': 'polite' } });
  readonly #evictions = element('div');
  readonly #layers = toggledTable(strings.kv.layers);
  #state: DiagnosticsState | undefined;
  /** By eviction and piece. */
  #texts = new Map<string, TextResult | 'asked'>();
  #textsOf = '';
  #reading: KvRange | undefined;
  #shownEvictions = '';

  constructor(readText: (of: TextRange) => void) {
    this.#readText = readText;
    this.#map = new KvMap({
      describe: (place) => this.#describe(place),
      read: (range) => this.read(range),
    });
    const whole = element('input', { attributes: { type: 'checkbox' } });
    whole.addEventListener('change', () => {
      this.#map.wholeCapacity = whole.checked;
      if (this.#state?.kv) this.#map.show(this.#state.kv);
    });
    this.element = element('div', {
      children: [
        this.#figures,
        this.#legend,
        this.#map.element,
        element('label', { children: [whole, strings.kv.wholeCapacity] }),
        this.#text,
        this.#evictions,
        this.#layers.element,
      ],
    });
  }

  show(state: DiagnosticsState): void {
    this.#state = state;
    const { kv } = state;
    this.element.hidden = kv === undefined;
    if (!kv) return;
    this.#forgetTexts(state, kv);
    this.#figures.replaceChildren(figures(figuresOf(kv)));
    this.#map.show(kv);
    if (this.#legend.childElementCount === 0) this.#drawLegend();
    this.#showEvictions(kv);
    this.#layers.show(() => layersTable(kv));
  }

  recolour(): void {
    this.#map.recolour();
    this.#drawLegend();
  }

  /** Asks for the text of a range and shows it when it comes. */
  read(range: KvRange): void {
    this.#reading = range;
    this.#readText(range);
  }

  received(of: TextRange, text: TextResult | null): void {
    const { eviction, firstPosition, endPosition } = of;
    const reading = this.#reading;
    if (
      reading?.eviction === eviction &&
      reading?.firstPosition === firstPosition &&
      reading.endPosition === endPosition
    ) {
      this.#showText(reading, text);
    }
    if (text && endPosition - firstPosition === PIECE) {
      this.#texts.set(pieceKey(eviction, firstPosition), text);
      this.#map.describe();
    }
  }

  /** What is cached changes: its texts are asked for again. Evicted ones stay. */
  #forgetTexts({ conversation }: DiagnosticsState, kv: KvSnapshot): void {
    const of = `${conversation.id} ${kv.usedTokens} ${kv.evictions.at(-1)?.id ?? ''}`;
    if (of === this.#textsOf) return;
    this.#textsOf = of;
    this.#texts = new Map();
  }

  #describe(place: KvPlace): string {
    const { position, layer, eviction, segment } = place;
    const kv = this.#state?.kv;
    if (!kv) return '';
    const token = this.#tokenAt(position, eviction?.id);
    if (eviction) {
      const isIn = position >= eviction.firstPosition && position < eviction.firstPosition + eviction.tokens;
      return `${strings.kv.position(position)}${isIn ? token : ''} · ${describeEviction(eviction)}`;
    }
    const cache = kv.layers[layer ?? 0];
    const bytes = (cache?.parts ?? [])
      .map(({ kind, bytesPerToken }) => `${kind} ${format.bytes(bytesPerToken)}`)
      .join(' + ');
    if (!segment) return `${strings.kv.place(layer ?? 0, position)} · ${strings.kv.free}`;
    const question = this.#state?.questions[segment.requestId];
    return [
      `${strings.kv.place(layer ?? 0, position)}${token}`,
      strings.kv.kinds[segment.kind],
      ...(segment.kind === 'shared' ? [strings.phases[segment.phase]] : []),
      `${bytes} (${cache?.dataType ?? ''})`,
      ...(question === undefined || question === '' ? [] : [strings.kv.readFor(question)]),
    ].join(' · ');
  }

  #tokenAt(position: number, eviction: number | undefined): string {
    const first = position - (position % PIECE);
    const key = pieceKey(eviction, first);
    const piece = this.#texts.get(key);
    if (piece === undefined) {
      this.#texts.set(key, 'asked');
      this.#readText({
        firstPosition: first,
        endPosition: first + PIECE,
        ...(eviction === undefined ? {} : { eviction }),
      });
    }
    if (piece === undefined || piece === 'asked') return '';
    const text = piece.texts[position - piece.firstPosition];
    return text === undefined ? '' : ` “${quotedText(text)}”`;
  }

  #showText({ firstPosition, endPosition, eviction }: KvRange, text: TextResult | null): void {
    const title =
      eviction === undefined
        ? strings.kv.textOf(firstPosition, endPosition)
        : strings.kv.evictedTextOf(firstPosition, endPosition);
    const gone = this.#state?.kv?.evictions.find(({ id }) => id === eviction);
    const body =
      text === null || text.tokens.length === 0
        ? element('p', { text: strings.kv.unreadable })
        : element('pre', {
            attributes: { tabindex: '0' },
            children: runsOf(text).map(({ phase, text: run }) =>
              element('span', {
                class: `phase-${phase}`,
                text: visibleLines(run),
                attributes: { title: strings.phases[phase] },
              }),
            ),
          });
    const cut = text && text.tokens.length < endPosition - firstPosition;
    this.#text.replaceChildren(
      element('h3', { text: title }),
      ...(gone ? [element('p', { class: 'muted', text: describeEviction(gone) })] : []),
      body,
      ...(cut ? [element('p', { class: 'muted', text: strings.kv.cut(text.tokens.length) })] : []),
    );
  }

  #showEvictions({ evictions }: KvSnapshot): void {
    const shown = evictions.map(({ id, readableTokens }) => `${id} ${readableTokens}`).join();
    if (shown === this.#shownEvictions) return;
    this.#shownEvictions = shown;
    if (evictions.length === 0) {
      this.#evictions.replaceChildren(element('p', { class: 'muted', text: strings.kv.noEvictions }));
      return;
    }
    this.#evictions.replaceChildren(
      dataTable({
        caption: strings.kv.evictions,
        head: strings.kv.evictionHead,
        rows: evictions
          .toReversed()
          .map((eviction) => [
            format.time(eviction.atMs),
            strings.kv.reasons[eviction.reason],
            `${format.count(eviction.firstPosition)}–${format.count(eviction.firstPosition + eviction.tokens - 1)}`,
            phasesOf(eviction),
            this.#readButton(eviction),
          ]),
      }),
    );
  }

  #readButton({ id, firstPosition, tokens, readableTokens }: Eviction): Node {
    if (readableTokens === 0) return document.createTextNode(strings.kv.gone);
    const button = element('button', { text: strings.kv.read, attributes: { type: 'button' } });
    button.addEventListener('click', () =>
      this.read({ eviction: id, firstPosition, endPosition: firstPosition + tokens }),
    );
    return button;
  }

  #drawLegend(): void {
    const palette = readPalette();
    this.#legend.replaceChildren(
      ...(['shared', 'prompt', 'thought', 'answer', 'evicted'] as const).map((kind) => {
        const swatch = element('canvas', { class: 'swatch', attributes: { 'aria-hidden': 'true' } });
        [swatch.width, swatch.height] = [18, 12];
        const context = swatch.getContext('2d');
        if (context) {
          context.fillStyle = kvPattern(context, kind, palette);
          context.fillRect(0, 0, 18, 12);
        }
        return element('li', { children: [swatch, strings.kv.kinds[kind]] });
      }),
    );
  }
}

function pieceKey(eviction: number | undefined, first: number): string {
  return `${eviction ?? 'cache'} ${first}`;
}

function describeEviction(eviction: Eviction): string {
  return `${strings.kv.reasons[eviction.reason]}, ${format.time(eviction.atMs)} (${phasesOf(eviction)})`;
}

function phasesOf({ phases }: Eviction): string {
  return (Object.entries(phases) as [Phase, number][]) // the keys of a Record<Phase, …> are phases
    .filter(([, tokens]) => tokens > 0)
    .map(([phase, tokens]) => `${format.count(tokens)} ${strings.phases[phase]}`)
    .join(', ');
}

function figuresOf(kv: KvSnapshot): Parameters<typeof figures>[0] {
  const ratio = kv.plainBytesPerToken / Math.max(1, kv.bytesPerToken);
  return [
    {
      name: strings.kv.used,
      value: `${format.count(kv.usedTokens)} / ${format.tokens(kv.capacityTokens)}`,
    },
    { name: strings.kv.bytes, value: format.bytes(kv.usedBytes), note: strings.kv.of(kv.capacityBytes) },
    { name: strings.kv.perToken, value: format.bytes(kv.bytesPerToken) },
    {
      name: strings.kv.plain,
      value: format.bytes(kv.plainBytesPerToken * kv.usedTokens),
      note: ratio > 1.005 ? strings.kv.smaller(ratio) : strings.kv.same,
    },
    { name: strings.kv.shared, value: format.tokens(kv.sharedPrefixTokens) },
  ];
}

function layersTable(kv: KvSnapshot): Parameters<typeof dataTable>[0] {
  return {
    caption: strings.kv.layers,
    head: strings.kv.layerHead,
    rows: kv.layers.map(({ parts, dataType, usedBytes, plainBytes }, layer) => [
      String(layer),
      parts.map(({ kind, bytesPerToken }) => `${kind} ${format.bytes(bytesPerToken)}`).join(', '),
      dataType,
      format.bytes(usedBytes),
      format.bytes(plainBytes),
    ]),
  };
}

function runsOf({ texts, phases }: TextResult): { readonly phase: Phase; readonly text: string }[] {
  const runs: { phase: Phase; text: string }[] = [];
  texts.forEach((text, index) => {
    const phase = phases[index] ?? 'prompt';
    const last = runs.at(-1);
    if (last?.phase === phase) last.text += text;
    else runs.push({ phase, text });
  });
  return runs;
}
