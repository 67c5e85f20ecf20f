import { element } from '../element.ts';
import type { TableText } from './tableText.ts';

export type TableContent = TableText<string | Node>;

/** A table that scrolls by itself, also with keys. */
export function dataTable({ caption, head, rows }: TableContent): HTMLElement {
  const table = element('table', {
    children: [
      element('caption', { text: caption }),
      element('thead', {
        children: [
          element('tr', {
            children: head.map((text) => element('th', { text, attributes: { scope: 'col' } })),
          }),
        ],
      }),
      element('tbody', {
        children: rows.map((row) =>
          element('tr', {
            children: row.map((cell, index) =>
              index === 0
                ? element('th', { attributes: { scope: 'row' }, children: [cell] })
                : element('td', { children: [cell] }),
            ),
          }),
        ),
      }),
    ],
  });
  return element('div', {
    class: 'table',
    attributes: { tabindex: '0', role: 'region', 'aria-label': caption },
    children: [table],
  });
}
