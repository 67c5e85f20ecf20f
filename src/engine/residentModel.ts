import { stat } from 'node:fs/promises';
import type { ModelFile } from '../models/modelFile.ts';
import { readNgrams } from '../models/ngrams/ngramFile.ts';
import type { NgramModel } from '../models/ngrams/ngramModel.ts';
import { openModel } from '../models/openModel.ts';
import { createTokenizer } from '../models/tokenizer/createTokenizer.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { LoadedModel, LoadParams, LoadProgress, LoadStage, ModelSummary } from '../protocol/engine.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { ExpertPlacementReport } from '../protocol/expertPlacement.ts';
import { availableMemory } from './availableMemory.ts';
import { BackendChanges } from './backendChanges.ts';
import type { Backend, BackendModel } from './backends/backend.ts';
import type { ModelLoader } from './backends/choice/chosenBackend.ts';
import { probeTokens } from './backends/choice/probe.ts';
import { ContinuingModel } from './backends/continuing/continuingModel.ts';
import { ChatPrompts } from './chatPrompts.ts';
import { Conversations } from './conversations.ts';
import { defaultThreads } from './defaultThreads.ts';
import { contextCapacity, modelSummary } from './modelSummary.ts';
import { physicalCores } from './physicalCores.ts';
import { prefill } from './prefill.ts';
import { processMemory } from './processMemory.ts';
import { gateBiases } from './records/gateBiases.ts';
import { ConversationRecords } from './records/conversationRecords.ts';
import { routingShape } from './records/routingShape.ts';
import type { Recording } from './records/tokenLabel.ts';
import { needOfSampling } from './sampling/needOfSampling.ts';
import { plainPasses, type VocabularyPasses } from './sampling/vocabularyPasses.ts';
import { loadsDraft } from './speculation/loadsDraft.ts';

/** Where each stage of a load begins, as a share of the whole; reading the weights takes nearly all of it. */
const STAGE_START: Record<LoadStage, number> = { header: 0, tokenizer: 0.02, weights: 0.1, session: 0.9 };

export interface LoadOptions {
  readonly backend: ModelLoader;
  readonly modelId: number;
  /** Nothing was loaded in this process before. */
  readonly isFirst: boolean;
  /** Bytes that will be free before the weights are read. */
  readonly reclaimableBytes: number;
  /** Called once the model is accepted and before anything large is allocated. */
  readonly beforeWeights: () => Promise<void>;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
  readonly onRecordChange: (conversationId: string) => void;
}

/** What a conversation's cache should hold after an answer, and how it is recorded. */
export interface AnsweredHistory {
  readonly tokens: readonly number[];
  readonly recording: Recording;
}

/** A loaded model: weights in memory, tokenizer, template, and the KV caches and records of its conversations. */
export class ResidentModel {
  /** Who runs it, as long as it is loaded. */
  readonly backendChanges: BackendChanges;
  readonly tokenizer: Tokenizer;
  readonly prompts: ChatPrompts;
  /** What its replies usually say; absent where nothing was learned from them. */
  readonly ngrams: NgramModel | undefined;
  readonly records: ConversationRecords;
  readonly conversations: Conversations;
  /** Over the logits of this model. */
  readonly vocabularyPasses: VocabularyPasses;
  /** `[layers with experts, experts]`; absent where no gate has a bias. */
  readonly gateBiases: Float32Array | undefined;
  /** Measured: see `MemoryBudget.measuredLoadBytes`. */
  readonly loadBytes: number | undefined;
  readonly #summary: LoadedModel;
  readonly #model: BackendModel;
  readonly #params: LoadParams;
  readonly #fileChangedAtMs: number;

