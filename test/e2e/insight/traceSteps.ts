import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { unpackRouting } from '../../../src/protocol/unpackRouting.ts';
import { groupAnswers } from '../../../src/reasoning/answers/groupAnswers.ts';
import { outlineThought } from '../../../src/reasoning/outline/outlineThought.ts';
import { readTrace } from '../../../src/reasoning/trace/readTrace.ts';
import { ALTERNATIVES, type Trace } from '../../../src/reasoning/trace/trace.ts';
import { strings } from '../../../webview/trace/strings.ts';
import type { InsightWalk } from './insightWalk.ts';
import { shownTable } from './shownTable.ts';

/** The trace inspector with traces of answers that the embedded model gave in this window. */
export function traceSteps(walk: () => InsightWalk): void {
  let page: Frame;
  let trace: Trace;
  let file: string;

  it('opens by the button below an answer, with all that the engine recorded of it', async () => {
    const { panel, window } = walk();
    await panel.button('New chat').click();
    await expect.poll(() => panel.answers.count()).toBe(0);
    await walk().ask('What does this print?', 'trace.js');
    const records = await walk().records();
    const [answer] = records.answers?.answers ?? [];
    await panel.answers
      .last()
      .getByRole('button', { name: /^Trace/ })
      .click();
    page = await window.visibleFrame('.token');
    // No question whether this file is trusted: it is the extension's own.
    await expect.poll(() => window.page.locator('.monaco-dialog-box').count()).toBe(0);
    await window.page.locator('.tab.active', { hasText: 'Trace What does this print.gbtrace' }).waitFor();
    file = await savedTrace(walk(), records.conversationId, answer?.requestId ?? '');
    const opened = readTrace(await readFile(file));
    ({ trace } = opened);
    expect(opened.problems).toEqual([]);

    // The file holds what the engine has on record of the thought, which nothing has computed again since.
    const routing = unpackRouting(records.routing ?? fail('No routing was recorded.'));
    const [eviction] = records.evictedTexts;
    const choices = routing.layers.length * routing.topK;
    let compared = 0;
    routing.positions.forEach((position, entry) => {
      if (routing.phases[entry] !== 'thought' || routing.evicted[entry] !== true) return;
      const token = position - (answer?.promptTokens ?? NaN);
      expect(trace.tokens.ids[token]).toBe(routing.tokens[entry]);
      expect([...(trace.routing?.chosen.subarray(token * choices, (token + 1) * choices) ?? [])]).toEqual([
        ...routing.chosen.subarray(entry * choices, (entry + 1) * choices),
      ]);
      compared++;
    });
    expect(compared).toBeGreaterThan(10);
    expect(eviction?.texts.join('')).toContain(trace.thought.trim());
    expect(trace.about.timings).toMatchObject({
      promptTokens: answer?.promptTokens,
      reusedTokens: answer?.reusedTokens,
      decodedTokens: answer?.decodedTokens,
    });
    // And the page shows what the file holds.
    await page.getByRole('heading', { name: 'What does this print?' }).waitFor();
    const facts = await page.getByRole('list', { name: 'About this answer' }).innerText();
    expect(facts).toContain(`${trace.tokens.count} tokens`);
    await expect.poll(() => page.locator('.token').count()).toBe(trace.tokens.count);
    await window.screenshot('trace');
  });

  it('goes from a step of the outline to its text', async () => {
    const outline = outlineThought(trace.thought);
    const steps = page.getByRole('treeitem');
    await expect
      .poll(() => steps.locator('.step-title > span:first-child').allTextContents())
      .toEqual(outline.steps.map(({ title }) => title));
    const last = outline.steps.length - 1;
    await steps.nth(last).click();
    await expect.poll(() => steps.nth(last).getAttribute('aria-selected')).toBe('true');
    // The text before the chosen token is the thought up to this step, white space and tags aside.
    const chosen = await chosenToken(page);
    const before = textOf(trace, 0, chosen).replaceAll(/<think>|\s/g, '');
    expect(trace.thought.slice(0, outline.steps[last]?.start).replaceAll(/\s/g, '')).toBe(before);
  });

  it('shows alternatives, experts and time of the token that is clicked', async () => {
    const { tokens, routing } = trace;
    const token = 5;
    await page.locator('.token').nth(token).click();
    const details = page.getByRole('region', { name: 'The chosen token' });
    await details.getByText(strings.tokenTitle(token, tokens.count)).waitFor();
    const figures = await details.locator('.figures dd').allTextContents();
    expect(figures).toContain(strings.probability(tokens.logProbabilities[token] ?? NaN));
    expect(figures).toContain(strings.nats(tokens.entropies[token] ?? NaN));
    expect(figures).toContain(strings.milliseconds(tokens.elapsedMs[token] ?? NaN));
    const alternatives = await shownTable(page, 'Might have been');
    expect(alternatives).toHaveLength(ALTERNATIVES);
    expect(alternatives.map(([, probability]) => probability)).toEqual(
      [...tokens.alternativeLogProbabilities.subarray(token * ALTERNATIVES, (token + 1) * ALTERNATIVES)].map(
        strings.probability,
      ),
    );
    const experts = (await shownTable(page, 'Experts')).map(([layer, weights]) => [
      Number(layer),
      [...(weights ?? '').matchAll(/(\d+) × \d+\.\d{3}/g)].map(([, expert]) => Number(expert)),
    ]);
    const perLayer = routing?.topK ?? NaN;
    expect(experts).toEqual(
      routing?.layers.map((layer, index) => {
        const at = (token * routing.layers.length + index) * perLayer;
        return [layer, [...routing.chosen.subarray(at, at + perLayer)]];
      }),
    );
  });

  it('is coloured by another measure, filtered and searched', async () => {
    const { tokens, routing } = trace;
    await page.getByLabel('Colour by').selectOption('expert');
    await page.getByLabel('Layer').selectOption({ index: 2 });
    const firsts = new Map<number, number>();
    for (let token = 0; routing && token < routing.count; token++) {
      const at = (token * routing.layers.length + 2) * routing.topK;
      if ((routing.weights[at] ?? 0) === 0) continue;
      const expert = routing.chosen[at] ?? NaN;
      firsts.set(expert, (firsts.get(expert) ?? 0) + 1);
    }
    const [most] = [...firsts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    await page.getByText(`expert ${most?.[0]} (${most?.[1]} tokens)`).waitFor();
    await page.getByLabel('Colour by').selectOption('time');
    await page
      .locator('.legend li', { hasText: /≤ [\d.]+ ms/ })
      .first()
      .waitFor();
    await page.getByLabel('Colour by').selectOption('probability');

    await page.getByLabel('Show', { exact: true }).selectOption('answer');
    const inAnswer = tokens.channels.reduce((sum, channel) => sum + channel, 0);
    await page.getByText(strings.tokens(inAnswer), { exact: true }).waitFor();
    await expect.poll(() => page.locator('.token:not(.dim)').count()).toBe(inAnswer);
    await page.getByLabel('Show', { exact: true }).selectOption('all');

    // The search goes on from the chosen token.
    await page.locator('.token').first().click();
    const search = page.getByRole('searchbox', { name: 'Search in the text' });
    await search.fill('price');
    const places = textOf(trace, 0, tokens.count).split('price').length - 1;
    await page.getByText(new RegExp(`^1 of ${places}$`)).waitFor();
    await search.press('Enter');
    await page.getByText(new RegExp(`^2 of ${places}$`)).waitFor();
    await search.fill('');
  });

  it('goes on from a token with another one, as a version of the answer', async () => {
    const { panel, window } = walk();
    // Far enough into the thought that both have something in common.
    await page.locator('.token').nth(20).click();
    await page
      .getByRole('button', { name: /^Continue from here/ })
      .first()
      .click();
    await panel.frame
      .getByText(/2 ?(of|\/) ?2/)
      .first()
      .waitFor({ timeout: 60_000 });
    await panel.stop.waitFor({ state: 'hidden', timeout: 60_000 });
    await window.screenshot('branch');
  });

  it('shows two answers to one question beside each other, with where they part', async () => {
    const { window } = walk();
    const { conversationId, answers } = await walk().records();
    const [one, other] = await Promise.all(
      (answers?.answers ?? []).map(async ({ requestId }) =>
        readTrace(await readFile(await savedTrace(walk(), conversationId, requestId))),
      ),
    );
    const ids = [one, other].map((each) => each?.trace.tokens.ids ?? fail('A trace is missing.'));
    const partAt = ids[0]?.findIndex((id, token) => id !== ids[1]?.[token]);
    expect(partAt).toBe(20);
    await window.runCommand('Glassbox: Compare Traces…');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    // The newest answer stands first.
    for (const [row, title] of ['the First One', 'the Second One'].entries()) {
      await window.page.locator('.quick-input-title', { hasText: title }).waitFor();
      await rows
        .filter({ hasText: 'What does this print?' })
        .nth(1 - row)
        .click();
    }
    const compared = await window.visibleFrame('.compare-columns .token');
    await compared.getByText(/^They part at token 21: “.*” and “.*”\./).waitFor();
    await expect.poll(() => compared.locator('.token.marked').count()).toBe(2);
    const pairs = await shownTable(compared, 'Steps side by side');
    expect(pairs.filter(([left]) => left !== '—')).toHaveLength(
      outlineThought(one?.trace.thought ?? '').steps.length,
    );
    await window.screenshot('compared');
    await window.runCommand('View: Close Editor');
  });

  it('asks several times and groups what the answers say', async () => {
    const { window, panel } = walk();
    await window.runCommand('Glassbox: Ask Several Times…');
    const input = window.page.locator('.quick-input-widget input');
    await expect.poll(() => input.inputValue()).toBe('What does this print?');
    await input.press('Enter');
    await walk().pick(/^3$/);
    const several = await window.visibleFrame('.group');
    await panel.waitUntilIdle();
    const { conversationId, answers } = await walk().records();
    const traces = await Promise.all(
      (answers?.answers ?? [])
        .slice(-3)
        .map(async ({ requestId }) =>
          readTrace(await readFile(await savedTrace(walk(), conversationId, requestId))),
        ),
    );
    expect(traces.map((each) => each.trace.about.sampling.seed)).toEqual([1, 2, 3]);
    // Only the first of them may have had to read the prompt.
    expect((answers?.answers ?? []).slice(-2).every((each) => each.reusedTokens > 0)).toBe(true);
    const { groups, majority } = groupAnswers(traces.map((each) => each.trace.answer));
    const sizes = groups.map(({ members }) => members.length);
    await expect
      .poll(() => several.locator('.group h2').allTextContents())
      .toEqual(sizes.map((size, index) => strings.group(index, size)));
    const verdict = majority === undefined ? strings.noMajority : strings.majority(sizes[majority] ?? NaN, 3);
    await several.getByText(verdict).waitFor();
    await window.screenshot('several answers');
    // Each leads to its trace.
    await several.getByRole('button', { name: 'Open trace of Answer 2' }).click();
    const opened = await window.visibleFrame('.trace-view .token');
    await opened.getByText('temperature 0.6, seed 2').waitFor();
    await window.runCommand('View: Close Editor');
    await window.runCommand('View: Close Editor');
  });

  it('opens by the command, and is exported with the file dialog, as it is and as JSON', async () => {
    const { window, editor } = walk();
    await window.runCommand('Glassbox: Open Trace…');
    // The oldest answer stands last, before what is open and the choice of a file.
    await window.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: 'What does this print?' })
      .last()
      .click();
    await window.visibleFrame('.trace-view .token');
    const exported: Buffer[] = [];
    for (const ending of [undefined, { from: 'gbtrace', to: 'json' }]) {
      await window.runCommand('Glassbox: Export Trace…');
      const copy = await window.acceptFile(ending ? { ending } : {});
      expect(path.dirname(copy)).toBe(editor.workspace);
      await expect.poll(() => readFile(copy).catch(() => undefined)).toBeDefined();
      exported.push(await readFile(copy));
    }
    expect(exported[0]).toEqual(await readFile(file));
    const json: unknown = JSON.parse(exported[1]?.toString() ?? '');
    expect(json).toMatchObject({ about: { question: 'What does this print?', id: trace.about.id } });
  });
}

/** The index of the token whose details are shown. */
async function chosenToken(page: Frame): Promise<number> {
  const title = await page.locator('.details h2').textContent();
  return Number(/^Token ([\d,]+)/.exec(title ?? '')?.[1]?.replaceAll(',', '')) - 1;
}

function textOf({ tokens }: Trace, first: number, end: number): string {
  return Array.from(tokens.ids.subarray(first, end), (id) => tokens.texts.get(id) ?? '').join('');
}

/** Where the window keeps the trace of an answer. */
async function savedTrace(walk: InsightWalk, conversationId: string, answerId: string): Promise<string> {
  const folder = walk.editor.workspaceStorage;
  const inAnswer = path.join('conversations', 'traces', conversationId, answerId);
  const files = await readdir(folder, { recursive: true });
  const found = files.find((file) => file.includes(inAnswer) && file.endsWith('.gbtrace'));
  return path.join(folder, found ?? fail(`No trace of ${answerId} was saved.`));
}

function fail(message: string): never {
  throw new Error(message);
}
