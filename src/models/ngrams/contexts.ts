import { matchClass } from './matchClass.ts';

/** A token of a text that a reply may copy next. */
export interface Copied {
  readonly token: number;
  /** As many tokens before it, whether of the reply or taken for it, are as the text has them: the more, the likelier. */
  readonly matched: number;
}

/** The end of a reply, or of the prompt before it: the last three tokens, the last one first; -1 where there are fewer. */
export type Ending = readonly [number, number, number];

export function endingOf(tokens: readonly number[]): Ending {
  return [tokens.at(-1) ?? -1, tokens.at(-2) ?? -1, tokens.at(-3) ?? -1];
}

/** Where a reply stands when it says its next token. */
export interface Situation {
  /** What the reply answers (`askedBy`). */
  readonly asked: number;
  readonly ending: Ending;
  /** What a text that is followed says; undefined where none is. */
  readonly copied: Copied | undefined;
}

/** The end of the question and what stands behind it in the prompt, which tell one task from others where it is asked in few ways. */
const ASKED_TOKENS = 7;

/** Tells what a reply answers by the end of its prompt. */
export function askedBy(promptTokens: readonly number[]): number {
  return promptTokens.slice(-ASKED_TOKENS).reduce(mixed, 0);
}

/** Keys of no two kinds of context are alike, but by chance. */
const KINDS = { last: 1, copied: 2, copiedBehindOne: 3, copiedBehindTwo: 4, lastThree: 5, asked: 6 } as const;

/**
 * The contexts that a token stands in, as keys of a table: what was said, what the text says that is followed, how well that was
 * followed so far, and what was asked. Two different contexts share a key once in some billions.
 */
export function contextKeys({ asked, ending, copied }: Situation): readonly number[] {
  const [first, second, third] = ending;
  const lastThree = keyOf(KINDS.lastThree, first, second, third);
  if (!copied) return [lastThree];
  const { token, matched } = copied;
  const followed = matchClass(matched);
  return [
    lastThree,
    keyOf(KINDS.last, followed, first, 0),
    keyOf(KINDS.copied, followed, token, 0),
    keyOf(KINDS.copiedBehindOne, followed, token, first),
    mixed(keyOf(KINDS.copiedBehindTwo, followed, token, first), second),
    keyOf(KINDS.asked, followed, token, asked),
  ];
}

function keyOf(kind: number, a: number, b: number, c: number): number {
  return mixed(mixed(mixed(mixed(0, kind), a), b), c);
}

/**
 * A step of a multiplicative hash with xor and shift, as MurmurHash3's end (Appleby, public domain) does.
 * @returns 32 bits, signed: V8 keeps such integers without memory of their own
 */
function mixed(hash: number, value: number): number {
  let mixing = Math.imul(hash ^ value, 0x85ebca6b);
  mixing ^= mixing >>> 13;
  mixing = Math.imul(mixing, 0xc2b2ae35);
  return mixing ^ (mixing >>> 16);
}
