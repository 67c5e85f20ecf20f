import { corrupt } from '../modelErrors.ts';
import type { ModelSpec } from '../spec.ts';
import type { TensorRole } from '../weights.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import type { GgufHeader } from './ggufHeader.ts';
import type { GgufMetadata } from './ggufMetadata.ts';
import type { PlacedTensor } from './ggufWeightSource.ts';
import { mapTensors } from './mapTensors.ts';
import { needSize } from './needSize.ts';
import { readFamily } from './readFamily.ts';
import { readLayers } from './readLayers.ts';
import { SIZE_LIMITS } from './sizeLimits.ts';

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
  const source: ArchitectureSource = { family, metadata, tensors: header.tensors, ropeFactors, file };
  const architecture = {
    vocabularySize: readVocabularySize(header, metadata, file),
    embeddingLength: needSize(source, 'embedding_length', SIZE_LIMITS.width),
    contextLength: needSize(source, 'context_length', SIZE_LIMITS.context),
    tiedEmbedding: !header.tensors.has('output.weight'),
  };
  const layers = readLayers(source, architecture.embeddingLength, architecture.contextLength);
  const tensors = mapTensors(source, { ...architecture, ...layers });
  const spec: ModelSpec = {
    name: displayName(metadata) ?? fallbackName,
    architecture: family.architecture,
    ...architecture,
    ...layers,
    normEpsilon: metadata.needFloat(`${family.architecture}.attention.layer_norm_rms_epsilon`, 0, 1),
    parameters: [...tensors.values()].reduce((sum, tensor) => sum + elements(tensor.shape), 0),
  };
  return { spec, tensors };
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
