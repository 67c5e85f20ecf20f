import type { DiagnosticsState, DiagnosticsWanted, ExpertCell } from '../../src/protocol/diagnostics.ts';
import {
  type ExpertsResult,
  type ExpertTokensResult,
  type Phase,
  PHASES,
} from '../../src/protocol/records.ts';
import { unpackFloat32, unpackUint32 } from '../../src/protocol/unpackRouting.ts';
import { element, setText } from '../element.ts';
import { ChartFigure } from './chartFigure.ts';
import { themedAxis } from './charts.ts';
import { Choice } from './choice.ts';
import { ExpertPlacement } from './expertPlacement.ts';
import { countsOf, loadHeat, rangeHeat } from './expertHeat.ts';
import { expertTokenList } from './expertTokenList.ts';
import { format } from './format.ts';
import { HeatMap } from './heatMap.ts';
import { layerLoadTable } from './layerLoadTable.ts';
import { pairTable } from './pairTable.ts';
import type { PanelContent } from './panel.ts';
import { strings } from './strings.ts';
import { toggledTable } from './toggledTable.ts';

type Filter = Phase | 'all';
const FILTERS: readonly Filter[] = ['all', ...PHASES];
type Measure = 'load' | 'bias';

export interface ExpertsPanelOptions {
  readonly want: (wanted: DiagnosticsWanted) => void;
  readonly readExpert: (of: ExpertCell) => void;
}

/** Charts and tables change this often at most; the heat map with every update. */
const CALM_MS = 500;

/** Where tokens went: by layer and expert, live. */
export class ExpertsPanel implements PanelContent {
  readonly element: HTMLElement;
  readonly #options: ExpertsPanelOptions;
  readonly #about = element('p', { class: 'muted' });
  readonly #map: HeatMap;
  readonly #pair: HeatMap;
  readonly #phase: Choice<Filter>;
  readonly #measure: Choice<Measure>;
  readonly #row: Choice<string>;
  readonly #column: Choice<string>;
  readonly #layer: Choice<string>;
  readonly #placement = new ExpertPlacement();
  readonly #loads = toggledTable(strings.experts.layers);
  readonly #pairs = toggledTable(strings.experts.pairsAsTable);
  readonly #curve = new ChartFigure(strings.experts.hitRate);
  readonly #tokens = element('div', { class: 'reading', attributes: { 'aria-live': 'polite' } });
  readonly #coactivation: HTMLDetailsElement;
  #filter: Filter = 'all';
  #shownMeasure: Measure = 'load';
  /** Index among the layers with experts, or all together. */
  #curveLayer = 'all';
  #layers: [row: number, column: number] | undefined;
  #state: DiagnosticsState | undefined;
  #counts: Uint32Array = new Uint32Array();
  #bias: { readonly packed: string; readonly values: Float32Array } | undefined;
  #pairCounts: { readonly packed: string; readonly counts: Uint32Array } | undefined;
  #calmAt = 0;
  #calmTimer: number | undefined;

