import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smolLM2Path } from '../support/assets.ts';
import { axeViolations } from './harness/axeViolations.ts';
import { ChatPanel } from './harness/chatPanel.ts';
import { colourThemes } from './harness/colourThemes.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

describe('The side panel in the real editor', () => {
  let editor: Editor;
  let window: EditorWindow;
  let panel: ChatPanel;

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'appearance',
      settings: {
        'glassbox.model.path': await smolLM2Path(),
        'glassbox.reasoning.mode': 'force',
        'glassbox.reasoning.budgetTokens': 40,
        'glassbox.sampling.seed': 7,
      },
    });
    window = await editor.openWindow();
    panel = await ChatPanel.open(window);
  });
  afterAll(() => editor.close());
  stopAtFirstFailure(() => window);

  it('runs under a policy that allows nothing but its own script and style', async () => {
    const frame = await window.webviewFrame();
    const policy = await frame.evaluate<string>(
      `document.querySelector('meta[http-equiv="Content-Security-Policy"]').content`,
    );
    const directives = new Map(
      policy.split(';').map((directive) => {
        const [name = '', ...values] = directive.trim().split(/\s+/);
        return [name, values.join(' ')];
      }),
    );
    expect(directives.get('default-src')).toBe("'none'");
    expect(directives.get('script-src')).toMatch(/^'nonce-[\w-]{16,}'$/);
    expect(directives.get('style-src')).toMatch(/^'nonce-[\w-]{16,}'$/);
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toMatch(/https?:|\*/);
  });

  it('can be used with the keyboard alone', async () => {
    await window.page.keyboard.press('Control+K');
    await window.page.keyboard.press('Control+G');
    await panel.frame.locator('vscode-text-area:focus-within').waitFor();
    await window.page.keyboard.type('What is a `for` loop? Show one.');
    await window.page.keyboard.press('Enter');
    await panel.answers.first().waitFor();
    await expect.poll(() => panel.answerText(), { timeout: 120_000 }).not.toBe('');
    await window.page.keyboard.press('Escape');
    await panel.waitUntilIdle();
    // Backwards from the input to the line of the thought, which opens with Enter.
    const toggle = panel.thoughtToggle();
    for (let presses = 0; presses < 20; presses++) {
      await window.page.keyboard.press('Shift+Tab');
      if (await panel.frame.locator('.thought-toggle:focus').count()) break;
    }
    await window.page.keyboard.press('Enter');
    await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('true');
    await window.screenshot('thought opened by keyboard');
  });

  for (const theme of colourThemes) {
    it(`is accessible in ${theme.name}`, async () => {
      await editor.changeSettings({ 'workbench.colorTheme': theme.name });
      await panel.frame.locator(`body.${theme.kind}`).waitFor();
      await window.screenshot(theme.name);
      expect(await axeViolations(await window.webviewFrame())).toEqual([]);
    });
  }

  it('reports no errors in the window', () => {
    editor.expectNoErrors();
  });
});
