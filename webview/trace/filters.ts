import { ALTERNATIVES, TOKEN_ORIGINS, type Trace } from '../../src/reasoning/trace/trace.ts';
import type { strings } from './strings.ts';

export type FilterKind = keyof typeof strings.filters;

/** Whether a token is one of those that are asked for; undefined where all are. */
export function filterOf({ tokens }: Trace, kind: FilterKind): ((token: number) => boolean) | undefined {
  const isOfOrigin = (origin: (typeof TOKEN_ORIGINS)[number]) => {
    const wanted = TOKEN_ORIGINS.indexOf(origin);
    return (token: number) => tokens.origins[token] === wanted;
  };
  switch (kind) {
    case 'all':
      return undefined;
    case 'unlikely':
      return (token) => (tokens.logProbabilities[token] ?? NaN) < Math.log(0.5);
    case 'uncertain':
      return (token) => (tokens.entropies[token] ?? NaN) > 1;
    case 'notBest':
      return (token) =>
        !Number.isNaN(tokens.alternativeLogProbabilities[token * ALTERNATIVES] ?? NaN) &&
        tokens.alternativeIds[token * ALTERNATIVES] !== tokens.ids[token];
    case 'guessed':
      return isOfOrigin('guessed');
    case 'forced':
      return isOfOrigin('forced');
    case 'thought':
      return (token) => tokens.channels[token] === 0;
    case 'answer':
      return (token) => tokens.channels[token] === 1;
    default:
      return kind satisfies never;
  }
}
