import process from 'node:process';
import { expect, it } from 'vitest';
import { smolLM2Path } from '../../support/assets.ts';
import { patient, type RefactorReview } from '../harness/refactorReview.ts';
import { long } from './samples.ts';

/** A model that is told what the code uses, and that can be stopped in mid-answer. */
export function largerModelSteps(inReview: () => RefactorReview): void {
  it('tells a larger model what the code uses, and shows that it did', async () => {
    const review = inReview();
    const { window } = review;
    await review.editor.changeSettings({
      'glassbox.model.path': await smolLM2Path(),
      'glassbox.sampling.temperature': 0,
    });
    await window.openFile('src/discount.js');
    await window.goToLine(10);
    const defined = window.page.locator('.view-lines').filter({ hasText: '`codes` is defined in' });
    // The language server has a second and a half to tell; on a busy machine it knows the second time.
    for (let attempt = 1; ; attempt++) {
      await window.runCommand('Glassbox: Simplify');
      // The prompt is made by then, and the answer may be there already.
      await window
        .statusBarItem(/Simplify: (reading,|thinking|writing)/)
        .or(review.lens('Accept'))
        .or(review.zone('Not applied'))
        .first()
        .waitFor(patient);
      await window.runCommand('Glassbox: Show Refactor Prompt');
      await window.page.locator('.view-lines').filter({ hasText: 'The selected code:' }).waitFor();
      if ((await defined.count()) > 0) break;
      if (attempt === 8) throw new Error('The prompt has no definitions.');
      await window.runCommand('View: Close Editor');
      await review.putAway();
    }
    await window.screenshot('prompt of a larger model');
    await window.runCommand('View: Close Editor');
    await review.putAway();
  });

  it('shows what was written when it is stopped in mid-answer', async () => {
    const review = inReview();
    const { window } = review;
    await window.openFile('long.js');
    const engine = await review.stoppedWhileItWrites();
    try {
      await window.runCommand('Glassbox: Stop Refactoring');
    } finally {
      process.kill(engine, 'SIGCONT');
    }
    await review.zone('stopped').waitFor(patient);
    await review.zone('function applePrice(count)').waitFor();
    await expect.poll(() => review.saved('long.js')).toBe(long);
    await review.putAway();
  });

  it('shows what was written when the engine is killed in mid-answer, and starts another one', async () => {
    const review = inReview();
    const { window } = review;
    const killed = await review.stoppedWhileItWrites();
    process.kill(killed, 'SIGKILL');
    await review.zone('The engine process was killed').waitFor(patient);
    await review.zone('function applePrice(count)').waitFor();
    await expect.poll(() => review.isInSight(review.zone('The engine process was killed'))).toBe(true);
    await window.screenshot('engine killed');
    await expect.poll(() => review.saved('long.js')).toBe(long);
    // The buttons are above the code, and the text below it is what was scrolled to, once it is drawn whole.
    await expect
      .poll(async () => {
        await window.page.keyboard.press('Control+Home');
        return review.lens('Try Again').isVisible();
      }, patient)
      .toBe(true);
    await review.click('Try Again');
    // It writes, or has written already.
    const answered = window.page
      .locator('.review-widget')
      .filter({ hasText: 'Not applied', hasNotText: 'The engine process was killed' });
    await window
      .statusBarItem(/Use Modern Syntax: writing/)
      .or(review.lens('Accept'))
      .or(answered)
      .first()
      .waitFor(patient);
    expect(review.engine()).not.toBe(killed);
    await review.putAway();
  });
}
