import { PHASES, type Phase } from '../../protocol/records.ts';

/** Neighbouring tokens and what they are. */
export interface RecordedTokens {
  readonly firstPosition: number;
  readonly tokens: readonly number[];
  readonly phases: readonly Phase[];
}

/** Tokens that left a cache, by eviction, so that they can still be read: so many in all, then the oldest make room. */
export class EvictedTokens {
  readonly #maxTokens: number;
  /** Oldest first. */
  readonly #kept = new Map<number, { firstPosition: number; tokens: Uint32Array; phases: Uint8Array }>();
  #length = 0;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /** Of an eviction that is larger than all that is kept, the first tokens stay. */
  add(id: number, { firstPosition, tokens, phases }: RecordedTokens): void {
    const kept = tokens.slice(0, this.#maxTokens);
    this.#kept.set(id, {
      firstPosition,
      tokens: Uint32Array.from(kept),
      phases: Uint8Array.from(phases.slice(0, kept.length), (phase) => PHASES.indexOf(phase)),
    });
    this.#length += kept.length;
    for (const [oldest, { tokens: held }] of this.#kept) {
      if (this.#length <= this.#maxTokens) return;
      this.#kept.delete(oldest);
      this.#length -= held.length;
    }
  }

  /** Undefined when it made room. */
  get(id: number): RecordedTokens | undefined {
    const kept = this.#kept.get(id);
    return (
      kept && {
        firstPosition: kept.firstPosition,
        tokens: [...kept.tokens],
        phases: Array.from(kept.phases, (phase) => PHASES[phase] ?? 'prompt'),
      }
    );
  }

  /** How many tokens of an eviction can be read. */
  readable(id: number): number {
    return this.#kept.get(id)?.tokens.length ?? 0;
  }
}
