import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { AttentionSpec, LayerSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';
import { kvBytes, kvLayerOf, latentRowWidth } from './kvLayout.ts';

/**
 * The KV cache of some layers for one sequence, allocated once: a run reads what is there and writes its new rows in place. The pages are
 * fresh zeros from the system, which commits one only when a token is written to it: untouched capacity takes no memory.
 */
export class KvBuffers {
  readonly capacity: number;
  readonly bytes: number;
  readonly layers: readonly KvLayer[];
  readonly #caches: readonly LayerCache[];

  constructor(layers: readonly LayerSpec[], runtime: OrtRuntime, capacity: number) {
    this.capacity = capacity;
    this.bytes = kvBytes(layers, capacity);
    this.layers = layers.map(({ attention }) => kvLayerOf(attention));
    this.#caches = layers.map(({ attention }) => createCache(attention, runtime, capacity));
  }

  /** What some layers' graph is given to read `past` tokens and write `tokens` more. `own` takes charge of new tensors. */
  bind(firstLayer: number, layerCount: number, step: CacheStep): CacheBinding {
    const bindings = this.#caches.slice(firstLayer, firstLayer + layerCount).map((cache) => cache.bind(step));
    return {
      inputs: bindings.flatMap(({ inputs }) => inputs),
      outputs: bindings.flatMap(({ outputs }) => outputs),
    };
  }

  dispose(): void {
    for (const cache of this.#caches) cache.dispose();
  }
}

export interface CacheStep {
  /** Tokens that are in the cache. */
  readonly past: number;
  /** Tokens that the run adds. */
  readonly tokens: number;
  readonly own: (tensor: OrtTensor) => OrtTensor;
}

export interface CacheBinding {
  readonly inputs: readonly OrtTensor[];
  readonly outputs: readonly OrtTensor[];
}

interface LayerCache {
  bind(step: CacheStep): CacheBinding;
  dispose(): void;
}

/** A lone token comes twice (`sequenceInputs.ts`), also the last that a cache has room for. */
export const SPARE_ROWS = 1;

function createCache(attention: AttentionSpec, runtime: OrtRuntime, capacity: number): LayerCache {
  return attention.kind === 'gqa'
    ? new HeadCache(runtime, [1, attention.kvHeads, capacity + SPARE_ROWS, attention.headDim])
    : new LatentCache(runtime, capacity, latentRowWidth(attention));
}

/** Key and value, `[1, kvHeads, capacity, headDim]` each: past and present at once. */
class HeadCache implements LayerCache {
  readonly #tensors: readonly OrtTensor[];

  constructor(runtime: OrtRuntime, shape: readonly number[]) {
    this.#tensors = [0, 1].map(() => runtime.deviceTensor(shape));
  }

  bind(): CacheBinding {
    return { inputs: this.#tensors, outputs: this.#tensors };
  }

  dispose(): void {
    for (const tensor of this.#tensors) tensor.dispose();
  }
}

/** Rows `[capacity, width]`. A run is given a view of those that will be there, `[1, total, width]`, and writes the last. */
class LatentCache implements LayerCache {
  readonly #runtime: OrtRuntime;
  readonly #width: number;
  readonly #rows: Float32Array<ArrayBuffer>;

  constructor(runtime: OrtRuntime, capacity: number, width: number) {
    this.#runtime = runtime;
    this.#width = width;
    this.#rows = new Float32Array(capacity * width);
  }

  bind({ past, tokens, own }: CacheStep): CacheBinding {
    const total = past + tokens;
    const rows = this.#rows.subarray(0, total * this.#width);
    const view = [own(this.#runtime.tensor(rows, [1, total, this.#width]))];
    return { inputs: view, outputs: view };
  }

  dispose(): void {
    // The rows are the garbage collector's, the views the run's.
  }
}
