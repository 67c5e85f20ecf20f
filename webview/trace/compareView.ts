import { alignTraces, type TraceAlignment } from '../../src/reasoning/alignTraces.ts';
import { element } from '../element.ts';
import { quotedText } from '../quotedText.ts';
import { measureOf } from './measures.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { strings } from './strings.ts';
import { TokenPane } from './tokenPane.ts';

/** Two traces beside each other: where they part, their steps in pairs, and the tokens of both. */
export class CompareView {
  readonly element: HTMLElement;
  private readonly panes: readonly TokenPane[];

  constructor(one: OpenedTrace, other: OpenedTrace) {
    this.panes = [one, other].map(
      (opened) =>
        new TokenPane(opened.trace, strings.tokensOf(opened.name), {
          selected: () => undefined,
          opened: () => undefined,
        }),
    );
    for (const [index, pane] of this.panes.entries()) {
      pane.colourBy(measureOf((index === 0 ? one : other).trace, 'probability'));
    }
    const alignment = alignTraces(alignable(one), alignable(other));
    this.element = element('div', {
      class: 'compare-view',
      children: [
        element('h1', { text: strings.compared }),
        this.parting(alignment.partsAt, one, other),
        element('div', {
          class: 'compare-columns',
          children: [one, other].map((opened, index) =>
            element('section', {
              class: 'compare-side',
              attributes: { 'aria-label': opened.name },
              children: [
                element('h2', { text: opened.name, attributes: { dir: 'auto' } }),
                element('p', { class: 'muted', text: summary(opened) }),
                ...this.panes.slice(index, index + 1).map((pane) => pane.element),
              ],
            }),
          ),
        }),
        this.steps(alignment.pairs, one, other),
      ],
    });
  }

  dispose(): void {
    for (const pane of this.panes) pane.dispose();
  }

  private parting(at: number | undefined, one: OpenedTrace, other: OpenedTrace): HTMLElement {
    if (at === undefined) return element('p', { class: 'parting', text: strings.same });
    const button = element('button', {
      class: 'link-button',
      text: strings.showParting,
      attributes: { type: 'button' },
    });
    const show = () => {
      for (const pane of this.panes) {
        pane.mark(new Set([at]));
        pane.select(at);
      }
    };
    button.addEventListener('click', show);
    // Once the panes have their size.
    requestAnimationFrame(show);
    const textAt = ({ trace: { tokens } }: OpenedTrace): string => {
      const id = tokens.ids[at];
      return id === undefined ? strings.endsFirst : `“${quotedText(tokens.texts.get(id) ?? '')}”`;
    };
    return element('p', {
      class: 'parting',
      children: [strings.partAt(at, textAt(one), textAt(other)), ' ', button],
    });
  }

  private steps(pairs: TraceAlignment['pairs'], one: OpenedTrace, other: OpenedTrace): HTMLElement {
    const cell = (
      opened: OpenedTrace,
      pane: TokenPane | undefined,
      step: number | undefined,
    ): HTMLElement => {
      const shown = step === undefined ? undefined : opened.outline.steps[step];
      if (step === undefined || shown === undefined) {
        return element('td', { class: 'muted', text: strings.only });
      }
      const button = element('button', {
        class: 'link-button step-button',
        attributes: { type: 'button' },
        children: [
          element('span', { class: `swatch kind-${shown.kind}` }),
          element('span', {
            text: `${strings.kinds[shown.kind]}: ${shown.title}`,
            attributes: { dir: 'auto' },
          }),
        ],
      });
      button.addEventListener('click', () => pane?.select(opened.stepTokens[step] ?? 0));
      return element('td', { children: [button] });
    };
    const rows = pairs.map(({ a: left, b: right }) => {
      const isPair = left !== undefined && right !== undefined;
      return element('tr', {
        class: isPair ? '' : 'alone',
        children: [cell(one, this.panes[0], left), cell(other, this.panes[1], right)],
      });
    });
    return element('table', {
      class: 'alignment',
      attributes: { 'aria-label': strings.alignment },
      children: [
        element('thead', {
          children: [
            element('tr', {
              children: [one, other].map(({ name }) =>
                element('th', { text: name, attributes: { scope: 'col', dir: 'auto' } }),
              ),
            }),
          ],
        }),
        element('tbody', { children: rows }),
      ],
    });
  }
}

function alignable({ trace, outline }: OpenedTrace) {
  return { thought: trace.thought, outline, ids: trace.tokens.ids };
}

function summary({ trace: { about, tokens } }: OpenedTrace): string {
  return [
    about.model.name,
    strings.tokens(tokens.count),
    strings.seconds(about.timings.decodeMs),
    strings.sampling(about.sampling.temperature, about.sampling.seed),
    strings.finish(about.finish),
  ].join(' · ');
}
