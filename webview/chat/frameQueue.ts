export interface FrameJob {
  /** Brings the DOM up to date. True when there is more to do in a later frame. */
  renderFrame(now: number): boolean;
}

/** So much of a frame of 16 ms may go into our rendering; layout, paint and the user's input need the rest. */
const budgetMs = 6;

/**
 * Batches rendering per animation frame. Jobs that were requested last come first: that is the answer being
 * written and, when a long conversation opens, the turns at its end.
 */
export class FrameQueue {
  private readonly jobs = new Set<FrameJob>();
  private frame: number | undefined;

  /** @param afterFrame called after each frame in which something was rendered */
  constructor(private readonly afterFrame: () => void) {}

  request(job: FrameJob): void {
    this.jobs.delete(job);
    this.jobs.add(job);
    this.frame ??= requestAnimationFrame((now) => {
      this.run(now);
    });
  }

  cancel(job: FrameJob): void {
    this.jobs.delete(job);
  }

  private run(now: number): void {
    this.frame = undefined;
    const started = performance.now();
    const later: FrameJob[] = [];
    for (const job of [...this.jobs].reverse()) {
      this.jobs.delete(job);
      if (job.renderFrame(now)) later.push(job);
      if (performance.now() - started > budgetMs) break;
    }
    // Those left over keep their order behind the ones that were not reached.
    const waiting = [...this.jobs];
    this.jobs.clear();
    for (const job of [...waiting, ...later.reverse()]) this.jobs.add(job);
    this.afterFrame();
    if (this.jobs.size > 0) {
      this.frame = requestAnimationFrame((next) => {
        this.run(next);
      });
    }
  }
}
