import { element, setText, uniqueId } from '../element.ts';
import { iconButton } from '../chat/iconButton.ts';
import { type FilterKind, filterOf } from './filters.ts';
import { type Measure, type MeasureKind, measureOf } from './measures.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { OutlineTree } from './outlineTree.ts';
import { searchTokens } from './searchTokens.ts';
import { strings } from './strings.ts';
import { thoughtStrip } from './thoughtStrip.ts';
import { TokenDetails } from './tokenDetails.ts';
import { TokenPane } from './tokenPane.ts';
import { traceHead } from './traceHead.ts';

/** One trace: what it is about, its thought as strip and outline, its tokens, and the token that is chosen. */
export class TraceView {
  readonly element: HTMLElement;
  private readonly pane: TokenPane;
  private readonly outline: OutlineTree;
  private readonly details: TokenDetails;
  private readonly legend = element('ul', { class: 'legend', attributes: { 'aria-label': strings.legend } });
  private readonly measure: HTMLSelectElement;
  private readonly layer: HTMLSelectElement;
  private readonly layerField: HTMLElement;
  private readonly filtered = element('span', { class: 'muted', attributes: { role: 'status' } });
  private readonly search: HTMLInputElement;
  private readonly found = element('span', { class: 'muted found', attributes: { role: 'status' } });
  private matches: readonly number[] = [];

  constructor(
    private readonly opened: OpenedTrace,
    continueFrom: (token: number, alternative: number) => void,
  ) {
    const { trace, name } = opened;
    this.details = new TokenDetails(trace, {
      continueFrom,
      left: () => {
        this.pane.focus();
      },
    });
    this.pane = new TokenPane(trace, strings.tokensOf(name), {
      selected: (token) => {
        this.details.show(token);
        this.outline.show(token);
      },
      opened: () => {
        this.details.focus();
      },
    });
    const goTo = (token: number) => {
      this.pane.select(token);
    };
    this.outline = new OutlineTree(opened, goTo);
    // Proven by `satisfies` beside the texts: their keys are the kinds of measures.
    const kinds = (Object.keys(strings.measures) as MeasureKind[]).filter(
      (kind) => kind !== 'expert' || trace.routing !== undefined,
    );
    this.measure = select(kinds.map((kind) => [kind, strings.measures[kind]]));
    this.layer = select((trace.routing?.layers ?? []).map((layer, index) => [String(index), String(layer)]));
    this.layerField = field(strings.layer, this.layer);
    const filter = select(Object.entries(strings.filters));
    this.search = element('input', {
      attributes: { type: 'search', 'aria-label': strings.search, placeholder: strings.search },
    });
    for (const control of [this.measure, this.layer]) {
      control.addEventListener('change', () => {
        this.colour();
      });
    }
    filter.addEventListener('change', () => {
      // Its options are the keys of the texts, which are the kinds of filters.
      this.filter(filter.value as FilterKind);
    });
    this.search.addEventListener('input', () => {
      this.find();
    });
    this.search.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    });
    const toolbar = element('div', {
      class: 'trace-toolbar',
      children: [
        field(strings.measure, this.measure),
        this.layerField,
        field(strings.filter, filter),
        this.filtered,
        element('span', {
          class: 'search',
          children: [
            this.search,
            this.found,
            iconButton('previous', strings.previous, () => {
              this.step(-1);
            }),
            iconButton('next', strings.next, () => {
              this.step(1);
            }),
          ],
        }),
      ],
    });
    this.element = element('div', {
      class: 'trace-view',
      children: [
        traceHead(opened),
        thoughtStrip(opened, goTo),
        element('div', {
          class: 'trace-columns',
          children: [
            this.outline.element,
            element('section', {
              class: 'trace-tokens',
              attributes: { 'aria-label': strings.tokensOf(name) },
              children: [toolbar, this.legend, this.pane.element],
            }),
            this.details.element,
          ],
        }),
      ],
    });
    this.colour();
    this.details.show(0);
    this.outline.show(0);
  }

  /** The conversation and the model are here, so the answer can be told again from a token on. */
  setContinuable(): void {
    this.details.setContinuable(true);
  }

  dispose(): void {
    this.pane.dispose();
  }

  private colour(): void {
    // Its options are the kinds.
    const kind = this.measure.value as MeasureKind;
    this.layerField.hidden = kind !== 'expert';
    const measure = measureOf(this.opened.trace, kind, Number(this.layer.value));
    this.pane.colourBy(measure);
    this.legend.replaceChildren(...legendOf(measure));
  }

  private filter(kind: FilterKind): void {
    const isMatch = filterOf(this.opened.trace, kind);
    this.pane.filter(isMatch);
    let found = 0;
    for (let token = 0; isMatch && token < this.opened.trace.tokens.count; token++)
      found += Number(isMatch(token));
    setText(this.filtered, isMatch ? strings.filtered(found) : '');
  }

  private find(): void {
    this.matches = searchTokens(this.opened.trace.tokens, this.search.value);
    this.pane.mark(new Set(this.matches));
    const [first] = this.matches;
    const next = this.matches.find((token) => token >= this.pane.selected) ?? first;
    if (next !== undefined) this.pane.select(next);
    this.tellFound();
  }

  private step(by: 1 | -1): void {
    const { matches } = this;
    if (matches.length === 0) return;
    const { selected } = this.pane;
    const to =
      by > 0
        ? (matches.find((token) => token > selected) ?? matches[0])
        : (matches.findLast((token) => token < selected) ?? matches.at(-1));
    if (to !== undefined) this.pane.select(to);
    this.tellFound();
  }

  private tellFound(): void {
    const at = this.matches.indexOf(this.pane.selected) + 1;
    setText(this.found, this.search.value === '' ? '' : strings.found(at, this.matches.length));
  }
}

function legendOf({ labels, scale }: Measure): HTMLElement[] {
  return labels.map((label, level) =>
    element('li', {
      children: [
        element('span', {
          class: `swatch ${scale}-${level}`,
          text: 'a',
          attributes: { 'aria-hidden': 'true' },
        }),
        label,
      ],
    }),
  );
}

function select(options: readonly (readonly [value: string, text: string])[]): HTMLSelectElement {
  return element('select', {
    children: options.map(([value, text]) => element('option', { text, attributes: { value } })),
  });
}

function field(label: string, control: HTMLSelectElement): HTMLElement {
  control.id = uniqueId('field');
  return element('span', {
    class: 'field',
    children: [element('label', { text: label, attributes: { for: control.id } }), control],
  });
}
