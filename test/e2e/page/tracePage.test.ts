import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ALTERNATIVES } from '../../../src/reasoning/trace/trace.ts';
import { writeTrace } from '../../../src/reasoning/trace/writeTrace.ts';
import { recordedTrace } from '../../support/recordedTrace.ts';
import type { ThemeName } from './themes.ts';
import { openTracePage, startTraceBrowser, type TraceHarness } from './traceHarness.ts';
import type { PageOpenOptions } from './pageHarness.ts';

const pictures = 'test-results/page';
let browser: Browser;
let trace: TraceHarness;

beforeAll(async () => {
  await mkdir(pictures, { recursive: true });
  browser = await startTraceBrowser();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async () => {
  // Whatever a test did: no script error, nothing refused by the policy, nothing loaded from anywhere.
  const { problems, foreignRequests } = trace;
  await trace.close();
  expect(problems).toEqual([]);
  expect(foreignRequests).toEqual([]);
});

const recorded = recordedTrace();
const file = (name = 'answer.gbtrace', source = recorded) => ({ name, bytes: writeTrace(source) });

async function open(options?: PageOpenOptions): Promise<TraceHarness> {
  trace = await openTracePage(browser, options);
  await expect.poll(() => trace.sent('ready')).toHaveLength(1);
  return trace;
}

const tokens = () => trace.page.getByRole('listbox');
const option = (token: number) => trace.page.locator(`[data-token="${token}"].token`);
const details = () => trace.page.getByRole('region', { name: 'The chosen token' });

describe('one trace', () => {
  it('shows what the file holds: question, model, and every token with its figures', async () => {
    const { page } = await open();
    await trace.sendTraces('trace', [file()]);
    await page.getByRole('heading', { name: recorded.about.question }).waitFor();
    await page.getByText('glassbox-nano · deepseek2 · Q8_0').waitFor();
    await expect.poll(() => tokens().getByRole('option').count()).toBe(recorded.tokens.count);
    await option(7).click();
    const shown = await details().innerText();
    const percent = (100 * Math.exp(recorded.tokens.logProbabilities[7] ?? NaN)).toFixed(1);
    expect(shown).toContain(`Token 8 of ${recorded.tokens.count}`);
    expect(shown).toContain(`${percent} %`);
    expect(shown).toContain(`${recorded.tokens.entropies[7]?.toFixed(3)} nats`);
    await expect
      .poll(() => details().getByRole('table', { name: 'Might have been' }).locator('tbody tr').count())
      .toBe(ALTERNATIVES);
    const { routing } = recorded;
    const first = routing?.chosen[7 * routing.layers.length * routing.topK];
    await expect
      .poll(() => details().getByRole('table', { name: 'Experts' }).locator('tbody tr').first().innerText())
      .toContain(`${first} × 0.7`);
    await expect
      .poll(() => trace.sent('read'))
      .toEqual([
        {
          type: 'read',
          file: 0,
          id: 'answer-1',
          conversationId: 'conversation-1',
          modelName: 'glassbox-nano',
          modelFingerprint: recorded.about.model.fingerprint,
        },
      ]);
  });

  it('shows text from the file as text, whatever it is', async () => {
    const hostile = recordedTrace({
      answer: '<img src=x onerror="document.title=1"> <script>document.title=2</script>',
    });
    const { page } = await open();
    await trace.sendTraces('trace', [
      file('x', { ...hostile, about: { ...hostile.about, question: '<b>bold</b>' } }),
    ]);
    await page.getByRole('heading', { name: '<b>bold</b>' }).waitFor();
    await expect.poll(() => page.title()).toBe('Trace');
    await expect.poll(() => page.locator('main img, main script, main b').count()).toBe(0);
  });

  it('is read by keyboard: arrows from token to token, Enter to its alternatives, Escape back', async () => {
    const { page } = await open();
    await trace.sendTraces('trace', [file()]);
    await tokens().focus();
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => details().innerText()).toContain('Token 4 of');
    await page.keyboard.press('End');
    await expect.poll(() => details().innerText()).toContain(`Token ${recorded.tokens.count} of`);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => tokens().getAttribute('aria-activedescendant')).toMatch(/^token-/);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.closest(".details") !== null')).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("role")')).toBe('listbox');
  });

  it('offers to go on with an alternative only where the host can', async () => {
    const { page } = await open();
    await trace.sendTraces('trace', [file()]);
    await option(7).click();
    const buttons = () => details().getByRole('button', { name: /^Continue from here/ });
    await expect.poll(() => buttons().count()).toBe(0);
    await trace.send({ type: 'continuable', file: 0 });
    await expect.poll(() => buttons().count()).toBe(ALTERNATIVES - 1);
    await page.getByRole('button', { name: 'Continue from here with ␣maybe' }).click();
    const alternative = recorded.tokens.alternativeIds[7 * ALTERNATIVES + 1];
    await expect
      .poll(() => trace.sent('continueFrom'))
      .toEqual([{ type: 'continueFrom', file: 0, token: 7, alternative }]);
  });

  it('goes from a step of the outline to its text, and marks the step of a token', async () => {
    const { page } = await open();
    await trace.sendTraces('trace', [file()]);
    const steps = page.getByRole('treeitem');
    await expect.poll(() => steps.count()).toBeGreaterThan(3);
    const doubt = page.getByRole('treeitem', { name: /check the bound/ }).first();
    await doubt.click();
    await expect.poll(() => doubt.getAttribute('aria-selected')).toBe('true');
    await expect.poll(() => details().innerText()).toContain('Wait,');
    await page.getByRole('treeitem', { name: 'The answer', exact: true }).press('Enter');
    await expect.poll(() => details().innerText()).toContain('the answer');
    await page.getByRole('treeitem', { name: /thinking budget closed/ }).click();
    await expect.poll(() => details().innerText()).toContain('given to the model');
    await expect.poll(() => page.getByRole('img', { name: /^The thought over time: / }).count()).toBe(1);
  });

  it('is coloured by what is chosen, with a legend, searched and filtered', async () => {
    const { page } = await open();
    await trace.sendTraces('trace', [file()]);
    await page.getByLabel('Colour by').selectOption('expert');
    await page.getByLabel('Layer').selectOption('1');
    await expect
      .poll(() => page.getByRole('list', { name: 'Legend' }).last().innerText())
      .toMatch(/expert \d+ \(\d+ tokens\)/);
    await page.getByLabel('Show', { exact: true }).selectOption('forced');
    await page.getByText('3 tokens', { exact: true }).waitFor();
    await expect.poll(() => page.locator('.token:not(.dim)').count()).toBe(3);
    await page.getByRole('searchbox', { name: 'Search in the text' }).fill('beach');
    await page.getByText(/^1 of \d$/).waitFor();
    await page.getByRole('button', { name: 'Next match' }).click();
    await page.getByText(/^2 of \d$/).waitFor();
  });
});

