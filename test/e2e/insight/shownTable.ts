import type { Frame } from 'playwright-core';

/** The rows of the table with this caption (or the beginning of it), without its head; each as the texts of its cells. */
export async function shownTable(page: Frame, caption: string): Promise<readonly (readonly string[])[]> {
  // A table is made when what holds it has opened, a moment after the click.
  for (let attempt = 1; attempt <= 100; attempt++) {
    const rows = await page.evaluate<string[][] | null>(`(() => {
      const table = [...document.querySelectorAll('table')].find((each) =>
        (each.caption?.textContent ?? each.ariaLabel ?? '').startsWith(${JSON.stringify(caption)}),
      );
      return table
        ? [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))
        : null;
    })()`);
    if (rows) return rows;
    await page.waitForTimeout(100);
  }
  throw new Error(`No table is called ${caption}.`);
}
