import { diagnosedAnswers } from '../../src/protocol/diagnosedAnswers.ts';
import type { DiagnosedAnswer, DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import type { PrefixMismatch } from '../../src/protocol/records.ts';
import { element } from '../element.ts';
import { quotedText } from '../quotedText.ts';
import { visibleLines } from '../visibleLines.ts';
import { answerName } from './answerName.ts';
import { ChartFigure } from './chartFigure.ts';
import { themedAxis } from './charts.ts';
import { format } from './format.ts';
import type { PanelContent } from './panel.ts';
import { strings } from './strings.ts';

/** Of the latest answers: what was reused and why not more. */
export class ReusePanel implements PanelContent {
  readonly element: HTMLElement;
  readonly #chart = new ChartFigure(strings.reuse.chart);
  readonly #list = element('ol', { class: 'answers' });
  #shown = '';

  constructor() {
    this.element = element('div', { children: [this.#chart.element, this.#list] });
  }

  show(state: DiagnosticsState): void {
    const { answers } = diagnosedAnswers(state);
    this.element.hidden = answers.length === 0;
    const shown = `${state.conversation.id} ${answers.map((answer) => `${answer.requestId} ${answer.prefillMs}`).join()}`;
    if (answers.length === 0 || shown === this.#shown) return;
    this.#shown = shown;
    const names = answers.map((_, index) => answerName(state, index));
    const computed = answers.map(({ promptTokens, reusedTokens }) => promptTokens - reusedTokens);
    const reused = answers.map(({ reusedTokens }) => reusedTokens);
    const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
    this.#chart.show(
      strings.reuse.words(total(reused), total(computed)),
      (palette) => ({
        grid: { left: 48, right: 16, top: 12, bottom: 56 },
        xAxis: themedAxis(palette, { type: 'category', data: names.map(({ short }) => short) }),
        yAxis: themedAxis(palette, { type: 'value', name: strings.reuse.tokens, nameGap: 36 }),
        series: [
          { name: strings.reuse.reused, type: 'bar', stack: 'prompt', data: reused, barMaxWidth: 28 },
          { name: strings.reuse.computed, type: 'bar', stack: 'prompt', data: computed, barMaxWidth: 28 },
        ],
      }),
      {
        caption: strings.reuse.chart,
        head: strings.reuse.head,
        rows: answers.map((answer, index) => [
          names[index]?.long ?? '',
          format.count(answer.promptTokens),
          format.count(answer.reusedTokens),
          format.count(answer.promptTokens - answer.reusedTokens),
          saved(answer),
        ]),
      },
    );
    this.#list.replaceChildren(
      ...answers
        .map((answer, index) =>
          element('li', {
            children: [
              element('h3', { text: names[index]?.long ?? '' }),
              element('p', {
                text: strings.reuse.line(answer.promptTokens, answer.reusedTokens, saved(answer)),
              }),
              ...why(answer),
            ],
          }),
        )
        .toReversed(),
    );
  }

  recolour(): void {
    this.#chart.recolour();
  }
}

function saved({ estimatedSavedMs }: DiagnosedAnswer): string {
  return estimatedSavedMs === null ? '–' : format.ms(estimatedSavedMs);
}

function why({ mismatch, cachedTokens }: DiagnosedAnswer): HTMLElement[] {
  if (cachedTokens === undefined) {
    return [element('p', { class: 'muted', text: strings.earlier.noReason })];
  }
  if (cachedTokens === 0) return [element('p', { class: 'muted', text: strings.reuse.nothingCached })];
  if (!mismatch) return [element('p', { class: 'muted', text: strings.reuse.goesOn })];
  return [
    element('p', { text: strings.reuse.parted(mismatch.position, strings.kv.reasons[mismatch.reason]) }),
    difference(mismatch),
  ];
}

function difference({ before, cached, prompt, cachedAfter, promptAfter }: PrefixMismatch): HTMLElement {
  const side = (name: string, text: string | undefined, after: string): HTMLElement =>
    element('div', {
      children: [
        element('dt', { text: name }),
        element('dd', {
          children: [
            element('code', {
              children: [
                element('span', { class: 'muted', text: `…${visibleLines(before)}` }),
                element('mark', { text: text === undefined ? strings.reuse.end : quotedText(text) }),
                visibleLines(after),
              ],
            }),
          ],
        }),
      ],
    });
  return element('dl', {
    class: 'difference',
    children: [
      side(strings.reuse.inCache, cached.text, cachedAfter),
      side(strings.reuse.inPrompt, prompt?.text, promptAfter),
    ],
  });
}
