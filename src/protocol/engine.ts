import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc';
import * as v from 'valibot';
import type { GenerateParams, GenerateResult, GenerationEvent, ResolvedSampling } from './generation.ts';
import { ChatMessage, SpeculationMode } from './generation.ts';
import { type BackendReport, BackendWish, KvCacheType } from './backends.ts';
import type { GlassboxErrorCode } from './errors.ts';
import type { PlanReport } from './planReport.ts';
import type { BatchSent } from './transport.ts';

/** The JSON-RPC between the engine process and whoever started it: every message, declared once. */

const filePath = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

/** Kernels for a model's matrices: `auto` takes Glassbox's own where they run, else ONNX Runtime's; `glassbox` no others. */
export const KernelChoice = v.picklist(['auto', 'glassbox', 'onnxruntime']);
export type KernelChoice = v.InferOutput<typeof KernelChoice>;

export const LoadParams = v.object({
  path: filePath,
  /** Capacity of a conversation's KV cache in tokens. Absent: the model's, at most 8192. */
  contextTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(1 << 20))),
  /** Absent: the physical cores, and one for a tiny model. */
  threads: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256))),
  /** Load although the estimate says that memory will not do. */
  force: v.optional(v.boolean()),
  /** Which ONNX Runtime binding to use; `auto` takes the C API and falls back to the JavaScript one. */
  binding: v.optional(v.picklist(['auto', 'c-api', 'javascript'])),
  /** Whose kernels multiply; absent: `auto`. */
  kernels: v.optional(KernelChoice),
  /** What runs the model; absent: `auto`. */
  backend: v.optional(BackendWish),
  /** A part of the name of the GPU that is to run it; absent: any. */
  device: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** What the KV cache is kept in, where the backend lets one choose; absent: `auto`. */
  kvCacheType: v.optional(KvCacheType),
  /** MiB that our own kernels may take of a GPU; 0 or absent: as much as it has. */
  gpuMemoryMiB: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1 << 22))),
  /** The folder where it is remembered how fast backends were; absent: they are measured at each load. */
  backendFolder: v.optional(filePath),
  /** Measures backends although it is remembered how fast they were. */
  measureAgain: v.optional(v.boolean()),
  /** Whether the layer that drafts is loaded, where the model has one: it takes memory. Absent: `auto`. */
  speculation: v.optional(SpeculationMode),
});
export type LoadParams = v.InferOutput<typeof LoadParams>;

export const InspectParams = v.object({
  path: filePath,
  contextTokens: LoadParams.entries.contextTokens,
  /** Estimates are for these. */
  kernels: LoadParams.entries.kernels,
});
export type InspectParams = v.InferOutput<typeof InspectParams>;

/** How the model would run on a GPU. */
export const PlanParams = v.object({
  path: filePath,
  contextTokens: LoadParams.entries.contextTokens,
  /** Tokens in the cache before the pass. */
  position: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Of the pass. */
  tokens: v.pipe(v.number(), v.integer(), v.minValue(1)),
  gpuMemoryMiB: LoadParams.entries.gpuMemoryMiB,
});
export type PlanParams = v.InferOutput<typeof PlanParams>;

/** What a model needs, before it is loaded. All estimates, in bytes. */
export interface MemoryEstimate {
  readonly weightBytes: number;
  readonly kvBytes: number;
  readonly activationBytes: number;
  readonly totalBytes: number;
  /** Measured, when the estimate was made. */
  readonly freeBytes: number;
  readonly fits: boolean;
}

/** Experts of which each token uses a few. */
export interface ExpertSummary {
  /** How many of the model's layers have experts. */
  readonly layers: number;
  readonly routed: number;
  readonly topK: number;
  /** Whether a shared expert reads every token besides. */
  readonly shared: boolean;
  readonly gate: 'softmax' | 'sigmoid';
  /** A bias that only helps to choose keeps the load even. */
  readonly selectionBias: boolean;
  readonly groups?: { readonly count: number; readonly chosen: number };
}

/** A KV cache of one latent vector and one rotated key for a token and layer. */
export interface LatentSummary {
  readonly rank: number;
  readonly rotaryDim: number;
}

/** A model file as its header describes it. */
export interface ModelSummary {
  readonly path: string;
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  /** The most frequent weight type by bytes, for example `Q4_K`. */
  readonly quantization: string;
  readonly bitsPerWeight: number;
  readonly fileBytes: number;
  readonly layers: number;
  readonly embeddingLength: number;
  readonly vocabularySize: number;
  /** What the model was trained for. */
  readonly contextLength: number;
  readonly hasChatTemplate: boolean;
  /** Whether template or vocabulary say that it thinks by itself. */
  readonly isReasoningModel: boolean;
  /** Recommended for this model; used where a question says nothing. */
  readonly sampling: Omit<ResolvedSampling, 'seed'>;
  readonly memory: MemoryEstimate;
  /** What a token takes in the KV cache, in all layers. */
  readonly kvBytesPerToken: number;
  /** What keys and values of all heads would take in the same type; the same where just these are cached. */
  readonly plainKvBytesPerToken: number;
  readonly latentAttention?: LatentSummary;
  readonly experts?: ExpertSummary;
  /** Layers that draft the tokens behind the next one (multi-token prediction). */
  readonly draftLayers: number;
}

