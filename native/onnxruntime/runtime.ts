import type { ExecutionProvider } from './executionProvider.ts';

/**
 * ONNX Runtime as Glassbox uses it. Two implementations: `cApiRuntime.ts` (the library's C API: nothing is copied,
 * a run is asynchronous and can be stopped) and `javascriptRuntime.ts` (the stock binding of `onnxruntime-node`).
 */
export interface OrtRuntime {
  readonly binding: 'c-api' | 'javascript';
  /** Which binding runs and why, for people. */
  readonly reason: string;
  readonly version: string;
  readonly threads: number;
  /** What sessions compute on. */
  readonly provider: ExecutionProvider;
  /**
   * A tensor over the caller's own memory: no copy, so a run reads and writes `data` itself.
   * @throws RangeError when `shape` does not describe `data`
   */
  tensor<Data extends TensorData>(data: Data, shape: readonly number[]): OrtTensor & { readonly data: Data };
  /**
   * A tensor of float32 that only runs read and write: in the memory of the provider's device where that has its own. It
   * begins with zeros in the process's memory, and with whatever is there on a device. After the first session is made.
   * @throws OrtError `failed`
   */
  deviceTensor(shape: readonly number[]): OrtTensor;
  /**
   * @param model bytes of an ONNX `ModelProto`; an initializer whose location is external takes its data from the
   * initializer of that name (its `location` is its own name)
   * @throws OrtError `failed`
   */
  createSession(
    model: Uint8Array,
    names: SessionNames,
    initializers: readonly OrtInitializer[],
  ): Promise<OrtSession>;
  /**
   * Sessions that are made from now on may have operators of `library`, which must live as long as they do.
   * @throws OrtError `unavailable` where the binding takes none or the library does not fit this ONNX Runtime
   */
  addOperators(library: OperatorLibrary): void;
  /** For native code that runs sessions itself; absent where the binding cannot. */
  readonly nativeRuns?: NativeRuns;
  /** Gives memory that is free inside the process back to the system, where that can be asked for. */
  trimMemory(): void;
  /** Memory blocks of at least `bytes` go back to the system as soon as they are free, where that can be asked for. */
  mapBlocksFrom(bytes: number): void;
  /** Sessions must have been disposed. */
  dispose(): void;
}

/** What native code that calls `Run` is given, and gives back. */
export interface NativeRuns {
  /** The address of `OrtApi`'s `Run`. */
  readonly run: bigint;
  /** Takes the `OrtStatus *` that it returned; null is success. @throws OrtError `failed` */
  check(status: bigint | null): void;
}

/** Operators of our own, in a native library. */
export interface OperatorLibrary {
  /**
   * Adds them to an `OrtSessionOptions`. Throws when they do not fit.
   * @param apiBase what `OrtGetApiBase` returned
   */
  register(sessionOptions: bigint, apiBase: bigint): void;
}

/** Element types: float32, float16 (its bits as uint16), uint8, int32, int64. */
export type TensorData =
  | Float32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;

export interface OrtTensor {
  /** Absent where it lies in a device's memory. */
  readonly data?: TensorData;
  readonly shape: readonly number[];
  /** Not while a run uses it. The memory stays the caller's. */
  dispose(): void;
}

/**
 * A weight. ONNX Runtime copies it while the session is created and its kernels then lay most of it out anew, so
 * `data` can be reused as soon as `createSession` has resolved.
 */
export interface OrtInitializer {
  readonly name: string;
  readonly data: TensorData;
  readonly shape: readonly number[];
}

export interface OrtSession {
  /**
   * Computes `outputs` (memory supplied by the caller) from `inputs`, both in the order of their names. One tensor may be
   * input and output at once where the operator allows it (a KV cache). One run at a time.
   * @throws OrtError `terminated` when `signal` fired, otherwise `failed`
   */
  run(inputs: readonly OrtTensor[], outputs: readonly OrtTensor[], signal?: AbortSignal): Promise<void>;
  /**
   * As `run`, on the thread that calls it and to its end: for runs that are not much longer than the way to another thread and back.
   * Absent where the binding cannot.
   * @throws OrtError `failed`
   */
  runHere?(inputs: readonly OrtTensor[], outputs: readonly OrtTensor[]): void;
  /** What native code calls `Run` with, beside runs of others. Absent where the binding cannot. */
  nativeRun?(): NativeRun;
  /** Not while a run is under way. */
  dispose(): Promise<void>;
}

/** The parameters of one run at a time; they live as long as the session and this object. */
export interface NativeRun {
  /**
   * The parameters of `Run` in their order, addresses and counts of 64 bits each, until the next call. The tensors must live as long
   * as they are used.
   */
  parameters(inputs: readonly OrtTensor[], outputs: readonly OrtTensor[]): BigUint64Array<ArrayBuffer>;
}

/** Names of a session's inputs and outputs, in the order in which `run` takes their tensors. */
export interface SessionNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}
