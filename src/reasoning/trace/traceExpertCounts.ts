import { PHASES, type Phase } from '../../protocol/records.ts';
import { TOKEN_CHANNELS, type Trace } from './trace.ts';

/** How often the experts were chosen for some tokens. */
export interface ExpertCounts {
  /** The model's layers that have experts. */
  readonly layers: readonly number[];
  readonly experts: number;
  readonly topK: number;
  readonly tokens: Readonly<Record<Phase, number>>;
  /** `[PHASES, layers, experts]` */
  readonly counts: Uint32Array;
}

/** Undefined for a trace without routing. A trace has no routing of the prompt, so that phase is empty. */
export function traceExpertCounts({ tokens, routing }: Trace): ExpertCounts | undefined {
  if (!routing) return undefined;
  const { layers, experts, topK, chosen, weights, count } = routing;
  const choices = layers.length * topK;
  const counts = new Uint32Array(PHASES.length * layers.length * experts);
  const counted: Record<Phase, number> = { prompt: 0, thought: 0, answer: 0 };
  for (let token = 0; token < count; token++) {
    const from = token * choices;
    // Where nothing was recorded, all weights are 0.
    if (!weights.subarray(from, from + choices).some((weight) => weight > 0)) continue;
    const phase = TOKEN_CHANNELS[tokens.channels[token] ?? 0] ?? 'thought';
    counted[phase]++;
    const first = PHASES.indexOf(phase) * layers.length * experts;
    for (let choice = 0; choice < choices; choice++) {
      const cell = first + Math.floor(choice / topK) * experts + (chosen[from + choice] ?? 0);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }
  return { layers, experts, topK, tokens: counted, counts };
}
