import type { GenerateResult, GenerationEvent } from '../../src/protocol/generation.ts';

/**
 * All of an answer but what is measured, and which tokens were guessed. Text may come in other pieces: a guess that was right
 * takes no time.
 */
export function saidBy({
  result,
  events,
}: {
  readonly result: GenerateResult;
  readonly events: readonly GenerationEvent[];
}): unknown {
  const { requestId: _, timings, ...rest } = result;
  const details = events.flatMap((event) => (event.type === 'tokens' ? event.details : []));
  return {
    ...rest,
    promptTokens: timings.promptTokens,
    decodedTokens: timings.decodedTokens,
    details: details.map(({ elapsedMs: __, origin: ___, ...detail }) => detail),
    ends: events.flatMap((event) => (event.type === 'thoughtEnd' ? [event.reason, event.tokens] : [])),
  };
}
