/**
 * How each family cuts text into the pieces within which BPE merges, by GGUF's name for it
 * (`tokenizer.ggml.pre`). The expressions are those of the models' own `tokenizer.json`, in the form that
 * llama.cpp applies: they are matched one after another, each inside the pieces that the one before left, and
 * what matches becomes a piece of its own.
 */
export interface PreTokenizer {
  /** Oniguruma syntax. */
  readonly patterns: readonly string[];
  /** A piece that is a token as a whole is taken as it is, without merging (Llama 3). */
  readonly ignoreMerges: boolean;
  /** Whether a prompt begins with BOS when the file does not say. */
  readonly addsBos: boolean;
}

const contraction = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
const words = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const symbols = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`;
const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;

const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const llama3 = String.raw`(?:${contraction})|${words}|\p{N}{1,3}|${symbols}|${spaces}`;
const qwen2 = String.raw`(?:${contraction})|${words}|\p{N}|${symbols}|${spaces}`;
const newline = String.raw`[\r\n]`;

/** Letters of scripts that have case: Latin, Greek, Cyrillic, Armenian, Georgian, Cherokee, Deseret, ... */
const casedLetter =
  'A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373' +
  '\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481' +
  '\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF' +
  '\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D' +
  '\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4' +
  '\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107' +
  '\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F' +
  '\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D' +
  '\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17' +
  '\uFF21-\uFF3A\uFF41-\uFF5A\u{10400}-\u{1044F}\u{104B0}-\u{104D3}\u{104D8}-\u{104FB}' +
  '\u{10C80}-\u{10CB2}\u{10CC0}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}';
/**
 * CJK ideographs, kana and Hangul, with all scripts that lie between U+0800 and them. White space of that range is
 * left out as in llama.cpp; DeepSeek's own files take it in.
 */
const eastAsian = '[[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]&&[^\\s]]+';

const families: readonly (PreTokenizer & { readonly names: readonly string[] })[] = [
  {
    names: ['default'],
    patterns: [String.raw`[\p{P}$+<=>^~|]+`, gpt2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'],
    ignoreMerges: false,
    addsBos: false,
  },
  { names: ['gpt-2'], patterns: [gpt2], ignoreMerges: false, addsBos: false },
  { names: ['smollm'], patterns: [String.raw`\p{N}`, gpt2], ignoreMerges: false, addsBos: false },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3'],
    patterns: [llama3],
    ignoreMerges: true,
    addsBos: true,
  },
  { names: ['smaug-bpe'], patterns: [llama3], ignoreMerges: false, addsBos: false },
  { names: ['qwen2', 'deepseek-r1-qwen'], patterns: [qwen2], ignoreMerges: false, addsBos: false },
  {
    names: ['deepseek-llm'],
    patterns: [
      newline,
      String.raw`\s?[${casedLetter}]+`,
      `\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3001\u3002]+`,
      String.raw`\s+$`,
      eastAsian,
      String.raw`\p{N}+`,
    ],
    ignoreMerges: false,
    addsBos: false,
  },
  {
    names: ['deepseek-coder'],
    patterns: [newline, String.raw`\s?\p{L}+`, String.raw`\s?\p{P}+`, eastAsian, String.raw`\p{N}`],
    ignoreMerges: false,
    addsBos: false,
  },
  {
    names: ['deepseek-v3'],
    patterns: [
      String.raw`\p{N}{1,3}`,
      '[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+',
      String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_\x60{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${spaces}`,
    ],
    ignoreMerges: false,
    addsBos: false,
  },
];

const byName: ReadonlyMap<string, PreTokenizer> = new Map(
  families.flatMap((family) => family.names.map((name) => [name, family] as const)),
);

/** For messages. */
export const SUPPORTED_PRE_TOKENIZERS: readonly string[] = [...byName.keys()];

export function preTokenizerNamed(name: string): PreTokenizer | undefined {
  return byName.get(name);
}
