import { element } from '../element.ts';
import { Chart, type ChartOption } from './charts.ts';
import { dataTable, type TableContent } from './dataTable.ts';

/** A chart with its title, and the same figures as a table instead when that is wanted. */
export class ChartFigure {
  readonly element: HTMLElement;
  readonly #chart = new Chart();
  readonly #table = element('div', { attributes: { hidden: '' } });
  readonly #toggle: HTMLButtonElement;
  #content: TableContent | undefined;

  constructor(title: string) {
    this.#toggle = element('button', {
      class: 'link',
      text: 'Table',
      attributes: { type: 'button', 'aria-pressed': 'false', 'aria-label': `${title} as a table` },
    });
    this.#toggle.addEventListener('click', () => this.#switch());
    this.element = element('figure', {
      children: [
        element('figcaption', { children: [element('span', { text: title }), this.#toggle] }),
        this.#chart.element,
        this.#table,
      ],
    });
  }

  show(words: string, option: ChartOption, table: TableContent): void {
    this.#content = table;
    this.#chart.show(words, option);
    if (!this.#table.hidden) this.#table.replaceChildren(dataTable(table));
  }

  recolour(): void {
    this.#chart.recolour();
  }

  #switch(): void {
    const showsTable = this.#table.hidden;
    this.#table.hidden = !showsTable;
    this.#chart.element.hidden = showsTable;
    this.#toggle.setAttribute('aria-pressed', String(showsTable));
    this.#table.replaceChildren(...(showsTable && this.#content ? [dataTable(this.#content)] : []));
  }
}
