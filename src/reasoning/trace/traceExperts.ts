import { PHASES, type ExpertLoad, type ExpertsResult, type Phase } from '../../protocol/records.ts';
import { expertLoad } from '../expertLoad.ts';
import { TOKEN_CHANNELS, type Trace } from './trace.ts';

/** How a trace's tokens used the experts; the same figures as the engine's records have, for one answer. */
export type TraceExperts = Pick<ExpertsResult, 'layers' | 'experts' | 'topK' | 'tokens' | 'load'>;

/** Undefined for a trace without routing. A trace has no routing of the prompt, so that phase is empty. */
export function traceExperts({ tokens, routing }: Trace): TraceExperts | undefined {
  if (!routing) return undefined;
  const { layers, experts, topK, chosen, weights, count } = routing;
  const counts: Record<Phase | 'all', Uint32Array> = {
    prompt: new Uint32Array(layers.length * experts),
    thought: new Uint32Array(layers.length * experts),
    answer: new Uint32Array(layers.length * experts),
    all: new Uint32Array(layers.length * experts),
  };
  const counted: Record<Phase, number> = { prompt: 0, thought: 0, answer: 0 };
  for (let token = 0; token < count; token++) {
    const from = token * layers.length * topK;
    // Where nothing was recorded, all weights are 0.
    if (!weights.subarray(from, from + layers.length * topK).some((weight) => weight > 0)) continue;
    const phase = TOKEN_CHANNELS[tokens.channels[token] ?? 0] ?? 'thought';
    counted[phase]++;
    for (let choice = 0; choice < layers.length * topK; choice++) {
      const cell = Math.floor(choice / topK) * experts + (chosen[from + choice] ?? 0);
      for (const each of [counts[phase], counts.all]) each[cell] = (each[cell] ?? 0) + 1;
    }
  }
  const loadOf = (of: Uint32Array): (ExpertLoad | null)[] =>
    layers.map((_, layer) => expertLoad(of.subarray(layer * experts, (layer + 1) * experts)));
  const load = { ...byPhase((phase) => loadOf(counts[phase])), all: loadOf(counts.all) };
  return { layers, experts, topK, tokens: counted, load };
}

function byPhase<T>(value: (phase: Phase) => T): Record<Phase, T> {
  const [prompt, thought, answer] = PHASES;
  return { prompt: value(prompt), thought: value(thought), answer: value(answer) };
}
