import { rename, writeFile } from 'node:fs/promises';
import process from 'node:process';
import type { EngineHost } from '../engineClient/engineHost.ts';
import { EventLoopDelay, type EventLoopDelaySummary } from './eventLoopDelay.ts';

/**
 * What tests and the benchmark want to know about a running window. Written as JSON to GLASSBOX_REPORT_FILE when
 * GLASSBOX_TEST=1: at activation, whenever the engine starts or ends, and by the command *Glassbox: Write Test
 * Report*, which also starts a new measurement of the delay.
 */
export interface TestReport {
  readonly extensionHostPid: number;
  /** How long `activate` took. */
  readonly activationMs: number;
  /** Absent while no engine runs. */
  readonly enginePid?: number;
  /** Of the extension host's event loop since the last *Write Test Report*. */
  readonly eventLoopDelayMs: EventLoopDelaySummary;
  /** How many reports this window has written. */
  readonly sequence: number;
}

export class TestReporter {
  readonly #file: string;
  readonly #engine: EngineHost;
  readonly #activationMs: number;
  readonly #delay = new EventLoopDelay();
  #sequence = 0;

  constructor(options: {
    readonly file: string;
    readonly engine: EngineHost;
    readonly activationMs: number;
  }) {
    this.#file = options.file;
    this.#engine = options.engine;
    this.#activationMs = options.activationMs;
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
    const eventLoopDelayMs = this.#delay.summary();
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
    this.#delay.dispose();
  }

  async #enginePid(): Promise<number | undefined> {
    if (this.#engine.state.kind === 'stopped' || this.#engine.state.kind === 'starting') return undefined;
    return (await this.#engine.client()).processId;
  }
}
