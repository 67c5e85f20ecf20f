import { element } from '../element.ts';

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** How it was come by, or what it means. */
  readonly note?: string;
}

/** Some figures with their names. */
export function figures(list: readonly Figure[]): HTMLElement {
  return element('dl', {
    class: 'figures',
    children: list.map(({ name, value, note }) =>
      element('div', {
        children: [
          element('dt', { text: name }),
          element('dd', {
            children: [value, ...(note === undefined ? [] : [element('small', { text: note })])],
          }),
        ],
      }),
    ),
  });
}
