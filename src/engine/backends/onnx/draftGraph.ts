import type { LayerSpec, ModelSpec } from '../../../models/spec.ts';
import type { BuiltGraph } from './graphBuilder.ts';
import { addLayer } from './layerGraph.ts';
import type { Lowering } from './lowering.ts';
import { addRmsNorm } from './rmsNorm.ts';
import { distinctRopes } from './ropeTable.ts';
import { addSequenceInputs } from './sequenceInputs.ts';

/**
 * Multi-token prediction of depth 1 (DeepSeek-V3, arXiv 2412.19437, section 2.2). Inputs, in order: the last layer's residual
 * stream at some tokens, the embeddings of the tokens that follow each of them, where the former lie in the sequence
 * (`addSequenceInputs`), the layer's cache; outputs: the cache, and of the last token stream and pending, which the head turns
 * into logits. The tokens before it are there to be looked at: theirs nobody asks for.
 *
 * The stream goes through the model's last norm before the draft's own, as llama.cpp and vLLM have it.
 */
export async function buildDraft(lowering: Lowering, spec: ModelSpec, layer: LayerSpec): Promise<BuiltGraph> {
  const { graph } = lowering;
  const epsilon = spec.normEpsilon;
  const shape = [1, 'tokens', spec.embeddingLength];
  const stream = graph.input('hidden', 'float32', shape);
  const embedding = graph.input('embedding', 'float32', shape);
  addSequenceInputs(graph, spec, lowering.attention);

  const read = await addRmsNorm(lowering, stream, { name: 'output.norm', scale: 'output.norm', epsilon });
  const hidden = await addRmsNorm(lowering, read, {
    name: 'draft.0/hidden.norm',
    scale: 'draft.0.hidden.norm',
    epsilon,
  });
  const token = await addRmsNorm(lowering, embedding, {
    name: 'draft.0/embedding.norm',
    scale: 'draft.0.embedding.norm',
    epsilon,
  });
  const projected = await lowering.products.linear(lowering, {
    input: graph.node('Concat', 'draft.0/both', [token, hidden], { axis: -1 }),
    name: 'draft.0/projection',
    matrices: ['draft.0.projection'],
  });
  const ropes = distinctRopes(spec);
  const after = await addLayer({ ...lowering, spec, ropes, prefix: 'draft.0', lastRowOnly: true }, layer, {
    stream: projected,
  });
  const lastRow = [1, 1, spec.embeddingLength];
  graph.output(after.stream, 'float32', lastRow);
  if (after.pending !== undefined) graph.output(after.pending, 'float32', lastRow);
  return graph.build('draft');
}
