import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { BackendSpeed, TrialOutcome } from '../../../protocol/backends.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { BestNeed } from '../../sampling/bestLogits.ts';
import type { Backend, BackendLoadOptions, BackendModel } from '../backend.ts';
import { agrees, compareLogits, errorLimit } from './compareLogits.ts';
import { PROBE_TOKENS, type ProbeRun, runProbe } from './probe.ts';
import { Silence, watched } from './watched.ts';

export interface TrialOptions {
  readonly spec: ModelSpec;
  readonly weights: WeightSource;
  readonly load: BackendLoadOptions;
  /** `PROBE_TOKENS` */
  readonly probe: readonly number[];
  /** Of a reply's logits; undefined: all. */
  readonly need: BestNeed | undefined;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  /** After so long without progress a candidate counts as hung. */
  readonly silenceMs: number;
}

export interface Trial {
  readonly outcome: TrialOutcome;
  /** Loaded, where the outcome is `agrees`; the caller's to dispose. */
  readonly model?: BackendModel;
}

export interface LoadedProbe {
  readonly model: BackendModel;
  readonly run: ProbeRun;
  readonly speed: BackendSpeed;
}

/** Loads a model and runs the probe on it. @throws GlassboxError, as loading and appending do */
export async function loadAndProbe(backend: Backend, options: TrialOptions): Promise<LoadedProbe> {
  const { spec, weights, load, probe, need, now } = options;
  const signal = load.signal ?? new AbortController().signal;
  const startedAt = now();
  const model = await backend.load(spec, weights, load);
  const loadMs = now() - startedAt;
  try {
    const onStep = (): void => load.onProgress?.(1);
    const run = await runProbe(model, probe, { need, now, signal, onStep });
    return { model, run, speed: { loadMs, ...run.speed } };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/**
 * What a candidate makes of the probe that the reference has computed. Whatever it does, short of ending the process,
 * becomes an outcome.
 * @throws GlassboxError `request/cancelled` only
 */
export async function tryCandidate(
  backend: Backend,
  reference: Float32Array,
  options: TrialOptions,
): Promise<Trial> {
  const { load, spec, silenceMs } = options;
  try {
    const { model, run, speed } = await watched(silenceMs, load.signal, ({ alive, signal }) => {
      const onProgress = (fraction: number): void => {
        alive();
        load.onProgress?.(fraction);
      };
      return loadAndProbe(backend, { ...options, load: { ...load, signal, onProgress } });
    });
    const limit = errorLimit(spec);
    const agreement = compareLogits(reference, run.logits, { positions: PROBE_TOKENS, limit });
    if (agrees(agreement)) return { outcome: { kind: 'agrees', speed, agreement }, model };
    await model.dispose();
    return { outcome: { kind: 'disagrees', agreement } };
  } catch (thrown) {
    if (load.signal?.aborted) throw new GlassboxError('request/cancelled', 'Loading was cancelled.');
    if (thrown instanceof Silence) return { outcome: { kind: 'hung', afterMs: thrown.afterMs } };
    return { outcome: { kind: 'failed', reason: GlassboxError.from(thrown).message.slice(0, 4000) } };
  }
}
