import { element } from '../element.ts';

export interface ProgressBar {
  readonly element: HTMLElement;
  /** @param fraction 0 to 1 */
  set(fraction: number): void;
}

/** A measured progress, as a thin line. */
export function progressBar(label: string): ProgressBar {
  const fill = element('div', { class: 'progress-fill' });
  const bar = element('div', {
    class: 'progress',
    attributes: { role: 'progressbar', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100' },
    children: [fill],
  });
  return {
    element: bar,
    set(fraction) {
      const percent = Math.round(Math.min(1, Math.max(0, fraction)) * 100);
      bar.setAttribute('aria-valuenow', String(percent));
      fill.style.transform = `scaleX(${percent / 100})`;
    },
  };
}
