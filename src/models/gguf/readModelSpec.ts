import { corrupt, quote, unsupported } from '../modelErrors.ts';
import type { AttentionSpec, LayerSpec, ModelSpec } from '../spec.ts';
import type { PlacedTensor } from './ggufWeightSource.ts';
import type { Family } from './families.ts';
import { FAMILIES } from './families.ts';
import type { GgufHeader } from './ggufHeader.ts';
import type { GgufMetadata } from './ggufMetadata.ts';
import { mapTensors } from './mapTensors.ts';
import { readRope } from './readRope.ts';
import type { TensorRole } from '../weights.ts';

/** Above any model that runs on one machine, and small enough that their products stay exact numbers. */
const MAX_WIDTH = 1 << 20;
const MAX_HEADS = 4096;
const MAX_CONTEXT = 2 ** 31 - 1;
/** Every layer has at least so many tensors (two norms, four of attention, three of feed-forward). */
const LEAST_LAYER_TENSORS = 9;

export interface ModelLayout {
  readonly spec: ModelSpec;
  readonly tensors: ReadonlyMap<TensorRole, PlacedTensor>;
}

/**
 * The architecture that the metadata describes and the tensors by role, checked against each other.
 * `ropeFactors` are the contents of `rope_freqs.weight`, when the file has it.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function readModelSpec(
  header: GgufHeader,
  metadata: GgufMetadata,
  ropeFactors: readonly number[] | undefined,
  fallbackName: string,
  file: string,
): ModelLayout {
  const family = readFamily(metadata, file);
  const sizes = readSizes(family, header, metadata, file);
  const rope = readRope(family, metadata, sizes.headDim, sizes.contextLength, ropeFactors, file);
  const attention: AttentionSpec = {
    kind: 'gqa',
    queryHeads: sizes.queryHeads,
    kvHeads: sizes.kvHeads,
    headDim: sizes.headDim,
    bias: hasAttentionBias(family, header),
    queryKeyNorm: family.queryKeyNorm,
    scale: 1 / Math.sqrt(sizes.headDim),
    rope,
  };
  const layer: LayerSpec = { attention, feedForward: { kind: 'dense', innerLength: sizes.innerLength } };
  const layers = Array.from({ length: sizes.layers }, () => layer);
  const tiedEmbedding = !header.tensors.has('output.weight');
  const shape = { ...sizes, layers, tiedEmbedding, ropeFactors: family.ropeFactors };
  const tensors = mapTensors(header.tensors, shape, file);
  const spec: ModelSpec = {
    name: displayName(metadata) ?? fallbackName,
    architecture: family.architecture,
    vocabularySize: sizes.vocabularySize,
    embeddingLength: sizes.embeddingLength,
    contextLength: sizes.contextLength,
    layers,
    normEpsilon: metadata.needFloat(`${family.architecture}.attention.layer_norm_rms_epsilon`, 0, 1),
    tiedEmbedding,
    parameters: [...tensors.values()].reduce((sum, tensor) => sum + elements(tensor.shape), 0),
  };
  return { spec, tensors };
}

function readFamily(metadata: GgufMetadata, file: string): Family {
  const architecture = metadata.needString('general.architecture');
  const family = FAMILIES.find((candidate) => candidate.architecture === architecture);
  const names = FAMILIES.map((candidate) => candidate.architecture).join(', ');
  if (family === undefined)
    throw unsupported(
      file,
      'metadata key "general.architecture"',
      `is ${quote(architecture)}; supported are ${names}`,
    );
  const parts = metadata.integer('split.count', 0, 65_535) ?? 0;
  if (parts > 1)
    throw unsupported(
      file,
      'metadata key "split.count"',
      `says that this is one of ${String(parts)} parts; join them first (llama-gguf-split --merge)`,
    );
  const experts = metadata.integer(`${architecture}.expert_count`, 0, 65_535) ?? 0;
  if (experts > 0)
    throw unsupported(
      file,
      `metadata key "${architecture}.expert_count"`,
      `is ${String(experts)}; mixtures of experts are not supported yet`,
    );
  return family;
}

interface Sizes {
  readonly layers: number;
  readonly vocabularySize: number;
  readonly embeddingLength: number;
  readonly contextLength: number;
  readonly innerLength: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

function readSizes(family: Family, header: GgufHeader, metadata: GgufMetadata, file: string): Sizes {
  const prefix = family.architecture;
  const oneForAll = (key: string, most: number): number | undefined => {
    if (metadata.isArray(key))
      throw unsupported(
        file,
        `metadata key "${key}"`,
        'gives each layer its own value; only models with the same layer throughout are supported',
      );
    return metadata.integer(key, 1, most);
  };
  const needed = (key: string, most: number): number => oneForAll(key, most) ?? metadata.missing(key);

  const mostLayers = Math.max(1, Math.floor(header.tensors.size / LEAST_LAYER_TENSORS));
  const layers = needed(`${prefix}.block_count`, mostLayers);
  const embeddingLength = needed(`${prefix}.embedding_length`, MAX_WIDTH);
  const queryHeads = needed(`${prefix}.attention.head_count`, MAX_HEADS);
  const kvHeads = oneForAll(`${prefix}.attention.head_count_kv`, MAX_HEADS) ?? queryHeads;
  if (queryHeads % kvHeads !== 0)
    throw corrupt(
      file,
      `metadata key "${prefix}.attention.head_count_kv"`,
      `(${String(kvHeads)}) does not divide the ${String(queryHeads)} query heads`,
    );
  const headDim = readHeadDim(prefix, metadata, embeddingLength, queryHeads, file);
  return {
    layers,
    vocabularySize: readVocabularySize(header, metadata, file),
    embeddingLength,
    contextLength: needed(`${prefix}.context_length`, MAX_CONTEXT),
    innerLength: needed(`${prefix}.feed_forward_length`, MAX_WIDTH),
    queryHeads,
    kvHeads,
    headDim,
  };
}

function readHeadDim(
  prefix: string,
  metadata: GgufMetadata,
  embeddingLength: number,
  queryHeads: number,
  file: string,
): number {
  const key = `${prefix}.attention.key_length`;
  const shared = embeddingLength / queryHeads;
  const keyLength = metadata.integer(key, 2, MAX_WIDTH) ?? shared;
  if (!Number.isInteger(keyLength))
    throw corrupt(
      file,
      `metadata key "${prefix}.attention.head_count"`,
      `(${String(queryHeads)}) does not divide the width ${String(embeddingLength)}`,
    );
  const valueLength = metadata.integer(`${prefix}.attention.value_length`, 2, MAX_WIDTH) ?? shared;
  if (valueLength !== keyLength)
    throw unsupported(
      file,
      `metadata key "${prefix}.attention.value_length"`,
      `is ${String(valueLength)}, but keys have ${String(keyLength)}; only equal lengths are supported`,
    );
  return keyLength;
}

/** Rows of the embedding matrix, which the vocabulary must fill exactly. */
function readVocabularySize(header: GgufHeader, metadata: GgufMetadata, file: string): number {
  const rows = header.tensors.get('token_embd.weight')?.dimensions[1];
  if (rows === undefined) throw corrupt(file, 'tensor "token_embd.weight"', 'is missing or not a matrix');
  const tokens = metadata.stringArray('tokenizer.ggml.tokens')?.length;
  if (tokens !== undefined && tokens !== rows)
    throw corrupt(
      file,
      'metadata key "tokenizer.ggml.tokens"',
      `has ${String(tokens)} entries, but "token_embd.weight" has ${String(rows)} rows`,
    );
  return rows;
}

function hasAttentionBias(family: Family, header: GgufHeader): boolean {
  if (family.attentionBias !== 'optional') return family.attentionBias === 'always';
  return header.tensors.has('blk.0.attn_q.bias');
}

/** The file's own name on one line; it goes into titles and messages. */
function displayName(metadata: GgufMetadata): string | undefined {
  const name = metadata
    .string('general.name')
    ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 120);
  return name === '' ? undefined : name;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
