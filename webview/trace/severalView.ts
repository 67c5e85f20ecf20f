import type { TracePageMessage } from '../../src/protocol/trace.ts';
import { groupAnswers } from '../../src/reasoning/answers/groupAnswers.ts';
import { element, setText } from '../element.ts';
import { visibleLines } from '../visibleLines.ts';
import { lastTwo } from './lastTwo.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { strings } from './strings.ts';

/**
 * Several answers to one question, grouped by what they say. Each leads to its trace, and any two can be compared. Arrow keys
 * go from group to group, Home to the largest; within a group Tab goes on to its answers.
 */
export class SeveralView {
  readonly element: HTMLElement;
  private readonly opened: readonly OpenedTrace[];
  private readonly summaries: readonly HTMLElement[];
  private readonly boxes = new Map<number, HTMLInputElement>();
  private readonly chosenText = element('span', { class: 'muted', attributes: { role: 'status' } });
  private readonly compareButton = element('button', {
    class: 'button',
    text: strings.compareChosen,
    attributes: { type: 'button' },
  });
  private chosen: readonly number[] = [];

  constructor(
    opened: readonly OpenedTrace[],
    private readonly post: (message: TracePageMessage) => void,
  ) {
    this.opened = opened;
    const { groups, majority } = groupAnswers(opened.map(({ trace }) => trace.answer));
    const question = opened[0]?.trace.about.question ?? '';
    this.summaries = groups.map(({ members }, index) =>
      element('summary', {
        children: [
          element('h2', { text: strings.group(index, members.length) }),
          ...(index === majority ? [element('span', { class: 'badge', text: strings.mostCameToThis })] : []),
        ],
      }),
    );
    const list = element('div', {
      class: 'groups',
      children: groups.map(({ members }, index) => {
        const group = element('details', {
          class: index === majority ? 'group majority' : 'group',
          attributes: { open: '', 'aria-label': strings.group(index, members.length) },
          children: [
            ...this.summaries.slice(index, index + 1),
            element('pre', {
              text: visibleLines(opened[members[0] ?? 0]?.trace.answer ?? ''),
              attributes: { dir: 'auto', tabindex: '0', 'aria-label': strings.answerOf(index) },
            }),
            element('ul', { children: members.flatMap((member) => this.answerLine(member)) }),
          ],
        });
        group.setAttribute('role', 'group');
        return group;
      }),
    });
    list.addEventListener('keydown', (event) => this.key(event));
    this.compareButton.addEventListener('click', () => this.compare());
    this.element = element('div', {
      class: 'compare-view',
      children: [
        element('h1', { text: strings.severalTitle(opened.length) }),
        element('p', { class: 'question', text: visibleLines(question), attributes: { dir: 'auto' } }),
        element('p', {
          attributes: { role: 'status' },
          children: [
            element('strong', {
              text:
                majority === undefined
                  ? strings.noMajority
                  : strings.majority(groups[majority]?.members.length ?? 0, opened.length),
            }),
          ],
        }),
        element('p', { class: 'choosing', children: [this.compareButton, this.chosenText] }),
        list,
      ],
    });
    this.showChosen();
  }

  dispose(): void {
    // Nothing listens or waits.
  }

  private answerLine(file: number): HTMLElement[] {
    const shown = this.opened[file];
    if (!shown) return [];
    const { about, tokens } = shown.trace;
    const box = element('input', { attributes: { type: 'checkbox' } });
    box.addEventListener('change', () => {
      this.chosen = box.checked ? lastTwo(this.chosen, file) : this.chosen.filter((each) => each !== file);
      this.showChosen();
    });
    this.boxes.set(file, box);
    const open = element('button', {
      class: 'link-button',
      text: strings.openTrace,
      attributes: { type: 'button', 'aria-label': strings.openTraceOf(shown.name) },
    });
    open.addEventListener('click', () => this.post({ type: 'openTrace', file }));
    return [
      element('li', {
        children: [
          element('label', { children: [box, ' ', strings.chooseToCompare(shown.name)] }),
          element('span', {
            class: 'muted',
            text: `${strings.sampling(about.sampling.temperature, about.sampling.seed)} · ${strings.tokens(tokens.count)} · ${strings.finish(about.finish)}`,
          }),
          open,
        ],
      }),
    ];
  }

  private showChosen(): void {
    for (const [file, box] of this.boxes) box.checked = this.chosen.includes(file);
    const names = this.chosen.map((file) => this.opened[file]?.name ?? '');
    setText(this.chosenText, strings.chosenToCompare(names));
    // Not `disabled`: the focus would be lost, and nobody told why nothing happens.
    this.compareButton.setAttribute('aria-disabled', String(this.chosen.length < 2));
  }

  private compare(): void {
    const [one, other] = this.chosen;
    if (one !== undefined && other !== undefined) this.post({ type: 'compare', files: [one, other] });
  }

  /** From one group's line to another's. */
  private key(event: KeyboardEvent): void {
    const at = this.summaries.findIndex((summary) => summary === event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to: Readonly<Record<string, number>> = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: this.summaries.length - 1,
    };
    const wanted = to[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    this.summaries[wanted]?.focus();
  }
}
