import type { DiagnosticsHostMessage, DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import type { AnswerRecord, ExpertsResult } from '../../src/protocol/records.ts';
import { unpackUint32 } from '../../src/protocol/unpackRouting.ts';
import { element } from '../element.ts';
import { answerName } from './answerName.ts';
import { Choice } from './choice.ts';
import { dataTable } from './dataTable.ts';
import { countsOf, differenceHeat } from './expertHeat.ts';
import { format } from './format.ts';
import { HeatMap } from './heatMap.ts';
import { strings } from './strings.ts';
import { timeSplit } from './timeSplit.ts';

type Compared = Extract<DiagnosticsHostMessage, { type: 'compared' }>;

/** Two answers side by side. */
export class ComparePanel {
  readonly element: HTMLElement;
  readonly #compare: (requestIds: [string, string]) => void;
  readonly #choices: readonly [Choice<string>, Choice<string>];
  readonly #table = element('div');
  readonly #map: HeatMap;
  readonly #mapTitle = element('h3', { text: strings.compare.experts });
  #requestIds: [string, string] | undefined;
  #state: DiagnosticsState | undefined;
  #counts: readonly [Uint32Array, Uint32Array] | undefined;
  #layers: readonly number[] = [];
  #experts = 0;
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
    this.#map = new HeatMap({
      label: strings.compare.experts,
      describe: (row, column) => this.#describe(row, column),
    });
    this.element = element('section', {
      class: 'compare',
      attributes: { hidden: '', 'aria-label': strings.compare.title },
      children: [
        element('h2', { text: strings.compare.title }),
        element('div', { class: 'choices', children: this.#choices.map((choice) => choice.element) }),
        this.#table,
        this.#mapTitle,
        this.#map.element,
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
    const ids = state.answers.map(({ requestId }) => requestId);
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
    const hasBoth = left !== null && right !== null;
    this.#map.element.hidden = !hasBoth;
    this.#mapTitle.hidden = !hasBoth;
    if (!hasBoth) return;
    const counts = (each: ExpertsResult): Uint32Array => countsOf(unpackUint32(each.counts), 'all');
    this.#counts = [counts(left), counts(right)];
    this.#layers = left.layers;
    this.#experts = left.experts;
    this.#map.show(left.layers.length, left.experts, differenceHeat(...this.#counts, left.experts));
  }

  recolour(): void {
    this.#map.recolour();
  }

  #ask(requestIds: [string, string]): void {
    this.#requestIds = requestIds;
    this.#compare(requestIds);
    if (this.#state) this.show(this.#state);
  }

  #showTable({ answers }: DiagnosticsState, requestIds: readonly [string, string]): void {
    const chosen = requestIds.map((id) => answers.find(({ requestId }) => requestId === id));
    // A table that does not change is left to who reads it.
    const shown = chosen
      .map((answer) => `${answer?.requestId} ${answer?.decodeMs} ${answer?.finishReason}`)
      .join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    const row = (name: string, cell: (answer: AnswerRecord) => string): string[] => [
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
          ...(['backend', 'sampling', 'rest'] as const).map((part) =>
            row(strings.compare.perToken(strings.speed.parts[part]), (answer) => {
              const found = timeSplit(answer).find(({ name }) => name === part);
              return found ? format.ms(found.ms) : '–';
            }),
          ),
          row(strings.speed.acceptance, ({ speculation }) =>
            speculation && speculation.drafted > 0
              ? format.percent(speculation.accepted / speculation.drafted)
              : '–',
          ),
          row(strings.speed.recording, ({ recordingMs }) => format.ms(recordingMs)),
        ],
      }),
    );
  }

  #describe(row: number, column: number): string {
    const at = row * this.#experts + column;
    const shares = (this.#counts ?? []).map((counts) => {
      const layer = counts.subarray(row * this.#experts, (row + 1) * this.#experts);
      const total = layer.reduce((sum, count) => sum + count, 0);
      return total === 0 ? '–' : format.percent((counts[at] ?? 0) / total);
    });
    return strings.compare.cell(
      strings.experts.cell(this.#layers[row] ?? row, column),
      shares[0] ?? '–',
      shares[1] ?? '–',
    );
  }
}
