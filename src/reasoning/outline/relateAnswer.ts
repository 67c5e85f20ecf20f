import { comparableTokens } from '../answers/comparableTokens.ts';
import {
  boxedValue,
  finalValue,
  lastCodeBlock,
  statedValue,
  type FinalValue,
} from '../answers/finalValue.ts';
import { trimmedCode, withoutName } from '../answers/normalizeAnswer.ts';
import type { Outline } from './outline.ts';

/** How an answer relates to what its thought came to last. */
export type AnswerRelation =
  | { readonly kind: 'same' | 'differs'; readonly conclusion: string; readonly answer: string }
  /** The thought draws no conclusion, or there is no answer. */
  | { readonly kind: 'noConclusion' };

/** `says`: a whole sentence rather than a value. */
interface Conclusion {
  readonly form: FinalValue['form'] | 'says';
  readonly value: string;
}

const PRINTED = /\b(?:prints?|returns?|outputs?|logs|displays)\b:?\s+(.{1,200})$/iu;
/** A subject of a few words, and a number that it is. */
const EQUATED =
  /^(?:(?:so|therefore|thus|hence|then|and),? )*(?:it'?s|that'?s|\S+(?: \S+){0,3} (?:is|are|equals|=)) (?:only |just |exactly )?([^\s,]*\d[^\s,]*)/iu;
/** Around what a conclusion says. */
const AROUND =
  /^(?:(?:so|therefore|thus|hence|consequently|ok(?:ay)?),? )*(?:(?:i'?m|i am) (?:\w+ )?(?:confident|sure|certain|convinced) (?:that )?|.{0,80}\bi(?:'d| would|'ll| will) (?:recommend|suggest|go with|choose) )?|,? (?:which|because|since|as) .*$/giu;
const UNTELLING = new Set(
  'the and for this that with which are was has have its not but from than then too it is'.split(' '),
);
/** Longer values, and those of several words without a number, are sentences: nobody says them twice in the same words. */
const MAX_VALUE_TOKENS = 12;
const MAX_VALUE_WORDS = 3;
const MAX_SENTENCE = 1000;
/** Of a sentence's words, so many have to stand in the answer. */
const SHARED_WORDS = 0.5;
const SHOWN_CHARACTERS = 120;

/** By the rules of docs/outline.md, "How the answer relates". Says what two texts say, never which is right. */
export function relateAnswer(thought: string, outline: Outline, answer: string): AnswerRelation {
  const conclusion = lastConclusion(thought, outline, answer);
  if (!conclusion || answer.trim() === '') return { kind: 'noConclusion' };
  const final = finalValue(answer);
  const same = isSame(conclusion, answer, final);
  return {
    kind: same ? 'same' : 'differs',
    conclusion: shown(conclusion.value),
    answer: shown(final?.value ?? answer),
  };
}

function lastConclusion(thought: string, { steps }: Outline, answer: string): Conclusion | undefined {
  const step = steps.findLast(({ kind, loop }) => kind === 'conclude' && !loop);
  const box = boxedValue(thought);
  if (box && box.at >= (step?.start ?? 0)) return box;
  if (lastCodeBlock(answer)) {
    const code = lastCodeBlock(thought);
    if (code && code.at >= (step?.start ?? 0)) return code;
  }
  if (!step) return undefined;
  const text = thought.slice(step.start, step.end).trim();
  return statedValue(text) ?? saidValue(text);
}

/** Of a conclusion that does not speak of an answer. */
function saidValue(text: string): Conclusion {
  // A terse trace concludes line by line; the last one counts.
  const last = text.split('\n').findLast((line) => /\bprint/iu.test(line)) ?? text.split('\n')[0] ?? '';
  const line = last.slice(0, MAX_SENTENCE);
  const [sentence = line] = /^.{1,300}?[.!?。](?=\s|$)/u.exec(line) ?? [];
  const bare = sentence.replace(/[.!?。\s]+$/u, '');
  const printed = PRINTED.exec(bare)?.[1];
  if (printed !== undefined) return { form: 'stated', value: printed };
  const equated = EQUATED.exec(bare)?.[1];
  return equated === undefined
    ? { form: 'says', value: bare.replaceAll(AROUND, '') || bare }
    : { form: 'stated', value: equated };
}

function isSame(conclusion: Conclusion, answer: string, final: FinalValue | undefined): boolean {
  if (conclusion.form === 'code') {
    return final?.form === 'code' && trimmedCode(final.value) === trimmedCode(conclusion.value);
  }
  const concluded = withoutName(comparableTokens(conclusion.value));
  if (concluded.length === 0) return false;
  const isNamed = concluded.length <= MAX_VALUE_WORDS || concluded.some((token) => /^\d/u.test(token));
  if (conclusion.form === 'says' || concluded.length > MAX_VALUE_TOKENS || !isNamed) {
    return sharesWords(concluded, comparableTokens(answer));
  }
  if (!final) return contains(comparableTokens(answer), concluded);
  const answered = withoutName(comparableTokens(final.value));
  return contains(answered, concluded) || (answered.length > 0 && contains(concluded, answered));
}

/** Whether `part` stands in `whole`, token by token. */
function contains(whole: readonly string[], part: readonly string[]): boolean {
  // Spaces keep 5 from being found in 15.
  return ` ${whole.join(' ')} `.includes(` ${part.join(' ')} `);
}

/** The last number, if there is one, and most words. */
function sharesWords(concluded: readonly string[], answer: readonly string[]): boolean {
  const there = new Set(answer);
  const number = concluded.findLast((token) => /^\d/u.test(token));
  if (number !== undefined && !there.has(number)) return false;
  const words = concluded.filter((token) => /^[\p{L}\p{N}]{2,}/u.test(token) && !UNTELLING.has(token));
  return words.length > 0 && words.filter((word) => there.has(word)).length >= SHARED_WORDS * words.length;
}

function shown(value: string): string {
  const line = value.replaceAll(/\s+/gu, ' ').trim();
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
