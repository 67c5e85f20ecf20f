import { element, setText, uniqueId } from '../element.ts';
import { strings } from './strings.ts';

/** Shares of the context at which the meter turns amber and red. */
const amber = 0.75;
const red = 0.9;

/** How much of the context is used: a small bar with numbers, explained on hover and on keyboard focus. */
export class ContextMeter {
  readonly element: HTMLElement;
  private readonly fill = element('div', { class: 'meter-fill' });
  private readonly label = element('span', { class: 'meter-label' });
  private readonly tooltip = element('span', {
    class: 'tooltip',
    attributes: { role: 'tooltip', id: uniqueId('meter') },
  });

  constructor() {
    this.element = element('div', {
      class: 'meter',
      attributes: {
        role: 'meter',
        tabindex: '0',
        'aria-label': strings.meter,
        'aria-valuemin': '0',
        'aria-describedby': this.tooltip.id,
      },
      children: [element('div', { class: 'meter-bar', children: [this.fill] }), this.label, this.tooltip],
    });
  }

  /** @param capacity 0 when no model is loaded */
  update(tokens: number, capacity: number): void {
    const known = capacity > 0;
    const share = known ? tokens / capacity : 0;
    this.element.dataset['level'] = share >= red ? 'red' : share >= amber ? 'amber' : 'normal';
    this.fill.style.transform = `scaleX(${Math.min(1, share)})`;
    setText(this.label, known ? `${strings.short(tokens)}/${strings.short(capacity)}` : '–');
    const text = known ? strings.meterText(tokens, capacity) : strings.meterUnknown;
    setText(this.tooltip, share >= amber ? `${text} ${strings.meterHigh}` : text);
    this.element.setAttribute('aria-valuemax', String(Math.max(capacity, 1)));
    this.element.setAttribute('aria-valuenow', String(Math.min(tokens, Math.max(capacity, 1))));
    this.element.setAttribute('aria-valuetext', text);
  }
}
