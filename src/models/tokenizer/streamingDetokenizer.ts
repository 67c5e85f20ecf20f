import type { Tokenizer } from './tokenizer.ts';

/**
 * Tokens to text, one at a time. A token can end inside a character: its bytes are held until the rest comes.
 * Bytes that can become no character are U+FFFD, as in the WHATWG encoding standard.
 */
export class StreamingDetokenizer {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(private readonly tokenizer: Pick<Tokenizer, 'visibleBytes'>) {}

  /** The text that is certain after this token; empty while a character is incomplete. */
  push(token: number): string {
    return this.decoder.decode(this.tokenizer.visibleBytes(token), { stream: true });
  }

  /** What is still held, at the end of the text. The detokenizer can then be used for another text. */
  flush(): string {
    return this.decoder.decode();
  }
}
