import { withoutFillers } from './sentenceCue.ts';
import { splitThought } from './splitThought.ts';

const MAX_CHARACTERS = 80;
/** A title is made of a step's beginning. */
const READ_CHARACTERS = 600;
/** Shorter ones take what comes next along. */
const SHORT = 16;
/** What turns says nothing by itself; the mark of the step's kind says it already. */
const INTERJECTION =
  /^(?:(?:but )?(?:wait|hmm+|hm|hold on|hang on|oh|no|oops|actually|okay|ok|uh[- ]oh)(?:,? (?:wait|no|so|hold on|actually))*(?:[,.!?]|\.{2,}|\u2026|\s[-\u2013\u2014])+\s*|(?:等等|等一下|不对|嗯|咦)[，,。！…]+\s*)/iu;

/** A line that says what a step is about, from its own first words. Never empty. */
export function stepTitle(step: string): string {
  const head = step.slice(0, READ_CHARACTERS);
  let title = '';
  for (const { kind, start, end } of splitThought(head)) {
    const words = kind === 'block' ? firstCodeLine(head.slice(start, end)) : wordsOf(head.slice(start, end));
    if (!/[\p{L}\p{N}]/u.test(words)) continue;
    title = title === '' ? words : `${title}${/[.!?。！？:]$/u.test(title) ? ' ' : ' · '}${words}`;
    if (title.length >= SHORT || kind === 'heading') break;
  }
  const whole = title === '' ? oneLine(head) : title;
  return shorten(whole.replace(/(?<![.])[.:;,。：，；]$/u, '')) || '…';
}

function wordsOf(sentence: string): string {
  const plain = oneLine(
    sentence.replace(/^\s*(?:#{1,6}|[-*+•]|\d{1,3}[.)])\s+/u, '').replaceAll(/\*\*|__|`|\\[()[\]]|\$/gu, ''),
  );
  let words = plain;
  for (let times = 0; times < 3; times++) words = withoutFillers(words.replace(INTERJECTION, ''));
  return words === plain ? plain : capitalized(words);
}

/** A sentence that lost its first words begins anew; a name of code stays as it is. */
function capitalized(words: string): string {
  return /^[a-z]{2,}[ ,']/u.test(words) || /^a /u.test(words)
    ? words.charAt(0).toUpperCase() + words.slice(1)
    : words;
}

function firstCodeLine(block: string): string {
  const lines = block.split('\n').map(oneLine);
  return lines.find((line) => /[\p{L}\p{N}]/u.test(line) && !/^[`~]{3}/u.test(line)) ?? '';
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}

function shorten(line: string): string {
  if (line.length <= MAX_CHARACTERS) return line;
  const cut = line.slice(0, MAX_CHARACTERS - 1);
  const space = cut.lastIndexOf(' ');
  // Other scripts have no spaces; a character may take two units.
  const kept = space > MAX_CHARACTERS / 2 ? cut.slice(0, space) : cut.replace(/[\uD800-\uDBFF]$/u, '');
  return `${kept.replace(/[\s,.;:]+$/u, '')}…`;
}
