import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { GlassboxError } from '../../protocol/errors.ts';
import { byteLevelBytes } from './byteLevel.ts';
import { MarkerSplit } from './markerSplit.ts';
import type { PreTokenizer } from './preTokenizers.ts';
import type { EncodeOptions, Tokenizer } from './tokenizer.ts';
import { THINK_CLOSE, THINK_OPEN, type TokenRoles } from './tokenRoles.ts';
import type { TokenizerSource } from './tokenizerSource.ts';
import { TOKEN_TYPE } from './tokenizerSource.ts';

const noBytes = new Uint8Array(0);

/**
 * Byte-level BPE. Merging is done by Hugging Face's native tokenizer, which gets the vocabulary without its
 * control tokens and markup: ordinary text can therefore never become one of those, whatever it says. They are
 * found here, and only when the caller asks.
 */
export class BytePairTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly bosTokenId: number | undefined;
  readonly eosTokenId: number | undefined;
  readonly addsBos: boolean;
  readonly markers: readonly string[];
  readonly thinkOpenTokenId: number | undefined;
  readonly thinkCloseTokenId: number | undefined;

  private readonly native: NativeTokenizer;
  private readonly plainSplit: MarkerSplit;
  private readonly specialSplit: MarkerSplit;
  private readonly utf8 = new TextEncoder();
  /** Texts of tokens alone that were asked for: of every token of a reply its alternatives are, mostly the same ones. */
  private readonly single = new Map<number, string>();

  /** @throws GlassboxError `model/corrupt` when the vocabulary and its merges do not belong together */
  constructor(
    private readonly source: TokenizerSource,
    preTokenizer: PreTokenizer,
    private readonly roles: TokenRoles,
  ) {
    this.vocabularySize = source.tokens.length;
    this.bosTokenId = source.bosTokenId;
    this.eosTokenId = source.eosTokenId;
    this.addsBos = (source.addBosToken ?? preTokenizer.addsBos) && source.bosTokenId !== undefined;
    this.markers = [...roles.markers.keys()];
    this.thinkOpenTokenId = roles.markers.get(THINK_OPEN);
    this.thinkCloseTokenId = roles.markers.get(THINK_CLOSE);
    this.plainSplit = new MarkerSplit(roles.plain);
    this.specialSplit = new MarkerSplit(new Map([...roles.plain, ...roles.markers]));
    this.native = buildNative(source, preTokenizer, roles);
  }

  async encode(text: string, options: EncodeOptions): Promise<number[]> {
    const [ids] = await this.encodeAll([text], options);
    return ids ?? [];
  }

  async encodeAll(texts: readonly string[], options: EncodeOptions): Promise<number[][]> {
    const split = options.special ? this.specialSplit : this.plainSplit;
    const fragments = texts.map((text) => split.split(text));
    const pieces = fragments.flat().flatMap((fragment) => ('text' in fragment ? [fragment.text] : []));
    const encodings =
      pieces.length === 0 ? [] : await this.native.encodeBatch(pieces, { addSpecialTokens: false });
    let at = 0;
    return fragments.map((list) => {
      const ids: number[] = [];
      for (const fragment of list) {
        if ('token' in fragment) ids.push(fragment.token);
        else for (const id of encodings[at++]?.getIds() ?? []) ids.push(id);
      }
      return ids;
    });
  }

  decode(tokens: readonly number[]): string {
    const [token] = tokens;
    if (token === undefined || tokens.length > 1) return this.decodeTogether(tokens);
    let text = this.single.get(token);
    if (text === undefined) {
      text = this.decodeTogether(tokens);
      this.single.set(token, text);
    }
    return text;
  }

  private decodeTogether(tokens: readonly number[]): string {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    for (const token of tokens) text += decoder.decode(this.visibleBytes(token), { stream: true });
    return text + decoder.decode();
  }

  tokenBytes(token: number): Uint8Array {
    const text = this.tokenText(token);
    const literal =
      this.roles.control.has(token) || this.source.tokenTypes?.[token] === TOKEN_TYPE.userDefined;
    return literal ? this.utf8.encode(text) : byteLevelBytes(text);
  }

  visibleBytes(token: number): Uint8Array {
    const isThinkTag = token === this.thinkOpenTokenId || token === this.thinkCloseTokenId;
    return this.isControl(token) && !isThinkTag ? noBytes : this.tokenBytes(token);
  }

  isControl(token: number): boolean {
    return this.roles.control.has(token);
  }

  isEndOfGeneration(token: number): boolean {
    return this.roles.endOfGeneration.has(token);
  }

  tokenId(text: string): number | undefined {
    return (
      this.roles.markers.get(text) ?? this.roles.plain.get(text) ?? this.native.tokenToId(text) ?? undefined
    );
  }

  tokenText(token: number): string {
    const text = this.source.tokens[token];
    if (text === undefined) {
      throw new RangeError(
        `token ${String(token)} is outside the vocabulary of ${String(this.vocabularySize)}`,
      );
    }
    return text;
  }
}

