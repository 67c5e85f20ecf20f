import { TOKEN_TYPE } from '../../src/models/tokenizer/tokenizerSource.ts';
import type { MadeVocabulary } from './byteLevelVocabulary.ts';
import { tokenizerMetadata, VocabularyBuilder } from './byteLevelVocabulary.ts';
import { writeGguf } from './ggufWriter.ts';
import type { ModelShape } from './modelShape.ts';
import { Random } from './random.ts';
import { randomTensor } from './randomTensor.ts';
import { shapeMetadata } from './shapeMetadata.ts';
import { shapeTensors, type TensorPlan } from './shapeTensors.ts';

export const EXPERT_SIZES = {
  /** What a token meets is twice as large as the largest caches of processors: both models read memory. */
  large: {
    layers: 12,
    width: 1536,
    heads: 24,
    kvHeads: 4,
    inner: 768,
    experts: 32,
    topK: 4,
    vocabulary: 4096,
  },
  /** The dense model of the active size fits into such a cache. */
  wide: { layers: 8, width: 1024, heads: 16, kvHeads: 4, inner: 512, experts: 32, topK: 4, vocabulary: 4096 },
  /** As glassbox-nano, with another attention. */
  nano: { layers: 6, width: 256, heads: 4, kvHeads: 2, inner: 128, experts: 16, topK: 2, vocabulary: 4096 },
} as const;
export type ExpertSize = keyof typeof EXPERT_SIZES;

/** The same model but for its feed-forwards: experts, or one as long as the chosen experts together, or as all of them. */
export const EXPERT_VARIANTS = ['experts', 'active', 'total'] as const;
export type ExpertVariant = (typeof EXPERT_VARIANTS)[number];

/** Writes a model of random Q4_0 weights: for speed. The same arguments give the same bytes. */
export async function writeExpertShape(
  file: string,
  size: ExpertSize,
  variant: ExpertVariant,
  seed: number,
): Promise<void> {
  const shape = shapeOf(size, variant);
  const random = new Random(seed);
  await writeGguf(file, {
    metadata: {
      ...shapeMetadata(shape),
      ...tokenizerMetadata(makeVocabulary(shape.vocabularySize), {
        preTokenizer: 'qwen2',
        bosId: 0,
        eosId: 0,
        paddingId: 0,
        addBos: false,
        chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}',
      }),
    },
    tensors: shapeTensors(shape).map((plan) =>
      randomTensor(plan.name === 'token_embd.weight' ? loud(plan) : plan, { type: 'Q4_0' }, random),
    ),
  });
}

/**
 * Embeddings that layers hardly change: else random layers, which say the same of all tokens, would send all of them to the
 * same experts.
 */
function loud(plan: TensorPlan): TensorPlan {
  return plan.kind === 'matrix' ? { ...plan, gain: 20 * Math.sqrt(plan.columns) } : plan;
}

function shapeOf(size: ExpertSize, variant: ExpertVariant): ModelShape {
  const { layers, width, heads, kvHeads, inner, experts, topK, vocabulary } = EXPERT_SIZES[size];
  const isDense = variant !== 'experts';
  return {
    family: isDense ? 'qwen3' : 'qwen3moe',
    name: {
      experts: `${experts} experts, ${topK} chosen`,
      active: 'dense, of the active size',
      total: 'dense, of the total size',
    }[variant],
    layers,
    embeddingLength: width,
    innerLength: inner * (variant === 'total' ? experts : topK),
    queryHeads: heads,
    kvHeads,
    headDim: 64,
    contextLength: 32_768,
    vocabularySize: vocabulary,
    tiedEmbedding: false,
    bias: false,
    ropeBase: 1_000_000,
    normEpsilon: 1e-6,
    ...(!isDense && {
      experts: {
        count: experts,
        topK,
        innerLength: inner,
        sharedExperts: 0,
        gate: 'softmax',
        selectionBias: false,
        normalizeWeights: true,
        weightScale: 0,
        denseLayers: 0,
        draftLayers: 0,
      },
    }),
  };
}

function makeVocabulary(size: number): MadeVocabulary {
  const builder = new VocabularyBuilder();
  const letters = [...'etaoinshrdlcumwfgypbvkjxqz'];
  for (const a of letters) for (const b of letters) builder.merge(a, b);
  while (builder.size < size) builder.add(`[PAD${String(builder.size)}]`, TOKEN_TYPE.unused);
  return builder.build();
}
