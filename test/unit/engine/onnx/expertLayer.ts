import { openRuntime, type OpenRuntimeOptions } from '../../../../native/onnxruntime/openRuntime.ts';
import { addExperts } from '../../../../src/engine/backends/onnx/experts.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';
import type { Products, Routing as RoutingValues } from '../../../../src/engine/backends/onnx/lowering.ts';
import { chooseKernels } from '../../../../src/engine/backends/onnx/chooseKernels.ts';
import { addRoutingOutputs } from '../../../../src/engine/backends/onnx/routingOutputs.ts';
import { runtimeAttention } from '../../../../src/engine/backends/onnx/runtimeAttention.ts';
import { runtimeLatentAttention } from '../../../../src/engine/backends/onnx/runtimeLatentAttention.ts';
import type { AccuracyLevel } from '../../../../src/engine/backends/onnx/runtimeLowering.ts';
import { ScratchPool } from '../../../../src/engine/backends/onnx/scratch.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import type { ExpertFeedForward } from '../../../../src/models/spec.ts';
import type {
  LayerTensor,
  QuantizationType,
  TensorRole,
  WeightSource,
} from '../../../../src/models/weights.ts';
import type { KernelChoice } from '../../../../src/protocol/engine.ts';
import type { Matrix } from '../../../support/matrix.ts';
import { memoryWeights, type TensorInMemory } from '../../../support/memoryWeights.ts';
import { Random } from '../../../support/random.ts';
import { feedForward } from '../../../support/referenceFeedForward.ts';
import type { Routing } from '../../../support/referenceRouting.ts';

/** A layer's experts alone, without a model around them. */
export interface ExpertLayer {
  readonly feedForward: ExpertFeedForward;
  readonly width: number;
  readonly weights: WeightSource;
}

export interface ExpertLayerOptions {
  readonly feedForward?: Partial<ExpertFeedForward>;
  readonly width?: number;
  /** Of the experts' and the shared expert's matrices. Router and bias are F32. */
  readonly type?: QuantizationType;
  /** Of `experts.up` alone. */
  readonly upType?: QuantizationType;
  /** Weights to be other than random. */
  readonly replace?: Readonly<Partial<Record<LayerTensor, Float32Array>>>;
}

const DEFAULTS: ExpertFeedForward = {
  kind: 'moe',
  experts: 8,
  topK: 2,
  expertInnerLength: 64,
  sharedInnerLength: 0,
  gate: 'sigmoid',
  selectionBias: false,
  normalizeWeights: true,
  weightScale: 1,
};

/** A layer of random weights; the same options give the same ones. */
export function expertLayer(options: ExpertLayerOptions = {}): ExpertLayer {
  const { width = 96, type = 'F32', upType = type, replace = {} } = options;
  const feedForward = { ...DEFAULTS, ...options.feedForward };
  const { experts, expertInnerLength: inner, sharedInnerLength: shared } = feedForward;
  const random = new Random(7);
  const tensors = new Map<TensorRole, TensorInMemory>();
  const add = (
    tensor: LayerTensor,
    shape: readonly number[],
    deviation: number,
    as?: QuantizationType,
  ): void => {
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    const values = replace[tensor] ?? random.normals(length, deviation);
    tensors.set(`layer.0.${tensor}`, { shape, values, ...(as && { type: as }) });
  };
  // Deviations that keep what comes out near 1, and logits of the router around 2.
  const [fromWidth, fromInner] = [1 / Math.sqrt(width), 1 / Math.sqrt(inner)];
  add('router', [experts, width], 2 * fromWidth);
  add('router.bias', [experts], 0.3);
  add('experts.gate', [experts, inner, width], fromWidth, type);
  add('experts.up', [experts, inner, width], fromWidth, upType);
  add('experts.down', [experts, width, inner], fromInner, type);
  if (shared > 0) {
    add('sharedExpert.gate', [shared, width], fromWidth, type);
    add('sharedExpert.up', [shared, width], fromWidth, type);
    add('sharedExpert.down', [width, shared], 1 / Math.sqrt(shared), type);
  }
  return { feedForward, width, weights: memoryWeights(tensors) };
}

/** Random inputs, `[tokens, width]`. */
export function inputs({ width }: ExpertLayer, tokens: number, seed = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from(new Random(seed).normals(tokens * width, 1));
}

export interface LayerRun {
  /** `[tokens, width]` */
  readonly outputs: readonly number[];
  readonly routing: readonly Routing[];
}

