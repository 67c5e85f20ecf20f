import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import {
  BackendId,
  type BackendReport,
  type CandidateReport,
  type KvCacheType,
} from '../../../protocol/backends.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { BestNeed } from '../../sampling/bestLogits.ts';
import type { Backend, BackendLoadOptions, BackendModel } from '../backend.ts';
import type { Candidate, Candidates } from './candidate.ts';
import { decide, type Decision } from './decide.ts';
import { eligibleCandidates, type Wish, whyNone } from './eligibleCandidates.ts';
import { TrialLog } from './trialLog.ts';
import type { TrialKey, TrialMemory } from './trialMemory.ts';
import { loadAndProbe, tryCandidate } from './tryCandidate.ts';

export interface ChosenBackendOptions {
  readonly wish: Wish;
  /** The CPU: always there, and right by definition. */
  readonly reference: Backend;
  /** Asked for only where another backend may be used. */
  readonly candidates: () => Promise<Candidates>;
  /** Absent: nothing is remembered, and a model is measured each time. */
  readonly memory?: TrialMemory;
  /** Whatever is remembered is measured again. */
  readonly measureAgain?: boolean;
  /** Where it is codes, a backend that has none says so. Default `auto`. */
  readonly kvCacheType?: KvCacheType;
  /** What figures depend on besides the model and the adapters: versions and settings. */
  readonly circumstances: TrialKey;
  /** After so long without progress a candidate counts as hung. Default `SILENCE_MS`. */
  readonly silenceMs?: number;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
}

/** Compiling one kernel took lavapipe, the slowest there is, 75 s. */
const SILENCE_MS = 180_000;

/** What is to be run. */
export interface Subject {
  readonly spec: ModelSpec;
  readonly weights: WeightSource;
  readonly fingerprint: string;
  /** What every backend computes; see `probeTokens`. */
  readonly probe: readonly number[];
  /** What its replies need of logits as they are sampled by default; absent: all of them. */
  readonly need?: BestNeed | undefined;
}

/** A model, and how it came to run where it runs. */
export interface ChosenModel {
  readonly model: BackendModel;
  readonly backend: Backend;
  readonly report: BackendReport;
}

/** What a model is loaded with: a choice between backends, or one that is settled. */
export interface ModelLoader {
  /** The CPU, whose estimates hold before anything is chosen, and which goes on where a GPU fails. */
  readonly reference: Backend;
  /** @throws GlassboxError as `Backend.load` of the CPU does */
  load(subject: Subject, options: ChoiceLoadOptions): Promise<ChosenModel>;
}

type Outside = Pick<Candidates, 'adapters' | 'candidates'>;

/**
 * Loads a model into the backend that has proved itself: at a model's first use a short text is computed by the CPU and by
 * each candidate, and the fastest whose logits agree is kept. One model is in memory at a time. The outcome is remembered.
 */
export class ChosenBackend implements ModelLoader {
  readonly #options: ChosenBackendOptions;

  constructor(options: ChosenBackendOptions) {
    this.#options = options;
  }

  get reference(): Backend {
    return this.#options.reference;
  }

