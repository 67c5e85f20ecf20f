import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { patient, RefactorReview } from '../harness/refactorReview.ts';
import { sum } from './samples.ts';

/** A folder of another extension's file system (`harness/parcelFiles`), in a window of its own. */
export function virtualSteps(inReview: () => RefactorReview): void {
  let review: RefactorReview;

  it('accepts a change in a virtual workspace, and takes it back with one undo', async () => {
    const { editor } = inReview();
    await editor.changeSettings({ 'glassbox.model.path': '' });
    const folder = await editor.copyWorkspace('parcel-shop');
    await writeFile(path.join(folder, 'pears.txt'), 'A pear costs 3.\n');
    await mkdir(path.join(folder, 'pies'));
    await writeFile(path.join(folder, 'pies/order.txt'), 'One pear pie.\n');
    review = new RefactorReview(editor, await editor.openWindow(`parcel:${folder}`), folder);
    const { window } = review;
    await openFromExplorer('sum.js');
    await review.selectAll();
    await window.runCommand('Glassbox: Use Modern Syntax');
    // A second engine starts, beside that of the other window.
    await review.lens('Accept').waitFor({ timeout: 2 * patient.timeout });
    await review.zone('Replace with').waitFor();
    await window.screenshot('in a virtual workspace');
    await review.click('Accept');
    await expect.poll(() => review.saved('sum.js')).toContain('for (const weight of weights)');
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
  });

  it('renames by the word in all files there, which the editor cannot search', async () => {
    const { window, folder } = review;
    await openFromExplorer('pears.txt');
    await window.goToLine(1, 4);
    const preview = await review.renameTo('quince');
    await review.dismissNotification('"pear" was looked for as a word');
    await window.screenshot('renamed by the word in a virtual workspace');
    for (const box of await preview.locator('.edit-checkbox').all()) await box.check();
    await preview.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(() => review.saved('pears.txt')).toBe('A quince costs 3.\n');
    await expect.poll(() => readFile(path.join(folder, 'pies/order.txt'), 'utf8')).toBe('One quince pie.\n');
  });

  /** What the editor cannot search it does not find by name. */
  async function openFromExplorer(name: string): Promise<void> {
    const { window } = review;
    await window.page.keyboard.press('Control+Shift+E');
    await window.page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: name }).dblclick();
    await window.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await window.page.locator('.editor-group-container.active .monaco-editor.focused').first().waitFor();
  }
}
