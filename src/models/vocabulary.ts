/** What a model file says about its tokens, for whoever builds a tokenizer from it. */
export interface Vocabulary {
  /** `tokenizer.ggml.model`: `gpt2` is byte-level BPE, `llama` SentencePiece. */
  readonly model: string;
  /** `tokenizer.ggml.pre`: how text is cut before BPE, for example `qwen2` or `llama-bpe`. */
  readonly preTokenizer: string | undefined;
  readonly size: number;
  /** Decodes the token texts, `size` of them; call once and keep the result. */
  tokens(): readonly string[];
  /** Per token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  tokenTypes(): Float64Array | undefined;
  /** Decodes the merges, best first, each `left right`; call once and keep the result. */
  merges(): readonly string[] | undefined;
  /** Per token, of SentencePiece vocabularies. */
  scores(): Float64Array | undefined;
  /** Whether a token has exactly this text, without decoding them all. */
  includes(text: string): boolean;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** End of a turn. */
  readonly eotId: number | undefined;
  /** End of a message, between tool calls. */
  readonly eomId: number | undefined;
  readonly unknownId: number | undefined;
  readonly paddingId: number | undefined;
  readonly addBos: boolean | undefined;
  readonly addEos: boolean | undefined;
  readonly addSpacePrefix: boolean | undefined;
}
