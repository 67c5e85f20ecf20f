import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamingDetokenizer } from '../../../../src/models/tokenizer/streamingDetokenizer.ts';
import { byteVocabulary } from '../../../support/byteVocabulary.ts';
import { idOf, tinyTokenizer } from './tinyTokenizer.ts';

/** A vocabulary of byte strings: token 0 is the first, and so on. */
function detokenizerOf(pieces: readonly Uint8Array[]): StreamingDetokenizer {
  return new StreamingDetokenizer(byteVocabulary(pieces));
}

/** `bytes` cut at `cuts` (any integers; taken modulo the length). */
function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const positions = [0, ...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return positions.slice(1).map((end, index) => bytes.slice(positions[index], end));
}

describe('a streaming detokenizer', () => {
  it('gives the whole text for every way of cutting its bytes into tokens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(200)), (text, cuts) => {
        const pieces = cut(new TextEncoder().encode(text), cuts);
        const detokenizer = detokenizerOf(pieces);
        const streamed = pieces.map((_, token) => detokenizer.push(token)).join('') + detokenizer.flush();
        expect(streamed).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('tries every single cut and every pair of cuts of a text with characters of one to four bytes', () => {
    const text = '\uFEFFaé語👩‍👩‍👧\u0000ﬃ𐐷z';
    const bytes = new TextEncoder().encode(text);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const pieces = cut(bytes, [first, second]);
        const detokenizer = detokenizerOf(pieces);
        const streamed = pieces.map((_, token) => detokenizer.push(token)).join('') + detokenizer.flush();
        expect(streamed).toBe(text);
      }
    }
  });

  it('never gives half a character: what it gave is always a prefix of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(200)), (text, cuts) => {
        const pieces = cut(new TextEncoder().encode(text), cuts);
        const detokenizer = detokenizerOf(pieces);
        let streamed = '';
        for (const token of pieces.keys()) {
          streamed += detokenizer.push(token);
          expect(text.startsWith(streamed)).toBe(true);
          expect(streamed).not.toContain('\uFFFD');
        }
      }),
    );
  });

  it('turns bytes that are no UTF-8 into U+FFFD exactly as decoding them at once does', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat(200)), (bytes, cuts) => {
        const pieces = cut(bytes, cuts);
        const detokenizer = detokenizerOf(pieces);
        const streamed = pieces.map((_, token) => detokenizer.push(token)).join('') + detokenizer.flush();
        expect(streamed).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('ends an incomplete character with U+FFFD when flushed, and starts afresh', () => {
    const detokenizer = detokenizerOf([Uint8Array.of(0xe8, 0xaa), Uint8Array.of(0x41)]);
    expect(detokenizer.push(0)).toBe('');
    expect(detokenizer.flush()).toBe('\uFFFD');
    expect(detokenizer.push(1)).toBe('A');
  });

  it('shows think tags and hides every other control token', async () => {
    const tokenizer = tinyTokenizer();
    const tokens = await tokenizer.encode('<|im_start|><think>hello</think>ö<|im_end|>', { special: true });
    const detokenizer = new StreamingDetokenizer(tokenizer);
    expect(tokens.map((token) => detokenizer.push(token)).join('') + detokenizer.flush()).toBe(
      '<think>hello</think>ö',
    );
    expect(tokens[0]).toBe(idOf(tokenizer, '<|im_start|>'));
  });
});
