import type {
  CountParams,
  CountResult,
  EngineState,
  InspectParams,
  LoadedModel,
  LoadParams,
  LoadProgress,
  ModelSummary,
} from '../protocol/engine.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { GenerateParams, GenerateResult } from '../protocol/generation.ts';
import {
  EngineClient,
  type EngineStartOptions,
  type GenerateOptions,
  type RequestOptions,
} from './engineClient.ts';
import type { EngineExit } from './engineExit.ts';

export type EngineHostState =
  /** No process: not needed yet, disposed, or ended on its own (then `exit` says how). */
  | { readonly kind: 'stopped'; readonly exit?: EngineExit }
  | { readonly kind: 'starting' }
  /** A process without a model. */
  | { readonly kind: 'running' }
  | { readonly kind: 'loading'; readonly path: string; readonly fraction: number }
  | { readonly kind: 'ready'; readonly model: LoadedModel };

type ReadyOptions = RequestOptions & { readonly onProgress?: (progress: LoadProgress) => void };

/** Whether the process ended without having been told to. */
function endedByItself(error: unknown): boolean {
  const { code, details } = GlassboxError.from(error);
  const isExit = typeof details === 'object' && details !== null && 'expected' in details;
  return code === 'engine/stopped' && isExit && details.expected === false;
}

/**
 * Keeps one engine process at hand: starts it at the first use, and after it ended on its own starts another
 * one and loads the same model again at the next use. A request that was running when the process ended is
 * not repeated: it rejects with `engine/stopped`, and whoever asked decides.
 */
export class EngineHost {
  readonly #options: EngineStartOptions | (() => Promise<EngineStartOptions>);
  readonly #listeners = new Set<(state: EngineHostState) => void>();
  #state: EngineHostState = { kind: 'stopped' };
  #client: Promise<EngineClient> | undefined;
  #chosen: LoadParams | undefined;
  #disposed = false;

  /** @param options a function is asked at every start, so that changed settings are taken up */
  constructor(options: EngineStartOptions | (() => Promise<EngineStartOptions>)) {
    this.#options = options;
  }

  get state(): EngineHostState {
    return this.#state;
  }

