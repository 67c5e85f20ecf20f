import type { ModelSpec } from '../../models/spec.ts';

/** What the routing of one token looks like: `[layers, topK]` numbers below `experts`. */
export interface RoutingShape {
  /** Which of the model's layers have experts. */
  readonly layers: readonly number[];
  readonly experts: number;
  readonly topK: number;
}

/** Undefined for a model without experts. */
export function routingShape({ layers }: Pick<ModelSpec, 'layers'>): RoutingShape | undefined {
  const withExperts = layers.flatMap(({ feedForward }, index) =>
    feedForward.kind === 'moe' ? [{ index, experts: feedForward.experts, topK: feedForward.topK }] : [],
  );
  if (withExperts.length === 0) return undefined;
  return {
    layers: withExperts.map(({ index }) => index),
    experts: Math.max(...withExperts.map(({ experts }) => experts)),
    topK: Math.max(...withExperts.map(({ topK }) => topK)),
  };
}
