import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './harness/editor.ts';
import { patient, RefactorReview } from './harness/refactorReview.ts';
import { stopAtFirstFailure } from './harness/walk.ts';
import { sum, totals } from './refactor/samples.ts';
import { writeWorkspaceFiles } from './refactor/workspaceFiles.ts';

/** In a file on which another extension takes comments, and has one. */
describe('The box in which an instruction is typed', () => {
  const file = 'remarked.js';
  const code = `${sum}\n${totals}`;
  let editor: Editor | undefined;
  let opened: RefactorReview | undefined;
  const inReview = (): RefactorReview => {
    if (!opened) throw new Error('The window did not open.');
    return opened;
  };

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'instruction',
      settings: { 'files.autoSave': 'off' },
      extensions: [path.join(import.meta.dirname, 'harness/remarks')],
    });
    await writeWorkspaceFiles(editor.workspace);
    opened = new RefactorReview(editor, await editor.openWindow());
  });
  afterAll(() => editor?.close());
  stopAtFirstFailure(() => opened?.window);

  it('sends with Enter, and the proposal takes its place', async () => {
    const review = inReview();
    await review.window.statusBarItem(/glassbox-nano/).waitFor(patient);
    await review.window.openFile('nano/var.js');
    await review.ask('Rename `prices` to `costs`.');
    await review.lens('Reject All').waitFor(patient);
    await review.click('Reject All');
  });

  it('is right below the lines that are meant', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile(file);
    await review.zone('A remark').waitFor();
    await window.selectLines(3, 6);
    await review.openBox();
    await window.screenshot('box');
    const box = await boundsOf(review.box);
    const last = await boundsOf(
      window.page
        .locator('.view-line')
        .filter({ hasText: /^\s*\}$/u })
        .first(),
    );
    expect(box.y).toBeGreaterThanOrEqual(last.y + last.height);
    // The box begins with an arrow, which is lower than a line is.
    expect(box.y).toBeLessThan(last.y + 2 * last.height);
    await review.box.getByText('Edit lines 3 to 6').waitFor();
    await review.box.getByRole('treeitem', { name: 'What should change?' }).waitFor();
    await expect.poll(() => placeholder(review)).toContain('For example: use guard clauses.');
    // Nobody is asked whose comment it is to be.
    expect(await window.page.locator('.quick-input-widget').isVisible()).toBe(false);
  });

  it('brings examples with the arrow keys, and leaves what one types oneself', async () => {
    const review = inReview();
    const { keyboard } = review.window.page;
    await keyboard.press('Enter');
    await keyboard.press('ArrowUp');
    const earlier = 'Rename `prices` to `costs`.';
    await expect.poll(() => typed(review)).toBe(earlier);
    await keyboard.press('ArrowUp');
    await expect.poll(() => typed(review)).toBe('Use guard clauses.');
    await keyboard.press('ArrowDown');
    await expect.poll(() => typed(review)).toBe(earlier);
    await review.window.screenshot('earlier instruction');
    await keyboard.insertText(' And');
    await keyboard.press('Shift+Enter');
    await keyboard.insertText('more.');
    // At once, when VS Code need not have heard yet that these are words of one's own.
    await keyboard.press('ArrowUp');
    await expect.poll(() => isInFirstLine(review)).toBe(true);
    expect(await typed(review)).toBe(`${earlier} And\nmore.`);
    await keyboard.press('Home');
    await keyboard.insertText('First: ');
    await expect.poll(() => typed(review)).toBe(`First: ${earlier} And\nmore.`);
  });

  it('is put away with Escape, and the code has the keys again', async () => {
    const review = inReview();
    const { window } = review;
    await window.page.keyboard.press('Escape');
    await review.box.waitFor({ state: 'hidden' });
    await window.page.locator('.editor-instance > .monaco-editor.focused').waitFor();
    await window.screenshot('box put away');
    expect(await review.zone('A remark').isVisible()).toBe(true);
    expect(await window.page.locator('.part.panel').isVisible()).toBe(false);
    expect(await review.saved(file)).toBe(code);
  });

  it('goes on in the list of instructions with the same key', async () => {
    const review = inReview();
    const { window } = review;
    await review.openBox();
    await window.page.keyboard.insertText('Use a loop.');
    await window.page.keyboard.press('Control+K');
    await window.page.keyboard.press('Control+E');
    await row(review, 'Use a loop.').waitFor();
    await row(review, 'Rename `prices` to `costs`.').waitFor();
    await review.box.waitFor({ state: 'hidden' });
    await window.screenshot('list of instructions');
    await window.page.keyboard.press('Escape');
  });

  it('is about the function around the cursor, wherever that has moved meanwhile', async () => {
    const review = inReview();
    const { window } = review;
    await window.goToLine(5);
    await review.openBox();
    await review.box.getByText('Edit lines 1 to 8').waitFor();
    await window.page.keyboard.insertText('Use for...of.');
    await window.page.locator('.view-line').filter({ hasText: 'function sumOf' }).click();
    await window.page.keyboard.press('Control+Home');
    await window.page.keyboard.insertText('\n');
    await review.box.getByRole('button', { name: 'Send Instruction' }).click();
    await review.lens('Accept').waitFor(patient);
    await review.box.waitFor({ state: 'hidden' });
    await window.screenshot('review where the box was');
    await review.click('Accept');
    await expect.poll(() => review.saved(file)).toBe(`\n${modern}\n${totals}`);
    await window.page.keyboard.press('Control+Z');
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved(file)).toBe(code);
  });

  it('goes with the editor that it is in', async () => {
    const review = inReview();
    const { window } = review;
    await window.goToLine(5);
    await review.openBox();
    await window.page.keyboard.insertText('Forget this.');
    await window.openFile('sum.js');
    expect(await window.page.locator('.comment-range-glyph').count()).toBe(0);
    await window.openFile(file);
    await review.zone('A remark').waitFor();
    expect(await review.box.count()).toBe(0);
  });

  it('is in sight as a whole below the lowest line that is', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('long.js');
    await window.page.keyboard.press('Control+Home');
    const editor = window.page.locator('.editor-instance');
    const { line, middle } = await lowestLine(editor);
    // A line that one goes to with keys is scrolled away from the edge.
    const { x } = await boundsOf(editor.locator('.view-line').first());
    const { mouse } = window.page;
    await mouse.move(x + 1, middle);
    await mouse.down();
    await mouse.move(x + 300, middle);
    await mouse.up();
    await window.screenshot('lowest line');
    expect((await lowestLine(editor)).line).toBe(line);
    await expectBoxInSight(review, `Edit line ${String(line)}`);

    // And behind the last line of all, which nothing follows.
    await window.page.keyboard.press('Control+End');
    await window.page.keyboard.press('Backspace');
    await window.page.keyboard.press('Shift+Home');
    await expectBoxInSight(review, 'Edit line 80');
    await window.page.keyboard.press('Control+Z');
    await window.runCommand('View: Close Editor');
    await review.zone('A remark').waitFor();
  });

  it('is the list where VS Code shows no box', async () => {
    const review = inReview();
    const { editor, window } = review;
    await window.runCommand('View: Split Editor Right');
    await expectList(review);
    await window.runCommand('View: Close Editor');
    await editor.changeSettings({ 'comments.visible': false });
    await review.zone('A remark').waitFor({ state: 'hidden' });
    await expectList(review);
    await editor.changeSettings({ 'comments.visible': true });
    // The command would switch on what the setting has not switched on yet.
    await review.zone('A remark').waitFor();
    await window.runCommand('Comments: Toggle Editor Commenting');
    await expectList(review);
    await window.runCommand('Comments: Toggle Editor Commenting');
    await review.zone('A remark').waitFor();
    expect(await review.box.count()).toBe(0);
  });

  it('reports no errors in the window', () => inReview().editor.expectNoErrors());
});