  /** Calls back at every change of `state`. Returns how to stop listening. */
  onChange(listener: (state: EngineHostState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Which model later requests use. Nothing is started or loaded yet. */
  choose(params: LoadParams | undefined): void {
    this.#chosen = params;
  }

  get chosen(): LoadParams | undefined {
    return this.#chosen;
  }

  /** The running process, started if there is none. */
  client(): Promise<EngineClient> {
    if (this.#disposed) {
      return Promise.reject(new GlassboxError('engine/stopped', 'The engine was stopped for good.'));
    }
    if (this.#client) return this.#client;
    const starting = this.#start();
    this.#client = starting;
    const forget = (exit?: EngineExit): void => {
      // After `stop` another process may have taken its place.
      if (this.#client !== starting) return;
      this.#client = undefined;
      this.#become(exit ? { kind: 'stopped', exit } : { kind: 'stopped' });
    };
    starting.then(
      (client) => client.onExit(forget),
      () => forget(),
    );
    return starting;
  }

  /** Chooses a model and loads it now. On failure the choice stays, so that a retry is a call of `ready`. */
  async load(params: LoadParams, options?: ReadyOptions): Promise<LoadedModel> {
    // To be done once, not with every question.
    const { measureAgain, ...chosen } = params;
    this.#chosen = chosen;
    return this.#ready(measureAgain === undefined ? chosen : { ...chosen, measureAgain }, options ?? {});
  }

  /**
   * The chosen model, loaded.
   * @throws GlassboxError `model/notLoaded` when none was chosen, and whatever loading throws.
   */
  async ready(options: ReadyOptions = {}): Promise<LoadedModel> {
    const params = this.#chosen;
    if (!params) throw new GlassboxError('model/notLoaded', 'No model is chosen. Choose a GGUF file first.');
    return this.#ready(params, options);
  }

  async #ready(params: LoadParams, options: ReadyOptions): Promise<LoadedModel> {
    let trying: string | undefined;
    const onProgress = (progress: LoadProgress): void => {
      trying = progress.trying;
      options.onProgress?.(progress);
    };
    try {
      return await this.#load(params, { ...options, onProgress });
    } catch (error) {
      if (trying === undefined || !endedByItself(error)) throw error;
      // A device took the process along when it was tried. The next one knows, and leaves it alone.
      const { measureAgain: _, ...again } = params;
      return this.#load(again, options);
    }
  }

  async #load(params: LoadParams, options: ReadyOptions): Promise<LoadedModel> {
    const client = await this.client();
    // The engine answers at once when this very model is already loaded, and tells us when its file changed.
    const wasReady = this.#state.kind === 'ready' && this.#state.model.path === params.path;
    try {
      const model = await client.load(params, {
        ...options,
        onProgress: (progress) => {
          this.#become({ kind: 'loading', path: progress.path, fraction: progress.fraction });
          options.onProgress?.(progress);
        },
      });
      if (!wasReady || this.#state.kind !== 'ready' || this.#state.model.modelId !== model.modelId) {
        this.#become({ kind: 'ready', model });
      }
      return model;
    } catch (error) {
      if (!client.exit) await this.#becomeWhatTheEngineSays(client);
      throw error;
    }
  }

  /** Loads the chosen model if it is not, then answers. @see EngineClient.generate */
  async generate(params: GenerateParams, options: GenerateOptions = {}): Promise<GenerateResult> {
    await this.ready(options.signal ? { signal: options.signal } : {});
    return (await this.client()).generate(params, options);
  }

  async inspect(params: InspectParams, options?: RequestOptions): Promise<ModelSummary> {
    return (await this.client()).inspect(params, options);
  }

  /** Counts tokens with the loaded model. Loads nothing. @throws GlassboxError `model/notLoaded` */
  async count(params: CountParams, options?: RequestOptions): Promise<CountResult> {
    if (!this.#client)
      throw new GlassboxError('model/notLoaded', 'No model is loaded, so nothing counts tokens.');
    return (await this.#client).count(params, options);
  }

  /** False when no process runs or it has no such answer. */
  async answerNow(requestId: string): Promise<boolean> {
    return this.#client ? (await this.#client).answerNow(requestId) : false;
  }

  async release(conversationId: string): Promise<void> {
    if (this.#client) await (await this.#client).release(conversationId);
  }

  /** The process that runs or starts; undefined when there is none. Starts none. */
  runningClient(): Promise<EngineClient> | undefined {
    return this.#client;
  }

  /** Undefined while no process runs. Starts none. */
  async engineState(): Promise<EngineState | undefined> {
    return this.#client ? (await this.#client).state() : undefined;
  }

  async unload(): Promise<void> {
    if (!this.#client) return;
    const client = await this.#client;
    await client.unload();
    if (!client.exit) this.#become({ kind: 'running' });
  }

  /** Ends the process. The next use starts another one. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    try {
      await (await client).dispose();
    } catch {
      // It never started, which whoever waited for it has been told.
    }
    if (!this.#client) this.#become({ kind: 'stopped' });
  }

  /** Ends the process for good. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.stop();
    this.#listeners.clear();
  }

  async #start(): Promise<EngineClient> {
    this.#become({ kind: 'starting' });
    const options = typeof this.#options === 'function' ? await this.#options() : this.#options;
    const client = await EngineClient.start(options);
    this.#become({ kind: 'running' });
    return client;
  }

  async #becomeWhatTheEngineSays(client: EngineClient): Promise<void> {
    try {
      const { model } = await client.state();
      this.#become(model ? { kind: 'ready', model } : { kind: 'running' });
    } catch {
      // It ended meanwhile: `onExit` has told so.
    }
  }

  #become(state: EngineHostState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
