import { element } from '../element.ts';
import { dataTable, type TableContent } from './dataTable.ts';

/** A table that is made only while it is open. */
export function toggledTable(title: string): {
  readonly element: HTMLElement;
  show(content: () => TableContent): void;
} {
  const body = element('div');
  const details = element('details', {
    class: 'toggled',
    children: [element('summary', { text: title }), body],
  });
  let latest: (() => TableContent) | undefined;
  const draw = (): void => {
    if (!details.open || !latest) return;
    // What was scrolled to stays in sight, and the focus where it was.
    const { scrollTop = 0, scrollLeft = 0 } = body.firstElementChild ?? {};
    const hadFocus = body.contains(document.activeElement);
    const table = dataTable(latest());
    body.replaceChildren(table);
    table.scrollTo(scrollLeft, scrollTop);
    if (hadFocus) table.focus({ preventScroll: true });
  };
  details.addEventListener('toggle', draw);
  return {
    element: details,
    show(content) {
      latest = content;
      draw();
    },
  };
}
