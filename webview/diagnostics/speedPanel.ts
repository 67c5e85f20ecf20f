import { diagnosedAnswers } from '../../src/protocol/diagnosedAnswers.ts';
import type { DiagnosedAnswer, DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import type { TransportTimes } from '../../src/protocol/transport.ts';
import { element } from '../element.ts';
import { answerName } from './answerName.ts';
import { BackendChoice } from './backendChoice.ts';
import { ChartFigure } from './chartFigure.ts';
import { themedAxis } from './charts.ts';
import { Choice } from './choice.ts';
import { figures } from './figures.ts';
import { format } from './format.ts';
import type { PanelContent } from './panel.ts';
import { strings } from './strings.ts';
import { timeSplit } from './timeSplit.ts';
import { transportSplit } from './transportSplit.ts';

/** Prefill and decode over time, and where the time of a token goes. */
export class SpeedPanel implements PanelContent {
  readonly element: HTMLElement;
  readonly #answer: Choice<string>;
  readonly #figures = element('div');
  readonly #timeline = new ChartFigure(strings.speed.timeline);
  readonly #split = new ChartFigure(strings.speed.split);
  readonly #transport = new ChartFigure(strings.speed.transport);
  readonly #transportNote = element('p', { class: 'muted' });
  readonly #speculation = new ChartFigure(strings.speed.speculation);
  readonly #backend = element('p', { class: 'muted' });
  readonly #choice = new BackendChoice();
  #chosen = 'last';
  #state: DiagnosticsState | undefined;

  constructor() {
    this.#answer = new Choice(strings.speed.answer, (value) => {
      this.#chosen = value;
      if (this.#state) this.show(this.#state);
    });
    this.#split.element.classList.add('low');
    this.#transport.element.classList.add('low');
    this.element = element('div', {
      children: [
        this.#answer.element,
        this.#figures,
        this.#timeline.element,
        this.#split.element,
        this.#transport.element,
        this.#transportNote,
        this.#speculation.element,
        this.#backend,
        this.#choice.element,
      ],
    });
  }

  show(state: DiagnosticsState): void {
    this.#state = state;
    const { model } = state;
    const { answers } = diagnosedAnswers(state);
    const index = answers.findIndex(({ requestId }) => requestId === this.#chosen);
    const answer = index < 0 ? answers.at(-1) : answers[index];
    this.element.hidden = answer === undefined;
    if (!answer) return;
    this.#answer.show(
      [
        { value: 'last', label: strings.speed.last },
        ...answers.map(({ requestId }, each) => ({ value: requestId, label: answerName(state, each).long })),
      ],
      index < 0 ? 'last' : this.#chosen,
    );
    const transport = state.transport[answer.requestId];
    this.#figures.replaceChildren(figures(speedFigures(answer, transport)));
    this.#showTimeline(answer);
    this.#showSplit(answer);
    this.#showTransport(transport);
    this.#showSpeculation(answer);
    const { runtime } = model ?? {};
    this.#backend.textContent = runtime ? strings.speed.backend(runtime) : '';
    this.#choice.show(model?.backend);
  }

  recolour(): void {
    for (const chart of [this.#timeline, this.#split, this.#transport, this.#speculation]) chart.recolour();
  }

  #showTimeline(answer: DiagnosedAnswer): void {
    const rate = (tokens: number, ms: number): number => (ms > 0 ? (tokens * 1000) / ms : 0);
    const line = (kind: 'prefill' | 'decode'): [number, number][] =>
      answer.steps
        .filter((step) => step.kind === kind)
        .flatMap(({ startMs, durationMs, tokens }): [number, number][] => [
          [startMs / 1000, rate(tokens, durationMs)],
          [(startMs + durationMs) / 1000, rate(tokens, durationMs)],
        ]);
    this.#timeline.element.hidden = answer.steps.length === 0;
    if (answer.steps.length === 0) return;
    this.#timeline.show(
      strings.speed.words(
        format.perSecond(answer.promptTokens - answer.reusedTokens, answer.prefillMs),
        format.perSecond(answer.decodedTokens, answer.decodeMs),
      ),
      (palette) => ({
        grid: { left: 52, right: 16, top: 12, bottom: 68 },
        xAxis: themedAxis(palette, { type: 'value', name: strings.speed.seconds }),
        yAxis: themedAxis(palette, { type: 'value', name: strings.speed.perSecond, nameGap: 40 }),
        series: (['prefill', 'decode'] as const).map((kind) => ({
          name: strings.speed[kind],
          type: 'line',
          symbol: kind === 'prefill' ? 'rect' : 'circle',
          symbolSize: 4,
          showSymbol: palette.isHighContrast,
          lineStyle: { type: kind === 'prefill' ? 'dashed' : 'solid', width: 2 },
          data: line(kind),
        })),
      }),
      {
        caption: strings.speed.timeline,
        head: strings.speed.head,
        rows: answer.steps.map(({ kind, startMs, durationMs, tokens, backendMs, samplingMs }) => [
          format.ms(startMs),
          strings.speed[kind],
          format.count(tokens),
          format.ms(durationMs),
          format.perSecond(tokens, durationMs),
          format.ms(backendMs),
          format.ms(samplingMs),
        ]),
      },
    );
  }

  #showSplit(answer: DiagnosedAnswer): void {
    const split = timeSplit(answer);
    this.#split.element.hidden = split.length === 0;
    if (split.length === 0) return;
    this.#split.show(
      `${strings.speed.split}: ${split.map(({ name, ms }) => `${strings.speed.parts[name]} ${format.ms(ms)}`).join(', ')}`,
      (palette) => ({
        grid: { left: 8, right: 24, top: 8, bottom: 64 },
        xAxis: themedAxis(palette, { type: 'value', name: strings.speed.msPerToken }),
        yAxis: { type: 'category', data: [''], show: false },
        series: split.map(({ name, ms }) => ({
          name: strings.speed.parts[name],
          type: 'bar',
          stack: 'time',
          data: [ms],
          barWidth: 22,
          itemStyle: { borderColor: palette.background, borderWidth: 1 },
        })),
      }),
      {
        caption: strings.speed.split,
        head: strings.speed.splitHead,
        rows: split.map(({ name, ms, share }) => [
          strings.speed.parts[name],
          format.ms(ms),
          format.percent(share),
        ]),
      },
    );
  }

  #showTransport(transport: TransportTimes | undefined): void {
    this.#transport.element.hidden = transport === undefined;
    this.#transportNote.hidden = transport === undefined;
    if (!transport) return;
    const split = transportSplit(transport);
    const nameOf = ({ name }: (typeof split)[number]): string => strings.speed.transportParts[name];
    const total = format.ms(split.reduce((sum, { ms }) => sum + ms, 0));
    this.#transportNote.textContent = strings.speed.transportNote(transport.texts);
    this.#transport.show(
      strings.speed.transportWords(
        split.map((part) => `${nameOf(part)} ${format.ms(part.ms)}`).join(', '),
        total,
      ),
      (palette) => ({
        grid: { left: 8, right: 24, top: 8, bottom: 64 },
        xAxis: themedAxis(palette, { type: 'value', name: strings.speed.msPerText }),
        yAxis: { type: 'category', data: [''], show: false },
        series: split.map((part) => ({
          name: nameOf(part),
          type: 'bar',
          stack: 'transport',
          data: [part.ms],
          barWidth: 22,
          itemStyle: { borderColor: palette.background, borderWidth: 1 },
        })),
      }),
      {
        caption: strings.speed.transport,
        head: strings.speed.transportHead,
        rows: [...split.map((part) => [nameOf(part), format.ms(part.ms)]), [strings.speed.total, total]],
      },
    );
  }

  #showSpeculation({ speculation }: DiagnosedAnswer): void {
    this.#speculation.element.hidden = speculation === undefined;
    if (!speculation) return;
    const guessing = speculation.bySource.filter(({ drafted }) => drafted > 0);
    const words = strings.speed.accepted(speculation.accepted, speculation.drafted);
    const hasLegend = guessing.length > 1;
    this.#speculation.show(
      words,
      (palette) => ({
        legend: { show: hasLegend, top: 0, textStyle: { color: palette.foreground } },
        grid: { left: 52, right: 16, top: hasLegend ? 32 : 12, bottom: 44 },
        xAxis: themedAxis(palette, {
          type: 'category',
          name: strings.speed.ahead,
          data: speculation.byPosition.map((_, index) => String(index + 1)),
        }),
        yAxis: themedAxis(palette, {
          type: 'value',
          min: 0,
          max: 1,
          axisLabel: { color: palette.foreground, formatter: (share: number) => format.percent(share) },
        }),
        series: guessing.map(({ source, byPosition }) => ({
          name: strings.speed.sources[source],
          type: 'bar',
          barMaxWidth: 40,
          data: byPosition.map(shareOf),
        })),
      }),
      {
        caption: words,
        head: strings.speed.speculationHead,
        rows: guessing.flatMap(({ source, byPosition }) =>
          byPosition.map((counts, index) => [
            strings.speed.sources[source],
            String(index + 1),
            format.count(counts.drafted),
            format.count(counts.accepted),
            format.percent(shareOf(counts)),
          ]),
        ),
      },
    );
  }
}