const modern = sum
  .replace('let i = 0; i < weights.length; i++', 'const weight of weights')
  .replace('    const weight = weights[i];\n', '');

/** The key brings the list, and Escape takes it away. */
async function expectList(review: RefactorReview): Promise<void> {
  const { page } = review.window;
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Control+E');
  await row(review, 'Use guard clauses.').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
}

/** The key brings the box, all of it, and Escape takes it away. */
async function expectBoxInSight(review: RefactorReview, title: string): Promise<void> {
  const { page } = review.window;
  await review.openBox();
  await review.box.getByText(title).waitFor();
  const editor = page.locator('.editor-instance');
  await expect
    .poll(async () => endOf(await boundsOf(review.box)) - endOf(await boundsOf(editor)))
    .toBeLessThanOrEqual(0);
  await review.window.screenshot(`box, ${title}`);
  await page.keyboard.press('Escape');
  await review.box.waitFor({ state: 'hidden' });
}

function row({ window }: RefactorReview, text: string): Locator {
  return window.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
}

/** What the empty box shows: text before the first character, which is in no element. */
async function placeholder({ box }: RefactorReview): Promise<string> {
  const contents = await box
    .locator('.edit-container .view-line span')
    .evaluateAll((spans) =>
      spans.map((span) => span.ownerDocument.defaultView?.getComputedStyle(span, '::before').content),
    );
  return contents.join();
}

/** What stands in the box. */
async function typed({ box }: RefactorReview): Promise<string> {
  const lines = await box.locator('.edit-container .view-line').allInnerTexts();
  return lines.join('\n').replaceAll('\u00a0', ' ');
}

/** Of those that the editor shows as a whole: its number, and where it is. */
async function lowestLine(editor: Locator): Promise<{ readonly line: number; readonly middle: number }> {
  const end = endOf(await boundsOf(editor));
  const numbers = await editor.locator('.line-numbers').evaluateAll((all) =>
    all.map((number) => {
      const { bottom, height } = number.getBoundingClientRect();
      return { line: Number(number.textContent), bottom, middle: bottom - height / 2 };
    }),
  );
  const [lowest] = numbers.filter(({ bottom }) => bottom <= end).sort((one, other) => other.line - one.line);
  if (lowest === undefined) throw new Error('No line is shown.');
  return lowest;
}

function endOf({ y, height }: Bounds): number {
  return y + height;
}

/** Whether the cursor of the box is. */
async function isInFirstLine({ box }: RefactorReview): Promise<boolean> {
  const input = box.locator('.edit-container');
  const first = await boundsOf(input.locator('.view-line').first());
  return (await boundsOf(input.locator('.cursor').first())).y < endOf(first);
}

interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

async function boundsOf(what: Locator): Promise<Bounds> {
  const bounds = await what.boundingBox();
  if (bounds === null) throw new Error('It is not shown.');
  return bounds;
}
