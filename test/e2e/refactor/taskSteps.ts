import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { patient, type RefactorReview } from '../harness/refactorReview.ts';
import { sum } from './samples.ts';
import { checked } from './workspaceFiles.ts';

/** The task that runs after an accept. */
export function taskSteps(inReview: () => RefactorReview): void {
  it('offers to undo when the task that the settings name fails after an accept', async () => {
    const review = inReview();
    const { window } = review;
    await review.editor.changeSettings({ 'glassbox.refactor.afterAccept.task': 'check' });
    await review.selectAll();
    await window.runCommand('Glassbox: Use Modern Syntax');
    await review.click('Accept');
    // It ran this time.
    await expect.poll(() => existsSync(path.join(review.folder, checked))).toBe(true);
    await expect.poll(() => review.saved('sum.js')).toContain('for (const weight of weights)');
    await window.screenshot('task failed');
    await review.choose('"check" failed after', 'Undo the Refactoring');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
  });

  it('gives the failure of that task to the model, when this is chosen', async () => {
    const review = inReview();
    const { window } = review;
    await review.selectAll();
    await window.runCommand('Glassbox: Use Modern Syntax');
    await review.click('Accept');
    await review.choose('"check" failed after', 'Give the Failure to the Model');
    // The small model may have an edit for it or a text; it was asked in any case, about the code as it is now.
    // What it wrote may have scrolled the lenses away: there is little room beside the terminal.
    await review.zone('Fix "check"').waitFor(patient);
    await window.screenshot('failure given to the model');
    await window.runCommand('Glassbox: Show Refactor Prompt');
    const prompt = window.page.locator('.view-lines').filter({ hasText: '"check" fails' });
    await prompt.filter({ hasText: '3 checks failed' }).waitFor();
    await prompt.filter({ hasText: 'for (const weight of weights)' }).waitFor();
    await window.screenshot('prompt with the failure');
    await window.runCommand('View: Close Editor');
    await window.runCommand('View: Hide Panel');
    await review.putAway();
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
    await review.editor.changeSettings({ 'glassbox.refactor.afterAccept.task': '' });
  });
}