  private constructor(parts: {
    readonly summary: LoadedModel;
    readonly tokenizer: Tokenizer;
    readonly prompts: ChatPrompts;
    readonly ngrams: NgramModel | undefined;
    readonly model: BackendModel;
    readonly changes: BackendChanges;
    readonly records: ConversationRecords;
    readonly gateBiases: Float32Array | undefined;
    readonly loadBytes: number | undefined;
    readonly params: LoadParams;
    readonly fileChangedAtMs: number;
  }) {
    this.#summary = parts.summary;
    this.backendChanges = parts.changes;
    this.tokenizer = parts.tokenizer;
    this.prompts = parts.prompts;
    this.ngrams = parts.ngrams;
    this.#model = parts.model;
    this.#params = parts.params;
    this.#fileChangedAtMs = parts.fileChangedAtMs;
    this.records = parts.records;
    this.vocabularyPasses = parts.model.vocabularyPasses ?? plainPasses(parts.summary.vocabularySize);
    this.gateBiases = parts.gateBiases;
    this.loadBytes = parts.loadBytes;
    this.conversations = new Conversations({
      model: parts.model,
      capacity: parts.summary.contextCapacity,
      kvBytes: parts.summary.memory.kvBytes,
      records: parts.records,
      availableMemory,
      processMemory,
    });
  }

  /** @throws GlassboxError `memory/insufficient`, `tokenizer/unsupported`, `runtime/*`, `request/cancelled` */
  static async load(file: ModelFile, params: LoadParams, options: LoadOptions): Promise<ResidentModel> {
    const { backend, signal, now } = options;
    const startedAt = now();
    const nativeBefore = nativeBytes();
    const report = (stage: LoadStage, fraction: number, trying?: string): void =>
      options.onProgress({
        path: params.path,
        stage,
        fraction,
        ...(trying === undefined ? {} : { trying }),
      });
    report('header', STAGE_START.header);

    const capacity = contextCapacity(file, params.contextTokens);
    const freeBytes = (await availableMemory()) + options.reclaimableBytes;
    const draft = loadsDraft(params.speculation);
    const describe = (of: Backend): Promise<ModelSummary> =>
      modelSummary(of, file, { contextTokens: capacity, freeBytes, draft });
    const described = await describe(backend.reference);
    if (!described.memory.fits && params.force !== true) throw insufficient(described);

    report('tokenizer', STAGE_START.tokenizer);
    const tokenizer = createTokenizer(file.readTokenizer());
    const prompts = new ChatPrompts(file, tokenizer, () => new Date());
    throwIfCancelled(signal);

    await options.beforeWeights();
    report('weights', STAGE_START.weights);
    const { mtimeMs } = await stat(file.path);
    const fingerprint = await file.fingerprint();
    const cores = physicalCores();
    const threads = params.threads ?? defaultThreads(file.spec, file.weights.tensors, cores);
    const hasSpareThread = (params.threads ?? cores) > threads;
    const subject = {
      spec: file.spec,
      weights: file.weights,
      fingerprint,
      probe: await probeTokens(tokenizer),
      need: needOfSampling(file.sampling),
    };
    const chosen = await backend.load(subject, {
      threads,
      hasSpareThread,
      contextTokens: capacity,
      draft,
      signal,
      onProgress: (fraction, trying) => {
        const share = STAGE_START.weights + fraction * (1 - STAGE_START.weights);
        report(share < STAGE_START.session ? 'weights' : 'session', share, trying);
      },
    });
    const changes = new BackendChanges();
    const model =
      chosen.backend !== backend.reference
        ? new ContinuingModel(chosen.model, {
            loadOther: () => loadAgain(file.path, fingerprint, backend.reference, threads),
            onContinued: (message) => changes.tell(message),
          })
        : chosen.model;
    report('session', 1);
    const summary: LoadedModel = {
      ...(chosen.backend === backend.reference ? described : await describe(chosen.backend)),
      modelId: options.modelId,
      fingerprint,
      backend: chosen.report,
      contextCapacity: capacity,
      loadMs: now() - startedAt,
      runtime: model.runtime,
    };
    const records = new ConversationRecords({
      shape: routingShape(file.spec),
      unixNow: options.unixNow,
      now,
      onChange: options.onRecordChange,
    });
    const loadBytes = options.isFirst ? Math.max(0, nativeBytes() - nativeBefore) : undefined;
    return new ResidentModel({
      summary,
      tokenizer,
      prompts,
      ngrams: await ngramsBeside(file),
      model,
      changes,
      records,
      gateBiases: await gateBiases(file.spec, file.weights),
      loadBytes,
      params,
      fileChangedAtMs: mtimeMs,
    });
  }

