import { byteLevelBytes } from '../../src/models/tokenizer/byteLevel.ts';
import { TOKEN_TYPE } from '../../src/models/tokenizer/tokenizerSource.ts';
import type { GgufMetadataEntries } from './ggufWriter.ts';
import { bool, int32s, string, strings, uint32 } from './ggufWriter.ts';

/** A working byte-level BPE vocabulary for a made model. */
export interface MadeVocabulary {
  readonly tokens: readonly string[];
  readonly tokenTypes: readonly number[];
  readonly merges: readonly string[];
}

/** Byte-level characters by byte. */
const ALPHABET: readonly string[] = (() => {
  const alphabet = new Array<string>(256).fill('');
  for (let point = 0x21; point < 0x144; point++) {
    const character = String.fromCodePoint(point);
    const [byte, ...more] = byteLevelBytes(character);
    // Characters outside the alphabet stand for their own UTF-8, which has two bytes from U+0080 on.
    if (byte !== undefined && more.length === 0) alphabet[byte] = character;
  }
  return alphabet;
})();

/** Collects tokens and the merges that lead to them. */
export class VocabularyBuilder {
  private readonly ids = new Map<string, number>();
  private readonly types: number[] = [];
  private readonly merges: string[] = [];

  constructor() {
    for (const character of ALPHABET) this.add(character, TOKEN_TYPE.normal);
  }

  get size(): number {
    return this.ids.size;
  }

  add(token: string, type: number): number {
    const id = this.ids.get(token) ?? this.ids.size;
    if (id === this.ids.size) {
      this.ids.set(token, id);
      this.types.push(type);
    }
    return id;
  }

  /** A token made of two others, both present. */
  merge(left: string, right: string): void {
    if (this.ids.has(left + right)) return;
    this.add(left + right, TOKEN_TYPE.normal);
    this.merges.push(`${left} ${right}`);
  }

  /** A token for a whole word (`Ġ` is the space before it), by merges from the left. */
  word(word: string): void {
    let prefix = '';
    for (const character of word) {
      if (prefix !== '') this.merge(prefix, character);
      prefix += character;
    }
  }

  control(token: string): number {
    return this.add(token, TOKEN_TYPE.control);
  }

  build(): MadeVocabulary {
    return { tokens: [...this.ids.keys()], tokenTypes: this.types, merges: this.merges };
  }
}

export interface TokenizerKeys {
  readonly preTokenizer: string;
  readonly bosId: number;
  readonly eosId: number;
  readonly paddingId: number;
  readonly addBos: boolean;
  readonly chatTemplate: string;
}

/** The `tokenizer.*` keys of a model file. */
export function tokenizerMetadata(vocabulary: MadeVocabulary, keys: TokenizerKeys): GgufMetadataEntries {
  return {
    'tokenizer.ggml.model': string('gpt2'),
    'tokenizer.ggml.pre': string(keys.preTokenizer),
    'tokenizer.ggml.tokens': strings(vocabulary.tokens),
    'tokenizer.ggml.token_type': int32s(vocabulary.tokenTypes),
    'tokenizer.ggml.merges': strings(vocabulary.merges),
    'tokenizer.ggml.bos_token_id': uint32(keys.bosId),
    'tokenizer.ggml.eos_token_id': uint32(keys.eosId),
    'tokenizer.ggml.padding_token_id': uint32(keys.paddingId),
    'tokenizer.ggml.add_bos_token': bool(keys.addBos),
    'tokenizer.chat_template': string(keys.chatTemplate),
  };
}
