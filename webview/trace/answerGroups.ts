export interface AnswerGroups {
  /** Largest first; of equal ones the one that was answered first. */
  readonly groups: readonly { readonly members: readonly number[] }[];
  /** The group that more than half of the answers are in. */
  readonly majority?: number;
}

/** Answers that say the same, but for white space, case and the fences around code. */
export function answerGroups(answers: readonly string[]): AnswerGroups {
  const byText = new Map<string, number[]>();
  answers.forEach((answer, index) => {
    const text = answer
      .replaceAll(/^\s*(?:```|~~~).*$/gmu, '')
      .replaceAll(/\s+/gu, ' ')
      .trim()
      .toLowerCase();
    byText.set(text, [...(byText.get(text) ?? []), index]);
  });
  const groups = [...byText.values()]
    .map((members) => ({ members }))
    .sort((a, b) => b.members.length - a.members.length);
  const isMajority = (groups[0]?.members.length ?? 0) * 2 > answers.length;
  return { groups, ...(isMajority ? { majority: 0 } : {}) };
}
