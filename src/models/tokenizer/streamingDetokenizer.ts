import type { Tokenizer } from './tokenizer.ts';

const REPLACEMENT = '\ufffd';

/**
 * Tokens to text, one at a time. A token can end inside a character: its bytes are held until the rest comes.
 * Bytes that can become no character are U+FFFD, as in the WHATWG encoding standard.
 */
export class StreamingDetokenizer {
  readonly #tokenizer: Pick<Tokenizer, 'decode' | 'visibleBytes'>;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #mayHoldBytes = false;

  constructor(tokenizer: Pick<Tokenizer, 'decode' | 'visibleBytes'>) {
    this.#tokenizer = tokenizer;
  }

  /** The text that is certain after this token; empty while a character is incomplete. */
  push(token: number): string {
    if (!this.#mayHoldBytes) {
      // Nearly every token is a text of its own, which the tokenizer remembers. Part of a character alone is U+FFFD.
      const text = this.#tokenizer.decode([token]);
      if (!text.includes(REPLACEMENT)) return text;
    }
    const bytes = this.#tokenizer.visibleBytes(token);
    // Behind a byte of ASCII nothing is held.
    const last = bytes.at(-1);
    if (last !== undefined) this.#mayHoldBytes = last >= 0x80;
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** What is still held, at the end of the text. The detokenizer can then be used for another text. */
  flush(): string {
    this.#mayHoldBytes = false;
    return this.#decoder.decode();
  }
}
