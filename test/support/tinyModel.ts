import type { QuantizationType } from '../../src/models/weights.ts';
import { TOKEN_TYPE } from '../../src/models/tokenizer/tokenizerSource.ts';
import { tokenizerMetadata, VocabularyBuilder } from './byteLevelVocabulary.ts';
import { quantize } from './ggufQuantize.ts';
import type { GgufMetadataEntries, GgufToWrite, TensorToWrite } from './ggufWriter.ts';
import { float32, string, uint32, writeGguf } from './ggufWriter.ts';
import { Random } from './random.ts';

export const TINY_FAMILIES = ['llama', 'qwen2', 'qwen3'] as const;
export type TinyFamily = (typeof TINY_FAMILIES)[number];

/** What a tiny model is like; everything has a default, and the same options give the same bytes. */
export interface TinyModelOptions {
  readonly family?: TinyFamily;
  /** Of the matrices. Vectors are always F32, as in real files. */
  readonly type?: QuantizationType;
  /** Of embedding and output; absent: `type`. */
  readonly embeddingType?: QuantizationType;
  readonly layers?: number;
  /** A multiple of 256 for the k-quants, else of 32. */
  readonly embeddingLength?: number;
  readonly innerLength?: number;
  readonly queryHeads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly contextLength?: number;
  /** Padded with unused tokens up to this size. */
  readonly vocabularySize?: number;
  readonly tiedEmbedding?: boolean;
  /** Biases on query, key and value; absent: as the family has it. */
  readonly bias?: boolean;
  /** Contents of `rope_freqs.weight`, `headDim / 2` numbers. */
  readonly ropeFactors?: readonly number[];
  /** Whether the vocabulary has `<think>` and `</think>`. */
  readonly thinkTokens?: boolean;
  /** Keys to add or replace. */
  readonly metadata?: GgufMetadataEntries;
  readonly version?: 2 | 3;
  readonly seed?: number;
}

const WORDS =
  'Ġthe Ġa Ġto Ġof Ġand Ġis Ġin Ġfor Ġfunction Ġreturn Ġconst Ġlet Ġif Ġelse Ġnumber Ġstring Ġthis Ġnot Ġwhat ' +
  'def class import print value array index length think user assistant system hello world ing tion er ĠĠ ĊĊ ĠĠĠĠ';

/** ChatML, as Qwen and SmolLM2 use it. */
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const PRE_TOKENIZER: Readonly<Record<TinyFamily, string>> = {
  llama: 'llama-bpe',
  qwen2: 'qwen2',
  qwen3: 'qwen2',
};

/** Writes a model of random weights that both Glassbox and llama.cpp load. */
export async function writeTinyModel(file: string, options: TinyModelOptions = {}): Promise<void> {
  await writeGguf(file, tinyModel(options));
}

/** The parts of a tiny model file, to be changed and written by tests of bad files. */
export function tinyModel(options: TinyModelOptions = {}): GgufToWrite {
  const family = options.family ?? 'llama';
  const vocabulary = makeVocabulary(options);
  const sizes = {
    family,
    layers: options.layers ?? 2,
    embeddingLength: options.embeddingLength ?? 256,
    innerLength: options.innerLength ?? 512,
    queryHeads: options.queryHeads ?? 4,
    kvHeads: options.kvHeads ?? 2,
    headDim: options.headDim ?? 64,
    vocabularySize: vocabulary.tokens.length,
  };
  const metadata: GgufMetadataEntries = {
    'general.architecture': string(family),
    'general.name': string(`Tiny ${family}`),
    [`${family}.block_count`]: uint32(sizes.layers),
    [`${family}.context_length`]: uint32(options.contextLength ?? 2048),
    [`${family}.embedding_length`]: uint32(sizes.embeddingLength),
    [`${family}.feed_forward_length`]: uint32(sizes.innerLength),
    [`${family}.attention.head_count`]: uint32(sizes.queryHeads),
    [`${family}.attention.head_count_kv`]: uint32(sizes.kvHeads),
    [`${family}.attention.key_length`]: uint32(sizes.headDim),
    [`${family}.attention.value_length`]: uint32(sizes.headDim),
    [`${family}.rope.dimension_count`]: uint32(sizes.headDim),
    [`${family}.rope.freq_base`]: float32(10_000),
    [`${family}.attention.layer_norm_rms_epsilon`]: float32(1e-5),
    ...tokenizerMetadata(vocabulary, {
      preTokenizer: PRE_TOKENIZER[family],
      bosId: vocabulary.tokens.indexOf('<|endoftext|>'),
      eosId: vocabulary.tokens.indexOf('<|im_end|>'),
      paddingId: vocabulary.tokens.indexOf('<|endoftext|>'),
      addBos: false,
      chatTemplate: CHAT_TEMPLATE,
    }),
    ...options.metadata,
  };
  return { version: options.version ?? 3, metadata, tensors: makeTensors(sizes, options) };
}

