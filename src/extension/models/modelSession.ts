import path from 'node:path';
import type { ModelView, NamedModel } from '../../protocol/chat.ts';
import type { BackendWish, KvCacheType } from '../../protocol/backends.ts';
import type {
  KernelChoice,
  LoadedModel,
  LoadParams,
  LoadProgress,
  MemoryEstimate,
} from '../../protocol/engine.ts';
import type { EngineHost } from '../../engineClient/engineHost.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { ChosenModel } from './chosenModel.ts';
import { describeModel, describeRuntime } from './modelDescription.ts';

/** The part of the settings that decides how a model is loaded. */
export interface ModelSettings extends ChosenModel {
  readonly contextTokens?: number;
  readonly threads?: number;
  readonly kernels?: KernelChoice;
  readonly backend?: BackendWish;
  /** A part of the name of the GPU. */
  readonly device?: string;
  readonly kvCacheType?: KvCacheType;
  /** Of the GPU, at most. */
  readonly gpuMemoryMiB?: number;
}

export interface ModelSessionOptions {
  readonly engine: EngineHost;
  /** Where it is remembered how fast backends were. */
  readonly backendFolder: string;
  readonly settings: () => ModelSettings;
  /**
   * Asks what to do with a model that memory will not hold. `other` means that the user has chosen another
   * model, which the settings now name.
   */
  readonly confirmMemory: (model: {
    readonly name: string;
    readonly memory: MemoryEstimate;
  }) => Promise<'load' | 'other' | 'cancel'>;
  readonly onChange: (view: ModelView) => void;
}

/** The one model of this window: what is chosen, whether it is loaded, and how far the loading is. */
export class ModelSession {
  readonly #options: ModelSessionOptions;
  readonly #progressListeners = new Set<(progress: LoadProgress) => void>();
  #loaded: { readonly key: string; readonly model: LoadedModel } | undefined;
  #loading:
    | { readonly key: string; readonly result: Promise<LoadedModel>; readonly abort: AbortController }
    | undefined;
  #view: ModelView;

  constructor(options: ModelSessionOptions) {
    this.#options = options;
    this.#view = this.#idleView();
    options.engine.onChange(({ kind }) => {
      if (kind === 'stopped') this.#engineEnded();
    });
  }

  get view(): ModelView {
    return this.#view;
  }

  /** The loaded model; undefined while there is none. */
  get loaded(): LoadedModel | undefined {
    return this.#loaded?.model;
  }

  /**
   * The chosen model, loaded; starts the engine when it does not run. Calls at the same time share one load.
   *
   * @throws GlassboxError `model/notLoaded` when there is none, `request/cancelled` when the user refuses or
   * stops the loading, and whatever inspecting and loading throw
   */
  load(): Promise<LoadedModel> {
    const settings = this.#options.settings();
    const key = keyOf(settings);
    if (this.#loading?.key === key) return this.#loading.result;
    if (this.#loaded?.key === key) return Promise.resolve(this.#loaded.model);
    return this.#start(settings, key, {});
  }

  /** Loads the chosen model anew and measures on what it runs best. @throws GlassboxError as `load` */
  measureBackends(): Promise<LoadedModel> {
    const settings = this.#options.settings();
    return this.#start(settings, keyOf(settings), { measureAgain: true });
  }

  #start(settings: ModelSettings, key: string, more: MoreParams): Promise<LoadedModel> {
    this.#loading?.abort.abort();
    const abort = new AbortController();
    const result = this.#load(settings, key, abort.signal, more).finally(() => {
      if (this.#loading?.abort === abort) this.#loading = undefined;
    });
    this.#loading = { key, result, abort };
    return result;
  }

  /** Calls back as loading advances. Returns how to stop listening. */
  onProgress(listener: (progress: LoadProgress) => void): () => void {
    this.#progressListeners.add(listener);
    return () => this.#progressListeners.delete(listener);
  }

  /** Stops the loading that is under way, if any. */
  cancelLoading(): void {
    this.#loading?.abort.abort();
  }

