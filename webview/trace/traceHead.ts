import { relateAnswer } from '../../src/reasoning/outline/relateAnswer.ts';
import { element } from '../element.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { strings } from './strings.ts';

/** What a trace is of: the question, the model and how it was asked, and what of the file is missing. */
export function traceHead({ trace, problems, outline }: OpenedTrace): HTMLElement {
  const { about, tokens } = trace;
  const { timings } = about;
  const speed = timings.decodeMs > 0 ? (timings.decodedTokens * 1000) / timings.decodeMs : undefined;
  const facts = [
    [about.model.name, about.model.architecture, about.model.quantization].join(' · '),
    about.backend,
    `${strings.tokens(tokens.count)} · ${strings.seconds(timings.decodeMs)}${speed === undefined ? '' : ` · ${speed.toFixed(1)} tokens/s`}`,
    strings.finish(about.finish),
    ...(about.thoughtEnd === undefined ? [] : [strings.thoughtEnd(about.thoughtEnd)]),
    `${strings.mode(about.mode)}, ${strings.budget(about.budgetTokens)}`,
    strings.sampling(about.sampling.temperature, about.sampling.seed),
    strings.date(about.createdAt),
    ...(about.branchedFrom === undefined ? [] : [strings.branchedFrom(about.branchedFrom.token)]),
  ];
  const relation = relateAnswer(trace.thought, outline, trace.answer);
  return element('header', {
    class: 'trace-head',
    children: [
      element('h1', {
        text: about.question.trim() === '' ? strings.noQuestion : about.question,
        attributes: { dir: 'auto', title: about.question },
      }),
      element('ul', {
        class: 'facts',
        attributes: { 'aria-label': strings.about },
        children: facts.map((text) => element('li', { text })),
      }),
      ...(trace.thought === ''
        ? []
        : [
            element('p', {
              class: `relation ${relation.kind}`,
              text: strings.relation(relation),
              attributes: { dir: 'auto' },
            }),
          ]),
      ...(problems.length === 0
        ? []
        : [
            element('div', {
              class: 'problems',
              attributes: { role: 'alert' },
              children: [
                element('p', { text: strings.problems }),
                element('ul', { children: problems.map((text) => element('li', { text })) }),
              ],
            }),
          ]),
    ],
  });
}
