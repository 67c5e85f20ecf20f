import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';

/**
 * The KV cache of one sequence: key and value of each layer, `[1, kvHeads, capacity, headDim]` floats, given to ONNX
 * Runtime as past and present at once, so that a run writes only its new rows. The pages are fresh zeros from the
 * system, which commits one only when a token is written to it: untouched capacity takes no memory.
 */
export class KvBuffers {
  readonly capacity: number;
  readonly bytes: number;
  /** Key and value of layer 0, of layer 1, ... */
  readonly #tensors: readonly OrtTensor[];

  constructor(spec: ModelSpec, runtime: OrtRuntime, capacity: number) {
    this.capacity = capacity;
    this.bytes = kvBytes(spec, capacity);
    this.#tensors = spec.layers.flatMap(({ attention: { kvHeads, headDim } }) => {
      const tensor = (): OrtTensor =>
        runtime.tensor(new Float32Array(kvHeads * capacity * headDim), [1, kvHeads, capacity, headDim]);
      return [tensor(), tensor()];
    });
  }

  tensorsOf(firstLayer: number, layerCount: number): readonly OrtTensor[] {
    return this.#tensors.slice(2 * firstLayer, 2 * (firstLayer + layerCount));
  }

  dispose(): void {
    for (const tensor of this.#tensors) tensor.dispose();
  }
}

/** Of a full cache. */
export function kvBytes(spec: ModelSpec, tokens: number): number {
  return spec.layers.reduce(
    (sum, { attention: { kvHeads, headDim } }) => sum + 2 * 4 * kvHeads * headDim * tokens,
    0,
  );
}
