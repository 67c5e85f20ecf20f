import type { OrtApi, Pointer } from './api.ts';
import { openApi, pointerSlot } from './api.ts';
import { OrtError } from './errors.ts';
import { sharedLibraryPath } from './library.ts';
import { nativeMemory, type NativeMemory } from './memory.ts';
import type {
  OperatorLibrary,
  OrtInitializer,
  OrtRuntime,
  OrtSession,
  OrtTensor,
  SessionNames,
  TensorData,
} from './runtime.ts';
import { checkShape } from './shape.ts';

// Values of the C enumerations in onnxruntime_c_api.h.
const LOG_ERRORS = 3;
const OPTIMIZE_ALL = 99;
const ARENA_ALLOCATOR = 1;
const MEMORY_DEFAULT = 0;

/**
 * ONNX Runtime through its C API. All sessions share one pool of `threads` threads, which belongs to the process: a
 * second runtime that is opened while one lives shares the first one's pool.
 * @throws OrtError `unavailable`, `version`
 */
export async function openCApiRuntime(options: { threads: number }): Promise<OrtRuntime> {
  const libraryPath = sharedLibraryPath();
  if (libraryPath === undefined) {
    throw new OrtError('unavailable', `onnxruntime-node ships no library for ${process.platform}.`);
  }
  const koffi = await importKoffi();
  return new CApiRuntime(openApi(koffi, libraryPath), options.threads, nativeMemory(koffi));
}

async function importKoffi(): Promise<typeof import('koffi')> {
  try {
    return await import('koffi');
  } catch (error) {
    throw new OrtError('unavailable', 'The koffi package could not be loaded.', { cause: error });
  }
}

class CApiRuntime implements OrtRuntime {
  readonly binding = 'c-api';
  readonly reason = 'The C API of the ONNX Runtime library opened: no copies, runs can be stopped.';
  readonly version: string;
  readonly threads: number;
  readonly #api: OrtApi;
  readonly #environment: Pointer;
  readonly #memoryInfo: Pointer;
  readonly #memory: NativeMemory;
  /**
   * The JavaScript binding made the process's one environment before us, without a pool of threads to share: each
   * session then has threads of its own, which sleep between operators rather than spin.
   */
  #hasPoolPerSession = false;
  readonly #operators: OperatorLibrary[] = [];

  constructor(api: OrtApi, threads: number, memory: NativeMemory) {
    this.#api = api;
    this.#memory = memory;
    this.version = api.version;
    this.threads = threads;
    const threading = api.create('CreateThreadingOptions');
    try {
      api.call('SetGlobalIntraOpNumThreads', threading, threads);
      api.call('SetGlobalInterOpNumThreads', threading, 1);
      this.#environment = api.create('CreateEnvWithGlobalThreadPools', LOG_ERRORS, 'glassbox', threading);
    } finally {
      api.release('ReleaseThreadingOptions', threading);
    }
    this.#memoryInfo = api.create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, MEMORY_DEFAULT);
  }

