import type { ModelView } from '../../src/protocol/chat.ts';
import { element, setText } from '../element.ts';
import { progressBar } from './progressBar.ts';
import { strings } from './strings.ts';

/** Which model answers, what it is, and which runtime runs it. */
export class ModelLine {
  readonly element: HTMLElement;
  private readonly name = element('button', { class: 'model-name', attributes: { type: 'button' } });
  private readonly detail = element('span', { class: 'model-detail' });
  private readonly progress = progressBar(strings.model.label);

  constructor(choose: () => void) {
    this.name.addEventListener('click', choose);
    this.element = element('div', {
      class: 'model-line',
      attributes: { role: 'group', 'aria-label': strings.model.label },
      children: [this.name, this.detail, this.progress.element],
    });
    this.update({ status: 'none' });
  }

  update(model: ModelView): void {
    const name =
      model.status === 'none' ? strings.model.choose : 'name' in model ? model.name : strings.model.choose;
    setText(this.name, name);
    this.name.title = model.status === 'none' ? strings.model.choose : strings.model.change;
    const detail = detailOf(model);
    setText(this.detail, detail);
    this.detail.title = detail;
    this.element.classList.toggle('failed', model.status === 'error');
    this.progress.element.hidden = model.status !== 'loading';
    if (model.status === 'loading') this.progress.set(model.fraction);
  }
}

function detailOf(model: ModelView): string {
  switch (model.status) {
    case 'none':
      return strings.model.none;
    case 'unloaded':
      return strings.model.unloaded;
    case 'loading':
      return model.trying === undefined
        ? strings.percent(model.fraction)
        : `${strings.percent(model.fraction)} · ${strings.model.measuring(model.trying)}`;
    case 'ready':
      return `${model.description} · ${model.runtime}`;
    case 'error':
      return model.message;
    default:
      return model satisfies never;
  }
}
