import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { AttentionSpec, LayerSpec } from '../../../models/spec.ts';
import type { KvLayer } from '../backend.ts';
import type { AttentionForms } from './attentionForms.ts';
import { kvBytes, kvLayerOf } from './kvLayout.ts';

/**
 * The KV cache of some layers for one sequence, allocated once: a run reads what is there and writes its new rows in place. The pages are
 * fresh zeros from the system, which commits one only when a token is written to it: untouched capacity takes no memory.
 */
export class KvBuffers {
  readonly capacity: number;
  readonly bytes: number;
  readonly layers: readonly KvLayer[];
  readonly #caches: readonly LayerCache[];
  /** By the first layer: what does not depend on the step. */
  readonly #kept = new Map<number, { readonly layerCount: number; readonly binding: CacheBinding }>();

  constructor(layers: readonly LayerSpec[], forms: AttentionForms, runtime: OrtRuntime, capacity: number) {
    this.capacity = capacity;
    this.bytes = kvBytes(layers, forms, capacity);
    this.layers = layers.map(({ attention }) => kvLayerOf(attention, forms));
    this.#caches = layers.map(({ attention }) => createCache(attention, forms, runtime, capacity));
  }

  /**
   * What some layers' graph is given to read `past` tokens and write `tokens` more; until the next call for these layers. The same object
   * as before where it is the same tensors.
   */
  bind(firstLayer: number, layerCount: number, step: CacheStep): CacheBinding {
    const kept = this.#kept.get(firstLayer);
    if (kept?.layerCount === layerCount) return kept.binding;
    const caches = this.#caches.slice(firstLayer, firstLayer + layerCount);
    const bindings = caches.map((cache) => cache.bind(step));
    const binding = {
      inputs: bindings.flatMap(({ inputs }) => inputs),
      outputs: bindings.flatMap(({ outputs }) => outputs),
    };
    if (caches.every(({ isFixed }) => isFixed)) this.#kept.set(firstLayer, { layerCount, binding });
    return binding;
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
}

export interface CacheBinding {
  readonly inputs: readonly OrtTensor[];
  readonly outputs: readonly OrtTensor[];
}

interface LayerCache {
  /** Whether every step is bound alike. */
  readonly isFixed: boolean;
  bind(step: CacheStep): CacheBinding;
  dispose(): void;
}

function createCache(
  attention: AttentionSpec,
  forms: AttentionForms,
  runtime: OrtRuntime,
  capacity: number,
): LayerCache {
  if (attention.kind === 'gqa') {
    const { dataType, key, value } = forms.grouped.cache(attention, capacity);
    return new WholeTensors(runtime, dataType, [key, value]);
  }
  const layout = forms.latent.cache(attention, capacity);
  return layout.kind === 'panels'
    ? new WholeTensors(runtime, 'float16', [layout.shape])
    : new LatentRows(runtime, capacity, layout.width);
}

/** Each past and present at once: the operator writes only what is new. */
class WholeTensors implements LayerCache {
  readonly isFixed = true;
  readonly #binding: CacheBinding;

  constructor(runtime: OrtRuntime, dataType: 'float32' | 'float16', shapes: readonly (readonly number[])[]) {
    const tensors = shapes.map((shape) => {
      if (dataType === 'float32') return runtime.deviceTensor(shape);
      return runtime.tensor(
        new Uint16Array(shape.reduce((product, dimension) => product * dimension, 1)),
        shape,
      );
    });
    this.#binding = { inputs: tensors, outputs: tensors };
  }

  bind(): CacheBinding {
    return this.#binding;
  }

  dispose(): void {
    for (const tensor of this.#binding.inputs) tensor.dispose();
  }
}

/** Rows `[capacity, width]`. A run is given a view of those that will be there, `[1, total, width]`, and writes the last. */
class LatentRows implements LayerCache {
  readonly isFixed = false;
  readonly #runtime: OrtRuntime;
  readonly #width: number;
  readonly #rows: Float32Array<ArrayBuffer>;
  #view: OrtTensor | undefined;

  constructor(runtime: OrtRuntime, capacity: number, width: number) {
    this.#runtime = runtime;
    this.#width = width;
    this.#rows = new Float32Array(capacity * width);
  }

  bind({ past, tokens }: CacheStep): CacheBinding {
    const total = past + tokens;
    const rows = this.#rows.subarray(0, total * this.#width);
    this.#view?.dispose();
    this.#view = this.#runtime.tensor(rows, [1, total, this.#width]);
    return { inputs: [this.#view], outputs: [this.#view] };
  }

  dispose(): void {
    this.#view?.dispose();
  }
}
