import { checkVersion } from './version.ts';
import { OrtError } from './errors.ts';

/** An address in the library's or our own memory. */
export type Pointer = bigint;
/** What koffi passes as `void *`: an address, a typed array's own memory, or NULL. */
export type PointerArgument = Pointer | ArrayBufferView | null;
/** `OrtStatus *`: null is success. */
export type Status = Pointer | null;

type Koffi = typeof import('koffi');

/** The version of the `OrtApi` table that is asked for: the library's own (`ORT_API_VERSION` of 1.30). */
const API_VERSION = 30;

/**
 * The functions of the `OrtApi` table that Glassbox calls: position in the table (onnxruntime_c_api.h; the table only
 * ever grows at its end) and C signature, every pointer as `void *`.
 */
const functions = {
  GetErrorCode: [1, 'int', ['void *']],
  GetErrorMessage: [2, 'const char *', ['void *']],
  CreateSessionFromArray: [8, 'void *', ['void *', 'void *', 'size_t', 'void *', 'void *']],
  Run: [9, 'void *', ['void *', 'void *', 'void *', 'void *', 'size_t', 'void *', 'size_t', 'void *']],
  CreateSessionOptions: [10, 'void *', ['void *']],
  DisableCpuMemArena: [19, 'void *', ['void *']],
  SetSessionLogSeverityLevel: [22, 'void *', ['void *', 'int']],
  SetSessionGraphOptimizationLevel: [23, 'void *', ['void *', 'int']],
  SetIntraOpNumThreads: [24, 'void *', ['void *', 'int']],
  CreateRunOptions: [39, 'void *', ['void *']],
  RunOptionsSetTerminate: [46, 'void *', ['void *']],
  RunOptionsUnsetTerminate: [47, 'void *', ['void *']],
  CreateTensorAsOrtValue: [48, 'void *', ['void *', 'void *', 'size_t', 'int', 'void *']],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *',
    ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', 'void *'],
  ],
  CreateMemoryInfo: [68, 'void *', ['const char *', 'int', 'int', 'int', 'void *']],
  CreateCpuMemoryInfo: [69, 'void *', ['int', 'int', 'void *']],
  ReleaseEnv: [92, 'void', ['void *']],
  ReleaseStatus: [93, 'void', ['void *']],
  ReleaseMemoryInfo: [94, 'void', ['void *']],
  ReleaseSession: [95, 'void', ['void *']],
  ReleaseValue: [96, 'void', ['void *']],
  ReleaseRunOptions: [97, 'void', ['void *']],
  ReleaseSessionOptions: [100, 'void', ['void *']],
  CreateEnvWithGlobalThreadPools: [119, 'void *', ['int', 'const char *', 'void *', 'void *']],
  DisablePerSessionThreads: [120, 'void *', ['void *']],
  CreateThreadingOptions: [121, 'void *', ['void *']],
  ReleaseThreadingOptions: [122, 'void', ['void *']],
  GetAvailableProviders: [125, 'void *', ['void *', 'void *']],
  AddSessionConfigEntry: [130, 'void *', ['void *', 'const char *', 'const char *']],
  CreateAllocator: [131, 'void *', ['void *', 'void *', 'void *']],
  ReleaseAllocator: [132, 'void', ['void *']],
  SetGlobalIntraOpNumThreads: [147, 'void *', ['void *', 'int']],
  SetGlobalInterOpNumThreads: [148, 'void *', ['void *', 'int']],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, 'void *', ['void *', 'void *']],
  CreateCUDAProviderOptions: [205, 'void *', ['void *']],
  ReleaseCUDAProviderOptions: [208, 'void', ['void *']],
  AddExternalInitializers: [210, 'void *', ['void *', 'void *', 'void *', 'size_t']],
  SessionOptionsAppendExecutionProvider: [
    216,
    'void *',
    ['void *', 'const char *', 'void *', 'void *', 'size_t'],
  ],
} as const satisfies Record<string, readonly [number, string, readonly string[]]>;

type FunctionName = keyof typeof functions;
/** Functions whose result is a status that has to be looked at. */
type StatusFunction = Exclude<FunctionName, 'GetErrorCode' | 'GetErrorMessage' | `Release${string}`>;
type Argument = PointerArgument | number | string;