  /** @throws GlassboxError as `Backend.load` of the CPU does; whatever candidates do becomes a part of the report */
  async load(subject: Subject, options: ChoiceLoadOptions): Promise<ChosenModel> {
    const { wish, memory, measureAgain, unixNow } = this.#options;
    if (wish.backend === 'cpu') {
      return this.#onCpu(subject, options, 'It was asked for.', { adapters: [], candidates: [] });
    }
    options.onProgress?.(0, 'GPUs');
    const all = await this.#list();
    const eligible = eligibleCandidates(wish, all.candidates);
    if (eligible.length === 0) return this.#onCpu(subject, options, whyNone(wish, all), all);
    const log = await TrialLog.open(
      { key: this.#key(subject, options, all), memory, unixNow },
      { forget: measureAgain === true },
    );
    const kept = await this.#measure(subject, options, eligible, log);
    try {
      const first = this.#decide(all, eligible, log);
      if (first.candidate) {
        const { candidate } = first.candidate;
        const model = kept?.take(candidate) ?? (await this.#loadCandidate(subject, options, candidate, log));
        if (model) {
          const figures = this.#figures(first.reason, all, eligible, log);
          const { id, device, backend } = candidate;
          return { model, backend, report: { used: id, device, ...this.#withCache(id, figures) } };
        }
      }
      await kept?.dispose();
      const { reason } = first.candidate ? this.#decide(all, [], log, first.candidate.candidate) : first;
      return await this.#onCpu(subject, options, reason, all, log, eligible);
    } finally {
      await kept?.dispose();
    }
  }

  async #list(): Promise<Candidates> {
    const { candidates, memory, measureAgain = false } = this.#options;
    const found = memory ? await memory.whileListing(candidates, measureAgain) : await candidates();
    if (found) return found;
    const reason =
      'Looking for GPUs ended the engine last time, so it is left until backends are measured again.';
    return {
      adapters: [],
      candidates: [],
      missing: BackendId.options.map((id) => ({ id, reason })),
    };
  }

  /** The CPU, then each candidate of which nothing is known. Returns the last that agreed, still loaded. */
  async #measure(
    { spec, weights, probe, need }: Subject,
    options: ChoiceLoadOptions,
    eligible: readonly Candidate[],
    log: TrialLog,
  ): Promise<Kept | undefined> {
    const { now, reference, silenceMs = SILENCE_MS } = this.#options;
    const untried = eligible.filter((candidate) => log.outcomeOf(candidate) === undefined);
    if (untried.length === 0 && log.reference !== undefined) return undefined;
    // The CPU, each candidate, and once more the one that is taken.
    const loads = untried.length + 2;
    const stage = (index: number, trying: string): BackendLoadOptions => ({
      ...options,
      onProgress: (fraction) => options.onProgress?.((index + fraction) / loads, trying),
    });
    const trial = { spec, weights, probe, need, now, silenceMs };
    const onCpu = await loadAndProbe(reference, { ...trial, load: stage(0, 'CPU') });
    await onCpu.model.dispose();
    log.measured(onCpu.speed);
    let kept: Kept | undefined;
    try {
      for (const [index, candidate] of untried.entries()) {
        await kept?.dispose();
        await log.whileTrying(candidate, async () => {
          const load = stage(index + 1, candidate.device);
          const run = await tryCandidate(candidate.backend, onCpu.run.logits, { ...trial, load });
          log.tried(candidate, run.outcome);
          kept = run.model && new Kept(candidate, run.model);
        });
      }
      return kept;
    } catch (error) {
      await kept?.dispose();
      throw error;
    }
  }

  /** Undefined when it agreed once and cannot be loaded now, which the log then says. */
  async #loadCandidate(
    { spec, weights }: Subject,
    options: ChoiceLoadOptions,
    candidate: Candidate,
    log: TrialLog,
  ): Promise<BackendModel | undefined> {
    try {
      return await log.whileTrying(candidate, () => candidate.backend.load(spec, weights, options));
    } catch (thrown) {
      const error = GlassboxError.from(thrown);
      if (error.code === 'request/cancelled') throw error;
      log.failedNow(candidate, error.message);
      return undefined;
    }
  }

  async #onCpu(
    { spec, weights }: Subject,
    options: ChoiceLoadOptions,
    reason: string,
    all: Outside,
    log?: TrialLog,
    eligible: readonly Candidate[] = [],
  ): Promise<ChosenModel> {
    const { reference } = this.#options;
    const model = await reference.load(spec, weights, options);
    const figures = this.#figures(reason, all, eligible, log);
    const report = { used: 'cpu', device: 'CPU', ...this.#withCache('cpu', figures) } as const;
    return { model, backend: reference, report };
  }

  /** Whoever asked for a smaller cache than the backend has is told. */
  #withCache<Figures extends { readonly reason: string }>(used: BackendId, figures: Figures): Figures {
    const { kvCacheType = 'auto' } = this.#options;
    if (used === 'gpu' || kvCacheType === 'auto' || kvCacheType === 'f16') return figures;
    const remark = `Its KV cache is not kept in ${kvCacheType}: only Glassbox's kernels on a GPU do that.`;
    return { ...figures, reason: `${figures.reason} ${remark}`.trim() };
  }

  /** @param failed the one that was to be taken, and cannot be */
  #decide(
    all: Outside,
    eligible: readonly Candidate[],
    log: TrialLog,
    failed?: Candidate,
  ): Decision<Reported> {
    if (!log.reference)
      throw new GlassboxError('internal', 'Backends were compared before the CPU was measured.');
    const compared = failed ? [failed] : eligible;
    const reports = all.candidates.flatMap((candidate) =>
      compared.includes(candidate) ? [{ ...reportOf(candidate, eligible, log), candidate }] : [],
    );
    return decide(this.#options.wish.backend, log.reference, reports);
  }

  #figures(
    reason: string,
    { adapters, candidates }: Outside,
    eligible: readonly Candidate[],
    log: TrialLog | undefined,
  ): Omit<BackendReport, 'used' | 'device'> {
    const measured = log?.reference && { reference: log.reference, measuredAtMs: log.measuredAtMs };
    return {
      reason: [reason, ...(log?.remarks ?? [])].filter((text) => text !== '').join(' '),
      candidates: candidates.map((candidate) => reportOf(candidate, eligible, log)),
      adapters,
      ...measured,
    };
  }

  #key({ fingerprint }: Subject, { threads }: ChoiceLoadOptions, { adapters }: Candidates): TrialKey {
    return {
      ...this.#options.circumstances,
      model: fingerprint,
      threads: String(threads),
      adapters: adapters.map(({ name, driver }) => `${name} (${driver})`).join(', '),
    };
  }
}

export interface ChoiceLoadOptions extends Omit<BackendLoadOptions, 'onProgress'> {
  /** @param trying the device that is being measured, where one is */
  readonly onProgress?: (fraction: number, trying?: string) => void;
}

interface Reported extends CandidateReport {
  readonly candidate: Candidate;
}

/** A model that a trial left loaded: taken once, or disposed. */
class Kept {
  readonly #candidate: Candidate;
  #model: BackendModel | undefined;

  constructor(candidate: Candidate, model: BackendModel) {
    this.#candidate = candidate;
    this.#model = model;
  }

  take(candidate: Candidate): BackendModel | undefined {
    if (candidate !== this.#candidate) return undefined;
    const model = this.#model;
    this.#model = undefined;
    return model;
  }

  async dispose(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.dispose();
  }
}

function reportOf(
  candidate: Candidate,
  eligible: readonly Candidate[],
  log: TrialLog | undefined,
): CandidateReport {
  const { id, device, isSoftware } = candidate;
  const reason =
    isSoftware && !eligible.includes(candidate)
      ? 'It is software that runs on the CPU.'
      : 'Another one was asked for.';
  return { id, device, isSoftware, outcome: log?.outcomeOf(candidate) ?? { kind: 'untried', reason } };
}
