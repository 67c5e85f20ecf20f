import { checkFinite } from '../../../models/checkFinite.ts';
import type { ExpertFeedForward } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import type { Routing } from './lowering.ts';
import { readVector } from './packMatrix.ts';
import { requireTensor } from './requireTensor.ts';

/** llama.cpp keeps the sum that weights are divided by from 0 with it: the least normal number of F16. */
const LEAST_SUM = 2 ** -14;

/**
 * Chooses the experts of each token of `input`, `[1, tokens, width]` (DeepSeek-V3, arXiv 2412.19437, section 2.1.2), in the
 * order of operations of llama.cpp. In single precision throughout, whatever the type of the file's router: a rounded
 * activation must not decide which expert is asked.
 *
 * @throws GlassboxError `model/corrupt` for a router with NaN or infinities
 */
export async function addRouter(
  layer: LayerLowering,
  feedForward: ExpertFeedForward,
  input: ValueName,
): Promise<Routing> {
  const { graph, prefix } = layer;
  const { experts, gate, selectionBias, topK, normalizeWeights, weightScale } = feedForward;
  const name = `${prefix}/router`;
  const shape = [experts, layer.spec.embeddingLength];
  const weight = graph.weight(`${name}.weight`, await readFinite(layer, 'router'), shape);
  const logits = graph.node('com.microsoft.FusedMatMul', `${name}/logits`, [input, weight], { transB: 1 });

  // Softmax values divided by the sum of the chosen ones are the softmax of the chosen logits, and the best of the one are
  // the best of the other. The sum is no less than the largest of all: the least sum never counts.
  const isSoftmaxOfChosen = gate === 'softmax' && normalizeWeights && !selectionBias;
  let scores = logits;
  if (gate === 'sigmoid') scores = graph.node('Sigmoid', `${name}/scores`, [logits]);
  else if (!isSoftmaxOfChosen) scores = graph.node('Softmax', `${name}/scores`, [logits], { axis: -1 });

  const ranks = await addRanks(layer, feedForward, scores);
  const best = `${name}/best`;
  const chosen = `${name}/experts`;
  graph.nodes('TopK', [best, chosen], [ranks, graph.int64s([topK])], { axis: -1 });
  // Without a bias the experts' ranks are their scores.
  let weights = selectionBias
    ? graph.node('GatherElements', `${name}/chosen`, [scores, chosen], { axis: -1 })
    : best;
  if (isSoftmaxOfChosen) {
    weights = graph.node('Softmax', `${name}/normalized`, [weights], { axis: -1 });
  } else if (normalizeWeights) {
    const sum = graph.node('ReduceSum', `${name}/sum`, [weights, graph.int64s([-1])]);
    const positive = graph.node('Max', `${name}/sum/positive`, [sum, graph.float(LEAST_SUM)]);
    weights = graph.node('Div', `${name}/normalized`, [weights, positive]);
  }
  if (weightScale !== 1) weights = graph.node('Mul', `${name}/scaled`, [weights, graph.float(weightScale)]);
  return { experts: chosen, weights };
}

/** What experts are chosen by: their scores, with a bias that only helps to choose, and within the best groups. */
async function addRanks(
  layer: LayerLowering,
  { experts, selectionBias, groups }: ExpertFeedForward,
  scores: ValueName,
): Promise<ValueName> {
  const { graph, prefix } = layer;
  const name = `${prefix}/router`;
  let ranks = scores;
  if (selectionBias) {
    const bias = graph.weight(`${name}.bias`, await readFinite(layer, 'router.bias'), [experts]);
    ranks = graph.node('Add', `${name}/ranks`, [scores, bias]);
  }
  if (groups === undefined) return ranks;

  const { count, chosen } = groups;
  const grouped = graph.node('Reshape', `${name}/groups`, [
    ranks,
    graph.int64s([1, -1, count, experts / count]),
  ]);
  let worth: ValueName;
  if (selectionBias) {
    const best = `${name}/groups/best`;
    graph.nodes('TopK', [best, `${best}/places`], [grouped, graph.int64s([2])], { axis: -1 });
    worth = graph.node('ReduceSum', `${name}/groups/worth`, [best, graph.int64s([-1])], { keepdims: 0 });
  } else {
    worth = graph.node('ReduceMax', `${name}/groups/worth`, [grouped, graph.int64s([-1])], { keepdims: 0 });
  }
  const chosenGroups = `${name}/groups/chosen`;
  graph.nodes('TopK', [`${chosenGroups}/worth`, chosenGroups], [worth, graph.int64s([chosen])], { axis: -1 });
  // One row for each chosen group: 0 at its place and -Infinity at all others. The largest of each column is the mask.
  const offOn = graph.weight(`${name}/groups/offOn`, Float32Array.of(-Infinity, 0), [2]);
  const places = graph.node('OneHot', `${name}/groups/places`, [chosenGroups, graph.int64s([count]), offOn], {
    axis: -1,
  });
  const mask = graph.node('ReduceMax', `${name}/groups/mask`, [places, graph.int64s([2])], { keepdims: 0 });
  const column = graph.node('Unsqueeze', `${name}/groups/mask/column`, [mask, graph.int64s([-1])]);
  const masked = graph.node('Add', `${name}/groups/masked`, [grouped, column]);
  return graph.node('Reshape', `${name}/ranks/allowed`, [masked, graph.int64s([1, -1, experts])]);
}

async function readFinite(
  layer: LayerLowering,
  tensor: 'router' | 'router.bias',
): Promise<Float32Array<ArrayBuffer>> {
  const role = layerRole(layer, tensor);
  const values = await readVector(layer.weights, role);
  checkFinite(values, `tensor "${requireTensor(layer.weights, role).name}"`, layer.spec.name);
  return values;
}
