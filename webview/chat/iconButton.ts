import { element } from '../element.ts';
import type { IconName } from './icons.ts';
import { icon } from './icons.ts';

/** A button with an icon only. Native, because an answer has many of them and they are made while it streams. */
export function iconButton(name: IconName, label: string, pressed?: () => void): HTMLButtonElement {
  const button = element('button', {
    class: 'icon-button',
    attributes: { type: 'button', 'aria-label': label, title: label },
    children: [icon(name)],
  });
  if (pressed) button.addEventListener('click', pressed);
  return button;
}

const confirmationMs = 1500;
const pending = new WeakMap<HTMLButtonElement, number>();

/** Shows for a moment that the button did its work. */
export function confirm(button: HTMLButtonElement, done: string): void {
  const before = pending.get(button);
  if (before === undefined) {
    button.dataset['label'] = button.getAttribute('aria-label') ?? '';
  } else {
    window.clearTimeout(before);
  }
  button.setAttribute('aria-label', done);
  button.title = done;
  button.classList.add('confirmed');
  if (!button.querySelector('.icon-check')) button.append(icon('check'));
  pending.set(
    button,
    window.setTimeout(() => {
      const label = button.dataset['label'] ?? '';
      button.setAttribute('aria-label', label);
      button.title = label;
      button.classList.remove('confirmed');
      button.querySelector('.icon-check')?.remove();
      pending.delete(button);
    }, confirmationMs),
  );
}
