import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { Lookup } from '../../protocol/generation.ts';
import { NO_TOKEN } from './textLookup.ts';

/** Of a long text its first tokens are looked up, of a long question its last. */
const MOST_TOKENS = 1 << 14;
/** Of a text that is longer the rest is not even read. */
const MOST_CHARACTERS = 8 * MOST_TOKENS;

/**
 * The tokens that a reply is likely to repeat: the text, where there is one, and the question, which names what is to come.
 * The text is read as it would stand in a code block, opened as the question's is, because what is next to them decides which
 * tokens its ends become; the fences are worth guessing too.
 */
export async function lookupTokens(
  lookup: Lookup,
  promptTokens: readonly number[],
  tokenizer: Tokenizer,
): Promise<readonly number[]> {
  const text =
    lookup === 'prompt'
      ? []
      : await codeBlock(lookup.text, fenceOf(lookup.text, promptTokens, tokenizer), tokenizer);
  // A reply does not repeat the marks of turns, and its end is never computed.
  return [...text, NO_TOKEN, ...promptTokens.slice(-MOST_TOKENS)].map((token) =>
    token === NO_TOKEN || tokenizer.isControl(token) || tokenizer.isEndOfGeneration(token) ? NO_TOKEN : token,
  );
}

/** What opens the question's block with the text, if there is one: a reply opens its own with the same. */
function fenceOf(text: string, promptTokens: readonly number[], tokenizer: Tokenizer): string {
  const code = text.trimEnd();
  const question = tokenizer.decode(promptTokens.slice(-MOST_TOKENS));
  const at = code === '' ? -1 : question.lastIndexOf(`\n${code}\n`);
  const line = at < 0 ? '' : question.slice(question.lastIndexOf('\n', at - 1) + 1, at);
  return /^`{3,}[^`]*$/u.test(line) ? line : '```';
}

async function codeBlock(text: string, fence: string, tokenizer: Tokenizer): Promise<readonly number[]> {
  const [marks = '```'] = /^`+/u.exec(fence) ?? [];
  // An editor's selection of whole lines ends with a break, and a block has one before its closing marks.
  const block = `${fence}\n${text.slice(0, MOST_CHARACTERS).trimEnd()}\n${marks}`;
  return (await tokenizer.encode(block, { special: false })).slice(0, MOST_TOKENS);
}
