import type { ModelView } from '../../src/protocol/chat.ts';
import { element, setText } from '../element.ts';
import { strings } from './strings.ts';

/** What the page shows before the first question: what it can do, and the next step. */
export class EmptyState {
  readonly element: HTMLElement;
  private readonly error = element('p', { class: 'failure-text', attributes: { dir: 'auto' } });
  private readonly choose = element('vscode-button', { text: strings.model.choose });
  private readonly examples: HTMLElement;
  /** About the model that Glassbox carries, which can less than the page promises of others. */
  private readonly embedded: HTMLElement;

  constructor(actions: { readonly chooseModel: () => void; readonly example: (text: string) => void }) {
    this.choose.addEventListener('click', actions.chooseModel);
    this.examples = examplesOf(strings.empty.examples, actions.example);
    const larger = element('vscode-button', {
      text: strings.empty.embedded.larger,
      attributes: { appearance: 'secondary' },
    });
    larger.addEventListener('click', actions.chooseModel);
    this.embedded = element('div', {
      class: 'embedded',
      children: [
        element('p', { text: strings.empty.embedded.about }),
        element('p', { class: 'muted', text: strings.empty.embedded.hint }),
        examplesOf(strings.empty.embedded.examples, actions.example),
        larger,
      ],
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
        this.embedded,
      ],
    });
    // Until the host has said what there is, the page is blank rather than wrong.
    this.element.hidden = true;
  }

  update(visible: boolean, model: ModelView): void {
    this.element.hidden = !visible;
    const failure = failureOf(model);
    setText(this.error, failure);
    this.error.hidden = failure === '';
    this.choose.hidden = failure === '';
    const isEmbedded = 'isEmbedded' in model && model.isEmbedded;
    this.examples.hidden = failure !== '' || isEmbedded;
    this.embedded.hidden = !isEmbedded;
  }
}

function examplesOf(questions: readonly string[], choose: (text: string) => void): HTMLElement {
  return element('div', {
    class: 'examples',
    attributes: { role: 'group', 'aria-label': strings.empty.examplesLabel },
    children: questions.map((text) => {
      const button = element('button', { class: 'example', text, attributes: { type: 'button' } });
      button.addEventListener('click', () => {
        choose(text);
      });
      return button;
    }),
  });
}

/** Why no question can be asked; empty when one can. */
function failureOf(model: ModelView): string {
  if (model.status === 'none') return strings.model.missing;
  return model.status === 'error' ? `${strings.model.failed}: ${model.message}` : '';
}
