import { expect, it } from 'vitest';
import { ChatPanel } from '../harness/chatPanel.ts';
import { patient, type RefactorReview } from '../harness/refactorReview.ts';
import { sum } from './samples.ts';

/** What comes back after a reload, and what is no edit. */
export function returnSteps(inReview: () => RefactorReview): void {
  it('brings a review and an explanation back after a reload, and the review follows its file', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('sum.js');
    await review.selectAll();
    await window.runCommand('Glassbox: Explain');
    await review.zone('It returns').waitFor(patient);
    await window.openFile('weights.js');
    await review.selectAll();
    await window.runCommand('Glassbox: Use Modern Syntax');
    await review.lens('Accept').waitFor(patient);
    // A moment later.
    await expect.poll(() => review.keptFiles()).toEqual(['sum.js', 'weights.js']);
    await window.reload();
    // The editor may come back with the file that it showed before.
    await window.openFile('weights.js');
    await review.lens('Accept').waitFor(patient);
    await review.zone('Replace with').waitFor();
    await window.screenshot('after a reload');
    await expect.poll(() => review.saved('weights.js')).toBe(sum);

    await window.runCommand('File: Reveal Active File in Explorer View');
    await window.page.locator('.explorer-folders-view .monaco-list-row.focused').waitFor();
    await window.page.keyboard.press('F2');
    await window.page.locator('.explorer-item-edited input').fill('loads.js');
    await window.page.keyboard.press('Enter');
    await window.page.locator('.tab.active[data-resource-name="loads.js"]').waitFor();
    await review.zone('Replace with').waitFor();
    await window.screenshot('renamed');
    await review.click('Accept');
    await expect.poll(() => review.saved('loads.js')).toContain('for (const weight of weights)');

    await window.openFile('sum.js');
    await review.zone('It returns').waitFor();
    await window.screenshot('explained after a reload');
    await review.click('Dismiss');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
  });

  it('shows an answer that is no code as a text, with the reason', async () => {
    const review = inReview();
    const { window } = review;
    await review.ask('What does this function do?');
    await review.lens('Dismiss').waitFor(patient);
    await review.zone('answered with a text and not with code').waitFor();
    await review.zone('It returns').waitFor();
    await window.screenshot('no code');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
    await review.lens('Show in Chat').click();
    const chat = await ChatPanel.find(window);
    await expect
      .poll(() => chat.input.inputValue())
      .toContain(`What does this function do?\n\n\`\`\`javascript\n${sum}`);
    await window.openFile('sum.js');
    await review.click('Dismiss');
  });

  it('is readable in other themes', async () => {
    const review = inReview();
    const { window } = review;
    await review.selectAll();
    await window.runCommand('Glassbox: Use Modern Syntax');
    await review.lens('Accept').waitFor(patient);
    for (const theme of ['Default Dark Modern', 'Default High Contrast']) {
      await review.editor.changeSettings({ 'workbench.colorTheme': theme });
      await window.page
        .locator(theme.includes('High') ? '.monaco-workbench.hc-black' : '.monaco-workbench.vs-dark')
        .waitFor();
      await review.zone('Replace with').waitFor();
      await window.screenshot(theme);
    }
    await review.click('Reject');
  });
}
