import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { patient, type RefactorReview } from '../harness/refactorReview.ts';
import { sum } from './samples.ts';
import { checked } from './workspaceFiles.ts';

/** A folder that is not trusted: everything but the task, which may run what the folder says. */
export function restrictedSteps(inReview: () => RefactorReview): void {
  it('accepts a change in Restricted Mode, and runs no task after it', async () => {
    const review = inReview();
    const { window, editor, folder } = review;
    await window.statusBarItem(/Restricted Mode/).waitFor();
    await editor.changeSettings({ 'glassbox.refactor.afterAccept.task': 'check' });
    await window.openFile('sum.js');
    await review.selectAll();
    await window.runCommand('Glassbox: Use Modern Syntax');
    await review.lens('Accept').waitFor(patient);
    await window.screenshot('in Restricted Mode');
    await review.click('Accept');
    await review.dismissError('The task "check" was not run: this folder is not trusted.');
    await expect.poll(() => review.saved('sum.js')).toContain('for (const weight of weights)');
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
    expect(existsSync(path.join(folder, checked))).toBe(false);
    await editor.changeSettings({ 'glassbox.refactor.afterAccept.task': '' });
  });

  it('renames there by the word, where no language feature does, and leaves out what is unchecked', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('fruits.txt');
    await window.goToLine(1, 5);
    const preview = await review.renameTo('plum');
    await review.dismissNotification('"apple" was looked for as a word');
    await window.screenshot('renamed by the word');
    // Of the two files, only this one.
    const file = preview.locator('.monaco-list-row').filter({ hasText: 'fruits.txt' });
    await file.locator('.edit-checkbox').check();
    await preview.getByRole('button', { name: 'Apply' }).click();
    await expect
      .poll(() => review.saved('fruits.txt'))
      .toBe('An plum costs 5.\nTwo plum pies cost 9, a pineapple 4.\n');
    await window.openFile('more.txt');
    await expect.poll(() => review.saved('more.txt')).toBe('No apple.\n');
  });

  it('goes on in the same window once its folder is trusted', async () => {
    const { window } = inReview();
    await window.statusBarItem(/Restricted Mode/).click();
    await window.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await window.statusBarItem(/Restricted Mode/).waitFor({ state: 'hidden' });
    await window.runCommand('View: Close All Editors');
  });
}
