import type { RoutedTokens } from '../../../../src/engine/backends/backend.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import { Random } from '../../../support/random.ts';

/** `[layers, topK]`: what one forward pass chose for one token. */
export interface TokenRouting {
  readonly experts: Uint16Array;
  readonly weights: Float32Array;
}

/** Different experts in each layer; weights that half floats hold exactly. */
export function randomRouting({ layers, experts, topK }: RoutingShape, random: Random): TokenRouting {
  const chosen = layers.flatMap(() => {
    const all = Array.from({ length: experts }, (_, expert) => expert);
    return Array.from({ length: topK }, () => all.splice(random.below(all.length), 1)[0] ?? 0);
  });
  return {
    experts: Uint16Array.from(chosen),
    weights: Float32Array.from(chosen, () => random.below(1024) / 1024),
  };
}

/** Several tokens as a backend hands them over. */
export function routed(
  { layers, topK }: RoutingShape,
  firstPosition: number,
  tokens: readonly TokenRouting[],
): RoutedTokens {
  return {
    firstPosition,
    tokens: tokens.length,
    layers: layers.length,
    topK,
    experts: Uint16Array.from(tokens.flatMap(({ experts }) => [...experts])),
    weights: Float32Array.from(tokens.flatMap(({ weights }) => [...weights])),
  };
}
