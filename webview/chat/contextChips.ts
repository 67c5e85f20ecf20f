import type { ContextChip } from '../../src/protocol/chat.ts';
import { element } from '../element.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

/** What can be attached to the next question, each with its cost; a click attaches or detaches it. */
export class ContextChips {
  readonly element = element('ul', { class: 'chips', attributes: { 'aria-label': strings.context } });
  private readonly buttons = new Map<string, HTMLButtonElement>();

  constructor(private readonly toggle: (chipId: string, attached: boolean) => void) {}

  update(chips: readonly ContextChip[]): void {
    this.element.hidden = chips.length === 0;
    const focused = [...this.buttons].find(([, button]) => button === document.activeElement)?.[0];
    this.buttons.clear();
    this.element.replaceChildren(...chips.map((chip) => this.item(chip)));
    if (focused !== undefined) this.buttons.get(focused)?.focus();
  }

  private item(chip: ContextChip): HTMLElement {
    const cost = chip.tokens === undefined ? strings.counting : strings.tokens(chip.tokens);
    const action = chip.attached ? strings.detach(chip.label) : strings.attach(chip.label);
    const button = element('button', {
      class: 'chip',
      attributes: {
        type: 'button',
        'aria-pressed': String(chip.attached),
        title: `${action} (${cost})`,
      },
      children: [
        icon(chip.kind),
        element('span', { class: 'chip-label', text: chip.label }),
        ' ',
        element('span', {
          class: 'chip-tokens',
          children:
            chip.tokens === undefined
              ? ['…']
              : [
                  strings.short(chip.tokens),
                  element('span', { class: 'visually-hidden', text: strings.tokensUnit }),
                ],
        }),
        icon(chip.attached ? 'close' : 'add'),
      ],
    });
    button.addEventListener('click', () => {
      this.toggle(chip.id, !chip.attached);
    });
    this.buttons.set(chip.id, button);
    return element('li', { children: [button] });
  }
}
