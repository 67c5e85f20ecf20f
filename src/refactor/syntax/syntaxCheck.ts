/** Why nothing can be said about a text's syntax. */
export type UncheckedReason =
  /** There is no grammar for it. */
  | 'language'
  | 'tooLarge'
  | 'timeout'
  /** The parser or a grammar could not be loaded, or broke. */
  | 'failed';

export interface Unchecked {
  readonly kind: 'unchecked';
  readonly why: UncheckedReason;
  /** A sentence for the user. */
  readonly sentence: string;
}

/** An error in a text's syntax. */
export interface SyntaxError {
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Counts from 1. */
  readonly line: number;
  /** What the grammar misses there; absent where something is too much. */
  readonly missing?: string;
  /** For people: “line 3: `}` is missing”. */
  readonly description: string;
}

/** What an edit does to a document's syntax. */
export type SyntaxCheck =
  { readonly kind: 'checked'; readonly newErrors: readonly SyntaxError[] } | Unchecked;

const SENTENCES: Readonly<Record<UncheckedReason, (detail: string) => string>> = {
  language: (language) => `The syntax was not checked: Glassbox has no grammar for ${language}.`,
  tooLarge: (limit) => `The syntax was not checked: the file is longer than ${limit}.`,
  timeout: (limit) => `The syntax was not checked: that took longer than ${limit}.`,
  failed: (problem) => `The syntax was not checked: the parser failed (${problem}).`,
};

export function unchecked(why: UncheckedReason, detail: string): Unchecked {
  return { kind: 'unchecked', why, sentence: SENTENCES[why](detail) };
}
