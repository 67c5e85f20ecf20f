import { ALTERNATIVES, TOKEN_CHANNELS, TOKEN_ORIGINS, type Trace } from './trace.ts';

/** A trace as JSON for other programs: one object for each token. Numbers that were not measured are null. */
export function traceJson({ about, thought, answer, tokens, routing }: Trace): unknown {
  const textOf = (id: number): string => tokens.texts.get(id) ?? '';
  const number = (value: number | undefined): number | null =>
    value === undefined || Number.isNaN(value) ? null : value;
  const choices = routing ? routing.layers.length * routing.topK : 0;
  return {
    about,
    thought,
    answer,
    ...(routing && { experts: { layers: routing.layers, experts: routing.experts, topK: routing.topK } }),
    tokens: Array.from({ length: tokens.count }, (_, index) => {
      const id = tokens.ids[index] ?? 0;
      const alternatives = Array.from({ length: ALTERNATIVES }, (__, place) => {
        const at = index * ALTERNATIVES + place;
        const alternative = tokens.alternativeIds[at] ?? 0;
        const logProbability = number(tokens.alternativeLogProbabilities[at]);
        return { id: alternative, text: textOf(alternative), logProbability };
      });
      return {
        id,
        text: textOf(id),
        channel: TOKEN_CHANNELS[tokens.channels[index] ?? 0],
        origin: TOKEN_ORIGINS[tokens.origins[index] ?? 0],
        logProbability: number(tokens.logProbabilities[index]),
        entropy: number(tokens.entropies[index]),
        elapsedMs: number(tokens.elapsedMs[index]),
        alternatives: alternatives.filter(({ logProbability }) => logProbability !== null),
        ...(routing && index < routing.count
          ? {
              // [layers, topK]
              experts: rows(routing.chosen.subarray(index * choices, (index + 1) * choices), routing.topK),
              weights: rows(routing.weights.subarray(index * choices, (index + 1) * choices), routing.topK),
            }
          : {}),
      };
    }),
  };
}

function rows(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    Array.from({ length: width }, (__, column) => values[row * width + column] ?? 0),
  );
}
