/** Why an answer did not become an edit. The ids are stable: stored reviews and the evaluation name them. */
export const REJECTION_REASONS = [
  'cancelled',
  'truncated',
  'unclosed',
  'loop',
  'empty',
  'thoughtInside',
  'specialToken',
  'noCode',
  'severalBlocks',
  'diff',
  'wholeFile',
  'elided',
  'otherLanguage',
  'syntaxErrors',
  'unchanged',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** An answer that is shown as text, with the reason. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly reason: RejectionReason;
  /** A sentence or two for the user. In English; who shows it may translate it by `reason` and `detail`. */
  readonly forUser: string;
  /** What the model is told when it tries again. */
  readonly forModel: string;
  /** What was found, for example a language or the first syntax error; empty where the reason says all. */
  readonly detail: string;
  /** The answer as it came. */
  readonly text: string;
}

/** How often a rejected answer may be tried again, with what was wrong. */
export const MOST_RETRIES = 2;

interface Sentences {
  readonly forUser: (detail: string) => string;
  readonly forModel: (detail: string) => string;
}

const SENTENCES: Readonly<Record<RejectionReason, Sentences>> = {
  cancelled: {
    forUser: () => 'The answer was stopped before it was complete.',
    forModel: () => 'It was not complete.',
  },
  truncated: {
    forUser: () =>
      'The answer was cut off before its end: it reached its limit of tokens. Select less code, or raise glassbox.context.tokens.',
    forModel: () => 'It was too long and was cut off. Write the code block at once and nothing else.',
  },
  unclosed: {
    forUser: () =>
      'The code block of the answer is not closed, so it may lack its end, and Glassbox cannot check the syntax of this language.',
    forModel: () => 'Its code block was not closed.',
  },
  loop: {
    forUser: () => 'The model repeated itself without end, so the answer was stopped.',
    forModel: () => 'It repeated itself without end.',
  },
  empty: {
    forUser: () => 'The answer holds no code.',
    forModel: () => 'It was empty. Give the new text of the selected code in one fenced code block.',
  },
  thoughtInside: {
    forUser: () =>
      'There is a thought inside the answer, so it cannot be told which part of it is meant as code.',
    forModel: () => 'There was a <think> tag in it. Think first, then answer with the code block only.',
  },
  specialToken: {
    forUser: (detail) => `The answer holds ${detail}, a mark of the prompt format and not code.`,
    forModel: (detail) => `It held ${detail}, which is not code.`,
  },
  noCode: {
    forUser: () => 'The model answered with a text and not with code.',
    forModel: () => 'It was a text. Give the new text of the selected code in one fenced code block.',
  },
  severalBlocks: {
    forUser: (detail) => `The answer holds ${detail} code blocks, and it cannot be told which one is meant.`,
    forModel: (detail) =>
      `It held ${detail} code blocks. Give exactly one, with the whole new text of the selected code.`,
  },
  diff: {
    forUser: () => 'The answer is a diff and not the new code.',
    forModel: () =>
      'It was a diff. Give the whole new text of the selected code instead, without + and - signs.',
  },
  wholeFile: {
    forUser: () =>
      'The answer holds code from outside the selection, and changes it. Nothing outside the selection is ever changed.',
    forModel: () =>
      'It held code from before or after the selected code. Give the new text of the selected code only.',
  },
  elided: {
    forUser: (detail) => `The answer leaves code out (“${detail}”), so the edit would delete it.`,
    forModel: (detail) => `It left code out ("${detail}"). Write every line of the selected code's new text.`,
  },
  otherLanguage: {
    forUser: (detail) => `The answer is in another language (${detail}) than the document.`,
    forModel: (detail) => `It was ${detail}. Answer in the language of the selected code.`,
  },
  syntaxErrors: {
    forUser: (detail) =>
      `With this answer the file would have a syntax error that it does not have now: ${detail}.`,
    forModel: (detail) => `With it the file has a syntax error: ${detail}.`,
  },
  unchanged: {
    forUser: () => 'The model found nothing to change: its answer is the selected code.',
    forModel: () => 'It was the selected code without any change. Do what the instruction asks.',
  },
};

/** @param text the answer as it came */
export function rejected(reason: RejectionReason, text: string, detail = ''): Rejection {
  const { forUser, forModel } = SENTENCES[reason];
  return { kind: 'rejected', reason, forUser: forUser(detail), forModel: forModel(detail), detail, text };
}
