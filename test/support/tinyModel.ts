import type { QuantizationType } from '../../src/models/weights.ts';
import { TOKEN_TYPE } from '../../src/models/tokenizer/tokenizerSource.ts';
import { tokenizerMetadata, VocabularyBuilder } from './byteLevelVocabulary.ts';
import { quantize } from './ggufQuantize.ts';
import type { GgufMetadataEntries, GgufToWrite, TensorToWrite } from './ggufWriter.ts';
import { writeGguf } from './ggufWriter.ts';
import { DecisiveRouting } from './decisiveRouting.ts';
import type { ExpertShape, Family, LatentShape, ModelShape } from './modelShape.ts';
import { Random } from './random.ts';
import { shapeMetadata } from './shapeMetadata.ts';
import type { MatrixPlan } from './shapeTensors.ts';
import { shapeTensors } from './shapeTensors.ts';
import { storableType } from './storableType.ts';

export { FAMILIES as TINY_FAMILIES } from './modelShape.ts';

/** What a tiny model is like; everything has a default, and the same options give the same bytes. */
export interface TinyModelOptions {
  readonly family?: Family;
  /** Of the matrices. Vectors and routers are always F32, as in real files. */
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
  /** Of deepseek2. */
  readonly latent?: Partial<LatentShape>;
  /** Of qwen3moe and deepseek2. */
  readonly experts?: Partial<ExpertShape>;
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
  /** Keys to leave out. */
  readonly without?: readonly string[];
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

const PRE_TOKENIZER: Readonly<Record<Family, string>> = {
  llama: 'llama-bpe',
  qwen2: 'qwen2',
  qwen3: 'qwen2',
  qwen3moe: 'qwen2',
  deepseek2: 'deepseek-v3',
};

/** Everything that DeepSeek-V3 has, in small. */
const LATENT: LatentShape = {
  queryRank: 64,
  latentRank: 64,
  plainDim: 32,
  rotaryDim: 16,
  valueDim: 32,
  unsplit: false,
};
const EXPERTS: ExpertShape = {
  count: 8,
  topK: 2,
  innerLength: 64,
  sharedExperts: 1,
  gate: 'sigmoid',
  selectionBias: true,
  normalizeWeights: true,
  weightScale: 2.5,
  groups: { count: 4, chosen: 2 },
  denseLayers: 1,
  draftLayers: 1,
};
/** What qwen3moe has of it. */
const ALL_LAYERS_ALIKE = { denseLayers: 0, draftLayers: 0, sharedExperts: 0, selectionBias: false } as const;

/** Writes a model of random weights that both Glassbox and llama.cpp load. */
export async function writeTinyModel(file: string, options: TinyModelOptions = {}): Promise<void> {
  await writeGguf(file, tinyModel(options));
}

/** The parts of a tiny model file, to be changed and written by tests of bad files. */
export function tinyModel(options: TinyModelOptions = {}): GgufToWrite {
  const family = options.family ?? 'llama';
  const vocabulary = makeVocabulary(options);
  const shape: ModelShape = {
    family,
    name: `Tiny ${family}`,
    layers: options.layers ?? 2,
    embeddingLength: options.embeddingLength ?? 256,
    innerLength: options.innerLength ?? 512,
    queryHeads: options.queryHeads ?? 4,
    kvHeads: options.kvHeads ?? 2,
    headDim: options.headDim ?? 64,
    contextLength: options.contextLength ?? 2048,
    vocabularySize: vocabulary.tokens.length,
    tiedEmbedding: options.tiedEmbedding ?? false,
    bias: options.bias ?? family === 'qwen2',
    ropeBase: 10_000,
    normEpsilon: 1e-5,
    ...(family === 'deepseek2' && {
      latent: { ...LATENT, ...options.latent },
      experts: { ...EXPERTS, ...options.experts },
    }),
    ...(family === 'qwen3moe' && { experts: { ...EXPERTS, ...options.experts, ...ALL_LAYERS_ALIKE } }),
  };
  const metadata: GgufMetadataEntries = {
    ...shapeMetadata(shape),
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
  const kept = Object.entries(metadata).filter(([key]) => options.without?.includes(key) !== true);
  return {
    version: options.version ?? 3,
    metadata: Object.fromEntries(kept),
    tensors: makeTensors(shape, options),
  };
}

function makeVocabulary({ thinkTokens = false, vocabularySize = 0 }: TinyModelOptions) {
  const builder = new VocabularyBuilder();
  for (const word of WORDS.split(' ')) builder.word(word);
  for (const token of ['<|endoftext|>', '<|im_start|>', '<|im_end|>']) builder.control(token);
  if (thinkTokens) for (const token of ['<think>', '</think>']) builder.add(token, TOKEN_TYPE.userDefined);
  while (builder.size < vocabularySize) builder.add(`[PAD${String(builder.size)}]`, TOKEN_TYPE.unused);
  return builder.build();
}

function makeTensors(shape: ModelShape, options: TinyModelOptions): TensorToWrite[] {
  const { type = 'F32', seed = 1 } = options;
  const random = new Random(seed);
  const routing = shape.experts && new DecisiveRouting(shape.experts.count, shape.embeddingLength, seed);
  const tensors = shapeTensors(shape).map((plan): TensorToWrite => {
    if (plan.kind === 'vector')
      return tensor(plan.name, 'F32', [plan.length], random.normals(plan.length, 0.1, plan.mean));
    const { name, count, rows, columns, isEmbedding } = plan;
    const wanted = isEmbedding ? (options.embeddingType ?? type) : type;
    const dimensions = count === undefined ? [rows, columns] : [count, rows, columns];
    return tensor(name, storableType(name, columns, wanted), dimensions, makeMatrix(plan, random, routing));
  });
  const { ropeFactors } = options;
  if (ropeFactors === undefined) return tensors;
  return [
    ...tensors,
    tensor('rope_freqs.weight', 'F32', [ropeFactors.length], Float32Array.from(ropeFactors)),
  ];
}

function makeMatrix(plan: MatrixPlan, random: Random, routing: DecisiveRouting | undefined): Float32Array {
  const { name, count = 1, rows, columns, gain } = plan;
  const block = /^blk\.(\d+)\.ffn_gate_inp\.weight$/.exec(name)?.[1];
  if (routing && block !== undefined) return routing.router(Number(block));
  const weights = random.normals(count * rows * columns, gain / Math.sqrt(columns));
  if (name === 'token_embd.weight') routing?.lean(weights);
  if (name.endsWith('.nextn.eh_proj.weight')) routing?.pass(weights);
  return weights;
}

function tensor(
  name: string,
  type: QuantizationType,
  shape: readonly number[],
  weights: Float32Array,
): TensorToWrite {
  const encoded = quantize(type, weights);
  return { name, type, shape, pieces: () => [encoded] };
}
