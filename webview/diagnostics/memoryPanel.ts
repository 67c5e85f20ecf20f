import type { DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import type { MemoryBudget } from '../../src/protocol/records.ts';
import { element } from '../element.ts';
import { binaryStep } from './binaryStep.ts';
import { ChartFigure } from './chartFigure.ts';
import { themedAxis } from './charts.ts';
import { figures } from './figures.ts';
import { format } from './format.ts';
import type { PanelContent } from './panel.ts';
import { strings } from './strings.ts';

const FORECAST_TOKENS = 1000;

/** What the process's memory is for. What is free is often a hundred times as much and would hide it in a chart. */
function memoryParts(memory: MemoryBudget): readonly {
  readonly name: string;
  readonly bytes: number;
  /** How it is known, in words. */
  readonly how: string;
}[] {
  const { measuredLoadBytes: loaded, measuredActivations: measured } = memory;
  const kvUnused = Math.max(0, memory.kvBytes - memory.kvUsedBytes);
  const { counted, estimated } = strings.how;
  return [
    loaded === undefined
      ? { name: strings.memory.weights, bytes: memory.weightBytes, how: estimated }
      : {
          name: strings.memory.loaded,
          bytes: loaded,
          how: strings.how.measuredLoad(format.bytes(memory.weightBytes)),
        },
    { name: strings.memory.kvUsed, bytes: memory.kvUsedBytes, how: counted },
    { name: strings.memory.kvUnused, bytes: kvUnused, how: counted },
    { name: strings.memory.kvOther, bytes: memory.otherKvBytes, how: counted },
    measured === undefined
      ? { name: strings.memory.activations, bytes: memory.activationBytes, how: strings.how.notMeasured }
      : {
          name: strings.memory.activations,
          bytes: measured.bytes,
          how: strings.how.measuredActivations(
            measured.tokens,
            measured.contextTokens,
            format.bytes(memory.activationBytes),
          ),
        },
  ];
}

/** Tokens that still fit, and what the next thousand take. */
function memoryForecast(memory: MemoryBudget): {
  readonly tokensLeft: number;
  readonly bytes: number;
  readonly fits: boolean;
} {
  const tokensLeft = Math.max(0, memory.capacityTokens - memory.usedTokens);
  return {
    tokensLeft,
    bytes: Math.min(FORECAST_TOKENS, tokensLeft) * memory.bytesPerToken,
    fits: tokensLeft >= FORECAST_TOKENS,
  };
}

/** Where the engine's memory goes, and how much more fits. */
export class MemoryPanel implements PanelContent {
  readonly element: HTMLElement;
  readonly #figures = element('div');
  readonly #chart = new ChartFigure(strings.memory.budget);

  constructor() {
    this.#chart.element.classList.add('low');
    this.element = element('div', { children: [this.#figures, this.#chart.element] });
  }

  show({ memory }: DiagnosticsState): void {
    this.element.hidden = memory === undefined;
    if (!memory) return;
    const forecast = memoryForecast(memory);
    this.#figures.replaceChildren(
      figures([
        {
          name: strings.memory.resident,
          value: format.bytes(memory.residentBytes),
          note: strings.how.measured,
        },
        { name: strings.memory.free, value: format.bytes(memory.freeBytes), note: strings.how.measured },
        {
          name: strings.memory.fits,
          value: format.tokens(forecast.tokensLeft),
          note: strings.memory.allocated,
        },
        {
          name: strings.memory.next,
          value: format.bytes(forecast.bytes),
          note: forecast.fits ? strings.memory.nextFits : strings.memory.nextFull(forecast.tokensLeft),
        },
      ]),
    );
    const parts = memoryParts(memory);
    const words = parts.map(({ name, bytes }) => `${name} ${format.bytes(bytes)}`).join(', ');
    this.#chart.show(
      `${strings.memory.budget}: ${words}`,
      (palette) => ({
        grid: { left: 8, right: 16, top: 8, bottom: 64 },
        xAxis: themedAxis(palette, {
          type: 'value',
          interval: binaryStep(parts.reduce((sum, { bytes }) => sum + bytes, 0)),
          axisLabel: { color: palette.foreground, hideOverlap: true, formatter: format.bytes },
        }),
        yAxis: { type: 'category', data: [strings.memory.device], show: false },
        tooltip: {
          trigger: 'item',
          renderMode: 'richText',
          confine: true,
          backgroundColor: palette.background,
          borderColor: palette.line,
          textStyle: { color: palette.foreground },
          valueFormatter: (value: unknown) => (typeof value === 'number' ? format.bytes(value) : ''),
        },
        series: parts.map(({ name, bytes }) => ({
          name,
          type: 'bar',
          stack: 'memory',
          data: [bytes],
          barWidth: 22,
          itemStyle: { borderColor: palette.background, borderWidth: 1 },
        })),
      }),
      {
        caption: strings.memory.budget,
        head: strings.memory.head,
        rows: [
          ...parts.map(({ name, bytes, how }) => [name, format.bytes(bytes), how]),
          [strings.memory.free, format.bytes(memory.freeBytes), strings.how.measured],
        ],
      },
    );
  }

  recolour(): void {
    this.#chart.recolour();
  }
}