  /** What runs it may have changed since it was loaded. */
  get summary(): LoadedModel {
    const { runtime } = this.#model;
    const changed = this.backendChanges.last;
    if (changed === undefined) return this.#summary;
    const backend = { ...this.#summary.backend, used: 'cpu', device: 'CPU', reason: changed } as const;
    return { ...this.#summary, runtime, backend };
  }

  get chunkTokens(): number {
    return this.#model.chunkTokens;
  }

  /** An estimate: weights, activations and the caches that exist. */
  get residentBytes(): number {
    const caches = this.conversations.list().reduce((sum, { kvBytes }) => sum + kvBytes, 0);
    return this.summary.memory.weightBytes + this.summary.memory.activationBytes + caches;
  }

  get expertPlacement(): ExpertPlacementReport | undefined {
    return this.#model.expertPlacement;
  }

  /** Whether loading with these parameters would give what is loaded already. */
  async isStill(params: LoadParams): Promise<boolean> {
    const same =
      params.path === this.#params.path &&
      params.contextTokens === this.#params.contextTokens &&
      params.threads === this.#params.threads &&
      params.binding === this.#params.binding &&
      params.kernels === this.#params.kernels &&
      params.backend === this.#params.backend &&
      params.device === this.#params.device &&
      params.kvCacheType === this.#params.kvCacheType &&
      (params.gpuMemoryMiB ?? 0) === (this.#params.gpuMemoryMiB ?? 0) &&
      params.measureAgain !== true &&
      loadsDraft(params.speculation) === loadsDraft(this.#params.speculation);
    if (!same) return false;
    try {
      const { size, mtimeMs } = await stat(params.path);
      return size === this.summary.fileBytes && mtimeMs === this.#fileChangedAtMs;
    } catch {
      // The file is gone: loading says so.
      return false;
    }
  }

  /**
   * Brings a conversation's cache to `history`: what differs is cut, what is missing computed. Ends early, with
   * a shorter but consistent cache, when it is cancelled or fails; the next question computes the rest.
   */
  async settle(
    conversationId: string,
    { tokens, recording }: AnsweredHistory,
    signal: AbortSignal,
  ): Promise<void> {
    const cache = this.conversations.get(conversationId);
    if (!cache) return;
    try {
      const kept = cache.keepPrefixOf(tokens, 'thought');
      await prefill(cache, tokens.slice(kept), { chunkTokens: this.chunkTokens, signal, recording });
    } catch (error) {
      if (GlassboxError.from(error).code === 'request/cancelled') return;
      this.conversations.release(conversationId);
      process.stderr.write(`The history could not be computed ahead: ${GlassboxError.from(error).message}\n`);
    }
  }

  async dispose(): Promise<void> {
    this.conversations.releaseAll();
    await this.#model.dispose();
  }
}

/** The model once more, from its file. @throws GlassboxError, `model/unreadable` when that is another one by now */
async function loadAgain(
  path: string,
  fingerprint: string,
  backend: Backend,
  threads: number,
): Promise<BackendModel> {
  const file = await openModel(path);
  try {
    if ((await file.fingerprint()) !== fingerprint)
      throw new GlassboxError(
        'model/unreadable',
        `The GPU failed, and ${path} has changed since it was loaded. Ask again: the model is then loaded anew.`,
      );
    return await backend.load(file.spec, file.weights, { threads });
  } finally {
    await file.close();
  }
}

/** A table that cannot be read makes a model no worse. */
async function ngramsBeside({ path, spec }: ModelFile): Promise<NgramModel | undefined> {
  try {
    return await readNgrams(path, spec.vocabularySize);
  } catch (error) {
    process.stderr.write(`Guesses are made without n-grams: ${GlassboxError.from(error).message}\n`);
    return undefined;
  }
}

/** Of this process, without the script's heap. */
function nativeBytes(): number {
  const { residentBytes, heapBytes } = processMemory();
  return residentBytes - heapBytes;
}

function insufficient({ name, memory }: ModelSummary): GlassboxError {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 1)} GB`;
  return new GlassboxError(
    'memory/insufficient',
    `${name} needs about ${gigabytes(memory.totalBytes)} of memory and ${gigabytes(memory.freeBytes)} are free. ` +
      'Close other programs, choose a smaller model or context, or load it all the same.',
    memory,
  );
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new GlassboxError('request/cancelled', 'Loading was cancelled.');
}
