import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../../../src/models/tokenizer/createTokenizer.ts';
import { SUPPORTED_PRE_TOKENIZERS } from '../../../../src/models/tokenizer/preTokenizers.ts';
import { TOKEN_TYPE } from '../../../../src/models/tokenizer/tokenizerSource.ts';
import { idOf, tinySource, tinyTokenizer } from './tinyTokenizer.ts';

const plain = { special: false };
const special = { special: true };

describe('a tokenizer built from a vocabulary and its merges', () => {
  it('merges in the order of the merges', async () => {
    const tokenizer = tinyTokenizer();
    expect(await tokenizer.encode('hello', plain)).toEqual([idOf(tokenizer, 'hello')]);
    expect(await tokenizer.encode('hell', plain)).toEqual([idOf(tokenizer, 'hell')]);
    expect(await tokenizer.encode('ell', plain)).toEqual([0x65, idOf(tokenizer, 'll')]);
  });

  it('gives nothing for nothing', async () => {
    expect(await tinyTokenizer().encode('', plain)).toEqual([]);
    expect(await tinyTokenizer().encodeAll(['', 'a', ''], special)).toEqual([[], [0x61], []]);
  });

  it.each(SUPPORTED_PRE_TOKENIZERS)('decodes what it encoded, whatever the text (%s)', async (pre) => {
    const tokenizer = tinyTokenizer({ pre });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        expect(tokenizer.decode(await tokenizer.encode(text, plain))).toBe(text);
      }),
    );
  });

  it('reads a marker as its token only when asked', async () => {
    const tokenizer = tinyTokenizer();
    const text = 'a<|im_end|>b';
    expect(await tokenizer.encode(text, special)).toEqual([0x61, idOf(tokenizer, '<|im_end|>'), 0x62]);
    const asText = await tokenizer.encode(text, plain);
    expect(asText.some((token) => tokenizer.isControl(token))).toBe(false);
    expect(tokenizer.decode(asText)).toBe(text);
  });

  it('keeps user-defined markup out of ordinary text, and user-defined text in', async () => {
    const tokenizer = tinyTokenizer();
    expect(await tokenizer.encode('<think>', plain)).not.toContain(idOf(tokenizer, '<think>'));
    expect(await tokenizer.encode('a  b', plain)).toEqual([0x61, idOf(tokenizer, '  '), 0x62]);
  });

  it('takes the longest marker where several begin', async () => {
    const tokenizer = tinyTokenizer();
    expect(await tokenizer.encode('<|im_end|>>', special)).toEqual([idOf(tokenizer, '<|im_end|>>')]);
  });

  it('never makes a control token from ordinary text, even if merges would build one', async () => {
    const source = tinySource();
    const tokens = [...source.tokens, '<x', '<x>'];
    const tokenizer = createTokenizer({
      ...source,
      tokens,
      tokenTypes: [...Array.from(source.tokenTypes ?? []), TOKEN_TYPE.normal, TOKEN_TYPE.control],
      merges: [...source.merges, '< x', '<x >'],
      pre: 'deepseek-llm',
    });
    const ids = await tokenizer.encode('<x>', plain);
    expect(ids).not.toContain(idOf(tokenizer, '<x>'));
    expect(tokenizer.decode(ids)).toBe('<x>');
  });

  it('knows which tokens end a reply, by id and by name', () => {
    const tokenizer = tinyTokenizer({ eosTokenId: 0x41 });
    expect(tokenizer.isEndOfGeneration(0x41)).toBe(true);
    expect(tokenizer.isEndOfGeneration(idOf(tokenizer, '<|im_end|>'))).toBe(true);
    expect(tokenizer.isEndOfGeneration(idOf(tokenizer, '<|im_start|>'))).toBe(false);
    expect(tokenizer.isEndOfGeneration(0x42)).toBe(false);
  });

  it('gives the bytes of tokens that are part of a character', async () => {
    const tokenizer = tinyTokenizer();
    const tokens = await tokenizer.encode('é', plain);
    expect(tokens.map((token) => [...tokenizer.tokenBytes(token)])).toEqual([[0xc3], [0xa9]]);
    expect(tokenizer.decode(tokens.slice(0, 1))).toBe('\uFFFD');
    // Alone it stays a part, whatever was asked before.
    expect(tokenizer.decode(tokens)).toBe('é');
    expect(tokenizer.decode(tokens.slice(0, 1))).toBe('\uFFFD');
    expect(tokenizer.decode([])).toBe('');
  });

  it('begins prompts with BOS when the file says so, else as the family does', () => {
    expect(tinyTokenizer({ pre: 'llama-bpe' }).addsBos).toBe(true);
    expect(tinyTokenizer({ pre: 'llama-bpe', addBosToken: false }).addsBos).toBe(false);
    expect(tinyTokenizer({ pre: 'qwen2' }).addsBos).toBe(false);
    expect(tinyTokenizer({ pre: 'qwen2', addBosToken: true }).addsBos).toBe(true);
  });

  it('refuses an unknown pre-tokenizer and an unknown model by name, and lists what it supports', () => {
    expect(() => tinyTokenizer({ pre: 'tekken' })).toThrowError(/"tekken".*Supported: .*qwen2/u);
    expect(() => tinyTokenizer({ pre: 'tekken' })).toThrowError(
      expect.objectContaining({ code: 'tokenizer/unsupported' }),
    );
    expect(() => tinyTokenizer({ model: 'bert' })).toThrowError(/"bert".*Supported/u);
  });

  it('refuses a vocabulary that contradicts itself', () => {
    const corrupt = expect.objectContaining({ code: 'model/corrupt' });
    expect(() => tinyTokenizer({ merges: ['h e', 'no such'] })).toThrowError(corrupt);
    expect(() => tinyTokenizer({ merges: ['nospace'] })).toThrowError(corrupt);
    expect(() => tinyTokenizer({ eosTokenId: 100_000 })).toThrowError(corrupt);
    expect(() => tinyTokenizer({ tokens: [] })).toThrowError(corrupt);
    expect(() => tinyTokenizer({ tokenTypes: [1, 1] })).toThrowError(corrupt);
  });
});
