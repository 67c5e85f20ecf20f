import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smolLM2Path } from '../support/assets.ts';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

const patient = { timeout: 120_000, interval: 100 };

describe('Windows of one editor', () => {
  let editor: Editor;
  let first: EditorWindow;

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'windows',
      settings: {
        'glassbox.model.path': await smolLM2Path(),
        'glassbox.reasoning.mode': 'off',
        'glassbox.sampling.seed': 7,
      },
    });
    first = await editor.openWindow();
  });
  afterAll(() => editor.close());
  stopAtFirstFailure(() => first);

  it('answer side by side, each with an engine of its own', async () => {
    const second = await editor.openWindow(await editor.copyWorkspace('second-shop'));
    const panels = [await ChatPanel.open(first), await ChatPanel.open(second)];
    await Promise.all(panels.map((panel, index) => panel.ask(`Count from one to ten, please (${index}).`)));
    for (const panel of panels) await expect.poll(() => panel.answerText(), patient).not.toBe('');
    expect(editor.engines()).toHaveLength(2);
    await first.screenshot('first of two');
    await second.screenshot('second of two');
    for (const panel of panels) {
      await panel.stopWriting();
      await expect.poll(() => panel.questions.count()).toBe(1);
    }
    editor.expectNoErrors();
    await second.close();
  });

  it('lose no finished message when the extension host dies in mid-answer', async () => {
    const panel = await ChatPanel.open(first);
    const finished = await panel.answerText();
    await panel.ask('Write a very long story.');
    await expect.poll(() => panel.answerText(), patient).not.toBe('');
    const { extensionHostPid } = await editor.report(first);
    process.kill(extensionHostPid, 'SIGKILL');
    await first.close();

    first = await editor.openWindow();
    const restored = await ChatPanel.open(first);
    await restored.answers.nth(1).waitFor();
    expect(await restored.answerText(restored.answers.first())).toBe(finished);
    await expect.poll(() => restored.questions.last().textContent()).toContain('Write a very long story.');
    await first.screenshot('after the extension host died');
  });

  it('lose no finished message when they are closed in mid-answer', async () => {
    const panel = await ChatPanel.open(first);
    await panel.ask('Write a poem.');
    await expect.poll(() => panel.answerText(), patient).not.toBe('');
    await first.close();

    first = await editor.openWindow();
    const restored = await ChatPanel.open(first);
    await restored.answers.nth(2).waitFor();
    await expect.poll(() => restored.questions.last().textContent()).toContain('Write a poem.');
    await first.screenshot('after a close in mid-answer');
  });

  it('leave no engine behind whose extension host is gone', async () => {
    // The engine of the host that was killed, and those of windows that were closed.
    await expect.poll(() => editor.engines().length, patient).toBeLessThanOrEqual(1);
  });
});
