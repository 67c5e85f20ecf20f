import type { Frame } from 'playwright-core';

/** A figure of a diagnostics panel as a reader finds it. */
export interface ShownFigure {
  readonly value: string;
  /** Empty where there is none. */
  readonly note: string;
}

/** The figures at the top of a diagnostics panel, by their names. */
export async function shownFigures(page: Frame, panel: string): Promise<ReadonlyMap<string, ShownFigure>> {
  const shown = await page.evaluate<readonly (readonly [string, ShownFigure])[]>(`(() => {
    const panel = [...document.querySelectorAll('.panel')].find(
      (each) => each.querySelector('h2').textContent === ${JSON.stringify(panel)},
    );
    return [...panel.querySelectorAll('.figures > div')].map((figure) => [
      figure.querySelector('dt').textContent,
      {
        value: figure.querySelector('dd').firstChild.textContent,
        note: figure.querySelector('small')?.textContent ?? '',
      },
    ]);
  })()`);
  return new Map(shown);
}
