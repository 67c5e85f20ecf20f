import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { patient, type RefactorReview } from '../harness/refactorReview.ts';
import { fee, flatFee, sum, totals } from './samples.ts';

/** Proposals of the embedded model: from the ways in to one undo. */
export function proposalSteps(inReview: () => RefactorReview): void {
  it('makes a loop a for…of from the light bulb, in place, and takes it back with one undo', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('sum.js');
    const action = window.page
      .locator('.action-widget .monaco-list-row')
      .filter({ hasText: 'Use Modern Syntax with Glassbox' });
    // The extension is there, and so are the language features, which may offer something too.
    await window.statusBarItem(/glassbox-nano/).waitFor(patient);
    await review.selectAll();
    await window.page.locator('.lightBulbWidget').first().waitFor(patient);
    // Problems that are found while the list is made take it away again; then one asks once more.
    for (let attempt = 1; !(await action.isVisible()); attempt++) {
      // Escape also ends a selection.
      await window.page.keyboard.press('Escape');
      await review.selectAll();
      await window.page.keyboard.press('Control+.');
      await action.waitFor({ timeout: 10_000 }).catch((error: unknown) => {
        if (attempt === 12) throw error;
      });
    }
    await window.screenshot('light bulb');
    await action.click();
    await review.lens('Accept').waitFor(patient);
    await review.zone('Replace with').waitFor();
    await window.screenshot('for of');
    // Nothing is written before it is accepted.
    await expect.poll(() => review.saved('sum.js')).toBe(sum);

    await window.page.keyboard.press('Control+Enter');
    await review.lens('Accept').waitFor({ state: 'hidden' });
    await expect.poll(() => review.saved('sum.js')).toBe(`function sumOf(weights) {
  let total = 0;
  for (const weight of weights) {
    total += weight;
  }
  return total;
}
`);
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
  });

  it('renames by an instruction of its own; one change is accepted and the other is not', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('nano/var.js');
    const before = await review.saved('nano/var.js');
    await review.ask('Rename `prices` to `costs`.');
    await review.lens('Accept All').waitFor(patient);
    await review.zone('Change 2 of 2').waitFor();
    await window.screenshot('two changes');
    await review.click('Accept 2');
    await review.zone('Change 2 of 2').waitFor({ state: 'hidden' });
    await window.screenshot('one accepted');
    await review.click('Reject');
    const loop = before.slice(before.indexOf('for'));
    await expect
      .poll(() => review.saved('nano/var.js'))
      .toBe(before.replace(loop, loop.replaceAll('prices', 'costs')));
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved('nano/var.js')).toBe(before);
  });

  it('takes the function around the cursor, and shows the change side by side and the prompt', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('fee.ts');
    await window.goToLine(6);
    await window.runCommand('Glassbox: Use Guard Clauses');
    await review.lens('Accept').waitFor(patient);
    await window.screenshot('guard clauses');
    await review.click('Side by Side');
    await window.page.locator('.monaco-diff-editor').waitFor();
    await window.screenshot('side by side');
    await window.runCommand('View: Close Editor');
    await window.runCommand('Glassbox: Show Refactor Prompt');
    await window.page.locator('.view-lines').filter({ hasText: 'Use guard clauses.' }).waitFor();
    await window.screenshot('prompt');
    // What only shows something is no file to be refactored.
    await window.runCommand('Glassbox: Use Guard Clauses');
    await review.dismissError('is not a file to be edited');
    await window.runCommand('View: Close Editor');
    await review.click('Accept');
    await expect.poll(() => review.saved('fee.ts')).toBe(flatFee.replaceAll('\n', '\r\n'));
    await window.page.keyboard.press('Control+Z');
    await expect.poll(() => review.saved('fee.ts')).toBe(fee.replaceAll('\n', '\r\n'));
  });

  it('lets what is typed around the range move it, and asks about what is typed inside while the model writes', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('totals.js');
    await review.selectAll();
    const engine = review.engine();
    process.kill(engine, 'SIGSTOP');
    try {
      await window.runCommand('Glassbox: Use Modern Syntax');
      await review.untilItWrites(engine);
      await window.screenshot('while it writes');
      await window.goToLine(3);
      await window.page.keyboard.press('End');
      await window.page.keyboard.type(' // cents');
      await window.goToLine(1);
      await window.page.keyboard.type("'use strict';");
      await window.page.keyboard.press('Enter');
    } finally {
      process.kill(engine, 'SIGCONT');
    }
    await review.lens('Keep Mine').waitFor(patient);
    await window.screenshot('the code has changed');
    await review.click('Keep Mine');
    await review.lens('Accept').waitFor();
    await window.screenshot('kept mine');
    await review.click('Accept');
    const mine = totals.replace('var total = 0;', 'var total = 0; // cents');
    await expect
      .poll(() => review.saved('totals.js'))
      .toBe(`'use strict';\n${mine.replace('var prices', 'const prices')}`);
    await writeFile(path.join(review.editor.workspace, 'totals.js'), totals);
  });

  it('stops with Escape before anything is written, and leaves nothing behind', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('sum.js');
    await review.selectAll();
    const engine = review.engine();
    process.kill(engine, 'SIGSTOP');
    try {
      await window.runCommand('Glassbox: Use Modern Syntax');
      await review.lens('Stop').waitFor();
      await window.page.keyboard.press('Escape');
      await window.page.waitForTimeout(300);
    } finally {
      process.kill(engine, 'SIGCONT');
    }
    await review.lens('Stop').waitFor({ state: 'hidden' });
    await expect.poll(() => review.saved('sum.js')).toBe(sum);
  });

  it('explains code in a text below it', async () => {
    const review = inReview();
    const { window } = review;
    await review.selectAll();
    await window.runCommand('Glassbox: Explain');
    await review.zone('It returns').waitFor(patient);
    await window.screenshot('explained');
    await review.click('Dismiss');
    await review.zone('It returns').waitFor({ state: 'hidden' });
  });
}
