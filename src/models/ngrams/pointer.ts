import { NO_TOKEN } from './noToken.ts';
import type { Situation } from './situation.ts';

/**
 * Stand in a table for a token that depends on where it is said: the one that is copied, whichever it is, and so on. `end` is for any token
 * that ends a reply: none is said.
 */
export const POINTERS = [
  'copied',
  'repeated',
  'other',
  'back',
  'mentioned',
  'mentionedNext',
  'mentionedLast',
  'first',
  'final',
  'parallel',
  'opening',
  'end',
] as const;

export type Pointer = (typeof POINTERS)[number];

/** In a table, above all tokens; less 24 bits for a token. */
export const FIRST_POINTER = 0xff_ff00;

/** What stands in a table for a pointer. */
export function symbolOf(pointer: Pointer): number {
  return FIRST_POINTER + POINTERS.indexOf(pointer);
}

/** The token that a symbol of a table means there; `NO_TOKEN` for none. */
export function tokenOf(symbol: number, situation: Situation): number {
  if (symbol < FIRST_POINTER) return symbol;
  const pointer = POINTERS[symbol - FIRST_POINTER];
  return pointer === undefined || pointer === 'end' ? NO_TOKEN : situation[pointer];
}
