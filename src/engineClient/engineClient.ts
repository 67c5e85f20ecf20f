import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import type { Readable } from 'node:stream';
import {
  type CancellationToken,
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc/node';
import {
  AnswerNowRequest,
  type CountParams,
  CountRequest,
  type CountResult,
  type EngineState,
  type ErrorData,
  GenerateRequest,
  GenerationEventsNotification,
  InspectRequest,
  type InspectParams,
  type LoadedModel,
  type LoadParams,
  type LoadProgress,
  LoadProgressNotification,
  LoadRequest,
  type PlanParams,
  PlanRequest,
  type ModelSummary,
  ReleaseRequest,
  StateRequest,
  type TokenizeParams,
  TokenizeRequest,
  type TokenizeResult,
  UnloadRequest,
} from '../protocol/engine.ts';
import type { PlanReport } from '../protocol/planReport.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { GenerateParams, GenerateResult, GenerationEvent } from '../protocol/generation.ts';
import {
  type AnswersParams,
  AnswersRequest,
  type AnswersResult,
  type ExpertsParams,
  ExpertsRequest,
  type ExpertsResult,
  type ExpertTokensParams,
  ExpertTokensRequest,
  type ExpertTokensResult,
  type KvParams,
  KvRequest,
  type KvSnapshot,
  type MemoryBudget,
  type MemoryParams,
  MemoryRequest,
  type RecordsChanged,
  RecordsChangedNotification,
  type RoutingParams,
  RoutingRequest,
  type RoutingResult,
  type TextParams,
  TextRequest,
  type TextResult,
  WatchRecordsRequest,
} from '../protocol/records.ts';
import { machineMs } from '../protocol/machineMs.ts';
import type { BatchReceived } from '../protocol/transport.ts';
import { describeExit, type EngineExit } from './engineExit.ts';
import { RecentLines } from './recentLines.ts';

/**
 * The engine's heap is small, and its cores are the model's: V8's other threads, collecting garbage beside a thread that computes, make the rest of a pass
 * wait for milliseconds, again and again. So that this is seldom, a heap is left to grow to 64 MB first: the caches of a dozen short conversations with a
 * small model, which count, would otherwise have all of it looked through, in steps of 60 µs between the passes of a reply.
 */
const V8_OPTIONS = ['--single-threaded-gc', '--initial-old-space-size=64'];

/**
 * Native calls beside the event loop run on Node's pool, four threads unless this says more before the first of them: experts on the CPU
 * want as many as there are cores.
 */
const POOL = { UV_THREADPOOL_SIZE: String(Math.max(4, os.availableParallelism())) };

export interface EngineStartOptions {
  /** The bundled engine, `dist/engine.mjs`. */
  readonly enginePath: string;
  /**
   * The Node that runs it. Absent: the program of this process, told to be a plain Node where it is Electron.
   */
  readonly nodePath?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Whether other processes that want a core get it first. Its threads would keep every core busy while it decodes, and an
   * editor that has to wait for one stutters. Where nobody else wants a core, it costs nothing.
   */
  readonly yields?: boolean;
  /** What the engine and its libraries print, as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface GenerateOptions extends RequestOptions {
  readonly onEvent?: (event: GenerationEvent) => void;
  /** Before the events of a batch. */
  readonly onBatch?: (batch: BatchReceived) => void;
}

/** After this long without a voluntary exit the process is killed. */
const EXIT_GRACE_MS = 1500;
/** How long the output of an ended process may take to arrive. */
const LAST_WORDS_MS = 500;
const KEPT_OUTPUT_LINES = 60;

/**
 * One engine process and the requests to it. Messages travel over Node's child-process channel, not over
 * standard output: native libraries print there whenever they like, and the channel's end tells the engine
 * that its parent is gone.
 *
 * Every method rejects with a GlassboxError; with `engine/stopped` when the process ends before it answers.
 */
export class EngineClient {
  readonly #child: ChildProcess;
  readonly #connection: MessageConnection;
  readonly #output = new RecentLines(KEPT_OUTPUT_LINES);
  readonly #generations = new Map<string, GenerateOptions>();
  readonly #loads = new Set<(progress: LoadProgress) => void>();
  readonly #recordWatchers = new Map<string, Set<(change: RecordsChanged) => void>>();
  readonly #exitListeners = new Set<(exit: EngineExit) => void>();
  readonly #exited: Promise<EngineExit>;
  #exit: EngineExit | undefined;
  #disposing = false;

  private constructor(child: ChildProcess, onOutput: ((text: string) => void) | undefined) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output.push(text);
        onOutput?.(text);
      });
    }
    this.#connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    this.#connection.onNotification(GenerationEventsNotification, ({ requestId, events, sent }) => {
      const listeners = this.#generations.get(requestId);
      listeners?.onBatch?.({ ...sent, receivedAtMs: machineMs() });
      for (const event of events) listeners?.onEvent?.(event);
    });
    this.#connection.onNotification(LoadProgressNotification, (progress) => {
      for (const listener of this.#loads) listener(progress);
    });
    this.#connection.onNotification(RecordsChangedNotification, (change) => {
      for (const listener of this.#recordWatchers.get(change.conversationId) ?? []) listener(change);
    });
    this.#exited = this.#untilExited();
    this.#connection.listen();
  }

  /**
   * Starts a process and waits until it answers.
   * @throws GlassboxError `engine/stopped` with what it printed, when it ends instead.
   */
  static async start(options: EngineStartOptions): Promise<EngineClient> {
    const plainNode =
      options.nodePath === undefined && process.versions['electron'] !== undefined
        ? { ELECTRON_RUN_AS_NODE: '1' }
        : {};
    const child = fork(options.enginePath, [], {
      execPath: options.nodePath ?? process.execPath,
      // A debugger's or a test runner's flags are for this process, not for the engine.
      execArgv: V8_OPTIONS,
      env: { ...POOL, ...process.env, NODE_OPTIONS: '', ...plainNode, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(
          new GlassboxError(
            'engine/stopped',
            `The engine process could not be started with ${options.nodePath ?? process.execPath}: ${error.message}`,
            undefined,
            { cause: error },
          ),
        ),
      );
    });
    if (options.yields === true) yieldCores(child);
    const client = new EngineClient(child, options.onOutput);
    await client.state();
    return client;
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Set once the process has ended. */
  get exit(): EngineExit | undefined {
    return this.#exit;
  }

  /** Calls back once when the process ends (at once if it has). Returns how to stop listening. */
  onExit(listener: (exit: EngineExit) => void): () => void {
    if (this.#exit) listener(this.#exit);
    else this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  /** How a model would run on a GPU. */
  plan(params: PlanParams, options?: RequestOptions): Promise<PlanReport> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(PlanRequest, params, token));
  }

  inspect(params: InspectParams, options?: RequestOptions): Promise<ModelSummary> {
    return this.#send(options?.signal, (token) =>
      this.#connection.sendRequest(InspectRequest, params, token),
    );
  }

  /** @throws GlassboxError `memory/insufficient` (details: MemoryEstimate), `model/*`, `request/cancelled` */
  async load(
    params: LoadParams,
    options: RequestOptions & { readonly onProgress?: (progress: LoadProgress) => void } = {},
  ): Promise<LoadedModel> {
    const { onProgress } = options;
    if (onProgress) this.#loads.add(onProgress);
    try {
      return await this.#send(options?.signal, (token) =>
        this.#connection.sendRequest(LoadRequest, params, token),
      );
    } finally {
      if (onProgress) this.#loads.delete(onProgress);
    }
  }

  unload(options?: RequestOptions): Promise<null> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(UnloadRequest, token));
  }

  tokenize(params: TokenizeParams, options?: RequestOptions): Promise<TokenizeResult> {
    return this.#send(options?.signal, (token) =>
      this.#connection.sendRequest(TokenizeRequest, params, token),
    );
  }

  count(params: CountParams, options?: RequestOptions): Promise<CountResult> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(CountRequest, params, token));
  }

  /**
   * Answers a question. When `signal` fires the answer ends early and the promise still resolves, with what was
   * written so far and the finish reason `cancelled`. When the process ends, it rejects with `engine/stopped`
   * and the events received until then are all there is.
   */
  async generate(params: GenerateParams, options: GenerateOptions = {}): Promise<GenerateResult> {
    this.#generations.set(params.requestId, options);
    try {
      return await this.#send(options.signal, (token) =>
        this.#connection.sendRequest(GenerateRequest, params, token),
      );
    } finally {
      this.#generations.delete(params.requestId);
    }
  }

  /** Closes the thought of a running answer. False when there is no such answer. */
  answerNow(requestId: string): Promise<boolean> {
    return this.#send(undefined, (token) =>
      this.#connection.sendRequest(AnswerNowRequest, { requestId }, token),
    );
  }

  release(conversationId: string): Promise<null> {
    return this.#send(undefined, (token) =>
      this.#connection.sendRequest(ReleaseRequest, { conversationId }, token),
    );
  }

  /** Which experts a conversation's tokens went to; `unpackRouting` makes arrays of it. */
  routing(params: RoutingParams, options?: RequestOptions): Promise<RoutingResult | null> {
    return this.#send(options?.signal, (token) =>
      this.#connection.sendRequest(RoutingRequest, params, token),
    );
  }

  /** How evenly a conversation's tokens are spread over the experts. */
  experts(params: ExpertsParams, options?: RequestOptions): Promise<ExpertsResult | null> {
    return this.#send(options?.signal, (token) =>
      this.#connection.sendRequest(ExpertsRequest, params, token),
    );
  }

  /** What a conversation's KV cache holds and held. */
  kv(params: KvParams, options?: RequestOptions): Promise<KvSnapshot | null> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(KvRequest, params, token));
  }

  /** Which tokens of a conversation went to an expert, in context. */
  expertTokens(params: ExpertTokensParams, options?: RequestOptions): Promise<ExpertTokensResult | null> {
    return this.#send(options?.signal, (token) =>
      this.#connection.sendRequest(ExpertTokensRequest, params, token),
    );
  }

  /** What some positions of a conversation's cache hold, or held when they were evicted. */
  text(params: TextParams, options?: RequestOptions): Promise<TextResult | null> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(TextRequest, params, token));
  }

  /** What the latest answers of a conversation cost. */
  answers(params: AnswersParams, options?: RequestOptions): Promise<AnswersResult | null> {
    return this.#send(options?.signal, (token) =>
      this.#connection.sendRequest(AnswersRequest, params, token),
    );
  }

  /** Where the engine's memory goes. */
  memory(params: MemoryParams, options?: RequestOptions): Promise<MemoryBudget | null> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(MemoryRequest, params, token));
  }

  /**
   * Calls back when a conversation's records changed, at most ten times a second. The conversation need not exist yet.
   * @returns how to stop
   */
  async watchRecords(
    conversationId: string,
    listener: (change: RecordsChanged) => void,
  ): Promise<() => Promise<void>> {
    const listeners = this.#recordWatchers.get(conversationId) ?? new Set();
    this.#recordWatchers.set(conversationId, listeners.add(listener));
    await this.#watchRecords(conversationId, true);
    return async () => {
      listeners.delete(listener);
      if (listeners.size > 0 || !this.#recordWatchers.delete(conversationId)) return;
      if (!this.#exit) await this.#watchRecords(conversationId, false);
    };
  }

  #watchRecords(conversationId: string, watch: boolean): Promise<null> {
    return this.#send(undefined, (token) =>
      this.#connection.sendRequest(WatchRecordsRequest, { conversationId, watch }, token),
    );
  }

  state(options?: RequestOptions): Promise<EngineState> {
    return this.#send(options?.signal, (token) => this.#connection.sendRequest(StateRequest, token));
  }

  /** Ends the process: asks by closing the channel, and kills it when it does not go. */
  async dispose(): Promise<void> {
    this.#disposing = true;
    if (this.#exit) return;
    if (this.#child.connected) this.#child.disconnect();
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_GRACE_MS);
    await this.#exited;
    clearTimeout(deadline);
  }

  async #untilExited(): Promise<EngineExit> {
    const child = this.#child;
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...how) => resolve(how));
    });
    // Its last words may still be in the pipes. (`close` of the child would wait for them too, but does not come
    // when this side closed the channel.)
    await Promise.race([
      Promise.all([child.stdout, child.stderr].map((stream) => stream && untilClosed(stream))),
      new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS)),
    ]);
    this.#exit = { code, signal, expected: this.#disposing, lastLines: this.#output.lines };
    this.#connection.dispose();
    for (const listener of this.#exitListeners) listener(this.#exit);
    return this.#exit;
  }

  async #send<R>(
    signal: AbortSignal | undefined,
    request: (token: CancellationToken) => Promise<R>,
  ): Promise<R> {
    if (this.#exit) throw stopped(this.#exit);
    const cancellation = new CancellationTokenSource();
    const cancel = (): void => cancellation.cancel();
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await request(cancellation.token);
    } catch (error) {
      if (error instanceof ResponseError && isErrorData(error.data)) {
        throw new GlassboxError(error.data.code, error.message, error.data.details, { cause: error });
      }
      // The channel breaks a moment before the process is reported as ended; the exit tells more.
      if (this.#exit || !this.#child.connected) throw stopped(await this.#exited);
      throw GlassboxError.from(error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }
}

function untilClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', () => resolve());
  });
}

function stopped(exit: EngineExit): GlassboxError {
  return new GlassboxError('engine/stopped', describeExit(exit), exit);
}

function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && 'code' in data && typeof data.code === 'string';
}

/** Threads that the process makes from now on inherit it, those of the native library among them. */
function yieldCores(child: ChildProcess): void {
  try {
    // Larger is later. Who starts it may have been put back further already.
    const priority = Math.max(os.getPriority(), os.constants.priority.PRIORITY_BELOW_NORMAL);
    if (child.pid !== undefined) os.setPriority(child.pid, priority);
  } catch {
    // Not allowed here, or the process has ended; what comes next says so.
  }
}
