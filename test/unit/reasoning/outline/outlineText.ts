import type { Outline } from '../../../../src/reasoning/outline/outline.ts';
import type { AnswerRelation } from '../../../../src/reasoning/outline/relateAnswer.ts';

/** An outline as a person reads it in a diff. */
export function outlineText({ steps }: Outline, relation: AnswerRelation): string {
  const lines = steps.map(({ kind, title, depth, loop, repeats }, index) => {
    const marks = [
      ...(repeats === undefined ? [] : [`says ${repeats + 1} again`]),
      ...(loop ? [`loop, ${loop.repeats} rounds of ${loop.characters} characters`] : []),
    ];
    const mark = marks.length > 0 ? `   (${marks.join('; ')})` : '';
    return `${String(index + 1).padStart(3)} ${kind.padEnd(8)} ${'  '.repeat(depth)}${title}${mark}`;
  });
  const answer =
    relation.kind === 'noConclusion'
      ? 'answer: no conclusion to compare with'
      : `answer: ${relation.kind}: concluded "${relation.conclusion}", answered "${relation.answer}"`;
  return `${[...lines, answer].join('\n')}\n`;
}
