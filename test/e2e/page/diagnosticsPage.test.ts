import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DiagnosticsState } from '../../../src/protocol/diagnostics.ts';
import { unpackUint32 } from '../../../src/protocol/unpackRouting.ts';
import {
  answerRecord,
  diagnosticsState,
  earlierAnswer,
  expertPlacement,
  expertsOfShape,
  kvSnapshot,
  packed,
  transportTimes,
} from '../../support/diagnosticsState.ts';
import { type DiagnosticsHarness, openDiagnostics, startDiagnosticsBrowser } from './diagnosticsHarness.ts';
import type { PageOpenOptions } from './pageHarness.ts';
import type { ThemeName } from './themes.ts';

const pictures = 'test-results/diagnostics';
let browser: Browser;
let diagnostics: DiagnosticsHarness;

beforeAll(async () => {
  await mkdir(pictures, { recursive: true });
  browser = await startDiagnosticsBrowser();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async () => {
  // Whatever a test did: no script error, nothing refused by the policy, nothing loaded from anywhere.
  const { problems, foreignRequests } = diagnostics;
  await diagnostics.close();
  expect(problems).toEqual([]);
  expect(foreignRequests).toEqual([]);
});

async function open(options?: PageOpenOptions): Promise<DiagnosticsHarness> {
  diagnostics = await openDiagnostics(browser, options);
  return diagnostics;
}

const mismatch = {
  position: 40,
  reason: 'edit',
  cached: { token: 5, text: ' sum' },
  prompt: { token: 6, text: ' total' },
  before: 'What is the',
  cachedAfter: ' of it?',
  promptAfter: ' of this?',
} as const;

/** A conversation with two answers, evicted thoughts, biases and guesses. */
const full = (change: Partial<DiagnosticsState> = {}): DiagnosticsState =>
  diagnosticsState({
    experts: {
      ...expertsOfShape(3, 8),
      gateBias: packed(Float32Array.from({ length: 24 }, (_, i) => (i - 12) / 100)),
    },
    answers: [
      answerRecord('a1', { cachedTokens: 0, reusedTokens: 0, estimatedSavedMs: 0 }),
      answerRecord('a2', {
        mismatch,
        speculation: {
          drafted: 40,
          accepted: 30,
          byPosition: [
            { drafted: 30, accepted: 24 },
            { drafted: 10, accepted: 6 },
          ],
          bySource: [
            {
              source: 'lookup',
              drafted: 30,
              accepted: 22,
              byPosition: [
                { drafted: 20, accepted: 16 },
                { drafted: 10, accepted: 6 },
              ],
            },
            { source: 'draft', drafted: 10, accepted: 8, byPosition: [{ drafted: 10, accepted: 8 }] },
          ],
        },
      }),
    ],
    questions: { a1: 'What is the sum of it?', a2: 'What is the total of this?' },
    transport: { a1: transportTimes({ rpcMs: 4 }), a2: transportTimes() },
    ...change,
  });

const show = async (state: DiagnosticsState): Promise<void> => {
  await diagnostics.send({ type: 'state', state, frozen: false });
  await diagnostics.until('document.querySelector(".chart canvas")');
};

describe('before there is anything to see', () => {
  it('says so, for want of a model or of a question', async () => {
    const { page } = await open();
    await diagnostics.send({ type: 'state', state: diagnosticsState({ status: 'noModel' }), frozen: false });
    await page.getByRole('heading', { name: 'No model is loaded' }).waitFor();
    await diagnostics.send({ type: 'update', update: { status: 'noConversation' } });
    await page.getByRole('heading', { name: 'Nothing to see yet' }).waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Compare' }).isDisabled()).toBe(true);
  });

  it('shows of an earlier session what was saved with its answers, and what to do', async () => {
    const { page } = await open({ height: 2000 });
    const { kv: _, memory: __, model: ___, ...gone } = full();
    const state: DiagnosticsState = {
      ...gone,
      status: 'earlier',
      answers: [],
      earlier: [earlierAnswer('a1'), earlierAnswer('a2')],
      expertsOfTraces: 2,
    };
    await show(state);
    await page.getByText('The cache of this chat is gone').waitFor();
    await expect.poll(() => page.getByRole('application', { name: /^KV map/ }).count()).toBe(0);
    await page.getByText(/From the traces of 2 answers/).waitFor();
    await page.getByText('40 of 60 tokens reused, 200 ms saved (estimate').first().waitFor();
    await expect.poll(() => page.getByText('why no more was reused is not kept').count()).toBe(2);
    await page.getByRole('button', { name: 'Time of a token in decode as a table' }).click();
    await page.getByRole('row', { name: 'all else 5 ms 20 %' }).waitFor();
    await expect.poll(() => page.getByText('Cost of recording').count()).toBe(0);
    const map = page.getByRole('application', { name: /^Experts by layer/ });
    await map.focus();
    await map.press('Enter');
    await page.getByText('Each answer’s trace has its tokens').waitFor();
    expect(await diagnostics.sent('readExpert')).toEqual([]);
    await page.getByRole('button', { name: 'Compare' }).click();
    expect((await diagnostics.sent('compare')).at(-1)?.requestIds).toEqual(['a1', 'a2']);
    await page.screenshot({ path: `${pictures}/earlier.png`, fullPage: true });
    await diagnostics.send({ type: 'update', update: { expertsOfTraces: 0 } });
    await page.getByText('no trace of these answers holds any').waitFor();
  });

  it('says that a model has no experts, and shows the rest', async () => {
    const { page } = await open();
    await show(diagnosticsState({ experts: null }));
    await page.getByText('Experts: this model has none.').waitFor();
    await expect.poll(() => page.getByRole('application', { name: /^Experts by layer/ }).count()).toBe(0);
    await expect.poll(() => page.getByRole('application', { name: /^KV map/ }).count()).toBe(1);
  });

  it('shows an error until records come again', async () => {
    const { page } = await open();
    await show(full());
    await diagnostics.send({ type: 'error', message: 'The record is broken.' });
    await page.getByRole('alert').getByText('The record is broken.').waitFor();
    await diagnostics.send({ type: 'update', update: { atMs: 8000 } });
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  });
});

describe('the experts', () => {
  it('are walked through with the arrow keys, each said in words with its own counts', async () => {
    const { page } = await open();
    const state = full();
    await show(state);
    const map = page.getByRole('application', { name: /^Experts by layer/ });
    await map.focus();
    await map.press('ArrowDown');
    await map.press('ArrowRight');
    await map.press('ArrowRight');
    const counts = unpackUint32(state.experts?.counts ?? '');
    const [prompt = 0, thought = 0, answer = 0] = [0, 1, 2].map((phase) => counts[(phase * 3 + 1) * 8 + 2]);
    const words = await page.getByText(/^layer 2, expert 2/).textContent();
    expect(words).toContain(`chosen ${prompt + thought + answer} times`);
    expect(words).toContain(`prompt ${prompt} · thought ${thought} · answer ${answer}`);
    expect(words).toContain('gate bias -0.02');
    await map.press('Enter');
    await expect
      .poll(() => diagnostics.sent('readExpert'))
      .toEqual([{ type: 'readExpert', of: { layer: 2, expert: 2 } }]);
  });

  it('show what went there, in context', async () => {
    const { page } = await open();
    await show(full());
    const token = {
      position: 12,
      phase: 'thought' as const,
      evicted: true,
      requestId: 'a1',
      rank: 0,
      weight: 0.5,
      before: 'so the ',
      text: 'sum',
      after: ' <b>is</b>',
    };
    await diagnostics.send({
      type: 'expertTokens',
      of: { layer: 2, expert: 2 },
      tokens: { total: 9, tokens: [token] },
    });
    const item = page
      .getByRole('list', { name: 'Tokens that went to layer 2, expert 2' })
      .getByRole('listitem');
    await expect
      .poll(() => item.textContent())
      .toBe('so the sum <b>is</b>position 12, thought, evicted, choice 1, weight 0.5');
    await page.getByText('The latest 1 of 9.').waitFor();
  });

  it('are filtered by phase, with the figures of each layer as a table', async () => {
    const { page } = await open();
    const state = full();
    await show(state);
    await page.getByText('Load by layer').first().click();
    await page.getByRole('combobox', { name: 'Tokens of' }).selectOption('answer');
    const row = page.getByRole('row', { name: /^Layer 1 / });
    await row.waitFor();
    const load = state.experts?.load.answer[0];
    await expect.poll(() => row.textContent()).toContain(String(load?.hottest));
    await expect.poll(() => row.getByRole('cell').nth(5).textContent()).toMatch(/^1: 0|^\d+: 0, /);
    await page.getByText(/^50 tokens, each to 1 of 8 experts/).waitFor();
    await page.getByText('Co-activation of two layers').first().click();
    await diagnostics.until('window.__sent.some(({ wanted }) => wanted?.coactivation)');
    expect((await diagnostics.sent('want')).at(-1)?.wanted).toEqual({
      hitRates: true,
      coactivation: { layers: [1, 2], phase: 'answer' },
    });
  });

  it('say where they are: hits, slots and transfers, or that they are all in one place', async () => {
    const { page } = await open();
    const state = full();
    const { model, memory } = state;
    if (model === undefined || memory === undefined) throw new Error('a state has both');
    const placement = page.getByRole('region', { name: 'Where the experts are' });
    await show(state);
    await placement.getByText(/^No GPU of Glassbox/).waitFor();
    expect(await placement.getByText('Found on the GPU').count()).toBe(0);

    const onGpu = {
      ...model,
      runtime: { binding: 'dawn', reason: 'It was asked for.', adapter: 'A GPU', features: [] } as const,
    };
    await diagnostics.send({ type: 'update', update: { model: onGpu } });
    await placement.getByText('All experts are on the GPU.').waitFor();

    const both = { ...memory, expertPlacement: expertPlacement() };
    await diagnostics.send({ type: 'update', update: { memory: both } });
    await placement
      .getByText(/^The GPU has no room for all experts. They are in memory \(16 MiB\)/)
      .waitFor();
    expect(await placement.locator('dd').allTextContents()).toEqual([
      '37.5 %60 of 160 choices since the model was loaded',
      '3 of 66 MiB',
      '5 MiB5 experts',
      '1.5 MiBof experts on the CPU, for 40 tokens',
    ]);
    await placement.getByText('Hits and slots by layer').press('Enter');
    await expect
      .poll(() => placement.getByRole('row').allTextContents())
      .toEqual([
        'LayerFound on the GPUHitsMissesSlotsExperts in them',
        'Layer 175 %60203 of 32-4',
        'Layer 20 %0800 of 3none',
      ]);
    await page.screenshot({ path: `${pictures}/expert-placement.png`, fullPage: true });
    // The table stays open while figures change.
    const more = expertPlacement({ uploads: 6, uploadedBytes: 6 * 2 ** 20 });
    await diagnostics.send({ type: 'update', update: { memory: { ...memory, expertPlacement: more } } });
    await placement.getByText('6 experts').waitFor();
    expect(await placement.getByRole('row').count()).toBe(3);
  });

  it('of 61 layers with 256 are drawn live without losing frames', async () => {
    const { page } = await open({ width: 1200 });
    const big = [1, 2].map((seed) => expertsOfShape(61, 256, { tokens: 2000, seed }));
    await show(full({ experts: big[0] ?? null, kv: kvSnapshot(61) }));
    await page.evaluate(`
      window.__updates = ${JSON.stringify(big)};
      window.__frames = 0;
      const count = () => { window.__frames++; requestAnimationFrame(count); };
      requestAnimationFrame(count);
      window.__sentUpdates = 0;
      const timer = setInterval(() => {
        const experts = window.__updates[window.__sentUpdates++ % 2];
        window.postMessage({ type: 'update', update: { atMs: 1, experts } }, '*');
        if (window.__sentUpdates === 30) clearInterval(timer);
      }, 100);
    `);
    await diagnostics.until('window.__sentUpdates === 30');
    await diagnostics.settled();
    const map = page.getByRole('application', { name: /^Experts by layer/ });
    await map.focus();
    await map.press('End');
    await map.press('PageDown');
    const counts = unpackUint32(big[1]?.counts ?? '');
    const sum = [0, 1, 2].reduce((total, phase) => total + (counts[(phase * 61 + 8) * 256 + 255] ?? 0), 0);
    await expect
      .poll(() => page.getByText(/^layer 9, expert 255/).textContent())
      .toContain(`chosen ${sum} times`);
    const size: [number, number] = await page.evaluate(
      '(() => { const { width, height } = document.querySelector(".panels .heat-field canvas"); return [width, height]; })()',
    );
    expect(size[0]).toBeGreaterThanOrEqual(2 * 256);
    expect(size[1]).toBeGreaterThanOrEqual(6 * 61);
    // Told, not asserted: how fast depends on the machine and on what else runs there.
    console.log(`frames while 30 updates came in 3 s: ${String(await page.evaluate('window.__frames'))}`);
  });
});

describe('the KV map', () => {
  it('says what a cell is and what it takes, and asks for the tokens under the cursor', async () => {
    const { page } = await open();
    await show(full());
    const map = page.getByRole('application', { name: /^KV map/ });
    await map.focus();
    await page
      .getByText('layer 0, position 0 · shared prefix · prompt · latent 48 bytes + key 16 bytes')
      .waitFor();
    expect((await diagnostics.sent('readText')).at(-1)?.of).toEqual({ firstPosition: 0, endPosition: 64 });
    await diagnostics.send({
      type: 'text',
      of: { firstPosition: 0, endPosition: 64 },
      text: { firstPosition: 0, tokens: [1, 2], texts: ['What', ' is'], phases: ['prompt', 'prompt'] },
    });
    await map.press('ArrowRight');
    await page.getByText(/^layer 0, position 1 “␣is” · shared prefix/).waitFor();
    await map.press('PageDown');
    await map.press('PageDown');
    await page.getByText(/^layer 0, position 65 · thought, will be dropped/).waitFor();
  });

  it('reads what is selected with Shift', async () => {
    const { page } = await open();
    await show(full());
    const map = page.getByRole('application', { name: /^KV map/ });
    await map.focus();
    await map.press('Shift+ArrowRight');
    await map.press('Shift+ArrowRight');
    await map.press('Enter');
    const of = { firstPosition: 0, endPosition: 3 };
    expect((await diagnostics.sent('readText')).at(-1)?.of).toEqual(of);
    const text = {
      firstPosition: 0,
      tokens: [1, 2, 3],
      texts: ['a', 'b', '<i>'],
      phases: ['prompt', 'answer', 'answer'] as const,
    };
    await diagnostics.send({ type: 'text', of, text });
    await expect.poll(() => page.locator('.reading pre').textContent()).toBe('ab<i>');
    await expect.poll(() => page.locator('.reading pre .phase-answer').textContent()).toBe('b<i>');
  });

  it('lists evictions with reason and time, and reads what is gone', async () => {
    const { page } = await open();
    await show(full());
    const row = page.getByRole('row').filter({ hasText: 'thought dropped' });
    await expect.poll(() => row.textContent()).toContain('25 thought, 5 answer');
    await row.getByRole('button', { name: 'Read' }).click();
    const of = { eviction: 0, firstPosition: 60, endPosition: 90 };
    expect((await diagnostics.sent('readText')).at(-1)?.of).toEqual(of);
    await diagnostics.send({ type: 'text', of, text: null });
    await page.getByText('This text is no longer kept.').waitFor();
  });
});

describe('reuse, memory and speed', () => {
  it('say why a prefix stopped matching, with both tokens in context', async () => {
    const { page } = await open();
    await show(full());
    await page
      .getByText('parts from the cache at position 40: a message was changed or asked again')
      .waitFor();
    const sides = page.locator('.difference dd');
    await expect
      .poll(() => sides.allTextContents())
      .toEqual(['…What is the␣sum of it?', '…What is the␣total of this?']);
    await page.getByText('40 of 60 tokens reused, 200 ms saved (estimate').waitFor();
    await page.getByText('Nothing was cached before.').waitFor();
  });

  it('say what of the memory was measured and what is an estimate', async () => {
    const { page } = await open();
    const { memory } = diagnosticsState();
    if (!memory) throw new Error('there is no budget');
    const { measuredLoadBytes: _, measuredActivations: __, ...estimated } = memory;
    await show(full({ memory: estimated }));
    await page.getByRole('button', { name: 'Memory of the engine as a table' }).click();
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
    await expect.poll(() => row('Weights').textContent()).toContain('estimate, from the model file');
    await expect.poll(() => row('Activations').textContent()).toContain('measured with the first prompt');
    await expect.poll(() => row('Free').textContent()).toContain('measured');
    await diagnostics.send({ type: 'update', update: { memory } });
    await row('Weights, tokenizer, libraries').getByText('measured: what the process took to load').waitFor();
    await expect
      .poll(() => row('Activations').textContent())
      .toContain('2.86 MiBmeasured: the most while 20 tokens behind 40 tokens were read at once');
  });

  it('show every chart as a table instead', async () => {
    const { page } = await open();
    await show(full());
    for (const [title, cell] of [
      ['Memory of the engine', '25 KiB'],
      ['Prompts of the last answers', '#2 What is the total of this?'],
      ['Hit rate of a cache of experts', '12.5 %'],
      ['Tokens/s over time', '40 tokens/s'],
      ['Time of a token in decode', '20 ms'],
      ['Transport of a text to the page', '13 ms'],
      ['Speculation: guesses that were right', "the model's draft"],
    ] as const) {
      const toggle = page.getByRole('button', { name: `${title} as a table` });
      await toggle.click();
      await expect.poll(() => toggle.getAttribute('aria-pressed')).toBe('true');
      const figure = page.locator('figure').filter({ has: toggle });
      await figure.locator('td, th').getByText(cell, { exact: true }).first().waitFor();
      await expect.poll(() => figure.getByRole('img').count()).toBe(0);
    }
    await page.locator('dd', { hasText: /^412 tokens/ }).waitFor();
    await page.getByText('the cache is full after 412 tokens').waitFor();
    await page.getByText(/It is there and works/).waitFor();
  });
});

describe('the toolbar', () => {
  it('freezes what is shown: what comes later changes nothing', async () => {
    const { page } = await open();
    await show(full());
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByText(/^Frozen at /).waitFor();
    await diagnostics.send({ type: 'update', update: { kv: kvSnapshot(4, { usedTokens: 333 }) } });
    await expect.poll(() => page.getByText('333 / 512 tokens').count()).toBe(0);
    await page.getByRole('button', { name: 'Freeze' }).click();
    expect((await diagnostics.sent('freeze')).map(({ frozen }) => frozen)).toEqual([true, false]);
    await diagnostics.send({ type: 'update', update: { kv: kvSnapshot(4, { usedTokens: 333 }) } });
    await page.getByText('333 / 512 tokens').waitFor();
  });

  it('compares two answers side by side', async () => {
    const { page } = await open();
    await show(full());
    await page.getByRole('button', { name: 'Compare' }).click();
    expect((await diagnostics.sent('compare')).at(-1)?.requestIds).toEqual(['a1', 'a2']);
    await diagnostics.send({
      type: 'compared',
      requestIds: ['a1', 'a2'],
      experts: [expertsOfShape(3, 8), expertsOfShape(3, 8, { seed: 9 })],
    });
    const region = page.getByRole('region', { name: 'Compare' }).first();
    await expect
      .poll(() => region.getByRole('row', { name: /^reused/ }).textContent())
      .toBe('reused0 tokens40 tokens');
    const map = page.getByRole('application', { name: /^Experts: share/ });
    await map.focus();
    await page.getByText(/^layer 1, expert 0: 0 % of the one’s choices, 0 % of the other’s/).waitFor();
    // Both loads beside each other, each cell in words.
    const sides = ['Experts of the one answer', 'Experts of the other answer'].map((name) =>
      page.getByRole('application', { name: new RegExp(`^${name}`) }),
    );
    const boxes = await Promise.all(sides.map((side) => side.boundingBox()));
    expect(boxes[0]?.y).toBe(boxes[1]?.y);
    expect(boxes[0]?.x).toBeLessThan(boxes[1]?.x ?? 0);
    await sides[1]?.focus();
    await page.keyboard.press('ArrowRight');
    const other = unpackUint32(expertsOfShape(3, 8, { seed: 9 }).counts);
    const chosen = [0, 1, 2].reduce((sum, phase) => sum + (other[phase * 24 + 1] ?? 0), 0);
    await page.getByText(new RegExp(`^layer 1, expert 1: chosen ${chosen} times, `)).waitFor();
    await page.getByText('Largest differences as a table').click();
    const shares = region.getByRole('row', { name: /^layer \d, expert \d / });
    await expect.poll(() => shares.count()).toBeGreaterThan(10);
    await page.screenshot({ path: `${pictures}/compare.png` });
    await region.getByRole('combobox', { name: 'One answer' }).selectOption('a2');
    expect((await diagnostics.sent('compare')).at(-1)?.requestIds).toEqual(['a2', 'a2']);
  });

  it('says of two answers whose experts are not recorded that they cannot be compared', async () => {
    const { page } = await open();
    await show(full());
    await page.getByRole('button', { name: 'Compare' }).click();
    await diagnostics.send({
      type: 'compared',
      requestIds: ['a1', 'a2'],
      experts: [null, expertsOfShape(3, 8)],
    });
    const refused = page.getByText('The experts of these answers cannot be compared');
    await refused.waitFor();
    const both = [expertsOfShape(3, 8), expertsOfShape(3, 8)] as const;
    await diagnostics.send({ type: 'compared', requestIds: ['a1', 'a2'], experts: both });
    await refused.waitFor({ state: 'hidden' });
    // Of another model, in an earlier session.
    const [one] = both;
    await diagnostics.send({
      type: 'compared',
      requestIds: ['a1', 'a2'],
      experts: [one, expertsOfShape(2, 16)],
    });
    await refused.waitFor();
  });

  it('asks for exports and for a tab', async () => {
    const { page } = await open();
    await show(full());
    await page.getByRole('button', { name: 'Export JSON' }).click();
    await page.getByRole('button', { name: 'Export trace' }).click();
    await page.getByRole('button', { name: 'Open as tab' }).click();
    expect((await diagnostics.sent('export')).map(({ format }) => format)).toEqual(['json', 'chromeTrace']);
    await expect.poll(() => diagnostics.sent('openTab')).toHaveLength(1);
  });

  it('offers a tab in the side bar only', async () => {
    const { page } = await open();
    await show(full());
    const openTab = page.getByRole('button', { name: 'Open as tab' });
    await diagnostics.send({ type: 'place', place: 'tab' });
    await expect.poll(() => openTab.count()).toBe(0);
    await diagnostics.send({ type: 'place', place: 'view' });
    await expect.poll(() => openTab.count()).toBe(1);
  });
});

describe('the page as it is seen', () => {
  it.each<ThemeName>(['dark', 'light', 'high-contrast', 'high-contrast-light'])(
    'has no fault that axe finds, in %s',
    async (theme) => {
      const { page } = await open({ theme, height: 2600 });
      await show(full());
      await page.getByText('Load by layer').first().click();
      await diagnostics.settled();
      await page.screenshot({ path: `${pictures}/${theme}.png`, fullPage: true });
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      await page.evaluate(axe);
      const violations: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
        'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
      );
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    },
  );

  it('is drawn in the colours of another theme when that is on', async () => {
    const { page } = await open({ theme: 'dark' });
    await show(full());
    const pixel = (): Promise<string> =>
      page.evaluate(
        `(() => {
          const copy = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
          copy.drawImage(document.querySelector('.panels .heat-field canvas'), -4, -12);
          return [...copy.getImageData(0, 0, 1, 1).data].join();
        })()`,
      );
    // Expert 0 of the first layer is dead: it has the background's colour.
    expect(await pixel()).toBe('31,31,31,255');
    await diagnostics.setTheme('light');
    expect(await pixel()).toBe('255,255,255,255');
  });

  it('has nothing that is cut off in a narrow side bar', async () => {
    const { page } = await open({ width: 300, height: 1200 });
    await show(full());
    await page.screenshot({ path: `${pictures}/narrow.png`, fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth <= 300')).toBe(true);
  });
});
