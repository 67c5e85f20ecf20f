import { mixed } from './mixed.ts';
import { isOfClass, TOKEN_CLASS, type TokenClasses } from './tokenClass.ts';

/** A last line of fewer tokens says nothing: it closes a block of code, and what to do with that stands before it. */
const LEAST_TOKENS = 3;

/**
 * The part of a prompt that says what to do: the question's last line, or its first where the last one says nothing.
 * @param prompt with the marks behind the question, up to where the reply begins
 * @returns where it begins, and behind where it ends
 */
export function instructionIn(prompt: readonly number[], classes: TokenClasses): readonly [number, number] {
  const { mark, lineEnd } = TOKEN_CLASS;
  const is = (at: number, bits: number): boolean => isOfClass(classes, prompt[at] ?? 0, bits);
  let end = prompt.length;
  while (end > 0 && is(end - 1, mark | lineEnd)) end--;
  let start = end;
  while (start > 0 && !is(start - 1, mark | lineEnd)) start--;
  if (end - start >= LEAST_TOKENS) return [start, end];
  while (start > 0 && !is(start - 1, mark)) start--;
  end = start;
  while (end < prompt.length && !is(end, mark | lineEnd)) end++;
  return [start, end];
}

/** Tells what a reply answers by the words of the instruction, whatever names and numbers are in it. */
export function askedBy(prompt: readonly number[], classes: TokenClasses): number {
  const [start, end] = instructionIn(prompt, classes);
  let asked = 0;
  for (let at = start; at < end; at++) {
    const token = prompt[at] ?? 0;
    if (isOfClass(classes, token, TOKEN_CLASS.instruction)) asked = mixed(asked, token);
  }
  return asked;
}

/** The same behind a thought. */
export function askedBehindThought(asked: number): number {
  return mixed(asked, 1);
}
