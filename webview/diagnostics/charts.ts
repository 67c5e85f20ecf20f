import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, type EChartsType, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { element } from '../element.ts';
import { type Palette, readPalette } from './palette.ts';

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** An option of ECharts in the theme's colours. */
export type ChartOption = (palette: Palette) => EChartsCoreOption;

/** The one door to ECharts: a chart in the theme's colours, as wide as there is room. */
export class Chart {
  readonly element = element('div', { class: 'chart', attributes: { role: 'img' } });
  #chart: EChartsType | undefined;
  #option: ChartOption | undefined;

  constructor() {
    new ResizeObserver(() => this.#fit()).observe(this.element);
  }

  /** @param words what the chart says, for those who do not see it */
  show(words: string, option: ChartOption): void {
    this.element.setAttribute('aria-label', words);
    this.#option = option;
    this.#draw();
  }

  /** Another theme is on. */
  recolour(): void {
    this.#draw();
  }

  #fit(): void {
    if (this.element.clientWidth === 0) return;
    if (this.#chart) this.#chart.resize();
    else this.#draw();
  }

  #draw(): void {
    // Without a size, in a closed section, there is nothing to draw on.
    if (!this.#option || this.element.clientWidth === 0) return;
    this.#chart ??= init(this.element, null, { renderer: 'canvas' });
    const palette = readPalette();
    this.#chart.setOption({ ...themed(palette), ...this.#option(palette) }, { notMerge: true });
  }
}

function themed(palette: Palette): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    color: [palette.blue, palette.yellow, palette.green, palette.red, palette.purple],
    textStyle: { color: palette.foreground, fontFamily: palette.font, fontSize: 12 },
    // Patterns where colours do not tell; ECharts' own words would replace ours.
    aria: { enabled: palette.isHighContrast, label: { enabled: false }, decal: { show: true } },
    legend: { bottom: 0, textStyle: { color: palette.foreground }, itemWidth: 18 },
    // The page's policy refuses the styles of an HTML tooltip.
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: palette.background,
      borderColor: palette.line,
      textStyle: { color: palette.foreground, fontSize: 12 },
      confine: true,
    },
  };
}

/** An axis in the theme's colours. */
export function themedAxis(palette: Palette, axis: Readonly<Record<string, unknown>>): object {
  return {
    nameTextStyle: { color: palette.muted },
    nameLocation: 'middle',
    nameGap: 26,
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: { color: palette.foreground, hideOverlap: true },
    splitLine: { lineStyle: { color: palette.line, opacity: 0.4 } },
    ...axis,
  };
}
