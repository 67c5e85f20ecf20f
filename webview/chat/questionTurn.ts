import type { QuestionView } from '../../src/protocol/chat.ts';
import { nameTextArea } from '../controls.ts';
import { BranchSwitcher } from './branchSwitcher.ts';
import { element, setText } from '../element.ts';
import { iconButton } from './iconButton.ts';
import { strings } from './strings.ts';
import type { TurnActions } from './turnList.ts';

/** A question of the user, with what was attached. It is edited in place; the old version is kept as a branch. */
export class QuestionTurn {
  readonly element: HTMLElement;
  private readonly text = element('div', { class: 'question-text', attributes: { dir: 'auto' } });
  private readonly attached = element('ul', {
    class: 'attached',
    attributes: { 'aria-label': strings.attached },
  });
  private readonly branch: BranchSwitcher;
  private readonly edit: HTMLButtonElement;
  private readonly reading: HTMLElement;
  private editor: HTMLElement | undefined;
  private enabled = true;

  constructor(
    private view: QuestionView,
    private readonly actions: TurnActions,
  ) {
    this.branch = new BranchSwitcher((index) => {
      actions.selectBranch(this.view.id, index);
    });
    this.edit = iconButton('edit', strings.edit, () => {
      this.startEditing();
    });
    this.reading = element('div', {
      class: 'question-box',
      children: [
        this.text,
        this.attached,
        element('div', { class: 'turn-actions', children: [this.branch.element, this.edit] }),
      ],
    });
    this.element = element('article', {
      class: 'turn question',
      attributes: { 'aria-label': strings.question },
      children: [this.reading],
    });
    this.element.dataset['turnId'] = view.id;
    this.update(view, true);
  }

  /** @param enabled false while an answer is being written: branches do not change under it */
  update(view: QuestionView, enabled: boolean): void {
    this.view = view;
    this.enabled = enabled;
    setText(this.text, view.text);
    this.attached.hidden = view.chips.length === 0;
    this.attached.replaceChildren(
      ...view.chips.map(({ label, tokens }) =>
        element('li', {
          class: 'attachment',
          children: [
            element('span', { class: 'chip-label', text: label, attributes: { title: label } }),
            ...(tokens === undefined
              ? []
              : [
                  element('span', {
                    class: 'chip-tokens',
                    text: strings.short(tokens),
                    attributes: { title: strings.tokens(tokens) },
                  }),
                ]),
          ],
        }),
      ),
    );
    this.branch.update(view.branch, enabled);
    this.edit.disabled = !enabled;
  }

  dispose(): void {
    this.editor?.remove();
  }

  private startEditing(): void {
    if (this.editor || !this.enabled) return;
    const area = element('vscode-text-area', {
      class: 'question-editor',
      attributes: { dir: 'auto', rows: '2' },
    });
    area.value = this.view.text;
    const send = element('vscode-button', { text: strings.send });
    const cancel = element('vscode-button', {
      text: strings.cancel,
      attributes: { appearance: 'secondary' },
    });
    const editor = element('div', {
      class: 'question-box editing',
      children: [
        area,
        element('div', {
          class: 'edit-actions',
          children: [element('span', { class: 'muted', text: strings.editHint }), cancel, send],
        }),
      ],
    });
    const submit = () => {
      const text = area.value.trim();
      if (text === '' || !this.enabled) return;
      this.stopEditing();
      this.actions.edit(this.view.id, text);
    };
    send.addEventListener('click', submit);
    cancel.addEventListener('click', () => {
      this.stopEditing();
    });
    editor.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        this.stopEditing();
      } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.target === area) {
        event.preventDefault();
        submit();
      }
    });
    this.editor = editor;
    this.reading.hidden = true;
    this.element.append(editor);
    nameTextArea(area, strings.editing);
    area.focus();
    // The inner text area gets its value with the component's next update.
    requestAnimationFrame(() => {
      area.control.setSelectionRange(area.value.length, area.value.length);
    });
  }

  private stopEditing(): void {
    this.editor?.remove();
    this.editor = undefined;
    this.reading.hidden = false;
    this.edit.focus();
  }
}
