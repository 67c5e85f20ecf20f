import { TOKEN_TYPE } from '../../src/models/tokenizer/tokenizerSource.ts';
import type { MadeVocabulary } from './byteLevelVocabulary.ts';
import { tokenizerMetadata, VocabularyBuilder } from './byteLevelVocabulary.ts';
import { writeGguf } from './ggufWriter.ts';
import type { ModelShape } from './modelShape.ts';
import { Random } from './random.ts';
import { randomTensor, type RandomTensorTypes } from './randomTensor.ts';
import { shapeMetadata } from './shapeMetadata.ts';
import { shapeTensors } from './shapeTensors.ts';

/** DeepSeek-R1-Distill-Qwen-1.5B, from its published configuration. */
const R1_DISTILL_QWEN_1_5B: ModelShape = {
  family: 'qwen2',
  name: 'R1 1.5B shape, random weights',
  layers: 28,
  embeddingLength: 1536,
  innerLength: 8960,
  queryHeads: 12,
  kvHeads: 2,
  headDim: 128,
  contextLength: 131_072,
  vocabularySize: 151_936,
  tiedEmbedding: false,
  bias: true,
  ropeBase: 10_000,
  normEpsilon: 1e-6,
};

/** The same layers with a quarter of the width: for what depends on their number, such as what a host spends on dispatches. */
const NARROW: ModelShape = {
  ...R1_DISTILL_QWEN_1_5B,
  name: 'R1 1.5B shape a quarter as wide, random weights',
  embeddingLength: 384,
  innerLength: 2240,
  headDim: 32,
};

/** Ids of the R1 distills: ordinary tokens end here and these follow. */
const FIRST_SPECIAL = 151_643;
const SPECIALS = [
  '<｜end▁of▁sentence｜>',
  '<｜User｜>',
  '<｜Assistant｜>',
  '<｜begin▁of▁sentence｜>',
  '<|EOT|>',
  '<think>',
  '</think>',
];
const END_OF_SENTENCE = FIRST_SPECIAL;
const BEGIN_OF_SENTENCE = FIRST_SPECIAL + 3;

/** The R1 prompt format: no line breaks between turns, thoughts of earlier turns dropped, the thought opened. */
const CHAT_TEMPLATE = [
  '{{ bos_token }}',
  "{% for m in messages if m['role'] == 'system' %}{{ m['content'] }}{% endfor %}",
  "{% for m in messages %}{% if m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}",
  "{% elif m['role'] == 'assistant' %}{{ '<｜Assistant｜>' + m['content'].split('</think>')[-1] + '<｜end▁of▁sentence｜>' }}",
  "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}",
].join('');

export interface R1ShapeOptions extends RandomTensorTypes {
  readonly seed?: number;
  /** A quarter of the width. Default false. */
  readonly narrow?: boolean;
}

/**
 * Writes a model of the exact shape of DeepSeek-R1-Distill-Qwen-1.5B, with random weights and a made vocabulary of the
 * same size: for speed and memory. The same options give the same bytes.
 */
export async function writeR1Shape(file: string, options: R1ShapeOptions): Promise<void> {
  const shape = options.narrow === true ? NARROW : R1_DISTILL_QWEN_1_5B;
  const random = new Random(options.seed ?? 1);
  await writeGguf(file, {
    metadata: {
      ...shapeMetadata(shape),
      ...tokenizerMetadata(makeVocabulary(shape.vocabularySize), {
        preTokenizer: 'deepseek-r1-qwen',
        bosId: BEGIN_OF_SENTENCE,
        eosId: END_OF_SENTENCE,
        paddingId: END_OF_SENTENCE,
        addBos: true,
        chatTemplate: CHAT_TEMPLATE,
      }),
    },
    tensors: shapeTensors(shape).map((plan) => randomTensor(plan, options, random)),
  });
}

/** Letters, pairs, triples and four-letter words by real merges, then the distill's special tokens, then padding. */
function makeVocabulary(size: number): MadeVocabulary {
  const builder = new VocabularyBuilder();
  const letters = [...'etaoinshrdlcumwfgypbvkjxqz'];
  const pairs = letters.flatMap((a) => letters.map((b) => [a, b] as const));
  for (const [a, b] of pairs) builder.merge(a, b);
  for (const [a, b] of pairs) for (const c of letters) builder.merge(a + b, c);
  for (const a of letters) builder.merge('Ġ', a);
  for (const [a, b] of pairs) builder.merge(`Ġ${a}`, b);
  for (const [a, b] of pairs) for (const c of letters) builder.merge(`Ġ${a}${b}`, c);
  for (const [a, b] of pairs)
    for (const [c, d] of pairs) if (builder.size < FIRST_SPECIAL) builder.merge(a + b, c + d);
  for (const token of SPECIALS)
    builder.add(token, token.endsWith('think>') ? TOKEN_TYPE.userDefined : TOKEN_TYPE.control);
  while (builder.size < size) builder.add(`[PAD${String(builder.size)}]`, TOKEN_TYPE.unused);
  return builder.build();
}
