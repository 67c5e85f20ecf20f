import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

/** What is seen of an answer beside the chat: diagnostics and its trace, with the embedded model. */
describe('Diagnostics and traces', () => {
  let editor: Editor;
  let window: EditorWindow;
  let panel: ChatPanel;
  let promptTokens: string;
  let replyTokens: number;

  beforeAll(async () => {
    editor = await Editor.open({ name: 'insight' });
    window = await editor.openWindow();
  });
  afterAll(() => editor.close());
  stopAtFirstFailure(() => window);

  it('begin with an answer in the chat', async () => {
    panel = await ChatPanel.open(window);
    await window.openFile('nano/trace.js');
    await panel.button(/^trace\.js /).click();
    const answer = await panel.ask('What does this print?');
    await panel.stop.waitFor({ state: 'hidden', timeout: 120_000 });
    const cost = await panel.cost(answer);
    promptTokens = /prompt (\d+) tokens/.exec(cost)?.[1] ?? cost;
    const thought = /(\d+) tokens/.exec((await panel.thoughtToggle(answer).textContent()) ?? '')?.[1];
    replyTokens = Number(thought);
    expect(replyTokens).toBeGreaterThan(10);
  });

  it('show what the engine recorded of it in a tab', async () => {
    await window.runCommand('Glassbox: Show Diagnostics');
    const page = await frameWith(window, '.panels .figures');
    await expect
      .poll(() => page.locator('body').innerText(), { timeout: 30_000 })
      .toMatch(new RegExp(`0 of ${promptTokens} tokens reused`));
    const text = await page.locator('body').innerText();
    await page.locator('summary', { hasText: 'Load by layer' }).click();
    // Layers count from 0 as in the model's file; the first is dense.
    expect(text).toMatch(/each to 2 of 16 experts/);
    for (const layer of [1, 2, 3, 4, 5]) {
      expect(await page.locator('table th', { hasText: new RegExp(`^Layer ${layer}$`) }).count()).toBe(1);
    }
    // The thought has left the cache, and can be read.
    await page.getByRole('button', { name: /^Read/ }).first().click();
    await expect.poll(() => page.locator('body').innerText()).toContain('prices[2]:4,price=4');
    await window.screenshot('diagnostics');
  });

  it('open the trace of the answer as a file, with every token', async () => {
    await panel.answers
      .last()
      .getByRole('button', { name: /^Trace/ })
      .click();
    const page = await frameWith(window, '.token');
    await page.getByText('What does this print?').first().waitFor();
    const [, tokens] = /(\d+) tokens/.exec(await page.locator('body').innerText()) ?? [];
    expect(Number(tokens)).toBeGreaterThan(replyTokens);
    await window.page.locator('.tab.active', { hasText: '.gbtrace' }).waitFor();
    await page.locator('.token').nth(5).click();
    await expect.poll(() => page.locator('body').innerText()).toContain('Might have been');
    await window.screenshot('trace');
  });

  it('go on from a token with another one, as a version of the answer', async () => {
    const page = await frameWith(window, '.token');
    await page
      .getByRole('button', { name: /^Continue/ })
      .first()
      .click();
    await panel.frame
      .getByText(/2 ?(of|\/) ?2/)
      .first()
      .waitFor({ timeout: 60_000 });
    await panel.stop.waitFor({ state: 'hidden', timeout: 60_000 });
    await window.screenshot('branch');
  });

  it('reports no errors in the window', () => {
    editor.expectNoErrors();
  });
});

/** The webview document in which something is found; there are several beside each other. */
async function frameWith(window: EditorWindow, selector: string): Promise<Frame> {
  const seen = async (frame: Frame): Promise<boolean> =>
    (await frame
      .locator(selector)
      .count()
      .catch(() => 0)) > 0;
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    for (const frame of window.page.frames()) if (await seen(frame)) return frame;
    await window.page.waitForTimeout(200);
  }
  throw new Error(`No page has ${selector}.`);
}
