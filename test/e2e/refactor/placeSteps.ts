import { expect, it } from 'vitest';
import { patient, type RefactorReview } from '../harness/refactorReview.ts';
import { fee, sum } from './samples.ts';

/** Documents that cannot be written, or are not on the disk, and a name that the language features know. */
export function placeSteps(inReview: () => RefactorReview): void {
  it('changes nothing that is read-only', async () => {
    const review = inReview();
    const { window } = review;
    await window.runCommand('Preferences: Open Default Settings (JSON)');
    await window.page.locator('.tab.active[data-resource-name^="defaultSettings"]').waitFor();
    await window.goToLine(2);
    await window.runCommand('Glassbox: Use Modern Syntax');
    await review.dismissError('is read-only, so nothing in it can be refactored');
    await window.runCommand('View: Close Editor');
  });

  it('refactors a text that was never saved', async () => {
    const review = inReview();
    const { window } = review;
    await window.runCommand('File: New Untitled Text File');
    await window.page.locator('.tab.active[data-resource-name^="Untitled"]').waitFor();
    await window.page.keyboard.insertText(sum);
    await review.ask('Use for...of.');
    await review.lens('Accept').waitFor(patient);
    await window.screenshot('untitled');
    await review.click('Accept');
    const lines = window.page.locator('.view-lines').filter({ hasText: 'for (const weight of weights)' });
    await lines.waitFor();
    await window.page.keyboard.press('Control+Z');
    await lines.waitFor({ state: 'hidden' });
    await window.runCommand('View: Revert and Close Editor');
  });

  it('renames in the workspace through the refactor preview', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('fee.ts');
    await window.goToLine(3, 12);
    const preview = await review.renameTo('parcelFee');
    await window.screenshot('refactor preview');
    for (const box of await preview.locator('.edit-checkbox').all()) await box.check();
    await preview.getByRole('button', { name: 'Apply' }).click();
    await expect
      .poll(() => review.saved('fee.ts'))
      .toBe(fee.replace('fee(', 'parcelFee(').replaceAll('\n', '\r\n'));
  });
}
