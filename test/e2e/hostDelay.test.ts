import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smolLM2Path } from '../support/assets.ts';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';

/** Tokens that have to be streamed before the delay of the extension host says something. */
const wanted = 2000;

describe('The extension host', () => {
  let editor: Editor;
  let window: EditorWindow;

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'hostDelay',
      settings: {
        'glassbox.model.path': await smolLM2Path(),
        'glassbox.reasoning.mode': 'force',
        'glassbox.sampling.seed': 7,
      },
    });
    window = await editor.openWindow();
  });
  afterAll(() => editor.close());

  it('reports how long it was blocked while 2,000 tokens were streamed', async () => {
    const panel = await ChatPanel.open(window);
    await panel.ask('Tell me a very long story about a shop.');
    await expect.poll(() => panel.thoughtText(), { timeout: 120_000 }).not.toBe('');
    // From here on: the start-up and the loading of the model are measured elsewhere.
    await editor.report(window);
    const streamed = async () =>
      (await panel.frame.locator('.thought-label').allTextContents())
        .map((label) => Number(/([\d,]+) tokens?/.exec(label)?.[1]?.replaceAll(',', '') ?? 0))
        .reduce((sum, tokens) => sum + tokens, 0);
    while ((await streamed()) < wanted) {
      if (!(await panel.stop.isVisible())) await panel.ask('Tell me another very long story.');
      await window.page.waitForTimeout(500);
    }
    await panel.stopWriting();
    const { eventLoopDelayMs } = await editor.report(window);
    await window.screenshot('after 2,000 tokens');
    // Reported, not asserted: the machine may be busy. The goal is under 50 ms.
    console.log(
      `Extension host during ${await streamed()} tokens of thought: event loop delayed by at most ` +
        `${eventLoopDelayMs.max.toFixed(1)} ms, of which ${eventLoopDelayMs.maxBusy.toFixed(1)} ms computing`,
    );
    expect(eventLoopDelayMs.samples).toBeGreaterThan(0);
    editor.expectNoErrors();
  });
});
