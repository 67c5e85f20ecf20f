import type { Notice } from '../../src/protocol/chat.ts';
import { element } from '../element.ts';

/** Sentences of the host that want a decision, above the input. */
export class Notices {
  readonly element = element('div', { class: 'notices' });
  private shown = '';

  constructor(private readonly act: (noticeId: string, actionId: string) => void) {}

  /** Returns the messages that were not shown before. */
  update(notices: readonly Notice[]): readonly string[] {
    const wanted = JSON.stringify(notices);
    if (wanted === this.shown) return [];
    const before = this.shown;
    this.shown = wanted;
    this.element.hidden = notices.length === 0;
    this.element.replaceChildren(...notices.map((notice) => this.item(notice)));
    return notices
      .map(({ message }) => message)
      .filter((message) => !before.includes(JSON.stringify(message)));
  }

  private item(notice: Notice): HTMLElement {
    return element('div', {
      class: `notice notice-${notice.severity}`,
      attributes: { role: 'group', 'aria-label': notice.message },
      children: [
        element('span', { class: 'notice-message', text: notice.message, attributes: { dir: 'auto' } }),
        ...(notice.actions.length === 0
          ? []
          : [
              element('div', {
                class: 'notice-actions',
                children: notice.actions.map(({ id, label }, index) => {
                  const button = element('vscode-button', {
                    text: label,
                    attributes: { appearance: index === 0 ? 'primary' : 'secondary' },
                  });
                  button.addEventListener('click', () => {
                    this.act(notice.id, id);
                  });
                  return button;
                }),
              }),
            ]),
      ],
    });
  }
}
