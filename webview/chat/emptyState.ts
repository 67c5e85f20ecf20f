import type { ModelView } from '../../src/protocol/chat.ts';
import { element, setText } from './element.ts';
import { strings } from './strings.ts';

/** What the page shows before the first question: what it can do, and the next step. */
export class EmptyState {
  readonly element: HTMLElement;
  private readonly error = element('p', { class: 'failure-text', attributes: { dir: 'auto' } });
  private readonly choose = element('vscode-button', { text: strings.model.choose });
  private readonly examples: HTMLElement;

  constructor(actions: { readonly chooseModel: () => void; readonly example: (text: string) => void }) {
    this.choose.addEventListener('click', actions.chooseModel);
    this.examples = element('div', {
      class: 'examples',
      attributes: { role: 'group', 'aria-label': strings.empty.examplesLabel },
      children: strings.empty.examples.map((text) => {
        const button = element('button', { class: 'example', text, attributes: { type: 'button' } });
        button.addEventListener('click', () => {
          actions.example(text);
        });
        return button;
      }),
    });
    this.element = element('div', {
      class: 'empty',
      children: [
        element('h2', { text: strings.empty.title }),
        element('p', { class: 'muted', text: strings.empty.text }),
        element('ul', { children: strings.empty.features.map((text) => element('li', { text })) }),
        this.error,
        this.choose,
        this.examples,
      ],
    });
    // Until the host has said what there is, the page is blank rather than wrong.
    this.element.hidden = true;
  }

  update(visible: boolean, model: ModelView): void {
    this.element.hidden = !visible;
    this.error.hidden = model.status !== 'error';
    setText(this.error, model.status === 'error' ? `${strings.model.failed}: ${model.message}` : '');
    const usable = model.status !== 'none' && model.status !== 'error';
    this.choose.hidden = usable;
    this.examples.hidden = !usable;
  }
}
