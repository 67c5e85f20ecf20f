/** Text to token ids and back, for one model. */
export interface Tokenizer {
  readonly vocabularySize: number;
  readonly bosTokenId: number | undefined;
  readonly eosTokenId: number | undefined;
  /** Whether a prompt must begin with `bosTokenId`. */
  readonly addsBos: boolean;
  /** Texts that `encode` with `special: true` reads as one token: control tokens and markup such as `<think>`. */
  readonly markers: readonly string[];
  /** The ids of `<think>` and `</think>` where the vocabulary has them as tokens of their own. */
  readonly thinkOpenTokenId: number | undefined;
  readonly thinkCloseTokenId: number | undefined;

  /**
   * Ids of `text`. Adds no BOS.
   * @param options.special true reads markers such as `<|im_end|>` as their tokens, for text that Glassbox or a
   *   template wrote; false makes them ordinary characters, for text from anywhere else.
   */
  encode(text: string, options: EncodeOptions): Promise<number[]>;
  /** Several texts at once; ids in the same order. */
  encodeAll(texts: readonly string[], options: EncodeOptions): Promise<number[][]>;
  /** What a reader sees of `tokens`: control tokens are left out, think tags stay, invalid UTF-8 is U+FFFD. */
  decode(tokens: readonly number[]): string;
  /** Bytes that a token stands for (for a control token: of its name). One token may be part of a character. */
  tokenBytes(token: number): Uint8Array;
  /** `tokenBytes` as `decode` shows them: empty for a control token that is no think tag. */
  visibleBytes(token: number): Uint8Array;
  /** Structure rather than text: BOS, end of turn, padding, roles. */
  isControl(token: number): boolean;
  /** Whether the model says with this token that its reply is complete. */
  isEndOfGeneration(token: number): boolean;
  /** The token whose text is exactly `text`, if any. */
  tokenId(text: string): number | undefined;
  /** A token as the vocabulary writes it (byte-level encoded). @throws RangeError for an id out of range */
  tokenText(token: number): string;
}

export interface EncodeOptions {
  readonly special: boolean;
}