describe('50,000 tokens', () => {
  it('are in the page only as far as they are seen', async () => {
    const rounds = Math.ceil(50_000 / recorded.tokens.count);
    const { page } = await open();
    const large = recordedTrace({ rounds });
    expect(large.tokens.count).toBeGreaterThan(40_000);
    await trace.sendTraces('trace', [file('large.gbtrace', large)]);
    await option(0).waitFor();
    const drawn = () => tokens().getByRole('option').count();
    expect(await drawn()).toBeLessThan(2000);
    await tokens().focus();
    await page.keyboard.press('End');
    await option(large.tokens.count - 1).waitFor();
    expect(await drawn()).toBeLessThan(2000);
    await expect.poll(() => option(0).count()).toBe(0);
  });
});

describe('a broken file', () => {
  it('is shown as far as it is whole, and says what is missing', async () => {
    const { page } = await open();
    const { bytes } = file();
    await trace.sendTraces('trace', [{ name: 'cut.gbtrace', bytes: bytes.subarray(0, bytes.length - 40) }]);
    await page.getByRole('heading', { name: recorded.about.question }).waitFor();
    await page.getByRole('alert').getByText('This file is not whole.').waitFor();
  });

  it('that is no trace says so', async () => {
    const { page } = await open();
    await trace.sendTraces('trace', [{ name: 'x.gbtrace', bytes: Uint8Array.of(1, 2, 3) }]);
    await page
      .getByRole('alert')
      .getByText(/x\.gbtrace is no Glassbox trace/)
      .waitFor();
  });

  it('that the host could not read says so', async () => {
    const { page } = await open();
    await trace.send({ type: 'failed', message: 'It is too large.' });
    await page.getByRole('alert').getByText('It is too large.').waitFor();
  });
});

