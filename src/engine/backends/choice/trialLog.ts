import type { BackendSpeed, TrialOutcome } from '../../../protocol/backends.ts';
import { type Candidate, candidateKey } from './candidate.ts';
import { codeOf, type Remembered, type TrialKey, type TrialMemory } from './trialMemory.ts';

export interface TrialLogOptions {
  readonly key: TrialKey;
  /** Absent: nothing outlives the process. */
  readonly memory: TrialMemory | undefined;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
}

/** What is known of the candidates of one model, kept in step with what is remembered. */
export class TrialLog {
  readonly #options: TrialLogOptions;
  readonly #remarks: string[] = [];
  #known: Remembered;
  /** What this process found out after the trial, which need not be so next time: a GPU's memory may be free again. */
  readonly #failures = new Map<string, TrialOutcome>();

  private constructor(options: TrialLogOptions) {
    this.#options = options;
    this.#known = { format: 1, key: options.key, measuredAtMs: options.unixNow(), outcomes: {} };
  }

  static async open(options: TrialLogOptions, { forget }: { readonly forget: boolean }): Promise<TrialLog> {
    const log = new TrialLog(options);
    if (forget) return log;
    const { known, damage } = (await options.memory?.read(options.key)) ?? {};
    if (known) log.#known = known;
    if (damage !== undefined) log.#remarks.push(damage);
    return log;
  }

  /** For people: what went wrong with remembering. */
  get remarks(): readonly string[] {
    return this.#remarks;
  }

  /** How fast the CPU is; undefined until it was measured. */
  get reference(): BackendSpeed | undefined {
    return this.#known.reference;
  }

  get measuredAtMs(): number {
    return this.#known.measuredAtMs;
  }

  outcomeOf(candidate: Candidate): TrialOutcome | undefined {
    const name = candidateKey(candidate);
    return this.#failures.get(name) ?? this.#known.outcomes[name];
  }

  measured(reference: BackendSpeed): void {
    this.#known = { ...this.#known, reference, measuredAtMs: this.#options.unixNow() };
  }

  tried(candidate: Candidate, outcome: TrialOutcome): void {
    this.#known = {
      ...this.#known,
      outcomes: { ...this.#known.outcomes, [candidateKey(candidate)]: outcome },
    };
  }

  /** It agreed once, and could not be loaded now. */
  failedNow(candidate: Candidate, reason: string): void {
    this.#failures.set(candidateKey(candidate), { kind: 'failed', reason });
  }

  /**
   * Does what may end the process: that it is being done is on the disk before, and gone after. Being cancelled or failing
   * ends it, too.
   */
  async whileTrying<T>(candidate: Candidate, work: () => Promise<T>): Promise<T> {
    await this.#remember(candidateKey(candidate));
    try {
      return await work();
    } finally {
      await this.#remember();
    }
  }

  /** A figure that cannot be kept is measured again next time; that is no reason to stop. */
  async #remember(trying?: string): Promise<void> {
    try {
      await this.#options.memory?.write(this.#known, trying);
    } catch (error) {
      const remark = `What was measured could not be kept: ${codeOf(error)}.`;
      if (!this.#remarks.includes(remark)) this.#remarks.push(remark);
    }
  }
}