/** The C API, its calls named as in onnxruntime_c_api.h. */
export interface OrtApi {
  readonly version: string;
  /** What `OrtGetApiBase` returned. */
  readonly base: Pointer;
  /** Calls `name` and throws what its status says. @throws OrtError */
  call(name: StatusFunction, ...parameters: readonly Argument[]): void;
  /**
   * The same on another thread. The arrays among `parameters` are kept alive until it settles; what is only reached
   * through addresses in them must be kept alive by the caller.
   */
  callAsync(name: StatusFunction, ...parameters: readonly Argument[]): Promise<void>;
  /** Calls a function whose last parameter receives a pointer, and returns that. */
  create(name: StatusFunction, ...parameters: readonly Argument[]): Pointer;
  release(name: Extract<FunctionName, `Release${string}`>, pointer: Pointer): void;
  /** The address of `Run`, for native code that calls it. */
  readonly runAddress: Pointer;
  /** Throws what a status says that `Run` returned to native code. @throws OrtError */
  check(status: Status): void;
  /** The address of an array's memory, which lives as long as the array. */
  addressOf(array: ArrayBufferView): Pointer;
  /** What this library was built to compute on: names such as `CPUExecutionProvider`. */
  readonly providers: readonly string[];
}

interface NativeFunction {
  (...parameters: readonly Argument[]): unknown;
  async(...parameters: readonly [...Argument[], (error: unknown, result: unknown) => void]): void;
}

/**
 * Opens the shared library and checks its version before the function table is used.
 * @throws OrtError `unavailable`, `version`
 */
export function openApi(koffi: Koffi, libraryPath: string): OrtApi {
  const getApiBase: NativeFunction = openLibrary(koffi, libraryPath).func('OrtGetApiBase', 'void *', []);
  const base = pointer(getApiBase());
  const functionAt = (
    table: Pointer,
    index: number,
    result: string,
    parameters: readonly string[],
  ): NativeFunction =>
    koffi.decode(koffi.decode(table, index * 8, 'void *'), koffi.proto(result, [...parameters]));

  // struct OrtApiBase { const OrtApi *(*GetApi)(uint32_t version); const char *(*GetVersionString)(void); }
  const version = String(functionAt(base, 1, 'const char *', [])());
  checkVersion(version);
  const table = pointer(functionAt(base, 0, 'void *', ['uint32_t'])(API_VERSION));

  const bound = new Map(
    Object.entries(functions).map(([name, [index, result, parameters]]) => [
      name,
      functionAt(table, index, result, parameters),
    ]),
  );
  const native = (name: FunctionName): NativeFunction => {
    const found = bound.get(name);
    if (found === undefined) throw new OrtError('unavailable', `ONNX Runtime has no function ${name}.`);
    return found;
  };
  const check = (status: unknown): void => {
    if (status === null) return;
    const message = String(native('GetErrorMessage')(pointer(status)));
    native('ReleaseStatus')(pointer(status));
    throw new OrtError('failed', message);
  };

  // One for all: nothing else runs between a call and what it wrote.
  const created = pointerSlot();

  return {
    version,
    base,
    get providers() {
      const [table, count] = [pointerSlot(), new Int32Array(new ArrayBuffer(4))];
      check(native('GetAvailableProviders')(table, count));
      // The table stays with us: a few names for each process.
      return Array.from({ length: count[0] ?? 0 }, (_, index) =>
        String(koffi.decode(table[0] ?? 0n, 8 * index, 'const char *')),
      );
    },
    call: (name, ...parameters) => {
      check(native(name)(...parameters));
    },
    callAsync: (name, ...parameters) =>
      new Promise((resolve, reject) => {
        native(name).async(...parameters, (error, status) => {
          // Named here so that this callback, which koffi holds, keeps them alive until C is done with them.
          void parameters;
          try {
            if (error) throw error instanceof Error ? error : new OrtError('failed', String(error));
            check(status);
            resolve();
          } catch (failure) {
            reject(failure instanceof Error ? failure : new OrtError('failed', String(failure)));
          }
        });
      }),
    create: (name, ...parameters) => {
      check(native(name)(...parameters, created));
      return created[0] ?? 0n;
    },
    runAddress: pointer(koffi.decode(table, functions.Run[0] * 8, 'void *')),
    check,
    release: (name, released) => {
      native(name)(released);
    },
    addressOf: (array) => koffi.address(array),
  };
}

/** Room for one pointer that C writes: an explicit buffer, because V8 moves the memory of small typed arrays. */
export function pointerSlot(): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(new ArrayBuffer(8));
}

type Library = ReturnType<Koffi['load']>;

/**
 * Held for ever: koffi unloads a library when its handle is collected, and functions that were decoded from a table, as
 * ours are, do not count as references.
 */
const openLibraries = new Map<string, Library>();

function openLibrary(koffi: Koffi, libraryPath: string): Library {
  try {
    const library = openLibraries.get(libraryPath) ?? koffi.load(libraryPath);
    openLibraries.set(libraryPath, library);
    return library;
  } catch (error) {
    throw new OrtError('unavailable', `${libraryPath} could not be opened.`, { cause: error });
  }
}

function pointer(value: unknown): Pointer {
  if (typeof value === 'bigint') return value;
  throw new OrtError('unavailable', 'ONNX Runtime returned no function table.');
}
