import { rename, writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { EngineHost } from '../engineClient/engineHost.ts';

/**
 * What tests and the benchmark want to know about a running window. Written as JSON to GLASSBOX_REPORT_FILE when
 * GLASSBOX_TEST=1: at activation, whenever the engine starts or ends, and by the command `glassbox.dev.report`,
 * which also starts a new measurement of the delay.
 */
export interface TestReport {
  readonly extensionHostPid: number;
  /** How long `activate` took. */
  readonly activationMs: number;
  /** Absent while no engine runs. */
  readonly enginePid?: number;
  /** Delays of the extension host's event loop since the last `glassbox.dev.report`, in milliseconds. */
  readonly eventLoopDelayMs: { readonly max: number; readonly p99: number; readonly mean: number };
  /** How many reports this window has written. */
  readonly sequence: number;
}

/** The timer of the histogram ticks every so many milliseconds; a delay is what comes on top. */
const resolutionMs = 5;

export class TestReporter {
  readonly #file: string;
  readonly #engine: EngineHost;
  readonly #activationMs: number;
  readonly #delay: IntervalHistogram;
  #sequence = 0;

  constructor(options: {
    readonly file: string;
    readonly engine: EngineHost;
    readonly activationMs: number;
  }) {
    this.#file = options.file;
    this.#engine = options.engine;
    this.#activationMs = options.activationMs;
    this.#delay = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#delay.enable();
    options.engine.onChange(({ kind }) => {
      if (kind === 'running' || kind === 'stopped') void this.write();
    });
    void this.write();
  }

  /** Writes a report and starts a new measurement of the delay. */
  async writeAndReset(): Promise<void> {
    await this.write();
    this.#delay.reset();
  }

  async write(): Promise<void> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const eventLoopDelayMs = {
      max: delayMs(this.#delay.max),
      p99: delayMs(this.#delay.percentile(99)),
      mean: delayMs(this.#delay.mean),
    };
    const enginePid = await this.#enginePid();
    const report: TestReport = {
      extensionHostPid: process.pid,
      activationMs: this.#activationMs,
      eventLoopDelayMs,
      sequence,
      ...(enginePid === undefined ? {} : { enginePid }),
    };
    const temporary = `${this.#file}.${sequence}.tmp`;
    await writeFile(temporary, JSON.stringify(report));
    await rename(temporary, this.#file);
  }

  dispose(): void {
    this.#delay.disable();
  }

  async #enginePid(): Promise<number | undefined> {
    if (this.#engine.state.kind === 'stopped' || this.#engine.state.kind === 'starting') return undefined;
    return (await this.#engine.client()).processId;
  }
}

/** Nanoseconds between two ticks, as the delay in milliseconds. NaN before the first tick. */
function delayMs(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - resolutionMs) : 0;
}