/** What computes, and why. */
export type RuntimeReport = OnnxRuntimeReport | GpuRuntimeReport;

/** ONNX Runtime, which of its bindings, and what it computes on. */
export interface OnnxRuntimeReport {
  readonly binding: 'c-api' | 'javascript';
  readonly provider: 'cpu' | 'webgpu' | 'cuda' | 'directml' | 'coreml';
  readonly reason: string;
  readonly version: string;
  readonly threads: number;
  /** Whether one thread more computes some rows of passes that have guesses. */
  readonly dividesPasses?: true;
  readonly kernels: KernelReport;
}

/** Glassbox's own kernels on a GPU, through Dawn. */
export interface GpuRuntimeReport {
  readonly binding: 'dawn';
  readonly reason: string;
  /** The adapter's own name. */
  readonly adapter: string;
  /** What of the adapter's the kernels use. */
  readonly features: readonly ('subgroups' | 'f16' | 'immediates')[];
}

/** Whose kernels multiply with a model's matrices, and why. */
export interface KernelReport {
  readonly by: 'glassbox' | 'onnxruntime';
  /** Of Glassbox's own: what they were written for, such as `amx`. */
  readonly instructionSet?: string;
  readonly reason: string;
}

export interface LoadedModel extends ModelSummary {
  readonly modelId: number;
  /** Tells the file from others whatever its name: 32 hexadecimal digits. */
  readonly fingerprint: string;
  readonly contextCapacity: number;
  readonly loadMs: number;
  readonly runtime: RuntimeReport;
  /** How the backend was chosen that runs it. */
  readonly backend: BackendReport;
}

export type LoadStage = 'header' | 'tokenizer' | 'weights' | 'session';
export interface LoadProgress {
  readonly path: string;
  readonly stage: LoadStage;
  /** 0 to 1 over the whole load. */
  readonly fraction: number;
  /** The device that is being measured, where one is. */
  readonly trying?: string;
}

export interface EngineState {
  readonly processId: number;
  readonly uptimeMs: number;
  readonly residentBytes: number;
  readonly status: 'empty' | 'loading' | 'ready' | 'generating';
  readonly model?: LoadedModel;
  readonly conversations: readonly {
    readonly conversationId: string;
    readonly tokens: number;
    readonly capacity: number;
    readonly kvBytes: number;
  }[];
}

export const TokenizeParams = v.object({
  texts: v.pipe(v.array(v.string()), v.maxLength(1000)),
});
export type TokenizeParams = v.InferOutput<typeof TokenizeParams>;
export interface TokenizeResult {
  readonly tokens: readonly (readonly number[])[];
}

/** How many tokens each text takes, and the whole conversation as the template renders it. */
export const CountParams = v.object({
  texts: v.optional(v.pipe(v.array(v.string()), v.maxLength(1000))),
  messages: v.optional(v.array(ChatMessage)),
});
export type CountParams = v.InferOutput<typeof CountParams>;
export interface CountResult {
  readonly texts: readonly number[];
  readonly prompt: number;
  readonly capacity: number;
}

export const AnswerNowParams = v.object({ requestId: v.string() });
export type AnswerNowParams = v.InferOutput<typeof AnswerNowParams>;

export const ReleaseParams = v.object({ conversationId: v.string() });
export type ReleaseParams = v.InferOutput<typeof ReleaseParams>;

/** Events of one answer, batched: at most one notification per 16 ms. */
export interface GenerationEvents {
  readonly requestId: string;
  readonly events: readonly GenerationEvent[];
  readonly sent: BatchSent;
}

/** `data` of a JSON-RPC error, so that a GlassboxError survives the trip. */
export interface ErrorData {
  readonly code: GlassboxErrorCode;
  readonly details?: unknown;
}

export const InspectRequest = new RequestType<InspectParams, ModelSummary, ErrorData>('model/inspect');
export const PlanRequest = new RequestType<PlanParams, PlanReport, ErrorData>('model/plan');
export const LoadRequest = new RequestType<LoadParams, LoadedModel, ErrorData>('model/load');
export const UnloadRequest = new RequestType0<null, ErrorData>('model/unload');
export const TokenizeRequest = new RequestType<TokenizeParams, TokenizeResult, ErrorData>('tokenize');
export const CountRequest = new RequestType<CountParams, CountResult, ErrorData>('count');
/** Cancelled through JSON-RPC's own cancellation; the result then carries what was written so far. */
export const GenerateRequest = new RequestType<GenerateParams, GenerateResult, ErrorData>('generate');
/** Closes the thought of a running answer. Result: whether there was one to close. */
export const AnswerNowRequest = new RequestType<AnswerNowParams, boolean, ErrorData>('generate/answerNow');
export const ReleaseRequest = new RequestType<ReleaseParams, null, ErrorData>('conversation/release');
export const StateRequest = new RequestType0<EngineState, ErrorData>('state');

export const LoadProgressNotification = new NotificationType<LoadProgress>('model/loadProgress');
export const GenerationEventsNotification = new NotificationType<GenerationEvents>('generate/events');
