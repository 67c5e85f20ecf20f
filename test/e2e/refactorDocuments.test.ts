import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

/** A program that the embedded model refactors right, greedily. */
const sum = `function sumOf(weights) {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    total += weight;
  }
  return total;
}
`;
const modern = sum
  .replace('let i = 0; i < weights.length; i++', 'const weight of weights')
  .replace('    const weight = weights[i];\n', '');

/** A notebook with the program as its one cell. */
const notebook = JSON.stringify({
  cells: [
    {
      cell_type: 'code',
      metadata: { vscode: { languageId: 'javascript' } },
      execution_count: null,
      outputs: [],
      source: sum.trimEnd().split(/(?<=\n)/u),
    },
  ],
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
});

const patient = { timeout: 120_000 };

describe('A review whose document', () => {
  let editor: Editor;
  let window: EditorWindow;

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'refactorDocuments',
      settings: {
        'files.autoSave': 'off',
        // Typed lines stay as they are.
        'editor.autoIndent': 'none',
        'editor.autoClosingBrackets': 'never',
      },
    });
    for (const name of ['closed.js', 'other.js', 'deleted.js']) await write(name, sum);
    await write('cells.ipynb', notebook);
    window = await editor.openWindow();
    await window.statusBarItem(/glassbox-nano/).waitFor(patient);
  });
  afterAll(() => editor.close());
  stopAtFirstFailure(() => window);

  it('was changed on the disk while it was closed waits, and the file is as it was', async () => {
    await propose('closed.js');
    await window.runCommand('View: Close Editor');
    const changed = `// by somebody else\n${sum.replace('return total', 'return total + 1')}`;
    await write('closed.js', changed);
    // What is not seen is shown first, and not accepted.
    await window.runCommand('Glassbox: Accept All Changes');
    await lens('Keep Mine').waitFor();
    await window.screenshot('changed on the disk');
    await window.runCommand('Glassbox: Accept All Changes');
    await window.page.locator('.notification-toast').getByText('has changed since').waitFor();
    expect(await read('closed.js')).toBe(changed);
    await lens('Keep Mine').click();
    await lens('Accept').click();
    await lens('Accept').waitFor({ state: 'hidden' });
    await window.page.keyboard.press('Control+S');
    const merged = `// by somebody else\n${modern.replace('return total', 'return total + 1')}`;
    await expect.poll(() => read('closed.js')).toBe(merged);
    await window.runCommand('Notifications: Clear All Notifications');
  });

  it('is another one than the active one is reached with the key for the next change', async () => {
    await propose('other.js');
    await propose('deleted.js');
    await window.statusBarItem(/2 changes to review/).waitFor();
    await window.page.keyboard.press('Alt+F5');
    await active('other.js').waitFor();
    await window.page.keyboard.press('Alt+F5');
    await active('deleted.js').waitFor();
  });

  it('was deleted is offered as a text once the document is closed', async () => {
    await rm(path.join(editor.workspace, 'deleted.js'));
    await window.runCommand('View: Close Editor');
    const offer = window.page
      .locator('.notification-toast')
      .filter({ hasText: 'deleted.js is not there any more' });
    await offer.getByRole('button', { name: 'Show as Text' }).click();
    await active('Untitled-1').waitFor();
    await lines('for (const weight of weights)').waitFor();
    await window.statusBarItem(/1 change to review/).waitFor();
    await window.runCommand('View: Revert and Close Editor');
    await active('Untitled-1').waitFor({ state: 'hidden' });
  });

  it('is a cell of a notebook has its new lines side by side', async () => {
    const file = window.page
      .locator('.explorer-folders-view .monaco-list-row')
      .filter({ hasText: 'cells.ipynb' });
    await file.dblclick();
    await window.page.locator('.notebookOverlay .view-line').first().click({ force: true });
    await window.page.keyboard.press('Control+A');
    // No box for an instruction either: the list is above the cells.
    await window.page.keyboard.press('Control+K');
    await window.page.keyboard.press('Control+E');
    await window.page.locator('.quick-input-list').getByText('Use guard clauses.').waitFor();
    await window.page.keyboard.press('Escape');
    await window.runCommand('Glassbox: Use Modern Syntax');
    await lens('The new lines are in Side by Side').waitFor(patient);
    await window.screenshot('cell');
    await lens('Side by Side').click();
    await window.page.locator('.monaco-diff-editor').waitFor();
    await window.page
      .locator('.tab.active')
      .filter({ hasText: /^cells\.ipynb: Use Modern Syntax/ })
      .waitFor();
    await window.screenshot('cell side by side');
    await window.runCommand('View: Close Editor');
    await lens('Accept').click();
    await lens('Accept').waitFor({ state: 'hidden' });
    await window.page.keyboard.press('Control+S');
    await expect.poll(() => read('cells.ipynb')).toContain('for (const weight of weights) {');
  });

  it('was never saved goes along when it is saved', async () => {
    await window.runCommand('File: New Untitled Text File');
    await active('Untitled-1').waitFor();
    await window.page.locator('.monaco-editor.focused').first().waitFor();
    await window.page.keyboard.insertText(sum);
    await lines('return total').waitFor();
    await window.page.keyboard.press('Control+A');
    await window.page.keyboard.press('Control+K');
    await window.page.keyboard.press('Control+E');
    await window.page.locator('.review-widget .monaco-editor.focused').waitFor();
    await window.page.keyboard.insertText('Use for...of.');
    await window.screenshot('lines that are meant');
    await window.page.keyboard.press('Enter');
    await lens('Accept').waitFor(patient);
    await window.page.keyboard.press('Control+S');
    const input = window.page.locator('.quick-input-widget input');
    await expect.poll(() => input.inputValue()).toContain(editor.workspace);
    await input.fill(path.join(editor.workspace, 'saved.js'));
    await window.page.locator('.quick-input-widget').getByRole('button', { name: 'OK' }).click();
    await active('saved.js').waitFor();
    await lens('Accept').waitFor();
    await window.screenshot('saved');
    await lens('Reject').click();
    await lens('Reject').waitFor({ state: 'hidden' });
    await window.runCommand('View: Close Editor');
  });

  it('reports no errors in the window', () => {
    editor.expectNoErrors();
  });

  /** Has a file's code made modern, and leaves the review open. */
  async function propose(name: string): Promise<void> {
    await window.openFile(name);
    await window.page.keyboard.press('Control+A');
    await window.runCommand('Glassbox: Use Modern Syntax');
    await lens('Accept').waitFor(patient);
  }

  function active(name: string): Locator {
    return window.page.locator(`.tab.active[data-resource-name="${name}"]`);
  }

  function lens(text: string): Locator {
    return window.page.locator('.codelens-decoration a').filter({ hasText: text }).first();
  }

  function lines(text: string): Locator {
    return window.page.locator('.view-lines').filter({ hasText: text }).first();
  }

  function write(name: string, text: string): Promise<void> {
    return writeFile(path.join(editor.workspace, name), text);
  }

  function read(name: string): Promise<string> {
    return readFile(path.join(editor.workspace, name), 'utf8');
  }
});
