import { createTokenizer } from '../../../../src/models/tokenizer/createTokenizer.ts';
import type { Tokenizer } from '../../../../src/models/tokenizer/tokenizer.ts';
import { TOKEN_TYPE, type TokenizerSource } from '../../../../src/models/tokenizer/tokenizerSource.ts';

/** The 256 characters of the byte-level alphabet, written out independently of the code under test. */
function alphabet(): string[] {
  const characters: string[] = [];
  let other = 0;
  for (let byte = 0; byte < 256; byte++) {
    const itself = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    characters.push(String.fromCharCode(itself ? byte : 256 + other++));
  }
  return characters;
}

/** A whole vocabulary that fits in a test: every byte is the token of its own value, then a few merges. */
export function tinySource(changes: Partial<TokenizerSource> = {}): TokenizerSource {
  const merges = ['h e', 'l l', 'he ll', 'hell o', 'Ġ w', 'Ċ Ċ', 'i m', '_ e'];
  const merged = merges.map((merge) => merge.replace(' ', ''));
  const control = ['<|im_start|>', '<|im_end|>', '<s>', '[INST]'];
  const userDefined = ['<think>', '</think>', '<|im_end|>>', '  '];
  const words = [...alphabet(), ...merged];
  return {
    model: 'gpt2',
    pre: 'gpt-2',
    tokens: [...words, ...control, ...userDefined],
    tokenTypes: [
      ...words.map(() => TOKEN_TYPE.normal),
      ...control.map(() => TOKEN_TYPE.control),
      ...userDefined.map(() => TOKEN_TYPE.userDefined),
    ],
    merges,
    bosTokenId: words.length + 2,
    eosTokenId: words.length + 1,
    ...changes,
  };
}

export function tinyTokenizer(changes: Partial<TokenizerSource> = {}): Tokenizer {
  return createTokenizer(tinySource(changes));
}

/** The id of a token that must be there. */
export function idOf(tokenizer: Tokenizer, text: string): number {
  const id = tokenizer.tokenId(text);
  if (id === undefined) throw new Error(`the test vocabulary lacks ${text}`);
  return id;
}