function shareOf({ drafted, accepted }: { readonly drafted: number; readonly accepted: number }): number {
  return drafted === 0 ? 0 : accepted / drafted;
}

/** What one answer cost, as figures. */
function speedFigures(answer: DiagnosedAnswer, transport?: TransportTimes): Parameters<typeof figures>[0] {
  const { promptTokens, reusedTokens, prefillMs, decodedTokens, decodeMs, recordingMs } = answer;
  return [
    {
      name: strings.speed.prefill,
      value: format.perSecond(promptTokens - reusedTokens, prefillMs),
      note: strings.speed.inTime(promptTokens - reusedTokens, format.ms(prefillMs)),
    },
    {
      name: strings.speed.decode,
      value: format.perSecond(decodedTokens, decodeMs),
      note: strings.speed.inTime(decodedTokens, format.ms(decodeMs)),
    },
    {
      name: strings.speed.firstToken,
      value: answer.timeToFirstTokenMs === undefined ? '–' : format.ms(answer.timeToFirstTokenMs),
    },
    ...(recordingMs === undefined
      ? []
      : [
          {
            name: strings.speed.recording,
            value: format.ms(recordingMs),
            note: strings.speed.recordingShare(recordingMs / Math.max(1e-9, prefillMs + decodeMs)),
          },
        ]),
    ...(transport === undefined
      ? []
      : [
          {
            name: strings.speed.sending,
            value: format.ms(transport.sendingMs),
            note: strings.speed.sendingNote,
          },
        ]),
  ];
}
