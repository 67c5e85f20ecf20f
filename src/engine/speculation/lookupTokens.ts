import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { Lookup } from '../../protocol/generation.ts';
import { NO_TOKEN } from '../../models/ngrams/noToken.ts';

/** Of a long text its first tokens are looked up, of a long question its last. */
const MOST_TOKENS = 1 << 14;
/** Of a text that is longer the rest is not even read. */
const MOST_CHARACTERS = 8 * MOST_TOKENS;

/** Of the block behind a thought: its opening marks and some lines, until the reply is well within the text. */
const BEGINNING_TOKENS = 32;
/** No token of a beginning is longer than so many characters on average. */
const BEGINNING_CHARACTERS = 16 * BEGINNING_TOKENS;

/**
 * The tokens that a reply is likely to repeat: the text, where there is one, and the question, which names what is to come.
 * The text is read as it would stand in a code block, opened as the question's is, because what is next to them decides which
 * tokens its ends become; the fences are worth guessing too. Last, and so only where nothing else says more, stands how such an
 * answer begins behind a thought.
 * @param thoughtEnd the token that ends a thought, where there is one
 */
export async function lookupTokens(
  lookup: Lookup,
  promptTokens: readonly number[],
  tokenizer: Tokenizer,
  thoughtEnd = tokenizer.thinkCloseTokenId,
): Promise<readonly number[]> {
  const block =
    lookup === 'prompt' ? undefined : codeBlock(lookup.text, fenceOf(lookup.text, promptTokens, tokenizer));
  const text = block === undefined ? [] : await tokenizer.encode(block, { special: false });
  const repeated = [...text.slice(0, MOST_TOKENS), NO_TOKEN, ...promptTokens.slice(-MOST_TOKENS)];
  return [
    // A reply does not repeat the marks of turns, and its end is never computed.
    ...repeated.map((token) =>
      token === NO_TOKEN || tokenizer.isControl(token) || tokenizer.isEndOfGeneration(token)
        ? NO_TOKEN
        : token,
    ),
    ...(block === undefined || thoughtEnd === undefined
      ? []
      : await behindThought(thoughtEnd, block, tokenizer)),
  ];
}

/** The end of a thought and an answer's beginning, behind a place that joins nothing. */
async function behindThought(
  thoughtEnd: number,
  block: string,
  tokenizer: Tokenizer,
): Promise<readonly number[]> {
  const answer = await tokenizer.encode(`\n\n${block.slice(0, BEGINNING_CHARACTERS)}`, { special: false });
  return [NO_TOKEN, thoughtEnd, ...answer.slice(0, BEGINNING_TOKENS)];
}

/** What opens the question's block with the text, if there is one: a reply opens its own with the same. */
function fenceOf(text: string, promptTokens: readonly number[], tokenizer: Tokenizer): string {
  const code = text.trimEnd();
  const question = tokenizer.decode(promptTokens.slice(-MOST_TOKENS));
  const at = code === '' ? -1 : question.lastIndexOf(`\n${code}\n`);
  const line = at < 0 ? '' : question.slice(question.lastIndexOf('\n', at - 1) + 1, at);
  return /^`{3,}[^`]*$/u.test(line) ? line : '```';
}

function codeBlock(text: string, fence: string): string {
  const [marks = '```'] = /^`+/u.exec(fence) ?? [];
  // An editor's selection of whole lines ends with a break, and a block has one before its closing marks.
  return `${fence}\n${text.slice(0, MOST_CHARACTERS).trimEnd()}\n${marks}`;
}
