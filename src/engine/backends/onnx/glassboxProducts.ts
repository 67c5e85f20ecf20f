import type { Operators } from '../../../../native/cpu/operators.ts';
import type { MatrixStack } from '../../../../native/cpu/matrixStack.ts';
import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import { LEAST_SUM } from './choice.ts';
import { addDenseFeedForward } from './denseFeedForward.ts';
import type { ValueName } from './graphBuilder.ts';
import type {
  ChoicePlan,
  ExpertsPlan,
  FeedForwardMatrices,
  FeedForwardPlan,
  LinearPlan,
  Lowering,
  NormedResidual,
  NormPlan,
  Products,
  Residual,
  Routing,
} from './lowering.ts';
import { packStack } from './packStack.ts';
import { readBias } from './readBias.ts';
import { requireTensor } from './requireTensor.ts';
import { addSharedExpert } from './sharedExpert.ts';
import { isBlockType } from './unpackBlocks.ts';

/** `GB_MOST_EXPERTS` */
const MOST_EXPERTS = 1024;

/**
 * Products with our own operators (native/cpu/onnxruntime), for the block types of a file. A graph holds nothing of their
 * matrices but handles; floats are multiplied by ONNX Runtime.
 */
export class GlassboxProducts implements Products {
  readonly #operators: Operators;
  readonly #floats: Products;
  readonly #stacks: MatrixStack[] = [];

  /** @param floats multiplies what has no blocks */
  constructor(operators: Operators, floats: Products) {
    this.#operators = operators;
    this.#floats = floats;
  }

