import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../support/tinyModel.ts';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';

/** Tokens that have to be streamed before the delay of the extension host says something. */
const wanted = 2000;

describe('Glassbox in a fresh VS Code', () => {
  let folder: string;
  let editor: Editor;
  let window: EditorWindow;

  beforeAll(async () => {
    // Random weights write without end, and faster than any model that says something: more of the host's time is asked for.
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-opening-'));
    const model = path.join(folder, 'tiny.gguf');
    await writeTinyModel(model, { contextLength: 4096 });
    editor = await Editor.open({
      name: 'opening',
      settings: {
        'glassbox.model.path': model,
        'glassbox.reasoning.mode': 'force',
        'glassbox.sampling.seed': 7,
      },
    });
    window = await editor.openWindow();
  });
  afterAll(async () => {
    await editor.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('activates without starting an engine', async () => {
    await expect.poll(() => editor.lastReport(), { timeout: 60_000 }).toBeDefined();
    // Reported, not asserted: the machine may be busy. The goal is under 50 ms.
    console.log(`activate() took ${(await editor.lastReport())?.activationMs.toFixed(1)} ms`);
    expect(editor.engines()).toEqual([]);
    await window.screenshot('fresh');
  });

  it('opens its panel from the activity bar', async () => {
    await window.page.getByRole('tab', { name: 'Glassbox' }).click();
    const panel = await ChatPanel.find(window);
    await expect.poll(() => panel.input.isEditable()).toBe(true);
    await window.screenshot('panel');
    expect(editor.engines()).toEqual([]);
  });

  it('reports how long its extension host was blocked while 2,000 tokens were streamed', async () => {
    const panel = await ChatPanel.find(window);
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
  });

  it('reports no errors in the window', () => {
    editor.expectNoErrors();
  });
});
