import type { OrtApi, Pointer } from './api.ts';
import { openApi, pointerSlot } from './api.ts';
import { hasLargeStacks, importKoffi } from '../importKoffi.ts';
import { OrtError } from './errors.ts';
import { appendProvider, deviceMemoryName, type ExecutionProvider, whyMissing } from './executionProvider.ts';
import { sharedLibraryPath } from './library.ts';
import { nativeMemory, type NativeMemory } from './memory.ts';
import type {
  NativeRun,
  NativeRuns,
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
const DEVICE_ALLOCATOR = 0;
const ARENA_ALLOCATOR = 1;
const MEMORY_DEFAULT = 0;
const FLOAT = 1;

/**
 * ONNX Runtime through its C API. All sessions share one pool of `threads` threads, which belongs to the process: a
 * second runtime that is opened while one lives shares the first one's pool.
 * @throws OrtError `unavailable`, `version`
 */
export async function openCApiRuntime(options: {
  readonly threads: number;
  readonly provider?: ExecutionProvider;
}): Promise<OrtRuntime> {
  const libraryPath = sharedLibraryPath();
  if (libraryPath === undefined) {
    throw new OrtError('unavailable', `onnxruntime-node ships no library for ${process.platform}.`);
  }
  const koffi = await loadKoffi();
  const api = openApi(koffi, libraryPath);
  const { threads, provider = 'cpu' } = options;
  const why = whyMissing(provider, api.providers, libraryPath);
  if (why !== undefined) throw new OrtError('unavailable', why);
  if (provider !== 'cpu' && !hasLargeStacks(koffi))
    throw new OrtError('unavailable', 'Another part of this process has set up koffi with small stacks.');
  return new CApiRuntime(api, threads, provider, nativeMemory(koffi));
}

/**
 * For each provider why it cannot be used here; undefined for one that nothing is known against.
 * @throws OrtError `unavailable`, `version`
 */
export async function missingProviders(): Promise<(provider: ExecutionProvider) => string | undefined> {
  const libraryPath = sharedLibraryPath();
  if (libraryPath === undefined) return () => `onnxruntime-node ships no library for ${process.platform}.`;
  const { providers } = openApi(await loadKoffi(), libraryPath);
  return (provider) => whyMissing(provider, providers, libraryPath);
}

async function loadKoffi(): Promise<typeof import('koffi')> {
  try {
    return await importKoffi();
  } catch (error) {
    throw new OrtError('unavailable', 'The koffi package could not be loaded.', { cause: error });
  }
}

class CApiRuntime implements OrtRuntime {
  readonly binding = 'c-api';
  readonly reason = 'The C API of the ONNX Runtime library opened: no copies, runs can be stopped.';
  readonly version: string;
  readonly threads: number;
  readonly provider: ExecutionProvider;
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

  /** Of the provider's device, and what makes tensors there. Made with the first of them. */
  #deviceMemory: { readonly info: Pointer; readonly allocator: Pointer } | undefined;
  #sessions = new Set<CApiSession>();

  constructor(api: OrtApi, threads: number, provider: ExecutionProvider, memory: NativeMemory) {
    this.#api = api;
    this.provider = provider;
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

  get nativeRuns(): NativeRuns {
    const { runAddress: run, check } = this.#api;
    return { run, check };
  }

  tensor<Data extends TensorData>(data: Data, shape: readonly number[]): CApiTensor<Data> {
    checkShape(data, shape);
    return new CApiTensor(this.#api, this.#memoryInfo, data, shape);
  }

  deviceTensor(shape: readonly number[]): OrtTensor {
    const name = deviceMemoryName(this.provider);
    if (name === undefined) {
      const length = shape.reduce((product, dimension) => product * dimension, 1);
      return this.tensor(new Float32Array(length), shape);
    }
    const { allocator } = (this.#deviceMemory ??= this.#openDeviceMemory(name));
    return new DeviceTensor(this.#api, allocator, shape);
  }

  #openDeviceMemory(name: string): { readonly info: Pointer; readonly allocator: Pointer } {
    const [session] = this.#sessions;
    if (session === undefined)
      throw new OrtError('failed', 'Memory of a device needs a session on it first.');
    const info = this.#api.create('CreateMemoryInfo', name, DEVICE_ALLOCATOR, 0, MEMORY_DEFAULT);
    try {
      return { info, allocator: this.#api.create('CreateAllocator', session.handle, info) };
    } catch (error) {
      this.#api.release('ReleaseMemoryInfo', info);
      throw error;
    }
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
    const tensors: OrtTensor[] = [];
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
      const session = new CApiSession(api, created[0] ?? 0n, names, () => this.#sessions.delete(session));
      this.#sessions.add(session);
      return session;
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
    appendProvider(api, sessionOptions, this.provider);
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
    if (this.#deviceMemory) {
      this.#api.release('ReleaseAllocator', this.#deviceMemory.allocator);
      this.#api.release('ReleaseMemoryInfo', this.#deviceMemory.info);
      this.#deviceMemory = undefined;
    }
    this.#api.release('ReleaseMemoryInfo', this.#memoryInfo);
    this.#api.release('ReleaseEnv', this.#environment);
  }
}

/** Tensors disposed so far: addresses that were written before may be of one of them. */
let disposals = 0;

/** An `OrtValue`, whatever memory it lies in. */
abstract class NativeTensor implements OrtTensor {
  readonly shape: readonly number[];
  readonly #api: OrtApi;
  #value: Pointer;

  constructor(api: OrtApi, shape: readonly number[], value: Pointer) {
    this.shape = shape;
    this.#api = api;
    this.#value = value;
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
    disposals++;
  }
}

/** Floats in memory of the provider's device, which stay there. */
class DeviceTensor extends NativeTensor {
  constructor(api: OrtApi, allocator: Pointer, shape: readonly number[]) {
    const value = api.create('CreateTensorAsOrtValue', allocator, dimensionsOf(shape), shape.length, FLOAT);
    super(api, shape, value);
  }
}

/** Over the caller's memory. */
class CApiTensor<Data extends TensorData> extends NativeTensor {
  /** Held so that it lives as long as the tensor. */
  readonly data: Data;

  constructor(api: OrtApi, memoryInfo: Pointer, data: Data, shape: readonly number[]) {
    // V8 keeps small typed arrays inside its heap and moves them; asking for `buffer` moves their bytes out for good.
    void data.buffer;
    const value = api.create(
      'CreateTensorWithDataAsOrtValue',
      memoryInfo,
      data,
      data.byteLength,
      dimensionsOf(shape),
      shape.length,
      elementType(data),
    );
    super(api, shape, value);
    this.data = data;
  }
}

/** One for all shapes: ONNX Runtime copies it at once. */
let dimensionsBuffer = new BigInt64Array(new ArrayBuffer(8 * 8));

function dimensionsOf(shape: readonly number[]): BigInt64Array<ArrayBuffer> {
  if (dimensionsBuffer.length < shape.length)
    dimensionsBuffer = new BigInt64Array(new ArrayBuffer(8 * shape.length));
  for (let i = 0; i < shape.length; i++) dimensionsBuffer[i] = BigInt(shape[i] ?? 0);
  return dimensionsBuffer;
}

class CApiSession implements OrtSession {
  readonly #api: OrtApi;
  #session: Pointer;
  readonly #inputNames: NameTable;
  readonly #outputNames: NameTable;
  readonly #runOptions: Pointer;
  readonly #inputValues: ValueTable;
  readonly #outputValues: ValueTable;
  /** What a run under way points to. */
  #running: readonly unknown[] | undefined;
  /** That of the last run: those of one answer have one, and a listener for each of them would cost more than it. */
  #signal: AbortSignal | undefined;

  readonly #onDispose: () => void;

  constructor(api: OrtApi, session: Pointer, names: SessionNames, onDispose: () => void) {
    this.#api = api;
    this.#onDispose = onDispose;
    this.#session = session;
    this.#inputNames = new NameTable(api, names.inputs);
    this.#outputNames = new NameTable(api, names.outputs);
    this.#inputValues = new ValueTable(names.inputs.length);
    this.#outputValues = new ValueTable(names.outputs.length);
    this.#runOptions = api.create('CreateRunOptions');
  }

  /** The `OrtSession *`. */
  get handle(): Pointer {
    return this.#session;
  }

  async run(
    inputs: readonly OrtTensor[],
    outputs: readonly OrtTensor[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (signal?.aborted) throw new OrtError('terminated', 'The run was stopped before it began.');
    const parameters = this.#begin(inputs, outputs);
    this.#listenTo(signal);
    try {
      await this.#api.callAsync('Run', ...parameters);
    } catch (error) {
      if (signal?.aborted) throw new OrtError('terminated', 'The run was stopped.', { cause: error });
      throw error;
    } finally {
      this.#running = undefined;
      if (signal?.aborted) this.#api.call('RunOptionsUnsetTerminate', this.#runOptions);
    }
  }

  runHere(inputs: readonly OrtTensor[], outputs: readonly OrtTensor[]): void {
    const parameters = this.#begin(inputs, outputs);
    try {
      this.#api.call('Run', ...parameters);
    } finally {
      this.#running = undefined;
    }
  }

  /** @returns what `Run` is called with */
  #begin(inputs: readonly OrtTensor[], outputs: readonly OrtTensor[]) {
    if (this.#session === 0n) throw new OrtError('failed', 'A session was run after it was disposed.');
    if (this.#running) throw new OrtError('failed', 'A session was run while another run was under way.');
    this.#inputNames.checkCount(inputs);
    this.#outputNames.checkCount(outputs);
    this.#inputValues.fill(inputs);
    this.#outputValues.fill(outputs);
    this.#running = [inputs, outputs];
    return [
      this.#session,
      this.#runOptions,
      this.#inputNames.pointers,
      this.#inputValues.pointers,
      inputs.length,
      this.#outputNames.pointers,
      outputs.length,
      this.#outputValues.pointers,
    ] as const;
  }

  nativeRun(): NativeRun {
    const api = this.#api;
    const [names, results] = [this.#inputNames, this.#outputNames];
    const [values, written] = [new ValueTable(names.count), new ValueTable(results.count)];
    const tables = [
      this.#session,
      this.#runOptions,
      names.pointers,
      values.pointers,
      BigInt(names.count),
      results.pointers,
      BigInt(results.count),
      written.pointers,
    ];
    const parameters = BigUint64Array.from(tables, (table) =>
      typeof table === 'bigint' ? table : api.addressOf(table),
    );
    return {
      parameters: (inputs, outputs) => {
        names.checkCount(inputs);
        results.checkCount(outputs);
        values.fill(inputs);
        written.fill(outputs);
        return parameters;
      },
    };
  }

  #listenTo(signal: AbortSignal | undefined): void {
    if (signal === this.#signal) return;
    this.#signal?.removeEventListener('abort', this.#terminate);
    signal?.addEventListener('abort', this.#terminate);
    this.#signal = signal;
  }

  readonly #terminate = (): void => {
    if (this.#running) this.#api.call('RunOptionsSetTerminate', this.#runOptions);
  };

  async dispose(): Promise<void> {
    if (this.#running) throw new OrtError('failed', 'A session was disposed while a run was under way.');
    if (this.#session === 0n) return;
    this.#listenTo(undefined);
    this.#api.release('ReleaseRunOptions', this.#runOptions);
    this.#api.release('ReleaseSession', this.#session);
    this.#session = 0n;
    this.#onDispose();
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

  get count(): number {
    return this.#names.length;
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
  const table = pointers(tensors.length);
  fillPointers(table, tensors);
  return table;
}

function pointers(count: number): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(new ArrayBuffer(8 * Math.max(1, count)));
}

/** A C array of `OrtValue *` that is written again only where it may be of other tensors. */
class ValueTable {
  readonly pointers: BigUint64Array<ArrayBuffer>;
  #tensors: readonly OrtTensor[] | undefined;
  #disposals = 0;

  constructor(count: number) {
    this.pointers = pointers(count);
  }

  fill(tensors: readonly OrtTensor[]): void {
    if (this.#tensors === tensors && this.#disposals === disposals) return;
    this.#tensors = undefined;
    fillPointers(this.pointers, tensors);
    this.#tensors = tensors;
    this.#disposals = disposals;
  }
}

function fillPointers(table: BigUint64Array<ArrayBuffer>, tensors: readonly OrtTensor[]): void {
  tensors.forEach((tensor, index) => {
    if (!(tensor instanceof NativeTensor))
      throw new OrtError('failed', 'A tensor of another runtime was given.');
    table[index] = tensor.value;
  });
}

/** `ONNXTensorElementDataType` */
function elementType(data: TensorData): number {
  if (data instanceof Float32Array) return 1;
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int32Array) return 6;
  if (data instanceof Uint16Array) return 10; // float16
  return 7; // int64
}