describe('several traces', () => {
  const other = recordedTrace({ thought: recordedThought('four'), answer: 'It prints 4.', id: 'answer-2' });

  it('of two answers stand beside each other, with where they part', async () => {
    const { page } = await open();
    await trace.sendTraces('compare', [file('one'), file('other', other)]);
    await page.getByText(/^They part at token \d+: “.*” and “.*”\./).waitFor();
    await expect.poll(() => tokens().count()).toBe(2);
    await expect.poll(() => page.locator('.token.marked').count()).toBe(2);
    await expect
      .poll(() => page.getByRole('table', { name: 'Steps side by side' }).locator('tbody tr').count())
      .toBeGreaterThan(3);
  });

  it('of one question are grouped by their answers', async () => {
    const { page } = await open();
    await trace.sendTraces('several', [file('Answer 1'), file('Answer 2'), file('Answer 3', other)]);
    await page.getByText('Majority: 2 of 3').waitFor();
    const first = page.getByRole('group', { name: 'Group 1: 2 answers' });
    await first.getByText('It prints').waitFor();
    await first.getByText('most came to this').waitFor();
    await page.getByRole('button', { name: 'Open trace of Answer 3' }).click();
    await expect.poll(() => trace.sent('openTrace')).toEqual([{ type: 'openTrace', file: 2 }]);
  });

  it('of one question are compared by twos, whichever, with the last two that were chosen', async () => {
    const { page } = await open();
    await trace.sendTraces('several', [file('Answer 1'), file('Answer 2'), file('Answer 3', other)]);
    const compare = page.getByRole('button', { name: 'Compare the chosen two' });
    const box = (name: string) => page.getByRole('checkbox', { name: `${name}: compare` });
    await box('Answer 2').check();
    await page.getByText('Answer 2 and one more: choose it').waitFor();
    // Playwright waits for what is disabled; a user need not.
    await compare.click({ force: true });
    expect(await trace.sent('compare')).toEqual([]);
    await box('Answer 3').check();
    await compare.click();
    await box('Answer 1').check();
    await expect.poll(() => box('Answer 2').isChecked()).toBe(false);
    await compare.click();
    expect((await trace.sent('compare')).map(({ files }) => files)).toEqual([
      [1, 2],
      [2, 0],
    ]);
  });

  it('of one question are gone through by keyboard, from group to group and into their answers', async () => {
    const { page } = await open();
    await trace.sendTraces('several', [file('Answer 1'), file('Answer 2'), file('Answer 3', other)]);
    const focused = () => page.evaluate('document.activeElement.textContent');
    await page.locator('summary').first().focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused()).toBe('Group 2: 1 answer');
    await page.keyboard.press('Home');
    await expect.poll(() => focused()).toContain('Group 1: 2 answers');
    // Enter closes the group, and opens it again.
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByRole('checkbox', { name: 'Answer 1: compare' }).count()).toBe(0);
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await expect.poll(() => page.getByRole('checkbox', { name: 'Answer 3: compare' }).isChecked()).toBe(true);
  });
});

describe('in a column of 300 pixels', () => {
  it.each(['trace', 'compare', 'several'] as const)(
    'the view “%s” has nothing that is cut off',
    async (view) => {
      const { page } = await open({ width: 300, height: 900 });
      await trace.sendTraces(view, [
        file('Answer 1'),
        file('Answer 2', recordedTrace({ answer: 'It prints 4.' })),
      ]);
      if (view === 'several') await page.getByText('Majority: ').waitFor();
      else await option(9).first().click();
      await page.screenshot({ path: `${pictures}/trace-${view}-narrow.png`, fullPage: true });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(300);
    },
  );
});

function recordedThought(result: string): string {
  return `Okay, the user asks what the program prints.\nLet me try another way.\nSo the answer is ${result}.`;
}

describe.each<ThemeName>(['dark', 'light', 'high-contrast'])('in %s', (theme) => {
  it.each(['trace', 'compare', 'several'] as const)('the view “%s” can be read by everyone', async (view) => {
    const { page } = await open({ theme });
    await trace.sendTraces(view, [
      file('Answer 1'),
      file('Answer 2', recordedTrace({ answer: 'It prints 4.' })),
    ]);
    if (view === 'trace') {
      await trace.send({ type: 'continuable', file: 0 });
      await option(9).click();
    }
    await page.screenshot({ path: `${pictures}/trace-${view}-${theme}.png` });
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(axe);
    const violations: unknown =
      await page.evaluate(`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]))`);
    expect(violations).toEqual([]);
  });
});
