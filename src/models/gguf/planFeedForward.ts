import type { ExpertFeedForward, FeedForwardSpec } from '../spec.ts';
import type { LayerTensor } from '../weights.ts';
import type { PartPlan } from './tensorPlan.ts';

export function planFeedForward(feedForward: FeedForwardSpec, width: number): PartPlan<LayerTensor>[] {
  if (feedForward.kind === 'moe') return planExperts(feedForward, width);
  const inner = feedForward.innerLength;
  return [
    { tensor: 'feedForward.gate', name: 'ffn_gate.weight', shape: [inner, width] },
    { tensor: 'feedForward.up', name: 'ffn_up.weight', shape: [inner, width] },
    { tensor: 'feedForward.down', name: 'ffn_down.weight', shape: [width, inner] },
  ];
}

function planExperts(
  { experts, expertInnerLength: inner, sharedInnerLength: shared, selectionBias }: ExpertFeedForward,
  width: number,
): PartPlan<LayerTensor>[] {
  const plans: PartPlan<LayerTensor>[] = [
    { tensor: 'router', name: 'ffn_gate_inp.weight', shape: [experts, width] },
    { tensor: 'experts.gate', name: 'ffn_gate_exps.weight', shape: [experts, inner, width] },
    { tensor: 'experts.up', name: 'ffn_up_exps.weight', shape: [experts, inner, width] },
    { tensor: 'experts.down', name: 'ffn_down_exps.weight', shape: [experts, width, inner] },
  ];
  if (selectionBias) plans.push({ tensor: 'router.bias', name: 'exp_probs_b.bias', shape: [experts] });
  if (shared > 0)
    plans.push(
      { tensor: 'sharedExpert.gate', name: 'ffn_gate_shexp.weight', shape: [shared, width] },
      { tensor: 'sharedExpert.up', name: 'ffn_up_shexp.weight', shape: [shared, width] },
      { tensor: 'sharedExpert.down', name: 'ffn_down_shexp.weight', shape: [width, shared] },
    );
  return plans;
}
