import { element, setText } from '../element.ts';
import { iconButton } from './iconButton.ts';
import { strings } from './strings.ts';

/** `‹ 2/3 ›`: walks through the versions of a question or an answer. Hidden while there is only one. */
export class BranchSwitcher {
  readonly element: HTMLElement;
  private readonly label = element('span', { class: 'branch-label' });
  private readonly previous: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private index = 0;

  constructor(select: (index: number) => void) {
    this.previous = iconButton('previous', strings.previousVersion, () => {
      select(this.index - 1);
    });
    this.next = iconButton('next', strings.nextVersion, () => {
      select(this.index + 1);
    });
    this.element = element('div', {
      class: 'branch',
      attributes: { role: 'group', 'aria-label': strings.versions },
      children: [this.previous, this.label, this.next],
    });
    this.element.hidden = true;
  }

  update(branch: { readonly index: number; readonly count: number }, enabled: boolean): void {
    this.index = branch.index;
    this.element.hidden = branch.count < 2;
    setText(this.label, strings.version(branch.index, branch.count));
    this.previous.disabled = !enabled || branch.index <= 0;
    this.next.disabled = !enabled || branch.index >= branch.count - 1;
  }
}
