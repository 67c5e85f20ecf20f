import { matchClass } from './matchClass.ts';
import type { Situation } from './situation.ts';

/** The end of the question and what stands behind it in the prompt, which tell one task from others where it is asked in few ways. */
const ASKED_TOKENS = 7;

/** Tells what a reply answers by the end of its prompt. */
export function askedBy(promptTokens: readonly number[]): number {
  return promptTokens.slice(-ASKED_TOKENS).reduce(mixed, 0);
}

/** The same behind a thought. */
export function askedBehindThought(asked: number): number {
  return mixed(asked, 1);
}

/** As many keys a situation has. */
export const CONTEXTS = 11;

/** Of how long the reply has been away from its text. */
const AWAY_CLASSES = 4;

/**
 * The contexts that a token stands in, as keys of a table, of no two kinds alike but by chance: what was said, what the text says that is
 * followed and how well it was followed so far, what else may come next, and what was asked. Two different contexts share a key once in
 * some billions. Chosen one after the other, each the one that made most of glassbox-nano's replies predictable.
 * @param keys filled, `[CONTEXTS]`
 */
export function contextKeys(situation: Situation, keys: Int32Array): void {
  const { asked, last, second, third, copied, matched, other, repeated, mentioned } = situation;
  const away = Math.min(situation.away, AWAY_CLASSES);
  const followed = mixed(mixed(1, matchClass(matched)), copied);
  const followedLast = mixed(followed, last);
  const lastTwo = mixed(mixed(2, last), second);
  const askedCopied = mixed(mixed(3, asked), copied);
  const askedRepeated = mixed(mixed(4, asked), repeated);
  keys[0] = ended(followed);
  keys[1] = ended(followedLast);
  keys[2] = ended(mixed(followedLast, second));
  keys[3] = ended(mixed(lastTwo, third));
  keys[4] = ended(mixed(lastTwo, asked));
  keys[5] = ended(mixed(mixed(askedCopied, 1), mentioned));
  keys[6] = ended(mixed(mixed(askedCopied, 2), away));
  keys[7] = ended(mixed(mixed(mixed(askedCopied, 3), repeated), other));
  keys[8] = ended(mixed(mixed(askedRepeated, 1), other));
  keys[9] = ended(mixed(mixed(askedRepeated, 2), copied));
  keys[10] = ended(mixed(mixed(mixed(5, asked), mentioned), last));
}

/** A step of a multiplicative hash, as MurmurHash3's end (Appleby, public domain) does. */
function mixed(hash: number, value: number): number {
  const mixing = Math.imul(hash ^ value, 0x85ebca6b);
  return mixing ^ (mixing >>> 13);
}

/** @returns 32 bits, signed: V8 keeps such integers without memory of their own */
function ended(hash: number): number {
  const mixing = Math.imul(hash, 0xc2b2ae35);
  return mixing ^ (mixing >>> 16);
}
