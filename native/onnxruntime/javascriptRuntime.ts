import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { OrtError } from './errors.ts';
import type {
  OrtInitializer,
  OrtRuntime,
  OrtSession,
  OrtTensor,
  SessionNames,
  TensorData,
} from './runtime.ts';
import { checkShape } from './shape.ts';
import { checkVersion } from './version.ts';

type Ort = typeof import('onnxruntime-node');

/**
 * ONNX Runtime through the JavaScript binding of `onnxruntime-node`: the fallback where the C API cannot be opened. It
 * computes into preallocated outputs but copies each of them once more, blocks the thread while it runs, and cannot be
 * stopped in mid-run: `signal` is looked at before and after.
 * @throws OrtError `unavailable`, `version`
 */
export async function openJavaScriptRuntime(options: { threads: number; why: string }): Promise<OrtRuntime> {
  const ort = await importOrt();
  const version = ort.env.versions.node ?? 'of unknown version';
  checkVersion(version);
  return new JavaScriptRuntime(ort, version, options.threads, options.why);
}

async function importOrt(): Promise<Ort> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new OrtError('unavailable', 'The onnxruntime-node package could not be loaded.', { cause: error });
  }
}

class JavaScriptRuntime implements OrtRuntime {
  readonly binding = 'javascript';
  readonly provider = 'cpu';
  readonly reason: string;
  readonly version: string;
  readonly threads: number;
  readonly #ort: Ort;

  constructor(ort: Ort, version: string, threads: number, reason: string) {
    this.#ort = ort;
    this.version = version;
    this.threads = threads;
    this.reason = reason;
  }

  tensor<Data extends TensorData>(data: Data, shape: readonly number[]): JavaScriptTensor<Data> {
    checkShape(data, shape);
    return new JavaScriptTensor(this.#ort, data, shape);
  }

  deviceTensor(shape: readonly number[]): OrtTensor {
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    return this.tensor(new Float32Array(length), shape);
  }

  async createSession(
    model: Uint8Array,
    names: SessionNames,
    initializers: readonly OrtInitializer[],
  ): Promise<OrtSession> {
    try {
      const session = await this.#ort.InferenceSession.create(model, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: 'all',
        intraOpNumThreads: this.threads,
        interOpNumThreads: 1,
        enableCpuMemArena: false,
        logSeverityLevel: 3,
        externalData: initializers.map(({ name, data }) => ({
          path: name,
          data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        })),
      });
      return new JavaScriptSession(session, names);
    } catch (error) {
      throw new OrtError('failed', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  addOperators(): void {
    throw new OrtError('unavailable', 'The JavaScript binding of ONNX Runtime takes no operators of others.');
  }

  trimMemory(): void {
    // The C library cannot be reached from JavaScript.
  }

  mapBlocksFrom(): void {
    // As above.
  }

  dispose(): void {
    // Nothing is held between sessions.
  }
}

class JavaScriptTensor<Data extends TensorData> implements OrtTensor {
  readonly data: Data;
  readonly shape: readonly number[];
  readonly tensor: Tensor;

  constructor(ort: Ort, data: Data, shape: readonly number[]) {
    this.data = data;
    this.shape = shape;
    this.tensor = toTensor(ort, data, shape);
  }

  dispose(): void {
    // The tensor is a view of the caller's memory.
  }
}

class JavaScriptSession implements OrtSession {
  readonly #session: InferenceSession;
  readonly #names: SessionNames;

  constructor(session: InferenceSession, names: SessionNames) {
    this.#session = session;
    this.#names = names;
  }

  async run(
    inputs: readonly OrtTensor[],
    outputs: readonly OrtTensor[],
    signal?: AbortSignal,
  ): Promise<void> {
    const throwIfAborted = (): void => {
      if (signal?.aborted) throw new OrtError('terminated', 'The run was stopped.');
    };
    throwIfAborted();
    const feeds = tensorsByName(this.#names.inputs, inputs);
    const fetches = tensorsByName(this.#names.outputs, outputs);
    try {
      await this.#session.run(feeds, fetches);
    } catch (error) {
      throw new OrtError('failed', error instanceof Error ? error.message : String(error), { cause: error });
    }
    throwIfAborted();
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

function tensorsByName(names: readonly string[], tensors: readonly OrtTensor[]): Record<string, Tensor> {
  if (names.length !== tensors.length) {
    throw new OrtError(
      'failed',
      `${tensors.length} tensors were given for ${names.join(', ') || 'no names'}.`,
    );
  }
  const byName: Record<string, Tensor> = {};
  names.forEach((name, index) => {
    const tensor = tensors[index];
    if (!(tensor instanceof JavaScriptTensor)) {
      throw new OrtError('failed', 'A tensor of another runtime was given.');
    }
    byName[name] = tensor.tensor;
  });
  return byName;
}

function toTensor(ort: Ort, data: TensorData, shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof Uint16Array) return new ort.Tensor('float16', data, shape);
  if (data instanceof Uint8Array) return new ort.Tensor('uint8', data, shape);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  return new ort.Tensor('int64', data, shape);
}