  /** Neighbours that are of block types, each of its own, are one product; floats between them are another. */
  async linear(lowering: Lowering, plan: LinearPlan): Promise<ValueName> {
    const { graph, weights } = lowering;
    const runs = runsOf(weights, plan);
    const parts: ValueName[] = [];
    for (const run of runs) {
      const name = runs.length === 1 ? plan.name : `${plan.name}/${run.matrices.join('+')}`;
      const part = { ...plan, ...run, name };
      parts.push(await (run.areBlocks ? this.#product(lowering, part) : this.#floats.linear(lowering, part)));
    }
    if (parts.length > 1) graph.node('Concat', plan.name, parts, { axis: -1 });
    return plan.name;
  }

  async feedForward(lowering: Lowering, plan: FeedForwardPlan): Promise<ValueName> {
    if (!hasBlocks(lowering.weights, plan)) return addDenseFeedForward(lowering, plan);
    const handles = await this.#feedForward(lowering, plan);
    return lowering.graph.node('glassbox.FeedForward', plan.name, [plan.input], handles);
  }

  async experts(lowering: Lowering, plan: ExpertsPlan): Promise<ValueName> {
    if (!hasBlocks(lowering.weights, plan)) return this.#floats.experts(lowering, plan);
    if (plan.shared && !hasBlocks(lowering.weights, plan.shared))
      return addSharedExpert(lowering, plan, (routed) => this.experts(lowering, routed));
    const { input, name, routing } = plan;
    const shared = plan.shared && (await this.#feedForward(lowering, plan.shared));
    const handles = {
      ...(await this.#feedForward(lowering, plan)),
      shared_gate: shared?.gate ?? 0,
      shared_up: shared?.up ?? 0,
      shared_down: shared?.down ?? 0,
    };
    return lowering.graph.node('glassbox.Experts', name, [input, routing.experts, routing.weights], handles);
  }

  choice(lowering: Lowering, plan: ChoicePlan): Routing {
    const { name, feedForward, logits, bias } = plan;
    const { experts, groups, gate, topK, normalizeWeights, weightScale } = feedForward;
    if (experts > MOST_EXPERTS) return this.#floats.choice(lowering, plan);
    const routing = { experts: `${name}/experts`, weights: `${name}/weights` };
    lowering.graph.nodes(
      'glassbox.Router',
      [routing.experts, routing.weights],
      bias === undefined ? [logits] : [logits, bias],
      {
        experts,
        chosen: topK,
        groups: groups?.count ?? 1,
        chosen_groups: groups?.chosen ?? 1,
        sigmoid: Number(gate === 'sigmoid'),
        normalize: Number(normalizeWeights),
        scale: { float: weightScale },
        least_sum: { float: LEAST_SUM },
      },
    );
    return routing;
  }

  /** Of the input's first columns, as many as the scale has. */
  norm(
    { graph }: Lowering,
    { stream, pending }: Residual,
    { name, scale, epsilon }: NormPlan,
  ): NormedResidual {
    const sum = `${name}/stream`;
    const attributes = { epsilon: { float: epsilon } };
    if (pending === undefined) {
      graph.node('glassbox.Norm', name, [stream, scale], attributes);
      return { normed: name, stream };
    }
    graph.nodes('glassbox.Norm', [name, sum], [stream, scale, pending], attributes);
    return { normed: name, stream: sum };
  }

  residentBytes(...[type, rows, columns]: Parameters<Products['residentBytes']>): number {
    return isBlockType(type)
      ? this.#operators.packedBytes(type, rows, columns)
      : this.#floats.residentBytes(type, rows, columns);
  }

  /** From then on the session's operators alone hold the matrices. */
  release(): void {
    for (const stack of this.#stacks) stack.release();
    this.#stacks.length = 0;
  }

  async #product(lowering: Lowering, { input, name, matrices, biases }: LinearPlan): Promise<ValueName> {
    const { graph, weights } = lowering;
    const handles: number[] = [];
    for (const role of matrices) handles.push(await this.#pack(weights, role));
    const bias = await readBias(weights, biases);
    const inputs = bias === undefined ? [input] : [input, graph.weight(`${name}.bias`, bias, [bias.length])];
    return graph.node('glassbox.Product', name, inputs, { matrices: handles });
  }

  async #feedForward(
    { weights }: Lowering,
    { gate, up, down }: FeedForwardMatrices,
  ): Promise<{ readonly gate: number; readonly up: number; readonly down: number }> {
    return {
      gate: await this.#pack(weights, gate),
      up: await this.#pack(weights, up),
      down: await this.#pack(weights, down),
    };
  }

  /** A tensor's handle. */
  async #pack(weights: WeightSource, role: TensorRole): Promise<number> {
    const { type, shape } = requireTensor(weights, role);
    if (!isBlockType(type)) throw new TypeError(`${role} has no blocks.`);
    const [columns = 0, rows = 0, count = 1] = shape.toReversed();
    const stack = this.#operators.createStack(type, { count, rows, columns });
    this.#stacks.push(stack);
    await packStack(weights, role, stack);
    return stack.handle;
  }
}

interface Run extends Pick<LinearPlan, 'matrices' | 'biases'> {
  readonly areBlocks: boolean;
}

/** The matrices of a plan with their biases, cut where blocks and floats meet. */
function runsOf(weights: WeightSource, { matrices, biases }: LinearPlan): readonly Run[] {
  const runs: { areBlocks: boolean; matrices: TensorRole[]; biases?: TensorRole[] }[] = [];
  matrices.forEach((role, index) => {
    const areBlocks = isBlockType(requireTensor(weights, role).type);
    const last = runs.at(-1);
    const run =
      last?.areBlocks === areBlocks ? last : { areBlocks, matrices: [], ...(biases && { biases: [] }) };
    if (run !== last) runs.push(run);
    run.matrices.push(role);
    const bias = biases?.[index];
    if (bias !== undefined) run.biases?.push(bias);
  });
  return runs;
}

function hasBlocks(weights: WeightSource, { gate, up, down }: FeedForwardMatrices): boolean {
  return [gate, up, down].every((role) => isBlockType(requireTensor(weights, role).type));
}
