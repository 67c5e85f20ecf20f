import type { TracePageMessage } from '../../src/protocol/trace.ts';

import { groupAnswers } from '../../src/reasoning/answers/groupAnswers.ts';
import { element } from '../element.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { strings } from './strings.ts';

/** Several answers to one question, grouped by what they say; each leads to its trace. */
export class SeveralView {
  readonly element: HTMLElement;

  constructor(opened: readonly OpenedTrace[], post: (message: TracePageMessage) => void) {
    const { groups, majority } = groupAnswers(opened.map(({ trace }) => trace.answer));
    const question = opened[0]?.trace.about.question ?? '';
    this.element = element('div', {
      class: 'compare-view',
      children: [
        element('h1', { text: strings.severalTitle(opened.length) }),
        element('p', { class: 'question', text: question, attributes: { dir: 'auto' } }),
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
        ...groups.map(({ members }, index) =>
          element('section', {
            class: index === majority ? 'group majority' : 'group',
            attributes: { 'aria-label': strings.group(index, members.length) },
            children: [
              element('h2', { text: strings.group(index, members.length) }),
              element('pre', {
                text: opened[members[0] ?? 0]?.trace.answer ?? '',
                attributes: { dir: 'auto', tabindex: '0' },
              }),
              element('ul', { children: members.flatMap((member) => answerLine(opened, member, post)) }),
            ],
          }),
        ),
      ],
    });
  }

  dispose(): void {
    // Nothing listens or waits.
  }
}

function answerLine(
  opened: readonly OpenedTrace[],
  file: number,
  post: (message: TracePageMessage) => void,
): HTMLElement[] {
  const shown = opened[file];
  const first = opened[0];
  if (!shown || !first) return [];
  const { about, tokens } = shown.trace;
  const open = linkButton(strings.openTrace, strings.openTraceOf(shown.name), () =>
    post({ type: 'openTrace', file }),
  );
  const compare = linkButton(strings.compareFirst, strings.compareWith(shown.name, first.name), () =>
    post({ type: 'compare', files: [0, file] }),
  );
  return [
    element('li', {
      children: [
        element('span', { text: shown.name }),
        element('span', {
          class: 'muted',
          text: `${strings.sampling(about.sampling.temperature, about.sampling.seed)} · ${strings.tokens(tokens.count)} · ${strings.finish(about.finish)}`,
        }),
        open,
        ...(file === 0 ? [] : [compare]),
      ],
    }),
  ];
}

function linkButton(text: string, label: string, pressed: () => void): HTMLButtonElement {
  const button = element('button', {
    class: 'link-button',
    text,
    attributes: { type: 'button', 'aria-label': label },
  });
  button.addEventListener('click', pressed);
  return button;
}
