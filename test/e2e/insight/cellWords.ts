import type { Locator } from 'playwright-core';

interface Cells {
  readonly rows: number;
  readonly columns: number;
}

/** Moves the mouse to the middle of a cell of a map, and clicks if that is wanted. */
export async function hoverCell(
  map: Locator,
  { rows, columns }: Cells,
  { row, column }: { readonly row: number; readonly column: number },
  { click = false } = {},
): Promise<void> {
  const canvas = map.locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) throw new Error('The map cannot be seen.');
  const position = {
    x: ((column + 0.5) * box.width) / columns,
    y: ((row + 0.5) * box.height) / rows,
  };
  if (click) await canvas.click({ position });
  else await canvas.hover({ position });
}

/** What is said below a map about the cell under its cursor. */
export async function shownWords(map: Locator): Promise<string> {
  return (await map.locator('xpath=..').locator('.words').textContent()) ?? '';
}
