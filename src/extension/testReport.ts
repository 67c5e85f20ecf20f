import process from 'node:process';
import type { EngineHost } from '../engineClient/engineHost.ts';
import type { CountedRecords } from './countedRecords.ts';
import { EventLoopDelay, type EventLoopDelaySummary } from './eventLoopDelay.ts';
import { recordsReport, type RecordsReport } from './recordsReport.ts';
import { replaceFile } from './storage/replaceFile.ts';

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
  /** What the diagnostics asked of the engine since the window opened, and how many conversations they watch now. */
  readonly diagnostics: { readonly requests: number; readonly watches: number };
  /** Of the chat that is shown; only in a report that the command wrote, while an engine runs. */
  readonly records?: RecordsReport;
}

export class TestReporter {
  readonly #file: string;
  readonly #engine: EngineHost;
  readonly #activationMs: number;
  readonly #counted: CountedRecords;
  readonly #conversationId: () => string;
  readonly #delay = new EventLoopDelay();
  #sequence = 0;

  constructor(options: {
    readonly file: string;
    readonly engine: EngineHost;
    readonly activationMs: number;
    readonly counted: CountedRecords;
    /** Of the chat that is shown. */
    readonly conversationId: () => string;
  }) {
    this.#file = options.file;
    this.#engine = options.engine;
    this.#activationMs = options.activationMs;
    this.#counted = options.counted;
    this.#conversationId = options.conversationId;
    options.engine.onChange(({ kind }) => {
      if (kind === 'running' || kind === 'stopped') void this.write();
    });
    void this.write();
  }

  /** Writes a report with the engine's records and starts a new measurement of the delay. */
  async writeAndReset(): Promise<void> {
    await this.write({ withRecords: true });
    this.#delay.reset();
  }

  async write({ withRecords = false } = {}): Promise<void> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const eventLoopDelayMs = this.#delay.summary();
    const enginePid = await this.#enginePid();
    const engine = withRecords && enginePid !== undefined ? await this.#engine.client() : undefined;
    const records = engine && (await recordsReport(engine, this.#conversationId()));
    const report: TestReport = {
      extensionHostPid: process.pid,
      activationMs: this.#activationMs,
      eventLoopDelayMs,
      sequence,
      diagnostics: { requests: this.#counted.requests, watches: this.#counted.watches },
      ...(enginePid === undefined ? {} : { enginePid }),
      ...(records === undefined ? {} : { records }),
    };
    await replaceFile(this.#file, JSON.stringify(report));
  }

  dispose(): void {
    this.#delay.dispose();
  }

  async #enginePid(): Promise<number | undefined> {
    if (this.#engine.state.kind === 'stopped' || this.#engine.state.kind === 'starting') return undefined;
    return (await this.#engine.client()).processId;
  }
}
