import type { GgufToWrite, GgufWritable, TensorToWrite } from '../../../support/ggufWriter.ts';
import { tinyModel } from '../../../support/tinyModel.ts';

/** Small models of the families with experts, and ways to break them. */

const SMALL = { type: 'Q8_0', embeddingLength: 32, innerLength: 32, headDim: 16 } as const;
const LATENT = { queryRank: 32, latentRank: 64 };
const EXPERTS = { innerLength: 64 };

/** One dense layer, one with eight experts of which each token takes two, one that drafts. */
export const deepseek = tinyModel({ ...SMALL, family: 'deepseek2', latent: LATENT, experts: EXPERTS });

/** As older files are: without a draft layer, upward projections in one tensor. */
export const olderDeepseek = tinyModel({
  ...SMALL,
  family: 'deepseek2',
  latent: { ...LATENT, unsplit: true },
  experts: { ...EXPERTS, draftLayers: 0 },
});

export const qwen = tinyModel({ ...SMALL, family: 'qwen3moe', experts: EXPERTS });

/** The model with keys, named without its family, in place of its own; undefined leaves one out. */
export function withKeys(model: GgufToWrite, keys: Record<string, GgufWritable | undefined>): GgufToWrite {
  const architecture = model === qwen ? 'qwen3moe' : 'deepseek2';
  const changes = Object.entries(keys).map(([key, value]) => [`${architecture}.${key}`, value] as const);
  const metadata = Object.entries({ ...model.metadata, ...Object.fromEntries(changes) }).flatMap(
    ([key, value]) => (value === undefined ? [] : [[key, value] as const]),
  );
  return { ...model, metadata: Object.fromEntries(metadata) };
}

/** The model with a tensor changed. */
export function withTensor(
  model: GgufToWrite,
  name: string,
  change: (tensor: TensorToWrite) => readonly TensorToWrite[],
): GgufToWrite {
  if (!model.tensors.some((tensor) => tensor.name === name)) throw new Error(`no tensor ${name}`);
  return {
    ...model,
    tensors: model.tensors.flatMap((tensor) => (tensor.name === name ? change(tensor) : [tensor])),
  };
}

export function without(model: GgufToWrite, name: string): GgufToWrite {
  return withTensor(model, name, () => []);
}

/** The model with the last two dimensions of a tensor the other way round. */
export function transposed(model: GgufToWrite, name: string): GgufToWrite {
  return withTensor(model, name, (tensor) => [
    { ...tensor, shape: [...tensor.shape.slice(0, -2), ...tensor.shape.slice(-2).reverse()] },
  ]);
}
