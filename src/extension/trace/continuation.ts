import type { ReplyPrefix } from '../../protocol/generation.ts';
import type { Trace, TraceTokens } from '../../reasoning/trace/trace.ts';
import { ALTERNATIVES } from '../../reasoning/trace/trace.ts';

/** An answer that is to be told again from one of its tokens on, with another one in its place. */
export interface Continuation {
  readonly earlier: Trace;
  /** Which of its tokens. */
  readonly token: number;
  /** Id of what takes its place. */
  readonly alternative: number;
}

/** What the reply begins with. */
export function prefixOf({ earlier, token, alternative }: Continuation): ReplyPrefix {
  const tokens = [...earlier.tokens.ids.subarray(0, token), alternative];
  const { thoughtEnd } = earlier.about;
  return thoughtEnd === 'budget' || thoughtEnd === 'answerNow' || thoughtEnd === 'loop'
    ? { tokens, thoughtEnd }
    : { tokens };
}

/**
 * The tokens of a continued reply, with what was measured of the common ones when they were chosen: the engine only read
 * them this time.
 */
export function withMeasured(tokens: TraceTokens, { earlier, token }: Continuation): TraceTokens {
  const common = Math.min(token, tokens.count, earlier.tokens.count);
  const texts = new Map([...earlier.tokens.texts, ...tokens.texts]);
  const replaced = <Column extends Uint8Array | Uint32Array | Float32Array>(
    column: Column,
    from: Column,
    perToken = 1,
  ): Column => {
    column.set(from.subarray(0, common * perToken));
    return column;
  };
  const before = earlier.tokens;
  return {
    ...tokens,
    texts,
    origins: replaced(tokens.origins.slice(), before.origins),
    logProbabilities: replaced(tokens.logProbabilities.slice(), before.logProbabilities),
    entropies: replaced(tokens.entropies.slice(), before.entropies),
    elapsedMs: replaced(tokens.elapsedMs.slice(), before.elapsedMs),
    alternativeIds: replaced(tokens.alternativeIds.slice(), before.alternativeIds, ALTERNATIVES),
    alternativeLogProbabilities: replaced(
      tokens.alternativeLogProbabilities.slice(),
      before.alternativeLogProbabilities,
      ALTERNATIVES,
    ),
  };
}