  tensor(data: TensorData, shape: readonly number[]): CApiTensor {
    checkShape(data, shape);
    return new CApiTensor(this.#api, this.#memoryInfo, data, shape);
  }

  async createSession(
    model: Uint8Array,
    names: SessionNames,
    initializers: readonly OrtInitializer[],
  ): Promise<OrtSession> {
    try {
      return await this.#createSession(model, names, initializers);
    } catch (error) {
      const lacksPool =
        error instanceof OrtError && error.message.includes('EnvCreatedWithGlobalThreadPools');
      if (!lacksPool || this.#hasPoolPerSession) throw error;
      this.#hasPoolPerSession = true;
      return this.#createSession(model, names, initializers);
    }
  }

  async #createSession(
    model: Uint8Array,
    names: SessionNames,
    initializers: readonly OrtInitializer[],
  ): Promise<OrtSession> {
    const api = this.#api;
    const options = api.create('CreateSessionOptions');
    const tensors: CApiTensor[] = [];
    try {
      this.#configure(options);
      for (const { data, shape } of initializers) tensors.push(this.tensor(data, shape));
      if (tensors.length > 0) {
        const initializerNames = new NameTable(
          api,
          initializers.map(({ name }) => name),
        );
        const values = pointerTable(tensors);
        api.call('AddExternalInitializers', options, initializerNames.pointers, values, tensors.length);
      }
      const created = pointerSlot();
      await api.callAsync(
        'CreateSessionFromArray',
        this.#environment,
        model,
        model.byteLength,
        options,
        created,
      );
      return new CApiSession(api, created[0] ?? 0n, names);
    } finally {
      for (const tensor of tensors) tensor.dispose();
      api.release('ReleaseSessionOptions', options);
    }
  }

  #configure(sessionOptions: Pointer): void {
    const api = this.#api;
    if (this.#hasPoolPerSession) {
      api.call('SetIntraOpNumThreads', sessionOptions, this.threads);
      api.call('AddSessionConfigEntry', sessionOptions, 'session.intra_op.allow_spinning', '0');
    } else {
      api.call('DisablePerSessionThreads', sessionOptions);
    }
    api.call('SetSessionGraphOptimizationLevel', sessionOptions, OPTIMIZE_ALL);
    api.call('SetSessionLogSeverityLevel', sessionOptions, LOG_ERRORS);
    // The arena keeps the largest prompt chunk's activations for ever; without it decoding is not slower.
    api.call('DisableCpuMemArena', sessionOptions);
    for (const library of this.#operators) library.register(sessionOptions, api.base);
  }

  addOperators(library: OperatorLibrary): void {
    const api = this.#api;
    // Tried at once, so that who adds them learns that they do not fit while there is still another way.
    const options = api.create('CreateSessionOptions');
    try {
      library.register(options, api.base);
    } catch (error) {
      throw new OrtError('unavailable', error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    } finally {
      api.release('ReleaseSessionOptions', options);
    }
    this.#operators.push(library);
  }

  trimMemory(): void {
    this.#memory.trim();
  }

  mapBlocksFrom(bytes: number): void {
    this.#memory.mapBlocksFrom(bytes);
  }

  dispose(): void {
    this.#api.release('ReleaseMemoryInfo', this.#memoryInfo);
    this.#api.release('ReleaseEnv', this.#environment);
  }
}

class CApiTensor implements OrtTensor {
  readonly data: TensorData;
  readonly shape: readonly number[];
  readonly #api: OrtApi;
  #value: Pointer;

  constructor(api: OrtApi, memoryInfo: Pointer, data: TensorData, shape: readonly number[]) {
    this.data = data;
    this.shape = shape;
    this.#api = api;
    // V8 keeps small typed arrays inside its heap and moves them; asking for `buffer` moves their bytes out for good.
    void data.buffer;
    const dimensions = new BigInt64Array(new ArrayBuffer(8 * Math.max(shape.length, 1)));
    shape.forEach((dimension, index) => (dimensions[index] = BigInt(dimension)));
    this.#value = api.create(
      'CreateTensorWithDataAsOrtValue',
      memoryInfo,
      data,
      data.byteLength,
      dimensions,
      shape.length,
      elementType(data),
    );
  }

  /** The `OrtValue *`. */
  get value(): Pointer {
    if (this.#value === 0n) throw new OrtError('failed', 'A tensor was used after it was disposed.');
    return this.#value;
  }

  dispose(): void {
    if (this.#value === 0n) return;
    this.#api.release('ReleaseValue', this.#value);
    this.#value = 0n;
  }
}

class CApiSession implements OrtSession {
  readonly #api: OrtApi;
  #session: Pointer;
  readonly #inputNames: NameTable;
  readonly #outputNames: NameTable;
  readonly #runOptions: Pointer;
  /** What a run under way points to. */
  #running: readonly unknown[] | undefined;

  constructor(api: OrtApi, session: Pointer, names: SessionNames) {
    this.#api = api;
    this.#session = session;
    this.#inputNames = new NameTable(api, names.inputs);
    this.#outputNames = new NameTable(api, names.outputs);
    this.#runOptions = api.create('CreateRunOptions');
  }

  async run(
    inputs: readonly OrtTensor[],
    outputs: readonly OrtTensor[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#session === 0n) throw new OrtError('failed', 'A session was run after it was disposed.');
    if (this.#running) throw new OrtError('failed', 'A session was run while another run was under way.');
    if (signal?.aborted) throw new OrtError('terminated', 'The run was stopped before it began.');
    this.#inputNames.checkCount(inputs);
    this.#outputNames.checkCount(outputs);
    const inputValues = pointerTable(inputs);
    const outputValues = pointerTable(outputs);
    this.#running = [inputs, outputs, inputValues, outputValues];
    const terminate = (): void => this.#api.call('RunOptionsSetTerminate', this.#runOptions);
    signal?.addEventListener('abort', terminate);
    try {
      await this.#api.callAsync(
        'Run',
        this.#session,
        this.#runOptions,
        this.#inputNames.pointers,
        inputValues,
        inputs.length,
        this.#outputNames.pointers,
        outputs.length,
        outputValues,
      );
    } catch (error) {
      if (signal?.aborted) throw new OrtError('terminated', 'The run was stopped.', { cause: error });
      throw error;
    } finally {
      this.#running = undefined;
      signal?.removeEventListener('abort', terminate);
      if (signal?.aborted) this.#api.call('RunOptionsUnsetTerminate', this.#runOptions);
    }
  }

  async dispose(): Promise<void> {
    if (this.#running) throw new OrtError('failed', 'A session was disposed while a run was under way.');
    if (this.#session === 0n) return;
    this.#api.release('ReleaseRunOptions', this.#runOptions);
    this.#api.release('ReleaseSession', this.#session);
    this.#session = 0n;
  }
}

/** A C array of C strings that lives as long as this object. */
class NameTable {
  readonly pointers: BigUint64Array<ArrayBuffer>;
  readonly #names: readonly string[];
  readonly #texts: Uint8Array;

  constructor(api: OrtApi, names: readonly string[]) {
    this.#names = names;
    const encoded = names.map((name) => Buffer.from(`${name}\0`));
    this.#texts = new Uint8Array(
      new ArrayBuffer(
        Math.max(
          1,
          encoded.reduce((sum, text) => sum + text.length, 0),
        ),
      ),
    );
    this.pointers = new BigUint64Array(new ArrayBuffer(8 * Math.max(1, names.length)));
    const address = api.addressOf(this.#texts);
    let offset = 0;
    encoded.forEach((text, index) => {
      this.#texts.set(text, offset);
      this.pointers[index] = address + BigInt(offset);
      offset += text.length;
    });
  }

  checkCount(tensors: readonly OrtTensor[]): void {
    if (tensors.length === this.#names.length) return;
    throw new OrtError(
      'failed',
      `${tensors.length} tensors were given for ${this.#names.join(', ') || 'no names'}.`,
    );
  }
}

/** A C array of `OrtValue *`. */
function pointerTable(tensors: readonly OrtTensor[]): BigUint64Array<ArrayBuffer> {
  const pointers = new BigUint64Array(new ArrayBuffer(8 * Math.max(1, tensors.length)));
  tensors.forEach((tensor, index) => {
    if (!(tensor instanceof CApiTensor))
      throw new OrtError('failed', 'A tensor of another runtime was given.');
    pointers[index] = tensor.value;
  });
  return pointers;
}

/** `ONNXTensorElementDataType` */
function elementType(data: TensorData): number {
  if (data instanceof Float32Array) return 1;
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int32Array) return 6;
  return 7; // int64
}
