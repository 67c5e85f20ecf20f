import type { Frame } from 'playwright-core';

/** The rows of the table with this caption (or the beginning of it), without its head; each as the texts of its cells. */
export async function shownTable(page: Frame, caption: string): Promise<readonly (readonly string[])[]> {
  return page.evaluate(`(() => {
    const table = [...document.querySelectorAll('table')].find((each) =>
      (each.caption?.textContent ?? each.ariaLabel ?? '').startsWith(${JSON.stringify(caption)}),
    );
    return [...(table?.tBodies[0].rows ?? [])].map((row) => [...row.cells].map((cell) => cell.textContent));
  })()`);
}
