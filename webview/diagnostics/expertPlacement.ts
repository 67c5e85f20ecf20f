import type { DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import type { ExpertPlacementReport, PlacedLayer } from '../../src/protocol/expertPlacement.ts';
import { numberRanges } from '../../src/protocol/numberRanges.ts';
import { element } from '../element.ts';
import { figures } from './figures.ts';
import { format } from './format.ts';
import { strings } from './strings.ts';
import type { TableText } from './tableText.ts';
import { toggledTable } from './toggledTable.ts';

/** Where a model's experts are while it runs: all in one place, or in memory with hot ones in slots on the GPU. */
export class ExpertPlacement {
  readonly element: HTMLElement;
  readonly #about = element('p', { class: 'muted' });
  readonly #figures = element('div');
  readonly #table = toggledTable(strings.placement.layers);

  constructor() {
    this.element = element('section', {
      attributes: { 'aria-label': strings.placement.title },
      children: [
        element('h3', { text: strings.placement.title }),
        this.#about,
        this.#figures,
        this.#table.element,
      ],
    });
  }

  show({ model, memory }: DiagnosticsState): void {
    const placement = memory?.expertPlacement;
    // Without the engine's memory nothing is known of where anything is.
    this.element.hidden = memory === undefined || model === undefined;
    this.#table.element.hidden = placement === undefined;
    this.#figures.hidden = placement === undefined;
    if (placement === undefined) {
      this.#about.textContent =
        model?.runtime.binding === 'dawn' ? strings.placement.allOnGpu : strings.placement.noGpu;
      return;
    }
    const total = totals(placement);
    this.#about.textContent = strings.placement.about(format.bytes(placement.memoryBytes));
    this.#figures.replaceChildren(
      figures([
        {
          name: strings.placement.hitRate,
          value: rate(total),
          note: strings.placement.ofChoices(
            format.count(total.hits),
            format.count(total.hits + total.misses),
          ),
        },
        {
          name: strings.placement.slots,
          value: strings.placement.of(format.count(total.residents), format.count(total.slots)),
          note: format.bytes(placement.slotBytes),
        },
        {
          name: strings.placement.uploaded,
          value: format.bytes(placement.uploadedBytes),
          note: strings.placement.uploads(placement.uploads),
        },
        {
          name: strings.placement.outputs,
          value: format.bytes(placement.outputBytes),
          note: strings.placement.forTokens(format.tokens(placement.tokens)),
        },
      ]),
    );
    this.#table.show(() => tableOf(placement));
  }
}

type Counts = Pick<PlacedLayer, 'hits' | 'misses' | 'slots'> & { readonly residents: number };

function totals({ layers }: ExpertPlacementReport): Counts {
  return layers.reduce(
    (sum, { hits, misses, slots, residents }) => ({
      hits: sum.hits + hits,
      misses: sum.misses + misses,
      slots: sum.slots + slots,
      residents: sum.residents + residents.length,
    }),
    { hits: 0, misses: 0, slots: 0, residents: 0 },
  );
}

/** A dash before anything was chosen. */
function rate({ hits, misses }: Pick<PlacedLayer, 'hits' | 'misses'>): string {
  return hits + misses === 0 ? strings.placement.nothing : format.percent(hits / (hits + misses));
}

function tableOf({ layers }: ExpertPlacementReport): TableText {
  return {
    caption: strings.placement.layers,
    head: strings.placement.head,
    rows: layers.map((layer) => [
      strings.experts.layer(layer.layer),
      rate(layer),
      format.count(layer.hits),
      format.count(layer.misses),
      strings.placement.of(format.count(layer.residents.length), format.count(layer.slots)),
      layer.residents.length === 0 ? strings.experts.none : numberRanges(layer.residents),
    ]),
  };
}
