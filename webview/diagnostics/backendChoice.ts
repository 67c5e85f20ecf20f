import type {
  AdapterReport,
  BackendReport,
  BackendSpeed,
  CandidateReport,
} from '../../src/protocol/backends.ts';
import { element } from '../element.ts';
import { format } from './format.ts';
import { strings } from './strings.ts';
import type { TableText } from './tableText.ts';
import { toggledTable } from './toggledTable.ts';

/** Which backend runs the model and why, what was measured of the others, and what GPUs there are. */
export class BackendChoice {
  readonly element: HTMLElement;
  readonly #reason = element('p', { class: 'muted' });
  readonly #measured = toggledTable(strings.backends.measured);
  readonly #adapters = toggledTable(strings.backends.adapters);

  constructor() {
    this.element = element('div', {
      children: [this.#reason, this.#measured.element, this.#adapters.element],
    });
  }

  show(report: BackendReport | undefined): void {
    this.element.hidden = report === undefined;
    if (!report) return;
    this.#reason.textContent = strings.backends.chosen(report.used, report.device, report.reason);
    this.#measured.element.hidden = report.candidates.length === 0;
    this.#measured.show(() => measuredTable(report));
    this.#adapters.element.hidden = report.adapters.length === 0;
    this.#adapters.show(() => adapterTable(report.adapters));
  }
}

/** The CPU first, if it was measured. */
export function measuredTable({ reference, candidates, measuredAtMs }: BackendReport): TableText<string> {
  const cpu = reference ? [[strings.backends.cpu, ...speeds(reference), strings.backends.isReference]] : [];
  return {
    caption:
      measuredAtMs === undefined ? strings.backends.measured : strings.backends.measuredAt(measuredAtMs),
    head: strings.backends.head,
    rows: [...cpu, ...candidates.map(candidateRow)],
  };
}

export function adapterTable(adapters: readonly AdapterReport[]): TableText<string> {
  return {
    caption: strings.backends.adapters,
    head: strings.backends.adapterHead,
    rows: adapters.map(({ name, driver, isSoftware, features, limits }) => [
      name,
      driver,
      isSoftware ? strings.backends.software : strings.backends.hardware,
      features.join(', ') || '–',
      format.bytes(limits.bindingBytes),
      format.bytes(limits.bufferBytes),
      format.bytes(limits.workgroupMemoryBytes),
      format.count(limits.workgroupSize),
    ]),
  };
}

function candidateRow({ id, device, outcome }: CandidateReport): string[] {
  const name = strings.backends.name(id, device);
  if (outcome.kind === 'agrees')
    return [name, ...speeds(outcome.speed), strings.backends.agrees(outcome.agreement)];
  return [name, '–', '–', '–', strings.backends.outcome(outcome)];
}

function speeds({ loadMs, prefillTokensPerSecond, decodeTokensPerSecond }: BackendSpeed): string[] {
  return [
    strings.backends.perSecond(prefillTokensPerSecond),
    strings.backends.perSecond(decodeTokensPerSecond),
    format.ms(loadMs),
  ];
}