/** The plain twin: double precision, token by token. */
export async function twin(layer: ExpertLayer, x: Float32Array): Promise<LayerRun> {
  const matrices = new Map<string, Matrix>();
  for (const [role, { type, shape }] of layer.weights.tensors) {
    const values = dequantize(type, await layer.weights.read(role));
    const columns = shape.at(-1) ?? 0;
    matrices.set(role, { rows: values.length / columns, columns, values });
  }
  const tensor = (name: LayerTensor): Matrix => {
    const matrix = matrices.get(`layer.0.${name}`);
    if (matrix === undefined) throw new Error(`no tensor ${name}`);
    return matrix;
  };
  const reference = { tensor, has: (name: LayerTensor) => matrices.has(`layer.0.${name}`), norm: noNorm };
  const routing: Routing[] = [];
  const outputs: number[] = [];
  for (let at = 0; at < x.length; at += layer.width) {
    const token = Float64Array.from(x.subarray(at, at + layer.width));
    outputs.push(...feedForward(layer.feedForward, reference, token, (choice) => routing.push(choice)));
  }
  return { outputs, routing };
}

function noNorm(): never {
  throw new Error('experts have no norm of their own');
}

export interface WithLayerOptions {
  /** Absent: ONNX Runtime's. */
  readonly kernels?: KernelChoice;
  /** Of ONNX Runtime's; absent: 0. */
  readonly accuracyLevel?: AccuracyLevel;
  /** Of an operator of ONNX Runtime's; absent: any number. */
  readonly mostTensors?: number;
  readonly binding?: OpenRuntimeOptions['binding'];
}

/** The layer's graph in a real ONNX Runtime for as long as `use` takes. */
export async function withExpertLayer(
  layer: ExpertLayer,
  { kernels = 'onnxruntime', accuracyLevel = 0, mostTensors, binding = 'auto' }: WithLayerOptions,
  use: (run: (x: Float32Array<ArrayBuffer>) => Promise<LayerRun>) => Promise<void>,
): Promise<void> {
  const { feedForward, width, weights } = layer;
  const runtime = await openRuntime({ threads: 1, binding });
  try {
    const products = (await chooseKernels({ kernels, accuracyLevel, mostTensors }, runtime)).products();
    const { model, names, initializers } = await buildGraph(layer, products, weights);
    const session = await runtime.createSession(model, names, initializers);
    products.release();
    await use(async (x) => {
      const tokens = x.length / width;
      const columns = feedForward.topK;
      const outputs = new Float32Array(tokens * width);
      const experts = new Int32Array(tokens * columns);
      const factors = new Float32Array(tokens * columns);
      const tensors = [
        runtime.tensor(outputs, [1, tokens, width]),
        runtime.tensor(experts, [1, tokens, columns]),
        runtime.tensor(factors, [1, tokens, columns]),
      ];
      await session.run([runtime.tensor(x, [1, tokens, width])], tensors);
      return {
        outputs: [...outputs],
        routing: Array.from({ length: tokens }, (_, token) => ({
          experts: [...experts.subarray(token * columns, (token + 1) * columns)],
          weights: [...factors.subarray(token * columns, (token + 1) * columns)],
        })),
      };
    });
    await session.dispose();
  } finally {
    runtime.dispose();
  }
}

async function buildGraph(
  { feedForward, width }: ExpertLayer,
  products: Products,
  weights: WeightSource,
): Promise<ReturnType<GraphBuilder['build']>> {
  const graph = new GraphBuilder();
  const shape = [1, 'tokens', width];
  const input = graph.input('input', 'float32', shape);
  const routings: RoutingValues[] = [];
  const output = await addExperts(
    {
      graph,
      weights,
      products,
      attention: { grouped: runtimeAttention, latent: runtimeLatentAttention },
      scratch: new ScratchPool().lease(),
      spec: {
        name: 'Experts alone',
        architecture: 'test',
        vocabularySize: 1,
        embeddingLength: width,
        contextLength: 1,
        layers: [],
        normEpsilon: 1e-5,
        tiedEmbedding: true,
        parameters: 0,
      },
      ropes: [],
      prefix: 'layer.0',
      onRouting: (routing) => void routings.push(routing),
    },
    feedForward,
    input,
  );
  graph.output(output, 'float32', shape);
  addRoutingOutputs(graph, routings, feedForward.topK);
  return graph.build('experts');
}
