import { ALTERNATIVES, TOKEN_CHANNELS, TOKEN_ORIGINS, type Trace } from '../../src/reasoning/trace/trace.ts';
import { element } from '../element.ts';
import { quotedText } from '../quotedText.ts';
import { strings } from './strings.ts';

export interface TokenDetailsActions {
  readonly continueFrom: (token: number, alternative: number) => void;
  /** Back to the tokens. */
  readonly left: () => void;
}

/** What is known of one token: its figures, what might have been chosen instead, and its experts. */
export class TokenDetails {
  readonly element: HTMLElement;
  private readonly content = element('div');
  private canContinue = false;
  private token = 0;

  constructor(
    private readonly trace: Trace,
    private readonly actions: TokenDetailsActions,
  ) {
    this.element = element('section', {
      class: 'details',
      attributes: { 'aria-label': strings.tokenDetails, tabindex: '0' },
      children: [this.content],
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.actions.left();
    });
  }

  setContinuable(canContinue: boolean): void {
    this.canContinue = canContinue;
    this.show(this.token);
  }

  show(token: number): void {
    this.token = token;
    const { tokens } = this.trace;
    if (token >= tokens.count) {
      this.content.replaceChildren(element('p', { class: 'muted', text: strings.noTokens }));
      return;
    }
    this.content.replaceChildren(
      element('h2', { text: strings.tokenTitle(token, tokens.count) }),
      element('p', {
        class: 'token-text',
        children: [element('code', { text: this.textOf(tokens.ids[token]) })],
      }),
      this.figures(token),
      ...this.alternatives(token),
      ...this.experts(token),
    );
  }

  /** Enter came from the tokens: to the first thing that can be done here, or to what there is to read. */
  focus(): void {
    const button = this.content.querySelector<HTMLElement>('button');
    (button ?? this.element).focus();
  }

  private textOf(id: number | undefined): string {
    return id === undefined ? '' : quotedText(this.trace.tokens.texts.get(id) ?? '');
  }

  private figures(token: number): HTMLElement {
    const { tokens } = this.trace;
    const origin = TOKEN_ORIGINS[tokens.origins[token] ?? 0] ?? 'sampled';
    const channel = TOKEN_CHANNELS[tokens.channels[token] ?? 0] ?? 'answer';
    const logProbability = tokens.logProbabilities[token] ?? NaN;
    const entropy = tokens.entropies[token] ?? NaN;
    const rows: readonly (readonly [string, string])[] = [
      [strings.figures.part, strings.channels[channel]],
      [strings.figures.origin, strings.origins[origin]],
      [
        strings.figures.probability,
        Number.isNaN(logProbability) ? strings.notMeasured : strings.probability(logProbability),
      ],
      [strings.figures.entropy, Number.isNaN(entropy) ? strings.notMeasured : strings.nats(entropy)],
      [strings.figures.time, strings.milliseconds(tokens.elapsedMs[token] ?? 0)],
      [strings.figures.id, String(tokens.ids[token] ?? 0)],
    ];
    return element('dl', {
      class: 'figures',
      children: rows.flatMap(([name, value]) => [
        element('dt', { text: name }),
        element('dd', { text: value }),
      ]),
    });
  }

  private alternatives(token: number): readonly HTMLElement[] {
    const { tokens } = this.trace;
    const chosen = tokens.ids[token];
    const rows: HTMLElement[] = [];
    for (let place = 0; place < ALTERNATIVES; place++) {
      const at = token * ALTERNATIVES + place;
      const id = tokens.alternativeIds[at];
      const logProbability = tokens.alternativeLogProbabilities[at] ?? NaN;
      if (id === undefined || Number.isNaN(logProbability)) continue;
      const isChosen = id === chosen;
      const bar = element('span', { class: 'bar', attributes: { 'aria-hidden': 'true' } });
      bar.style.inlineSize = `${Math.max(1, 100 * Math.exp(logProbability))}%`;
      rows.push(
        element('tr', {
          class: isChosen ? 'chosen' : '',
          children: [
            element('td', { children: [element('code', { text: this.textOf(id) })] }),
            element('td', {
              class: 'number',
              children: [element('span', { text: strings.probability(logProbability) }), bar],
            }),
            element('td', { children: [isChosen ? strings.chosen : this.continueButton(token, id)] }),
          ],
        }),
      );
    }
    if (rows.length === 0) return [element('p', { class: 'muted', text: strings.noAlternatives })];
    return [
      element('h3', { text: strings.alternatives }),
      table(strings.alternatives, [strings.text, strings.figures.probability, strings.choice], rows),
    ];
  }

  private continueButton(token: number, id: number): Node | string {
    if (!this.canContinue) return '';
    const label = strings.continueWith(this.textOf(id));
    const button = element('button', {
      class: 'link-button',
      text: strings.continueFromHere,
      attributes: { type: 'button', 'aria-label': label, title: label },
    });
    button.addEventListener('click', () => {
      this.actions.continueFrom(token, id);
    });
    return button;
  }

  private experts(token: number): readonly HTMLElement[] {
    const { routing } = this.trace;
    if (!routing) return [];
    const heading = element('h3', { text: strings.experts });
    const { layers, topK, chosen, weights } = routing;
    const rows = layers.flatMap((layer, place) => {
      const at = (token * layers.length + place) * topK;
      const cells = Array.from({ length: topK }, (_, rank) => ({
        expert: chosen[at + rank] ?? 0,
        weight: weights[at + rank] ?? 0,
      }));
      if (token >= routing.count || cells.every(({ weight }) => weight === 0)) return [];
      return [
        element('tr', {
          children: [
            element('th', { text: String(layer), attributes: { scope: 'row' } }),
            element('td', {
              children: cells.map(({ expert, weight }) =>
                element('span', { class: 'expert', text: strings.expertWeight(expert, weight) }),
              ),
            }),
          ],
        }),
      ];
    });
    return rows.length === 0
      ? [heading, element('p', { class: 'muted', text: strings.notRouted })]
      : [heading, table(strings.experts, [strings.layer, strings.expertsAndWeights], rows)];
  }
}

function table(name: string, columns: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  return element('table', {
    attributes: { 'aria-label': name },
    children: [
      element('thead', {
        children: [
          element('tr', {
            children: columns.map((text) => element('th', { text, attributes: { scope: 'col' } })),
          }),
        ],
      }),
      element('tbody', { children: rows }),
    ],
  });
}
