import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import type { InsightWalk } from './insightWalk.ts';

/** What has the focus in a page, and whether one sees that. */
interface Focused {
  readonly name: string;
  /** The name behind its number among the places that `focusablePlaces` found; `unknown` where it found none such. */
  readonly place: string;
  readonly isSeen: boolean;
}

/** The pages with the keyboard alone: everything can be reached, in the order in which it is read, and is seen to be. */
export function keyboardSteps(walk: () => InsightWalk): void {
  it('of a trace are walked through with Tab, Enter goes to a token’s alternatives, Escape back', async () => {
    const page = await walk().window.visibleFrame('.trace-view .token');
    await page.getByLabel('Colour by').focus();
    const seen = await walkThrough(page, 5);
    expect(seen.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^Show/),
      'Search in the text',
      'Previous match',
      'Next match',
      expect.stringMatching(/^Tokens: /),
    ]);
    expect(seen.filter(({ isSeen }) => !isSeen)).toEqual([]);
    const { keyboard } = walk().window.page;
    await keyboard.press('Home');
    for (let step = 0; step < 3; step++) await keyboard.press('ArrowRight');
    await page.getByText(/^Token 4 of /).waitFor();
    await keyboard.press('Enter');
    await expect
      .poll(async () => (await focused(page)).name)
      .toMatch(/^Continue from here with|^The chosen token/);
    await keyboard.press('Escape');
    await expect.poll(async () => (await focused(page)).name).toMatch(/^Tokens: /);
    // Backwards, over the toolbar, to the outline.
    for (let step = 0; step < 6; step++) await keyboard.press('Shift+Tab');
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("role")')).toBe('treeitem');
    await keyboard.press('End');
    await keyboard.press('Enter');
    await page.getByRole('treeitem', { selected: true, name: 'The answer' }).waitFor();
  });

  it('of the diagnostics are walked through with Tab, and nothing holds the focus', async () => {
    const page = await walk().diagnostics();
    let places: readonly string[] = [];
    let seen: readonly Focused[] = [];
    // The history of the last answer may still be computed, and the page grows with what its records tell: what counts is a walk through a
    // page that was the same before and after.
    await expect
      .poll(async () => {
        places = await focusablePlaces(page);
        await page.getByRole('button', { name: 'Freeze' }).focus();
        seen = [await focused(page), ...(await walkThrough(page, places.length - 1))];
        return places.length > 0 && (await focusablePlaces(page)).join('\n') === places.join('\n');
      })
      .toBe(true);
    expect(seen.map(({ place }) => place)).toEqual(places);
    expect(seen.slice(1).filter(({ isSeen }) => !isSeen)).toEqual([]);
    expect(seen.slice(0, 4).map(({ name }) => name)).toEqual([
      'Freeze',
      'Compare',
      'Export JSON',
      'Export trace',
    ]);
    // A panel is closed and opened with Enter.
    await page.locator('summary', { hasText: 'Memory' }).focus();
    await walk().window.page.keyboard.press('Enter');
    await page.getByText('Still fit').waitFor({ state: 'hidden' });
    await walk().window.page.keyboard.press('Enter');
    await page.getByText('Still fit').waitFor();
  });

  /** What has the focus after each of so many times Tab. */
  async function walkThrough(page: Frame, times: number): Promise<readonly Focused[]> {
    const seen: Focused[] = [];
    for (let time = 0; time < times; time++) {
      await walk().window.page.keyboard.press('Tab');
      seen.push(await focused(page));
    }
    return seen;
  }
}

/**
 * What the Tab key should come by, in the order in which it is read. The page remembers its elements, so that `focused` tells one from
 * another of the same name: two thoughts that were dropped in one second have equal rows.
 */
async function focusablePlaces(page: Frame): Promise<readonly string[]> {
  return page.evaluate(`(() => {
    globalThis.places = [...document.querySelectorAll(
      'button:not(:disabled), select, input, summary, a[href], [tabindex="0"]',
    )].filter((each) => each.checkVisibility());
    return places.map((each, index) => index + ' ' + (${nameOf})(each));
  })()`);
}

async function focused(page: Frame): Promise<Focused> {
  return page.evaluate(`(() => {
    const active = document.activeElement;
    const index = globalThis.places?.indexOf(active) ?? -1;
    const name = (${nameOf})(active);
    const { outlineStyle, outlineWidth } = getComputedStyle(active);
    return {
      name,
      place: (index < 0 ? 'unknown ' : index + ' ') + name,
      isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) > 0,
    };
  })()`);
}

/** Source of a function of the page: what a place is called, with its row where a table has several of the kind. */
const nameOf = `(each) => {
  const named = each.getAttribute('aria-label') ?? each.labels?.[0]?.textContent ?? each.textContent;
  const row = each.matches('.table button') ? each.closest('tr')?.textContent ?? '' : '';
  return (named.trim() + ' ' + row).trim();
}`;
