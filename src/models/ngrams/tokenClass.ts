import { NO_TOKEN } from './noToken.ts';

/** What a token is, so that a context can hold for other names and numbers than were learned: bits of `TokenClasses`. */
export const TOKEN_CLASS = {
  /** A piece of a name, or of a word that replies seldom say. */
  name: 1,
  /** Digits. */
  number: 2,
  /** It begins with a space: of a name or number it is the first piece. */
  apart: 4,
  /** A line ends in it. */
  lineEnd: 8,
  /** A word of which instructions are made. */
  instruction: 16,
  /** Not text: a turn's mark, what opens a thought. */
  mark: 32,
} as const;

/** Of each token of a vocabulary. */
export type TokenClasses = Uint8Array;

const ANY_NAME = -2;
const ANY_NUMBER = -3;

/** Whether a token has one of the classes of `bits`. */
export function isOfClass(classes: TokenClasses, token: number, bits: number): boolean {
  return ((classes[token] ?? 0) & bits) !== 0;
}

/** The token, or one number for all names and one for all numbers; never a token's then. */
export function shapeOf(classes: TokenClasses, token: number): number {
  if (token === NO_TOKEN) return NO_TOKEN;
  const bits = classes[token] ?? 0;
  if ((bits & TOKEN_CLASS.name) !== 0) return ANY_NAME;
  return (bits & TOKEN_CLASS.number) === 0 ? token : ANY_NUMBER;
}
