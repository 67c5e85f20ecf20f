import * as v from 'valibot';

/** Ways to run a model. `cpu` is the reference; `gpu` is Glassbox's own kernels; the others are ONNX Runtime's providers. */
export const BackendId = v.picklist([
  'cpu',
  'gpu',
  'onnx-webgpu',
  'onnx-cuda',
  'onnx-directml',
  'onnx-coreml',
]);
export type BackendId = v.InferOutput<typeof BackendId>;

/** `auto` takes the fastest whose numbers agree with the CPU's. Any other is taken, however fast, if its numbers agree. */
export const BackendWish = v.picklist(['auto', ...BackendId.options]);
export type BackendWish = v.InferOutput<typeof BackendWish>;

/**
 * What keys, values and latents are kept in. `q8` and `q4` are codes of so many bits, with a scale and a minimum for each 32
 * numbers; only Glassbox's kernels on a GPU have them. `auto`: what the backend keeps anyway, f16 on a GPU.
 */
export const KvCacheType = v.picklist(['auto', 'f16', 'q8', 'q4']);
export type KvCacheType = v.InferOutput<typeof KvCacheType>;

const positive = v.pipe(v.number(), v.finite(), v.minValue(0));

/** How fast a backend computed the probe. */
export const BackendSpeed = v.object({
  loadMs: positive,
  prefillTokensPerSecond: positive,
  decodeTokensPerSecond: positive,
});
export type BackendSpeed = Readonly<v.InferOutput<typeof BackendSpeed>>;

/** A backend's logits against the CPU's, over the positions of the probe. */
export const LogitAgreement = v.object({
  positions: positive,
  /** Largest squared error of a position's logits, as a share of their variance, leaving out the worst tenth. */
  error: v.nullable(positive),
  /** What `error` may be for this model. */
  limit: positive,
  /** Kullback-Leibler, from the CPU's distributions, mean, in nats. */
  divergence: v.nullable(v.number()),
  /** Share of the positions with the same most likely token. */
  sameTop: positive,
});
export type LogitAgreement = Readonly<v.InferOutput<typeof LogitAgreement>>;

/** What came of trying a backend with a model on this machine. */
export const TrialOutcome = v.variant('kind', [
  v.object({ kind: v.literal('agrees'), speed: BackendSpeed, agreement: LogitAgreement }),
  v.object({ kind: v.literal('disagrees'), agreement: LogitAgreement }),
  v.object({ kind: v.literal('failed'), reason: v.pipe(v.string(), v.maxLength(4000)) }),
  /** It gave no sign of life for so long. */
  v.object({ kind: v.literal('hung'), afterMs: positive }),
  /** The engine ended while it was tried. */
  v.object({ kind: v.literal('crashed') }),
]);
export type TrialOutcome = Readonly<v.InferOutput<typeof TrialOutcome>>;

export interface CandidateReport {
  readonly id: BackendId;
  /** What it computes on, for people. */
  readonly device: string;
  /** Whether the device is the CPU pretending to be a GPU. */
  readonly isSoftware: boolean;
  readonly outcome: TrialOutcome | { readonly kind: 'untried'; readonly reason: string };
}

/** A GPU as WebGPU describes it. */
export interface AdapterReport {
  readonly name: string;
  readonly driver: string;
  readonly isSoftware: boolean;
  readonly features: readonly ('subgroups' | 'f16' | 'immediates')[];
  readonly limits: {
    /** The largest piece of a buffer that a kernel sees. */
    readonly bindingBytes: number;
    readonly bufferBytes: number;
    readonly workgroupMemoryBytes: number;
    readonly workgroupSize: number;
  };
}

/** Which backend runs a model, why, and what was measured. */
export interface BackendReport {
  readonly used: BackendId;
  readonly device: string;
  /** A sentence or two. */
  readonly reason: string;
  /** Of the CPU; absent when nothing had to be compared. */
  readonly reference?: BackendSpeed;
  readonly candidates: readonly CandidateReport[];
  readonly adapters: readonly AdapterReport[];
  /** Milliseconds since 1970; absent when nothing was measured. */
  readonly measuredAtMs?: number;
}