  constructor(options: ExpertsPanelOptions) {
    this.#options = options;
    this.#map = new HeatMap({
      label: strings.experts.map,
      describe: (row, column) => this.#describe(row, column),
      pick: (row, column) => this.#pick(row, column),
    });
    this.#pair = new HeatMap({
      label: strings.experts.coactivation,
      describe: (row, column) => this.#describePair(row, column),
    });
    this.#phase = new Choice<Filter>(strings.experts.phase, (filter) => {
      this.#filter = filter;
      this.#changed();
    });
    this.#measure = new Choice<Measure>(strings.experts.measure, (measure) => {
      this.#shownMeasure = measure;
      this.#changed();
    });
    const choose = (index: 0 | 1) => (value: string) => {
      const [row, column] = this.#layers ?? [0, 0];
      this.#layers = index === 0 ? [Number(value), column] : [row, Number(value)];
      this.#changed();
    };
    this.#row = new Choice(strings.experts.rows, choose(0));
    this.#column = new Choice(strings.experts.columns, choose(1));
    this.#layer = new Choice(strings.experts.curveOf, (value) => {
      this.#curveLayer = value;
      this.#changed();
    });
    this.#coactivation = element('details', {
      class: 'toggled',
      children: [
        element('summary', { text: strings.experts.coactivation }),
        element('div', { class: 'choices', children: [this.#row.element, this.#column.element] }),
        this.#pair.element,
        this.#pairs.element,
      ],
    });
    this.#coactivation.addEventListener('toggle', () => this.#changed());
    this.element = element('div', {
      children: [
        element('div', { class: 'choices', children: [this.#phase.element, this.#measure.element] }),
        this.#about,
        this.#map.element,
        this.#tokens,
        this.#loads.element,
        this.#placement.element,
        this.#coactivation,
        this.#layer.element,
        this.#curve.element,
      ],
    });
  }

  show(state: DiagnosticsState): void {
    if (state.conversation.id !== this.#state?.conversation.id) this.#tokens.replaceChildren();
    this.#state = state;
    const { experts } = state;
    this.element.hidden = !experts;
    if (!experts) return;
    this.#placement.show(state);
    this.#counts = unpackUint32(experts.counts);
    const hasBias = experts.gateBias !== undefined;
    if (!hasBias) this.#shownMeasure = 'load';
    this.#phase.show(
      FILTERS.map((value) => ({ value, label: strings.experts.filters[value] })),
      this.#filter,
    );
    this.#measure.show(
      (hasBias ? (['load', 'bias'] as const) : (['load'] as const)).map((value) => ({
        value,
        label: strings.experts.measures[value],
      })),
      this.#shownMeasure,
    );
    const counted =
      this.#filter === 'all'
        ? Object.values(experts.tokens).reduce((sum, tokens) => sum + tokens, 0)
        : experts.tokens[this.#filter];
    const about = strings.experts.about(
      this.#shownMeasure,
      counted,
      experts.topK,
      experts.experts,
      experts.dropped,
    );
    const { expertsOfTraces } = state;
    setText(
      this.#about,
      expertsOfTraces > 0 ? `${about} ${strings.earlier.experts(expertsOfTraces)}` : about,
    );
    // Pairs are counted by the engine.
    this.#coactivation.hidden = expertsOfTraces > 0;
    this.#map.show(experts.layers.length, experts.experts, this.#heat(experts));
    this.#calmly();
  }

  recolour(): void {
    this.#map.recolour();
    this.#pair.recolour();
    this.#curve.recolour();
  }

  /** What is computed only while it is seen. */
  get wanted(): DiagnosticsWanted {
    const layers = this.#state?.experts?.layers;
    if (!this.#coactivation.open || !layers) return { hitRates: true };
    const [row, column] = this.#layers ?? [0, Math.min(1, layers.length - 1)];
    return {
      hitRates: true,
      coactivation: {
        layers: [layers[row] ?? 0, layers[column] ?? 0],
        ...(this.#filter === 'all' ? {} : { phase: this.#filter }),
      },
    };
  }

  received(of: ExpertCell, tokens: ExpertTokensResult | null): void {
    this.#tokens.replaceChildren(...expertTokenList(of, tokens, this.#state?.questions ?? {}));
  }

  #changed(): void {
    this.#options.want(this.wanted);
    this.#calmAt = 0;
    if (this.#state) this.show(this.#state);
  }

  #heat(experts: ExpertsResult): Float32Array {
    if (this.#shownMeasure === 'bias') return rangeHeat(this.#biases(experts) ?? new Float32Array());
    return loadHeat(countsOf(this.#counts, this.#filter), experts.experts);
  }

  #biases({ gateBias }: ExpertsResult): Float32Array | undefined {
    if (gateBias === undefined) return undefined;
    if (this.#bias?.packed !== gateBias) this.#bias = { packed: gateBias, values: unpackFloat32(gateBias) };
    return this.#bias.values;
  }

  #calmly(): void {
    if (this.#calmTimer !== undefined) return;
    const wait = Math.max(0, CALM_MS - (performance.now() - this.#calmAt));
    const draw = (): void => {
      this.#calmTimer = undefined;
      this.#calmAt = performance.now();
      if (this.#state?.experts) this.#showCalm(this.#state.experts);
    };
    if (wait === 0) draw();
    else this.#calmTimer = window.setTimeout(draw, wait);
  }

  #showCalm(experts: ExpertsResult): void {
    const bias = this.#biases(experts);
    this.#loads.show(() => layerLoadTable(experts, this.#filter, bias));
    const layers = experts.layers.map((layer, index) => ({
      value: String(index),
      label: strings.experts.layer(layer),
    }));
    const [row, column] = this.#layers ?? [0, Math.min(1, layers.length - 1)];
    this.#row.show(layers, String(row));
    this.#column.show(layers, String(column));
    if (experts.coactivation !== undefined && this.#coactivation.open)
      this.#showPair(experts, experts.coactivation);
    this.#layer.show([{ value: 'all', label: strings.experts.allLayers }, ...layers], this.#curveLayer);
    this.#showCurve(experts);
  }

  #showPair({ experts, layers }: ExpertsResult, packed: string): void {
    if (this.#pairCounts?.packed !== packed) this.#pairCounts = { packed, counts: unpackUint32(packed) };
    const { counts } = this.#pairCounts;
    this.#pair.show(experts, experts, rangeHeat(counts));
    const [row, column] = this.#layers ?? [0, Math.min(1, layers.length - 1)];
    this.#pairs.show(() => pairTable({ counts, experts, layers: [layers[row] ?? 0, layers[column] ?? 0] }));
  }

  #showCurve({ hitRates, experts, layers, topK }: ExpertsResult): void {
    const packed = hitRates?.[this.#filter];
    this.#curve.element.hidden = packed === undefined;
    this.#layer.element.hidden = packed === undefined;
    if (packed === undefined) return;
    const rates = unpackFloat32(packed);
    const chosen = this.#curveLayer === 'all' ? layers.map((_, index) => index) : [Number(this.#curveLayer)];
    const curve = Array.from({ length: experts + 1 }, (_, kept) => {
      const sum = chosen.reduce((total, layer) => total + (rates[layer * (experts + 1) + kept] ?? 0), 0);
      return sum / Math.max(1, chosen.length);
    });
    const needed = [0.5, 0.9, 0.99].map((share) => {
      const kept = curve.findIndex((rate) => rate >= share);
      return strings.experts.needed(share, kept < 0 ? experts : kept);
    });
    this.#curve.show(
      `${strings.experts.hitRate}. ${needed.join(' ')}`,
      (palette) => ({
        legend: { show: false },
        grid: { left: 52, right: 16, top: 12, bottom: 44 },
        xAxis: themedAxis(palette, {
          type: 'value',
          name: strings.experts.resident(topK),
          max: experts,
          minInterval: 1,
        }),
        yAxis: themedAxis(palette, {
          type: 'value',
          min: 0,
          max: 1,
          axisLabel: { color: palette.foreground, formatter: (share: number) => format.percent(share) },
        }),
        series: [
          {
            type: 'line',
            name: strings.experts.hitRate,
            showSymbol: false,
            data: curve.map((rate, kept) => [kept, rate]),
          },
        ],
      }),
      {
        caption: `${strings.experts.hitRate}. ${needed.join(' ')}`,
        head: strings.experts.curveHead,
        rows: curve.map((rate, kept) => [String(kept), format.percent(rate)]),
      },
    );
  }

  #describe(row: number, column: number): string {
    const experts = this.#state?.experts;
    if (!experts) return '';
    const at = row * experts.experts + column;
    const counts = countsOf(this.#counts, this.#filter);
    let total = 0;
    for (let i = row * experts.experts; i < (row + 1) * experts.experts; i++) total += counts[i] ?? 0;
    const load = total === 0 ? undefined : ((counts[at] ?? 0) * experts.experts) / total;
    const bias = this.#biases(experts)?.[at];
    return [
      strings.experts.cell(experts.layers[row] ?? row, column),
      strings.experts.choices(counts[at] ?? 0, load),
      ...PHASES.map(
        (phase) => `${strings.phases[phase]} ${format.count(countsOf(this.#counts, phase)[at] ?? 0)}`,
      ),
      ...(bias === undefined || Number.isNaN(bias) ? [] : [strings.experts.bias(bias)]),
    ].join(' · ');
  }

  #describePair(row: number, column: number): string {
    const experts = this.#state?.experts;
    if (!experts) return '';
    const [first, second] = this.#layers ?? [0, Math.min(1, experts.layers.length - 1)];
    const count = this.#pairCounts?.counts[row * experts.experts + column] ?? 0;
    return strings.experts.together(
      strings.experts.cell(experts.layers[first] ?? 0, row),
      strings.experts.cell(experts.layers[second] ?? 0, column),
      count,
    );
  }

  #pick(row: number, column: number): void {
    const layer = this.#state?.experts?.layers[row];
    if (layer === undefined) return;
    if ((this.#state?.expertsOfTraces ?? 0) > 0) {
      this.#tokens.replaceChildren(element('p', { class: 'muted', text: strings.earlier.noTokens }));
      return;
    }
    this.#options.readExpert({
      layer,
      expert: column,
      ...(this.#filter === 'all' ? {} : { phase: this.#filter }),
    });
  }
}
