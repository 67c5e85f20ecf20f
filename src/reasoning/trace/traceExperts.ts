import { type ExpertLoad, type ExpertsResult, type Phase, PHASES } from '../../protocol/records.ts';
import { expertLoad } from '../expertLoad.ts';
import type { Trace } from './trace.ts';
import { type ExpertCounts, traceExpertCounts } from './traceExpertCounts.ts';

/** How a trace's tokens used the experts; the same figures as the engine's records have, for one answer. */
export type TraceExperts = Pick<ExpertsResult, 'layers' | 'experts' | 'topK' | 'tokens' | 'load'>;

/** Undefined for a trace without routing. */
export function traceExperts(trace: Trace): TraceExperts | undefined {
  const counted = traceExpertCounts(trace);
  if (!counted) return undefined;
  const { layers, experts, topK, tokens } = counted;
  return { layers, experts, topK, tokens, load: loadByPhase(counted) };
}

/** By phase and layer; null where nothing was counted. */
export function loadByPhase({ layers, experts, counts }: ExpertCounts): ExpertsResult['load'] {
  const size = layers.length * experts;
  const of = (phases: readonly Phase[]): (ExpertLoad | null)[] =>
    layers.map((_, layer) => {
      const sum = new Uint32Array(experts);
      for (const phase of phases) {
        const first = PHASES.indexOf(phase) * size + layer * experts;
        for (let expert = 0; expert < experts; expert++)
          sum[expert] = (sum[expert] ?? 0) + (counts[first + expert] ?? 0);
      }
      return expertLoad(sum);
    });
  return { prompt: of(['prompt']), thought: of(['thought']), answer: of(['answer']), all: of(PHASES) };
}
