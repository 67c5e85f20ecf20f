import type { ExpertFeedForward } from '../../../models/spec.ts';
import type { QuantizationType, TensorRole, WeightSource } from '../../../models/weights.ts';
import type { AttentionForms } from './attentionForms.ts';
import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { ScratchLease } from './scratch.ts';

/** What every part of a graph under construction needs. */
export interface Lowering {
  readonly graph: GraphBuilder;
  readonly weights: WeightSource;
  readonly products: Products;
  readonly attention: AttentionForms;
  /** For matrices until the session is made. */
  readonly scratch: ScratchLease;
}

/**
 * How a graph multiplies with the matrices of the file, and what it does between products: with ONNX Runtime's own operators (`runtimeProducts`) or with ours
 * (`glassboxProducts`). Everything else in a graph is the same for both.
 */
export interface Products {
  /** `input · matrixᵀ (+ bias)` */
  linear(lowering: Lowering, plan: LinearPlan): Promise<ValueName>;
  /** `down(silu(gate(x)) * up(x))` */
  feedForward(lowering: Lowering, plan: FeedForwardPlan): Promise<ValueName>;
  /** The weighted sum of what the chosen experts give, each a feed-forward, plus what the shared one gives. */
  experts(lowering: Lowering, plan: ExpertsPlan): Promise<ValueName>;
  /** Which experts the tokens go to, from the logits of a router. */
  choice(lowering: Lowering, plan: ChoicePlan): Routing;
  /** RMSNorm of the residual stream, with the pending product added first. */
  norm(lowering: Lowering, residual: Residual, plan: NormPlan): NormedResidual;
  /** Bytes that a matrix of the file takes once its session is made. */
  residentBytes(type: QuantizationType, rows: number, columns: number): number;
  /** To be called when the session of the graph is made, or will not be. */
  release(): void;
}

/**
 * The residual stream between two parts of the graph. The last product is not added yet, so that the addition can
 * fuse with the norm that follows; at the very beginning there is none.
 */
export interface Residual {
  /** `[1, tokens, width]` */
  readonly stream: ValueName;
  /** `[1, tokens, width]`, still to be added. */
  readonly pending?: ValueName;
}

export interface NormPlan {
  readonly name: ValueName;
  /** `[width]` */
  readonly scale: ValueName;
  readonly epsilon: number;
}

export interface NormedResidual {
  readonly normed: ValueName;
  readonly stream: ValueName;
}

/** Products of one input with several matrices of the file. */
export interface LinearPlan {
  /** `[.., columns]` */
  readonly input: ValueName;
  /** Names the output and prefixes everything on the way. */
  readonly name: ValueName;
  /** Matrices `[rows, columns]`; the output is `[.., sum of rows]`, in this order. */
  readonly matrices: readonly TensorRole[];
  /** A bias for each matrix. */
  readonly biases?: readonly TensorRole[];
}

/** A SwiGLU's matrices by role, or its stacks of matrices. */
export interface FeedForwardMatrices {
  readonly gate: TensorRole;
  readonly up: TensorRole;
  readonly down: TensorRole;
}

export interface FeedForwardPlan extends FeedForwardMatrices {
  /** `[1, tokens, width]`, as the output. */
  readonly input: ValueName;
  /** Names the output and prefixes everything on the way. */
  readonly name: ValueName;
}

/** The roles are those of stacks `[experts, ..]`. */
export interface ExpertsPlan extends FeedForwardPlan {
  readonly experts: number;
  readonly topK: number;
  readonly routing: Routing;
  /** Of the expert that every token goes to besides. */
  readonly shared: FeedForwardMatrices | undefined;
}

/** How a layer chooses experts. */
export interface ChoicePlan {
  /** Prefixes everything that is made. */
  readonly name: ValueName;
  readonly feedForward: ExpertFeedForward;
  /** `[1, tokens, experts]` */
  readonly logits: ValueName;
  /** `[experts]`, added to scores where they are compared, and nowhere else. */
  readonly bias: ValueName | undefined;
}

/** Where a layer sends its tokens. */
export interface Routing {
  /** int64 `[1, tokens, topK]`, best first; of equals the one with the lower number. */
  readonly experts: ValueName;
  /** float `[1, tokens, topK]`: what multiplies each one's output. */
  readonly weights: ValueName;
}
