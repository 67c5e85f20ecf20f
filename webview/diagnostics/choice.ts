import { element, uniqueId } from '../element.ts';

/** A list to choose from, with its name. */
export class Choice<Value extends string> {
  readonly element: HTMLElement;
  readonly #select = element('select');
  #options = '';

  constructor(name: string, changed: (value: Value) => void) {
    this.#select.id = uniqueId('choice');
    this.#select.addEventListener('change', () => changed(this.#value));
    this.element = element('label', {
      class: 'choice',
      attributes: { for: this.#select.id },
      children: [element('span', { text: name }), this.#select],
    });
  }

  /** The value stays chosen where it is still offered. */
  show(options: readonly { readonly value: Value; readonly label: string }[], chosen: Value): void {
    const shown = JSON.stringify(options);
    if (shown !== this.#options) {
      this.#options = shown;
      this.#select.replaceChildren(
        ...options.map(({ value, label }) => element('option', { text: label, attributes: { value } })),
      );
    }
    if (this.#select.value !== chosen) this.#select.value = chosen;
  }

  get #value(): Value {
    // Only the values of `show` are options.
    return this.#select.value as Value;
  }
}
