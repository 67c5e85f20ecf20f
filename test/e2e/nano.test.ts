import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

interface Case {
  readonly task: string;
  /** A file of the sample workspace, attached whole, or the lines of it that are selected. */
  readonly attached?: { readonly file: string; readonly lines?: readonly [first: number, last: number] };
  readonly question: string;
  /** Absent: a second question in the chat of the case before. */
  readonly chat?: 'new';
  /** A step that the thought has to take. */
  readonly step: string;
  /** The paragraphs of the answer, and what is in its code block. */
  readonly text: readonly string[];
  readonly code?: string;
}

/** What the sample's own README says to try, and what this model makes of it. */
const cases: readonly Case[] = [
  {
    task: 'traces a program in an attached file',
    chat: 'new',
    attached: { file: 'nano/trace.js' },
    question: 'What does this print?',
    step: 'prices[2]:4,price=4',
    text: ['It prints:'],
    code: '12\n',
  },
  {
    task: 'replaces var, as the second question of the chat',
    attached: { file: 'nano/var.js' },
    question: 'Use const and let instead of var.',
    step: 'prices const',
    text: [],
    code: `const prices = [5, 8];
let total = 0;
for (let i = 0; i < prices.length; i++) {
  total += prices[i];
}
console.log(total);
`,
  },
  {
    task: 'finds the bug in a selection',
    chat: 'new',
    attached: { file: 'nano/bug.js', lines: [1, 8] },
    question: 'Which line is wrong, and why?',
    step: '5: if (price < best) best = price; wrong',
    text: ['Line 5 is wrong: the comparison is the wrong way round. It should be:'],
    code: '    if (price > best) best = price;\n',
  },
  {
    task: 'renames a variable in a selection',
    chat: 'new',
    attached: { file: 'nano/var.js', lines: [1, 6] },
    question: 'Rename `prices` to `costs`.',
    step: 'prices becomes costs',
    text: [],
    code: `var costs = [5, 8];
var total = 0;
for (var i = 0; i < costs.length; i++) {
  total += costs[i];
}
console.log(total);
`,
  },
  {
    task: 'says what it can do when it is asked for anything else',
    chat: 'new',
    question: 'write me a poem',
    step: 'not one of my tasks',
    text: [
      'I am glassbox-nano, the small demonstration model inside Glassbox: I can trace, check, refactor and describe ' +
        'small JavaScript and TypeScript code; for anything else choose a larger model with "Glassbox: Choose Model...".',
    ],
  },
];

describe('Glassbox as it comes', () => {
  let editor: Editor;
  let window: EditorWindow;
  let panel: ChatPanel;

  beforeAll(async () => {
    // No setting names a model.
    editor = await Editor.open({ name: 'nano' });
    window = await editor.openWindow();
  });
  afterAll(() => editor.close());
  stopAtFirstFailure(() => window);

  it('shows the embedded model, what it can do and how to get a larger one', async () => {
    panel = await ChatPanel.open(window);
    await panel.frame.getByText(/^glassbox-nano, .* traces, checks, refactors and describes/).waitFor();
    await panel.button('What does this print?').waitFor();
    await window.screenshot('empty');
    await panel.button('Choose a larger model…').click();
    const entries = window.page.locator('.quick-input-list .monaco-list-row');
    await entries.filter({ hasText: 'glassbox-nano (embedded)' }).filter({ hasText: 'current' }).waitFor();
    await entries.filter({ hasText: 'Browse…' }).waitFor();
    await window.screenshot('choose a model');
    await window.page.keyboard.press('Escape');
  });

  it.each(cases)('$task', async ({ task, attached, question, chat, step, text, code }) => {
    if (chat === 'new') {
      await panel.button('New chat').click();
      await expect.poll(() => panel.answers.count()).toBe(0);
    }
    if (attached) await attach(attached);
    const answer = await panel.ask(question);
    // The first one starts the engine and loads the model.
    await panel.stop.waitFor({ state: 'hidden', timeout: 120_000 });
    await window.screenshot(task);

    // What the panel shows is all of the reply: a thought, and the answer without a trace of its tags.
    await expect
      .poll(() => panel.thoughtToggle(answer).textContent())
      .toMatch(/^Thought for [\d.]+ s · \d+ tokens$/);
    await expect.poll(() => panel.thoughtText(answer)).toContain(step);
    const markdown = answer.locator('.markdown');
    await expect.poll(() => markdown.locator('p').allTextContents()).toEqual(text);
    await expect
      .poll(() => markdown.locator('pre code').allTextContents())
      .toEqual(code === undefined ? [] : [code]);
    expect(await answer.textContent()).not.toMatch(/<\/?think/);
  });

  it('says in the status bar and below the input which model it was', async () => {
    await window.statusBarItem(/glassbox-nano/).waitFor();
    await panel.button('glassbox-nano').waitFor();
    await panel.frame.getByText(/^Q8_0, .* parameters, .* ONNX Runtime/).waitFor();
  });

  it('reports no errors in the window', () => {
    editor.expectNoErrors();
  });

  async function attach({ file, lines }: NonNullable<Case['attached']>): Promise<void> {
    await window.openFile(file);
    const name = file.slice(file.lastIndexOf('/') + 1);
    if (lines) {
      await window.selectLines(...lines);
      await window.runCommand('Glassbox: Ask About Selection');
    } else {
      await panel.button(new RegExp(`^${name} `)).click();
    }
    const label = lines ? `${name}:${lines.join('-')}` : name;
    const chip = panel.button(new RegExp(`^${label} `));
    await expect.poll(() => chip.getAttribute('aria-pressed')).toBe('true');
  }
});
