import { performance } from 'node:perf_hooks';
import process from 'node:process';

/** All in milliseconds. */
export interface EventLoopDelaySummary {
  /** The longest time that a timer came too late. */
  readonly max: number;
  /**
   * The longest time that a timer came too late because this process was computing. On a machine with more work
   * than cores `max` also holds the time in which the process was not given a core; this does not.
   */
  readonly maxBusy: number;
  /** How many timers came, and how late on average. */
  readonly samples: number;
  readonly mean: number;
}

const intervalMs = 5;

/**
 * How long the event loop is blocked, told from how late a timer comes. `perf_hooks.monitorEventLoopDelay` measures
 * the same, but cannot tell a blocked process from one that waits for a core.
 */
export class EventLoopDelay {
  readonly #timer: NodeJS.Timeout;
  #at = performance.now();
  #cpu = process.cpuUsage();
  #max = 0;
  #maxBusy = 0;
  #samples = 0;
  #sum = 0;

  constructor() {
    this.#timer = setInterval(() => this.#sample(), intervalMs);
  }

  summary(): EventLoopDelaySummary {
    return {
      max: this.#max,
      maxBusy: this.#maxBusy,
      samples: this.#samples,
      mean: this.#samples === 0 ? 0 : this.#sum / this.#samples,
    };
  }

  reset(): void {
    this.#max = 0;
    this.#maxBusy = 0;
    this.#samples = 0;
    this.#sum = 0;
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = performance.now();
    const cpu = process.cpuUsage();
    const delayMs = Math.max(0, now - this.#at - intervalMs);
    // Other threads (the collector's, the compiler's) count, too: this is an upper bound.
    const cpuMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000;
    this.#at = now;
    this.#cpu = cpu;
    this.#samples += 1;
    this.#sum += delayMs;
    this.#max = Math.max(this.#max, delayMs);
    this.#maxBusy = Math.max(this.#maxBusy, Math.min(delayMs, cpuMs));
  }
}
