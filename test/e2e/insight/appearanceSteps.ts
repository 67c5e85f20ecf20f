import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { axeViolations } from '../harness/axeViolations.ts';
import { colourThemes } from '../harness/colourThemes.ts';
import type { InsightWalk } from './insightWalk.ts';

/** A side bar as it is when nobody has changed it. */
const narrowWidth = 350;

/** How the pages look, in the editor's own themes and in a narrow side bar. All are seen at once. */
export function appearanceSteps(walk: () => InsightWalk): void {
  it('fit a narrow side bar', async () => {
    const { window } = walk();
    await walk().diagnostics();
    await window.runCommand('View: Move Editor into Next Group');
    await window.page.getByRole('button', { name: /^Diagnostics Section/ }).click();
    const narrow = await diagnostics((width) => width < narrowWidth);
    // So much wider is what is in it than it is.
    await expect
      .poll(() =>
        narrow.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        ),
      )
      .toBe(0);
    // All that can be opened in the tab.
    const page = await diagnostics((each) => each >= narrowWidth);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    for (const closed of ['Bytes by layer', 'Load by layer', 'Co-activation of two layers']) {
      await page.locator('summary', { hasText: closed }).click();
    }
    await page.getByRole('button', { name: /^Read/ }).first().click();
    const map = page.getByRole('application', { name: /^Experts by layer/ });
    await map.focus();
    await map.press('Enter');
    await page.getByRole('list', { name: /^Tokens that went to/ }).waitFor();
  });

  it.each(colourThemes)('can be read by everyone in $name', async ({ name, kind }) => {
    const { window, editor } = walk();
    await editor.changeSettings({ 'workbench.colorTheme': name });
    const pages = [
      await diagnostics((width) => width >= narrowWidth),
      await window.visibleFrame('.trace-view .token'),
      await diagnostics((width) => width < narrowWidth),
    ];
    for (const page of pages) await page.locator(`body.${kind}`).waitFor();
    const [tab] = pages;
    for (const [part, place] of [
      ['top', '0'],
      ['end', 'document.body.scrollHeight'],
    ]) {
      await tab?.evaluate(`scrollTo(0, ${place})`);
      await window.screenshot(`${name}, ${part}`);
    }
    for (const page of pages) expect(await axeViolations(page)).toEqual([]);
  });

  /** The diagnostics page, of a tab and of the side bar, that is as wide as that. */
  async function diagnostics(isMeant: (width: number) => boolean): Promise<Frame> {
    const { window } = walk();
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      for (const frame of window.page.frames()) {
        const width = await frame
          .evaluate<number>('document.querySelector(".panels .figures") ? innerWidth : NaN')
          .catch(() => NaN);
        if (isMeant(width)) return frame;
      }
      await window.page.waitForTimeout(100);
    }
    throw new Error('No diagnostics page is as wide as that.');
  }
}
