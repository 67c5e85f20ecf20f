import { normalizeAnswer } from './normalizeAnswer.ts';

export interface AnswerGroup {
  /** What its answers come to, as the first of them writes it. */
  readonly value: string;
  /** Indices of the answers, ascending. */
  readonly members: readonly number[];
}

/** Several answers to one question, grouped by what they say. */
export interface AnswerGroups {
  /** Largest first; of equally large ones the one that came first. */
  readonly groups: readonly AnswerGroup[];
  /** Index of the group that is larger than every other; absent for a tie, and where there are no answers. */
  readonly majority?: number;
}

/**
 * Groups answers for self-consistency (Wang et al., arXiv 2203.11171): what most of several samples come to is more often
 * right than any one of them.
 */
export function groupAnswers(answers: readonly string[]): AnswerGroups {
  const byKey = new Map<string, { value: string; members: number[] }>();
  for (const [index, answer] of answers.entries()) {
    const { key, value } = normalizeAnswer(answer);
    const group = byKey.get(key);
    if (group) group.members.push(index);
    else byKey.set(key, { value, members: [index] });
  }
  // Stable: groups that are equally large stay in the order in which they came.
  const groups = [...byKey.values()].sort((a, b) => b.members.length - a.members.length);
  const [first, second] = groups;
  const hasMajority = first !== undefined && first.members.length > (second?.members.length ?? 0);
  return hasMajority ? { groups, majority: 0 } : { groups };
}
