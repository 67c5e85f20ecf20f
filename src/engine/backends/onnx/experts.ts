import type { ExpertFeedForward } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { addRouter } from './router.ts';

/** `[1, tokens, width]` -> the same: the chosen experts' outputs, weighted, and the shared expert's. */
export async function addExperts(
  layer: LayerLowering,
  feedForward: ExpertFeedForward,
  input: ValueName,
): Promise<ValueName> {
  const { prefix, products } = layer;
  const { experts, topK } = feedForward;
  const routing = await addRouter(layer, feedForward, input);
  layer.onRouting?.(routing);
  const shared =
    feedForward.sharedInnerLength === 0
      ? undefined
      : {
          gate: layerRole(layer, 'sharedExpert.gate'),
          up: layerRole(layer, 'sharedExpert.up'),
          down: layerRole(layer, 'sharedExpert.down'),
        };
  return products.experts(layer, {
    input,
    name: `${prefix}/experts`,
    experts,
    topK,
    routing,
    gate: layerRole(layer, 'experts.gate'),
    up: layerRole(layer, 'experts.up'),
    down: layerRole(layer, 'experts.down'),
    shared,
  });
}
