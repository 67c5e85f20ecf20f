import type { ExpertsResult, Phase } from '../../protocol/records.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { readTraceSteps } from '../../reasoning/trace/readTraceSteps.ts';
import { type ExpertCounts, traceExpertCounts } from '../../reasoning/trace/traceExpertCounts.ts';
import { loadByPhase } from '../../reasoning/trace/traceExperts.ts';
import { inTurns } from '../inTurns.ts';
import type { TraceStore } from '../trace/traceStore.ts';

/** Of so many answers the counts are kept once they are read. */
const KEPT = 64;
/** 10,000 tokens take a quarter of it; larger ones would take too much of the host's memory for a look at their experts. */
const MAX_TRACE_BYTES = 16 << 20;

export interface SavedExpertsOptions {
  readonly traces: Pick<TraceStore, 'read'>;
  readonly log: (message: string) => void;
}

/** Which experts answers went to, from their traces: what is left of that when the engine is gone. */
export class SavedExperts {
  readonly #options: SavedExpertsOptions;
  /** By answer; null where a trace holds none, or there is no trace. */
  readonly #counts = new Map<string, ExpertCounts | null>();

  constructor(options: SavedExpertsOptions) {
    this.#options = options;
  }

  /**
   * Of some answers together: of those that went through experts of one shape, which is that of the last.
   * @returns null where no trace holds any
   */
  async of(
    conversationId: string,
    answerIds: readonly string[],
  ): Promise<{ readonly experts: ExpertsResult; readonly answers: number } | null> {
    const all: ExpertCounts[] = [];
    for (const answerId of answerIds.toReversed()) {
      const counts = await this.#countsOf(conversationId, answerId);
      const [last = counts] = all;
      if (counts && last && shapeOf(counts) === shapeOf(last)) all.push(counts);
    }
    const [last] = all;
    return last ? { experts: resultOf(all, last), answers: all.length } : null;
  }

  async #countsOf(conversationId: string, answerId: string): Promise<ExpertCounts | null> {
    const known = this.#counts.get(answerId);
    if (known !== undefined) return known;
    const counts = await this.#read(conversationId, answerId);
    this.#counts.set(answerId, counts);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= KEPT) break;
      this.#counts.delete(oldest);
    }
    return counts;
  }

  async #read(conversationId: string, answerId: string): Promise<ExpertCounts | null> {
    try {
      const bytes = await this.#options.traces.read(conversationId, answerId);
      if (bytes === undefined || bytes.byteLength > MAX_TRACE_BYTES) return null;
      const { trace } = await inTurns(readTraceSteps(bytes));
      return traceExpertCounts(trace) ?? null;
    } catch (thrown) {
      // A damaged trace says so when it is opened; here the answer is one of those without.
      this.#options.log(GlassboxError.from(thrown).message);
      return null;
    }
  }
}

function shapeOf({ layers, experts, topK }: ExpertCounts): string {
  return `${layers.join()} ${experts} ${topK}`;
}

function resultOf(all: readonly ExpertCounts[], shape: ExpertCounts): ExpertsResult {
  const counts = new Uint32Array(shape.counts.length);
  const tokens: Record<Phase, number> = { prompt: 0, thought: 0, answer: 0 };
  for (const each of all) {
    each.counts.forEach((count, cell) => (counts[cell] = (counts[cell] ?? 0) + count));
    tokens.thought += each.tokens.thought;
    tokens.answer += each.tokens.answer;
  }
  const { layers, experts, topK } = shape;
  return {
    layers,
    experts,
    topK,
    tokens,
    dropped: 0,
    counts: Buffer.from(counts.buffer).toString('base64'),
    load: loadByPhase({ ...shape, tokens, counts }),
  };
}
