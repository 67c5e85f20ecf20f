import { instructionIn } from '../../src/models/ngrams/asked.ts';
import { isOfClass, TOKEN_CLASS, type TokenClasses } from '../../src/models/ngrams/tokenClass.ts';
import type { ReplySample } from './learnNgrams.ts';

/** What a vocabulary says of its tokens. */
export interface TokenTexts {
  readonly size: number;
  /** As a reader sees it. */
  textOf(token: number): string;
  /** Whether it stands for no text. */
  isMark(token: number): boolean;
}

/** Letters that replies say as often as this are a word of the language or of the model's own; others are pieces of names. */
const SAID_IN = 0.03;
/** Words that instructions have as often as this say what to do, not with what. */
const ASKED_IN = 0.012;

/** What each token is, by its text and by how many of the samples have it. */
export function learnClasses(samples: readonly ReplySample[], tokens: TokenTexts): TokenClasses {
  const classes = classesByText(tokens);
  const said = sharesOf(samples, tokens.size, ({ reply }) => reply);
  const asked = sharesOf(samples, tokens.size, ({ prompt }) =>
    prompt.slice(...instructionIn(prompt, classes)),
  );
  for (let token = 0; token < tokens.size; token++) {
    const { name, instruction } = TOKEN_CLASS;
    const text = tokens.textOf(token);
    const isLetter = text.trim().length === 1;
    if (isOfClass(classes, token, name) && !isLetter && (said[token] ?? 0) >= SAID_IN)
      classes[token] = (classes[token] ?? 0) & ~name;
    if (/^(?: [a-z]{2,}|[A-Z][a-z]+)$/u.test(text) && (asked[token] ?? 0) >= ASKED_IN)
      classes[token] = (classes[token] ?? 0) | instruction;
  }
  return classes;
}

function classesByText(tokens: TokenTexts): TokenClasses {
  return Uint8Array.from({ length: tokens.size }, (_, token) => {
    if (tokens.isMark(token)) return TOKEN_CLASS.mark;
    const text = tokens.textOf(token);
    return (
      (/^[^<>{}()[\]`'"=+*;|]*[a-z][^<>{}()[\]`'"=+*;|]*$/iu.test(text) ? TOKEN_CLASS.name : 0) |
      (/^\s?\d+$/u.test(text) ? TOKEN_CLASS.number : 0) |
      (/^\s/u.test(text) ? TOKEN_CLASS.apart : 0) |
      (text.includes('\n') ? TOKEN_CLASS.lineEnd : 0)
    );
  });
}

/** Of each token, in what share of the samples it stands. */
function sharesOf(
  samples: readonly ReplySample[],
  size: number,
  textOf: (sample: ReplySample) => readonly number[],
): Float64Array {
  const shares = new Float64Array(size);
  for (const sample of samples)
    for (const token of new Set(textOf(sample))) shares[token] = (shares[token] ?? 0) + 1 / samples.length;
  return shares;
}