function buildNative(
  source: TokenizerSource,
  preTokenizer: PreTokenizer,
  roles: TokenRoles,
): NativeTokenizer {
  const hidden = new Set([...roles.markers.values(), ...roles.plain.values()]);
  const vocabulary = vocabularyJson(source.tokens, hidden);
  try {
    return NativeTokenizer.fromString(tokenizerJson(vocabulary, source.merges, preTokenizer));
  } catch (error) {
    const merges = withoutHidden(source, hidden);
    if (merges.length < source.merges.length) {
      try {
        return NativeTokenizer.fromString(tokenizerJson(vocabulary, merges, preTokenizer));
      } catch {
        // The first error names what is wrong with the file.
      }
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new GlassboxError(
      'model/corrupt',
      `The model file is damaged: its vocabulary and merges do not belong together (${reason}). Download the model again.`,
      undefined,
      { cause: error },
    );
  }
}

/** Some files list a control token as the result of a merge; the native tokenizer no longer knows that token. */
function withoutHidden(source: TokenizerSource, hidden: ReadonlySet<number>): string[] {
  const texts = new Set(Array.from(hidden, (id) => source.tokens[id] ?? ''));
  return source.merges.filter((merge) => {
    const space = merge.indexOf(' ', 1);
    const left = merge.slice(0, space);
    const right = merge.slice(space + 1);
    return !texts.has(left + right) && !texts.has(left) && !texts.has(right);
  });
}

/** The parts of Hugging Face's `tokenizer.json` that byte-level BPE uses; text is the one fast way in. */
function tokenizerJson(vocabulary: string, merges: readonly string[], preTokenizer: PreTokenizer): string {
  const steps = [
    ...preTokenizer.patterns.map((pattern) => ({
      type: 'Split',
      pattern: { Regex: pattern },
      behavior: 'Isolated',
      invert: false,
    })),
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
  ];
  return (
    '{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,' +
    `"pre_tokenizer":${JSON.stringify({ type: 'Sequence', pretokenizers: steps })},` +
    '"post_processor":null,"decoder":null,"model":{"type":"BPE","dropout":null,"unk_token":null,' +
    '"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,' +
    `"ignore_merges":${String(preTokenizer.ignoreMerges)},"vocab":${vocabulary},"merges":${JSON.stringify(merges)}}}`
  );
}

// eslint-disable-next-line no-control-regex -- JSON requires that control characters are escaped
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/;

function vocabularyJson(tokens: readonly string[], hidden: ReadonlySet<number>): string {
  const entries: string[] = [];
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id] ?? '';
    if (token === '' || hidden.has(id)) continue;
    // Few tokens need escaping, and testing for that is many times cheaper than escaping all.
    entries.push(
      needsEscape.test(token) ? `${JSON.stringify(token)}:${String(id)}` : `"${token}":${String(id)}`,
    );
  }
  return `{${entries.join(',')}}`;
}
