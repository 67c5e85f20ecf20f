import type { Reply } from './results.ts';
import { TASKS, type Task } from './sample.ts';
import { wilsonInterval } from './wilsonInterval.ts';

/** A share of questions, with its 95 % interval. */
export interface Share {
  readonly successes: number;
  readonly trials: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Summary {
  readonly questions: number;
  readonly accuracy: Share;
  readonly form: Share;
  /** Means over all replies. */
  readonly thoughtTokens: number;
  readonly answerTokens: number;
  /** Decoded tokens over the time that decoding took; absent when nothing was decoded. */
  readonly tokensPerSecond: number | undefined;
}

/** @throws RangeError without replies */
export function summarize(replies: readonly Reply[]): Summary {
  const total = (of: (reply: Reply) => number): number => replies.reduce((sum, reply) => sum + of(reply), 0);
  const share = (of: (reply: Reply) => boolean): Share => shareOf(replies.filter(of).length, replies.length);
  const decodeMs = total((reply) => reply.decodeMs);
  return {
    questions: replies.length,
    accuracy: share((reply) => reply.correct),
    form: share((reply) => reply.problem === undefined),
    thoughtTokens: total((reply) => reply.thoughtTokens) / replies.length,
    answerTokens: total((reply) => reply.answerTokens) / replies.length,
    tokensPerSecond: decodeMs > 0 ? (total((reply) => reply.decodedTokens) * 1000) / decodeMs : undefined,
  };
}

export function shareOf(successes: number, trials: number): Share {
  const [low, high] = wilsonInterval(successes, trials);
  return { successes, trials, value: successes / trials, low, high };
}

/** Every task that has replies, in the contract's order. */
export function byTask(replies: readonly Reply[]): ReadonlyMap<Task, readonly Reply[]> {
  return new Map(
    TASKS.map((task) => [task, replies.filter((reply) => reply.task === task)] as const).filter(
      ([, some]) => some.length > 0,
    ),
  );
}
