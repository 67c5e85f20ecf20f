import type { BackendReport } from '../../src/protocol/backends.ts';
import { element } from '../element.ts';
import { adapterTable, measuredTable } from './backendTables.ts';
import { strings } from './strings.ts';
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
