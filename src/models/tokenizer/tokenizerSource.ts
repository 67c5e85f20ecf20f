/**
 * What a model file says about its tokenizer, as plain data: the `tokenizer.ggml.*` keys of a GGUF
 * (ggml, `docs/gguf.md`). Absent fields are absent in the file.
 */
export interface TokenizerSource {
  /** `tokenizer.ggml.model`: `gpt2` is byte-level BPE. */
  readonly model: string;
  /** `tokenizer.ggml.pre`: how text is cut into pieces before merging. Absent means `default`. */
  readonly pre?: string;
  /** By id. Byte-level encoded, except control and user-defined tokens. */
  readonly tokens: readonly string[];
  /** By id, of the values in TOKEN_TYPE. Absent: all normal. */
  readonly tokenTypes?: ArrayLike<number>;
  /** `left right`, most frequent first. */
  readonly merges: readonly string[];
  readonly bosTokenId?: number;
  readonly eosTokenId?: number;
  readonly eotTokenId?: number;
  readonly eomTokenId?: number;
  readonly unknownTokenId?: number;
  readonly paddingTokenId?: number;
  /** Whether a prompt begins with the BOS token even when its template does not write one. */
  readonly addBosToken?: boolean;
}

/** `tokenizer.ggml.token_type` (ggml, `docs/gguf.md`). */
export const TOKEN_TYPE = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;
