import { diagnosedAnswers } from '../../src/protocol/diagnosedAnswers.ts';
import type {
  DiagnosedAnswer,
  DiagnosticsHostMessage,
  DiagnosticsState,
} from '../../src/protocol/diagnostics.ts';
import type { ExpertsResult } from '../../src/protocol/records.ts';
import { unpackUint32 } from '../../src/protocol/unpackRouting.ts';
import { element } from '../element.ts';
import { answerName } from './answerName.ts';
import { Choice } from './choice.ts';
import { dataTable } from './dataTable.ts';
import { differenceTable } from './differenceTable.ts';
import { countsOf, differenceHeat, loadHeat } from './expertHeat.ts';
import { format } from './format.ts';
import { HeatMap } from './heatMap.ts';
import { strings } from './strings.ts';
import { TIME_PARTS, timeSplit } from './timeSplit.ts';
import { toggledTable } from './toggledTable.ts';
import { transportSplit } from './transportSplit.ts';

type Compared = Extract<DiagnosticsHostMessage, { type: 'compared' }>;

/** Two answers side by side. */
export class ComparePanel {
  readonly element: HTMLElement;
  readonly #compare: (requestIds: [string, string]) => void;
  readonly #choices: readonly [Choice<string>, Choice<string>];
  readonly #table = element('div');
  /** Of each answer, and of how they differ. */
  readonly #maps: readonly [left: HeatMap, right: HeatMap, difference: HeatMap];
  readonly #differences = toggledTable(strings.compare.differencesAsTable);
  readonly #experts: HTMLElement;
  readonly #notRecorded = element('p', {
    class: 'muted',
    text: strings.compare.notRecorded,
    attributes: { hidden: '' },
  });
  #requestIds: [string, string] | undefined;
  #state: DiagnosticsState | undefined;
  #counts: readonly [left: Uint32Array, right: Uint32Array] | undefined;
  #layers: readonly number[] = [];
  #expertCount = 0;
  #shown = '';

  constructor(compare: (requestIds: [string, string]) => void) {
    this.#compare = compare;
    const choose = (index: 0 | 1) => (value: string) => {
      const [left, right] = this.#requestIds ?? [value, value];
      this.#ask(index === 0 ? [value, right] : [left, value]);
    };
    this.#choices = [
      new Choice(strings.compare.left, choose(0)),
      new Choice(strings.compare.right, choose(1)),
    ];
    const mapOf = (side: 0 | 1): HeatMap =>
      new HeatMap({
        label: strings.compare.expertsOf(side === 0 ? 'left' : 'right'),
        describe: (row, column) => this.#describeLoad(side, row, column),
      });
    this.#maps = [
      mapOf(0),
      mapOf(1),
      new HeatMap({
        label: strings.compare.experts,
        describe: (row, column) => this.#describe(row, column),
      }),
    ];
    const [left, right, difference] = this.#maps;
    this.#experts = element('div', {
      attributes: { hidden: '' },
      children: [
        element('div', {
          class: 'beside',
          children: [
            element('div', {
              children: [element('h3', { text: strings.compare.expertsOf('left') }), left.element],
            }),
            element('div', {
              children: [element('h3', { text: strings.compare.expertsOf('right') }), right.element],
            }),
          ],
        }),
        element('h3', { text: strings.compare.experts }),
        element('p', { class: 'muted', text: strings.compare.about }),
        difference.element,
        this.#differences.element,
      ],
    });
    this.element = element('section', {
      class: 'compare',
      attributes: { hidden: '', 'aria-label': strings.compare.title },
      children: [
        element('h2', { text: strings.compare.title }),
        element('div', { class: 'choices', children: this.#choices.map((choice) => choice.element) }),
        this.#table,
        this.#experts,
        this.#notRecorded,
      ],
    });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(isOpen: boolean): void {
    this.element.hidden = !isOpen;
    if (!isOpen || !this.#state) return;
    this.#requestIds = undefined;
    this.show(this.#state);
  }

  show(state: DiagnosticsState): void {
    this.#state = state;
    if (!this.isOpen) return;
    const ids = diagnosedAnswers(state).answers.map(({ requestId }) => requestId);
    const last = ids.at(-1);
    if (last === undefined) {
      this.#shown = '';
      this.#table.replaceChildren(element('p', { class: 'muted', text: strings.compare.none }));
      return;
    }
    if (!this.#requestIds || this.#requestIds.some((id) => !ids.includes(id))) {
      this.#ask([ids.at(-2) ?? last, last]);
    }
    const options = ids.map((value, index) => ({ value, label: answerName(state, index).long }));
    const chosen = this.#requestIds ?? [last, last];
    this.#choices.forEach((choice, index) => choice.show(options, chosen[index] ?? last));
    this.#showTable(state, chosen);
  }

  received({ requestIds, experts }: Compared): void {
    if (requestIds.join() !== this.#requestIds?.join()) return;
    const [left, right] = experts;
    // An answer of an earlier session may be another model's.
    const hasBoth = left !== null && right !== null && shapeOf(left) === shapeOf(right);
    this.#experts.hidden = !hasBoth;
    // A model without experts has nothing to record.
    this.#notRecorded.hidden = hasBoth || this.#state?.experts === null;
    if (!hasBoth) return;
    const countsIn = (each: ExpertsResult): Uint32Array => countsOf(unpackUint32(each.counts), 'all');
    const counts = [countsIn(left), countsIn(right)] as const;
    const { layers, experts: expertCount } = left;
    this.#counts = counts;
    this.#layers = layers;
    this.#expertCount = expertCount;
    const heats = [
      ...counts.map((each) => loadHeat(each, expertCount)),
      differenceHeat(...counts, expertCount),
    ];
    this.#maps.forEach((map, index) =>
      map.show(layers.length, expertCount, heats[index] ?? new Float32Array()),
    );
    this.#differences.show(() =>
      differenceTable({ left: counts[0], right: counts[1], layers, experts: expertCount }),
    );
  }

  recolour(): void {
    for (const map of this.#maps) map.recolour();
  }

  #ask(requestIds: [string, string]): void {
    this.#requestIds = requestIds;
    this.#compare(requestIds);
    if (this.#state) this.show(this.#state);
  }

  #showTable(state: DiagnosticsState, requestIds: readonly [string, string]): void {
    const { transport } = state;
    const { answers } = diagnosedAnswers(state);
    const chosen = requestIds.map((id) => answers.find(({ requestId }) => requestId === id));
    // A table that does not change is left to who reads it.
    const shown = chosen
      .map((answer) => `${answer?.requestId} ${answer?.decodeMs} ${answer?.finishReason}`)
      .join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    const splits = chosen.map((answer) => (answer ? timeSplit(answer) : []));
    const row = (name: string, cell: (answer: DiagnosedAnswer) => string): string[] => [
      name,
      ...chosen.map((answer) => (answer ? cell(answer) : '–')),
    ];
    this.#table.replaceChildren(
      dataTable({
        caption: strings.compare.table,
        head: strings.compare.head,
        rows: [
          row(strings.compare.time, ({ startedAtMs }) => format.time(startedAtMs)),
          row(strings.compare.prompt, ({ promptTokens }) => format.tokens(promptTokens)),
          row(strings.reuse.reused, ({ reusedTokens }) => format.tokens(reusedTokens)),
          row(strings.compare.saved, ({ estimatedSavedMs }) =>
            estimatedSavedMs === null ? '–' : format.ms(estimatedSavedMs),
          ),
          row(strings.speed.prefill, (a) => format.perSecond(a.promptTokens - a.reusedTokens, a.prefillMs)),
          row(strings.speed.firstToken, ({ timeToFirstTokenMs: ms }) =>
            ms === undefined ? '–' : format.ms(ms),
          ),
          row(strings.compare.written, ({ decodedTokens }) => format.tokens(decodedTokens)),
          row(strings.speed.decode, (a) => format.perSecond(a.decodedTokens, a.decodeMs)),
          ...TIME_PARTS.filter((part) => splits.some((split) => split.some(({ name }) => name === part))).map(
            (part) =>
              row(strings.compare.perToken(strings.speed.parts[part]), (answer) => {
                const found = timeSplit(answer).find(({ name }) => name === part);
                return found ? format.ms(found.ms) : '–';
              }),
          ),
          row(strings.compare.transport, ({ requestId }) => {
            const times = transport[requestId];
            return times ? format.ms(transportSplit(times).reduce((sum, { ms }) => sum + ms, 0)) : '–';
          }),
          row(strings.speed.acceptance, ({ speculation }) =>
            speculation && speculation.drafted > 0
              ? format.percent(speculation.accepted / speculation.drafted)
              : '–',
          ),
          row(strings.speed.recording, ({ recordingMs: ms }) => (ms === undefined ? '–' : format.ms(ms))),
        ],
      }),
    );
  }

  #describe(row: number, column: number): string {
    return strings.compare.cell(
      strings.experts.cell(this.#layers[row] ?? row, column),
      this.#shareOf(0, row, column),
      this.#shareOf(1, row, column),
    );
  }

  #describeLoad(side: 0 | 1, row: number, column: number): string {
    return strings.compare.load(
      strings.experts.cell(this.#layers[row] ?? row, column),
      this.#counts?.[side][row * this.#expertCount + column] ?? 0,
      this.#shareOf(side, row, column),
    );
  }

  /** Of the layer's choices. */
  #shareOf(side: 0 | 1, row: number, column: number): string {
    const counts = this.#counts?.[side];
    const layer = (counts ?? new Uint32Array()).subarray(
      row * this.#expertCount,
      (row + 1) * this.#expertCount,
    );
    const total = layer.reduce((sum, count) => sum + count, 0);
    return total === 0 ? '–' : format.percent((layer[column] ?? 0) / total);
  }
}

function shapeOf({ layers, experts }: ExpertsResult): string {
  return `${layers.join()} ${experts}`;
}