  /** To be called when the engine has said that the model runs elsewhere now. */
  async backendChanged(): Promise<void> {
    const before = this.#loaded;
    const model = (await this.#options.engine.engineState())?.model;
    // Another load, or the end of the engine, may have come meanwhile.
    if (!before || !model || this.#loaded !== before || this.#view.status !== 'ready') return;
    this.#loaded = { key: before.key, model };
    this.#showReady({ name: this.#view.name, isEmbedded: this.#view.isEmbedded }, model);
  }

  /** To be called when the settings have changed: another model is loaded at the next use, not now. */
  settingsChanged(): void {
    if (this.#loading !== undefined || this.#loaded?.key === keyOf(this.#options.settings())) return;
    this.#show(this.#idleView());
  }

  async #load(
    settings: ModelSettings,
    key: string,
    signal: AbortSignal,
    more: MoreParams,
  ): Promise<LoadedModel> {
    if (settings.path === '') {
      this.#show({ status: 'none' });
      throw new GlassboxError(
        'model/notLoaded',
        'The model that comes with Glassbox is missing from this installation. Choose a GGUF file, or install Glassbox again.',
      );
    }
    const named = namedModel(settings);
    const { name } = named;
    // The engine holds one model: loading lets go of the one before.
    this.#loaded = undefined;
    this.#show({ status: 'loading', ...named, fraction: 0 });
    try {
      const { engine, backendFolder } = this.#options;
      const context = settings.contextTokens === undefined ? {} : { contextTokens: settings.contextTokens };
      const kernels = settings.kernels === undefined ? {} : { kernels: settings.kernels };
      const summary = await engine.inspect({ path: settings.path, ...context, ...kernels }, { signal });
      let force = false;
      if (!summary.memory.fits) {
        const other = await this.#agreeToForce(name, summary.memory, signal);
        if (other !== undefined) return other;
        force = true;
      }
      const params = {
        path: settings.path,
        ...context,
        ...(settings.threads === undefined ? {} : { threads: settings.threads }),
        ...kernels,
        ...(settings.backend === undefined ? {} : { backend: settings.backend }),
        ...(settings.device === undefined ? {} : { device: settings.device }),
        ...(settings.kvCacheType === undefined ? {} : { kvCacheType: settings.kvCacheType }),
        ...(settings.gpuMemoryMiB === undefined ? {} : { gpuMemoryMiB: settings.gpuMemoryMiB }),
        backendFolder,
        ...more,
      };
      const model = await this.#loadOrAsk(params, force, named, signal);
      this.#loaded = { key, model };
      this.#showReady(named, model);
      return model;
    } catch (thrown) {
      const error = GlassboxError.from(thrown);
      // Another load has taken over; what is shown is its business.
      if (this.#loading !== undefined && this.#loading.key !== key) throw error;
      const hasNoModelToBlame = error.code === 'request/cancelled' || error.code === 'engine/stopped';
      this.#show(hasNoModelToBlame ? this.#idleView() : { status: 'error', message: error.message });
      throw error;
    }
  }

  async #loadOrAsk(
    params: LoadParams,
    force: boolean,
    named: NamedModel,
    signal: AbortSignal,
  ): Promise<LoadedModel> {
    const { engine } = this.#options;
    const onProgress = (progress: LoadProgress): void => {
      const { fraction, trying } = progress;
      this.#show({ status: 'loading', ...named, fraction, ...(trying === undefined ? {} : { trying }) });
      for (const listener of this.#progressListeners) listener(progress);
    };
    try {
      return await engine.load({ ...params, force }, { signal, onProgress });
    } catch (thrown) {
      const error = GlassboxError.from(thrown);
      // Memory may have become short between the estimate and the load.
      if (force || error.code !== 'memory/insufficient') throw error;
      const { memory } = await engine.inspect(params, { signal });
      const other = await this.#agreeToForce(named.name, memory, signal);
      return other ?? (await engine.load({ ...params, force: true }, { signal, onProgress }));
    }
  }

  /** Undefined when the model shall be loaded all the same; another model, loaded, when that was chosen. */
  async #agreeToForce(
    name: string,
    memory: MemoryEstimate,
    signal: AbortSignal,
  ): Promise<LoadedModel | undefined> {
    const decision = await this.#options.confirmMemory({ name, memory });
    if (decision === 'load' && !signal.aborted) return undefined;
    if (decision === 'other' && !signal.aborted) {
      this.#loading = undefined;
      return await this.load();
    }
    throw new GlassboxError('request/cancelled', `${name} was not loaded.`);
  }

  /** Its memory is gone with it. */
  #engineEnded(): void {
    this.#loaded = undefined;
    if (this.#loading === undefined) this.#show(this.#idleView());
  }

  #showReady(named: NamedModel, model: LoadedModel): void {
    this.#show({
      status: 'ready',
      ...named,
      description: describeModel(model),
      runtime: describeRuntime(model.runtime),
      contextCapacity: model.contextCapacity,
    });
  }

  #idleView(): ModelView {
    const settings = this.#options.settings();
    return settings.path === '' ? { status: 'none' } : { status: 'unloaded', ...namedModel(settings) };
  }

  #show(view: ModelView): void {
    this.#view = view;
    this.#options.onChange(view);
  }
}

/** What only one load is asked for. */
type MoreParams = Pick<LoadParams, 'measureAgain'>;

function keyOf(settings: ModelSettings): string {
  const {
    path: file,
    contextTokens,
    threads,
    kernels,
    backend,
    device,
    kvCacheType,
    gpuMemoryMiB,
  } = settings;
  return JSON.stringify([
    ...[file, contextTokens, threads, kernels, backend, device],
    ...[kvCacheType, gpuMemoryMiB],
  ]);
}

/** A model goes by the name of its file, as the user chose it; what a file says of itself may be anything. */
function namedModel({ path: file, isEmbedded }: ChosenModel): NamedModel {
  return { name: path.basename(file, '.gguf'), isEmbedded };
}
