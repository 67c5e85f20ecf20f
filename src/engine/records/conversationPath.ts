import { commonPrefixLength } from '../kvCache.ts';
import type { TokenLabel } from './tokenLabel.ts';

/** Tokens with which the prompts of a conversation begin, and what each of them is. */
export interface ConversationPath {
  readonly tokens: readonly number[];
  readonly labels: readonly TokenLabel[];
}

/** What nothing is known of yet. */
export const EMPTY_PATH: ConversationPath = { tokens: [], labels: [] };

/** The part of `path` that `tokens` go on from. */
export function sharedPath(path: ConversationPath, tokens: readonly number[]): ConversationPath {
  const shared = commonPrefixLength(path.tokens, tokens);
  return { tokens: path.tokens.slice(0, shared), labels: path.labels.slice(0, shared) };
}

/** The prompt of a question: what the path knows keeps its labels (an answer stays an answer), the rest is prompt. */
export function promptPath(
  path: ConversationPath,
  prompt: readonly number[],
  question: number,
): ConversationPath {
  const { labels } = sharedPath(path, prompt);
  const label: TokenLabel = { phase: 'prompt', question };
  return { tokens: prompt, labels: prompt.map((_, position) => labels[position] ?? label) };
}

/**
 * The history after an answer: behind what it shares with the question's prompt comes the answer, up to the token that
 * ends a turn; from there on it is the template's again.
 */
export function historyPath(
  prompt: ConversationPath,
  history: readonly number[],
  { question, endsTurn }: { readonly question: number; readonly endsTurn: (token: number) => boolean },
): ConversationPath {
  const { labels } = sharedPath(prompt, history);
  const behind = history.slice(labels.length).findIndex(endsTurn);
  const answerEnd = behind < 0 ? history.length : labels.length + behind;
  return {
    tokens: history,
    labels: history.map(
      (_, position) =>
        labels[position] ?? {
          phase: position < answerEnd ? ('answer' as const) : ('prompt' as const),
          question,
        },
    ),
  };
}

/** The questions of which nothing in `path` lies behind its first `length` tokens. */
export function questionsWithin(path: ConversationPath, length: number): ReadonlySet<number> {
  const questions = new Set(path.labels.slice(0, length).map(({ question }) => question));
  for (const { question } of path.labels.slice(length)) questions.delete(question);
  return questions;
}
