import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smolLM2Path } from '../support/assets.ts';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { slowly } from './harness/slowly.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

/** Long enough for the slowest machine to load the model and to write an answer. */
const patient = { timeout: 120_000, interval: 100 };

/** SmolLM2 always has much to say about it. */
const story = 'Write a long story about a shop.';

describe('A conversation in the side panel', () => {
  let editor: Editor;
  let window: EditorWindow;
  let panel: ChatPanel;

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'conversation',
      settings: {
        'glassbox.model.path': await smolLM2Path(),
        // SmolLM2 does not think by itself.
        'glassbox.reasoning.mode': 'force',
        'glassbox.reasoning.budgetTokens': 250,
        'glassbox.sampling.seed': 7,
      },
    });
    window = await editor.openWindow();
  });
  afterAll(() => editor.close());
  stopAtFirstFailure(() => window);

  /** In a chat of its own a question gets the same reply each time: nothing depends on when a stop came. */
  const newChat = async () => {
    await panel.button('New chat').click();
    await expect.poll(() => panel.answers.count()).toBe(0);
  };
  /** Characters of the last reply, thought and answer. */
  const written = async () => (await panel.thoughtText()).length + (await panel.answerText()).length;

  it('attaches the selection to a question asked by keyboard', async () => {
    await window.openFile('src/cart.ts');
    await window.selectLines(26, 28);
    await window.runCommand('Glassbox: Ask About Selection');
    panel = await ChatPanel.find(window);
    const chip = panel.button(/^cart\.ts:26-28/);
    await chip.waitFor();
    await expect.poll(() => chip.getAttribute('aria-pressed')).toBe('true');
    await window.screenshot('selection attached');
    // The input has the focus, so that typing is all that is left to do.
    await panel.frame.locator('vscode-text-area:focus-within').waitFor();
    await window.page.keyboard.type('Why can the total be wrong?');
    await window.page.keyboard.press('Enter');
    await panel.questions.first().getByText('Why can the total be wrong?').waitFor();
    await panel.questions.first().getByText('cart.ts:26-28').waitFor();
  });

  it('streams the thought, which can be opened and folded meanwhile', () =>
    slowly(editor, async () => {
      const toggle = panel.thoughtToggle();
      await expect.poll(() => toggle.textContent().catch(() => ''), patient).toMatch(/^Thinking…/);
      const early = await panel.thoughtText();
      await expect
        .poll(async () => (await panel.thoughtText()).length, patient)
        .toBeGreaterThan(early.length);
      await window.screenshot('thinking');
      await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('false');
      await toggle.click();
      await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('true');
      await window.screenshot('thought opened while it streams');
      const opened = await panel.thoughtText();
      await expect
        .poll(async () => (await panel.thoughtText()).length, patient)
        .toBeGreaterThan(opened.length);
      await expect.poll(() => toggle.textContent()).toMatch(/^Thinking…/);
      await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('true');
      await toggle.click();
      await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('false');
    }));

  it('folds the thought when the answer starts, and says what both cost', async () => {
    await expect.poll(() => panel.answerText(), patient).not.toBe('');
    await window.screenshot('answering');
    await expect
      .poll(() => panel.thoughtToggle().textContent())
      .toMatch(/^Thought for [\d.]+ s · \d+ tokens/);
    await expect.poll(() => panel.thoughtToggle().getAttribute('aria-expanded')).toBe('false');
    await panel.waitUntilIdle();
    await expect.poll(() => panel.cost()).toMatch(/^prompt \d+ tokens · .*tokens\/s$/);
    expect(await panel.answerText()).not.toContain('<think>');
    await window.statusBarItem(/SmolLM2/i).waitFor();
    await window.screenshot('answered');
  });

  it('computes only what is new of the second question', async () => {
    await slowly(editor, async (hold) => {
      await panel.ask('Write a long story about two shops.');
      await expect.poll(() => panel.thoughtToggle().textContent(), patient).toMatch(/^Thinking…/);
      // What streams in moves the button, and the thought may end before it is pressed.
      hold();
      await panel.button('Answer now').click();
    });
    await expect.poll(() => panel.answerText(), patient).not.toBe('');
    await panel.stopWriting();
    const [, firstPrompt] = /prompt (\d+) tokens/.exec(await panel.cost(panel.answers.first())) ?? [];
    const [, reused] = /(\d+) reused/.exec(await panel.cost()) ?? [];
    // All of the first prompt is still there, but for the few tokens that opened its reply and its thought.
    expect(Number(reused)).toBeGreaterThan(Number(firstPrompt) - 10);
    await expect.poll(() => panel.thoughtToggle().textContent()).toMatch(/ended by Answer now/);
    await window.screenshot('second question');
  });

  it('stops when asked to and keeps what was written', async () => {
    await newChat();
    await slowly(editor, async (hold) => {
      await panel.ask(story);
      await expect.poll(async () => (await panel.thoughtText()).length, patient).toBeGreaterThan(20);
      hold();
      await panel.stop.click();
    });
    await panel.waitUntilIdle();
    await panel.answers.last().getByText('Stopped.').waitFor();
    expect((await panel.thoughtText()).length).toBeGreaterThan(20);
    await window.screenshot('stopped');
  });

  it('keeps the first answer when another try is made', async () => {
    const first = await panel.thoughtText();
    const answer = panel.answers.last();
    await answer.getByRole('button', { name: 'Retry' }).click();
    await answer.getByText('2/2').waitFor();
    await expect.poll(() => panel.thoughtText(answer), patient).not.toBe('');
    await panel.stopWriting();
    await window.screenshot('retried');
    await answer.getByRole('button', { name: 'Previous version' }).click();
    await answer.getByText('1/2').waitFor();
    await expect.poll(() => panel.thoughtText(answer)).toBe(first);
  });

  it('keeps the old question when it is edited', async () => {
    const question = panel.questions.last();
    await question.getByRole('button', { name: 'Edit question' }).click();
    const area = panel.frame.getByRole('textbox', { name: 'Edit the question' });
    await area.fill('Write one line about a shop.');
    await window.screenshot('editing a question');
    await area.press('Enter');
    await question.getByText('Write one line about a shop.').waitFor();
    await question.getByText('2/2').waitFor();
    await expect.poll(written, patient).toBeGreaterThan(0);
    await panel.stopWriting();
    await window.screenshot('edited');
    await question.getByRole('button', { name: 'Previous version' }).click();
    await question.getByText(story).waitFor();
    await question.getByRole('button', { name: 'Next version' }).click();
    await question.getByText('Write one line about a shop.').waitFor();
  });

  it('survives the death of the engine in mid-answer', async () => {
    await newChat();
    const [engine] = editor.engines();
    expect(editor.engines()).toHaveLength(1);
    await panel.ask(story);
    await expect.poll(written, patient).toBeGreaterThan(20);
    process.kill(engine?.processId ?? 0, 'SIGKILL');
    await panel.answers
      .last()
      .getByText(/engine process was killed/)
      .waitFor();
    expect(await written()).toBeGreaterThan(20);
    await panel.waitUntilIdle();
    await window.screenshot('engine killed');

    await panel.ask('Tell me about boats.');
    await expect.poll(written, patient).toBeGreaterThan(0);
    await panel.stopWriting();
    expect(editor.engines().map(({ processId }) => processId)).not.toContain(engine?.processId);
    await window.screenshot('answered after the kill');
  });

  it('exports the conversation as Markdown', async () => {
    await panel.button('Export as Markdown').click();
    const text = window.page.locator('.editor-instance .view-lines');
    await expect.poll(() => text.last().textContent(), patient).toMatch(/##\sQuestion/);
    await window.screenshot('exported');
  });

  it('finds the conversation again after the window is reloaded', async () => {
    const before = await panel.answers.allTextContents();
    await window.reload();
    panel = await ChatPanel.open(window);
    await panel.answers.first().waitFor();
    await expect.poll(() => panel.answers.count()).toBe(before.length);
    await expect.poll(() => panel.questions.first().textContent()).toContain(story);
    await panel.answers
      .first()
      .getByText(/engine process was killed/)
      .waitFor();
    await window.screenshot('reloaded');
  });

  it('starts a new chat and finds the old one in the history', async () => {
    await newChat();
    await panel.button('History').click();
    const history = panel.frame.getByRole('dialog', { name: 'History' });
    const entry = history.getByRole('button', { name: /^Why can the total be wrong\?/ });
    await entry.waitFor();
    await window.screenshot('history');
    await entry.click();
    await panel.questions.first().getByText('Why can the total be wrong?').waitFor();
  });

  it('reports no errors in the window', () => {
    editor.expectNoErrors();
  });
});