function makeVocabulary({ thinkTokens = false, vocabularySize = 0 }: TinyModelOptions) {
  const builder = new VocabularyBuilder();
  for (const word of WORDS.split(' ')) builder.word(word);
  for (const token of ['<|endoftext|>', '<|im_start|>', '<|im_end|>']) builder.control(token);
  if (thinkTokens) for (const token of ['<think>', '</think>']) builder.add(token, TOKEN_TYPE.userDefined);
  while (builder.size < vocabularySize) builder.add(`[PAD${String(builder.size)}]`, TOKEN_TYPE.unused);
  return builder.build();
}

interface TinySizes {
  readonly family: TinyFamily;
  readonly layers: number;
  readonly embeddingLength: number;
  readonly innerLength: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabularySize: number;
}

function makeTensors(sizes: TinySizes, options: TinyModelOptions): TensorToWrite[] {
  const { type = 'F32', seed = 1 } = options;
  const embeddingType = options.embeddingType ?? type;
  const random = new Random(seed);
  // Weights of deviation 1/sqrt(columns) keep activations near 1; three times that on the output makes some tokens
  // clearly likelier than others.
  const matrix = (name: string, rows: number, columns: number, as = type, gain = 1): TensorToWrite => {
    const encoded = quantize(as, random.normals(rows * columns, gain / Math.sqrt(columns)));
    return { name, type: as, shape: [rows, columns], pieces: () => [encoded] };
  };
  const vector = (name: string, length: number, mean: number): TensorToWrite => {
    const encoded = quantize('F32', random.normals(length, 0.1, mean));
    return { name, type: 'F32', shape: [length], pieces: () => [encoded] };
  };
  const { family, embeddingLength: width, innerLength: inner, headDim, vocabularySize } = sizes;
  const query = sizes.queryHeads * headDim;
  const kv = sizes.kvHeads * headDim;
  const tensors = [
    matrix('token_embd.weight', vocabularySize, width, embeddingType, 3),
    vector('output_norm.weight', width, 1),
  ];
  if (options.tiedEmbedding !== true)
    tensors.push(matrix('output.weight', vocabularySize, width, embeddingType, 3));
  if (options.ropeFactors !== undefined) {
    const factors = quantize('F32', Float32Array.from(options.ropeFactors));
    tensors.push({
      name: 'rope_freqs.weight',
      type: 'F32',
      shape: [options.ropeFactors.length],
      pieces: () => [factors],
    });
  }
  for (let layer = 0; layer < sizes.layers; layer++) {
    const name = (tensor: string): string => `blk.${String(layer)}.${tensor}`;
    tensors.push(
      vector(name('attn_norm.weight'), width, 1),
      matrix(name('attn_q.weight'), query, width),
      matrix(name('attn_k.weight'), kv, width),
      matrix(name('attn_v.weight'), kv, width),
      matrix(name('attn_output.weight'), width, query),
      vector(name('ffn_norm.weight'), width, 1),
      matrix(name('ffn_gate.weight'), inner, width),
      matrix(name('ffn_up.weight'), inner, width),
      matrix(name('ffn_down.weight'), width, inner),
    );
    if (options.bias ?? family === 'qwen2')
      tensors.push(
        vector(name('attn_q.bias'), query, 0),
        vector(name('attn_k.bias'), kv, 0),
        vector(name('attn_v.bias'), kv, 0),
      );
    if (family === 'qwen3')
      tensors.push(
        vector(name('attn_q_norm.weight'), headDim, 1),
        vector(name('attn_k_norm.weight'), headDim, 1),
      );
  }
  return tensors;
}
