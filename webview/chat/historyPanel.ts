import type { ConversationSummary } from '../../src/protocol/chat.ts';
import { element } from '../element.ts';
import { iconButton } from './iconButton.ts';
import { strings } from './strings.ts';

interface HistoryActions {
  readonly open: (conversationId: string) => void;
  readonly remove: (conversationId: string) => void;
  readonly closed: () => void;
}

/** The conversations on disk, over the conversation shown. Escape closes it. */
export class HistoryPanel {
  readonly element: HTMLElement;
  private readonly list = element('ul', { class: 'history-list' });
  private readonly closeButton: HTMLButtonElement;
  private confirming: string | undefined;
  private entries: readonly ConversationSummary[] = [];
  private currentId = '';

  constructor(private readonly actions: HistoryActions) {
    this.closeButton = iconButton('close', strings.close, () => {
      this.close();
    });
    this.element = element('div', {
      class: 'history',
      attributes: { role: 'dialog', 'aria-label': strings.history },
      children: [
        element('div', {
          class: 'history-head',
          children: [element('h2', { text: strings.history }), this.closeButton],
        }),
        this.list,
      ],
    });
    this.element.hidden = true;
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(): void {
    this.confirming = undefined;
    this.render();
    this.element.hidden = false;
    (this.list.querySelector<HTMLElement>('button') ?? this.closeButton).focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.actions.closed();
  }

  update(entries: readonly ConversationSummary[], currentId: string): void {
    this.entries = entries;
    this.currentId = currentId;
    if (this.isOpen) this.render();
  }

  private render(): void {
    const hadFocus = this.list.contains(document.activeElement);
    this.list.replaceChildren(
      ...(this.entries.length === 0
        ? [element('li', { class: 'muted history-empty', text: strings.historyEmpty })]
        : this.entries.map((entry) => this.item(entry))),
    );
    if (hadFocus) (this.list.querySelector<HTMLElement>('.confirm-delete') ?? this.closeButton).focus();
  }

  private item(entry: ConversationSummary): HTMLElement {
    const title = entry.title === '' ? strings.untitled : entry.title;
    if (this.confirming === entry.id) return this.confirmation(entry, title);
    const open = element('button', {
      class: 'history-open',
      attributes: { type: 'button' },
      children: [
        element('span', { class: 'history-title', text: title, attributes: { dir: 'auto' } }),
        ' ',
        element('span', { class: 'muted', text: strings.date(entry.updatedAt) }),
      ],
    });
    if (entry.id === this.currentId) open.setAttribute('aria-current', 'true');
    open.addEventListener('click', () => {
      this.actions.open(entry.id);
      this.close();
    });
    const remove = iconButton('remove', strings.deleteConversation(title), () => {
      this.confirming = entry.id;
      this.render();
    });
    return element('li', { class: 'history-item', children: [open, remove] });
  }

  private confirmation(entry: ConversationSummary, title: string): HTMLElement {
    const settle = (remove: boolean) => {
      this.confirming = undefined;
      if (remove) this.actions.remove(entry.id);
      this.render();
    };
    const remove = element('vscode-button', {
      class: 'confirm-delete',
      text: strings.deleteLabel,
      attributes: { 'aria-label': strings.deleteConversation(title) },
    });
    remove.addEventListener('click', () => {
      settle(true);
    });
    const keep = element('vscode-button', { text: strings.keep, attributes: { appearance: 'secondary' } });
    keep.addEventListener('click', () => {
      settle(false);
    });
    return element('li', {
      class: 'history-item confirming',
      children: [element('span', { class: 'history-title', text: strings.confirmDelete }), remove, keep],
    });
  }
}
