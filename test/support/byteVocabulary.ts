import type { Tokenizer } from '../../src/models/tokenizer/tokenizer.ts';

/** Turns tokens back into text: token n is the n-th of `pieces`. */
export function byteVocabulary(pieces: readonly Uint8Array[]): Pick<Tokenizer, 'decode' | 'visibleBytes'> {
  const visibleBytes = (token: number): Uint8Array => pieces[token] ?? new Uint8Array(0);
  return {
    visibleBytes,
    decode: (tokens) =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(tokens.map(visibleBytes))),
  };
}
