import { expect, it } from 'vitest';
import type { TestReport } from '../../../src/extension/testReport.ts';
import type { InsightWalk } from './insightWalk.ts';

/** Views that are not visible cost nothing. */
export function hiddenSteps(walk: () => InsightWalk): void {
  const report = (): Promise<TestReport> => walk().editor.report(walk().window);

  it('ask the engine nothing and have no page while another tab hides them', async () => {
    await walk().diagnostics();
    await expect.poll(async () => (await report()).diagnostics.watches).toBe(1);
    await walk().window.openFile('nano/trace.js');
    // There is no page that anything could be sent to.
    await expect.poll(() => pagesWith('.panels')).toBe(0);
    await expect.poll(async () => (await report()).diagnostics.watches).toBe(0);
    const before = (await report()).diagnostics;
    await walk().ask('What does this print?', 'trace.js');
    const after = await report();
    expect(after.diagnostics).toEqual(before);
    const answers = after.records?.answers?.answers.length ?? NaN;

    const page = await walk().diagnostics();
    await page.getByRole('heading', { name: `#${answers} What does this print?` }).waitFor();
    expect((await report()).diagnostics.requests).toBeGreaterThan(before.requests);
  });

  async function pagesWith(selector: string): Promise<number> {
    const counts = walk()
      .window.page.frames()
      // A frame that goes meanwhile has nothing.
      .map((frame) =>
        frame
          .locator(selector)
          .count()
          .catch(() => 0),
      );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
}
