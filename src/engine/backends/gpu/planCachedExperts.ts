import { hasMinima, packedForm, packedWords, panelWords } from '../../../../native/kernels/packedForm.ts';
import type { OffloadedLayer } from './offloadPlan.ts';
import { NO_WEIGHTS, type PlannedDispatch, type Step } from './plannedDispatch.ts';
import type { Planning } from './planning.ts';

/** Bytes of a rounded input (native/kernels/parts/roundedForm.wgsl). */
export const ROUNDED_BYTES = 80 / 32;

/** Rows of a pass that go to experts in slots. */
const hits = ({ cachedRows }: Step): number => cachedRows ?? 0;

/** Experts in slots, from rounded inputs to what each gave; none where a layer has no slots. */
export function planCachedExperts(planning: Planning, experts: OffloadedLayer): PlannedDispatch[] {
  const { arena, state, tuning } = planning;
  const { index: layer, shape, slotBytes } = experts;
  if (experts.slots === 0) return [];
  const { gateType, downType, inner, width } = shape;
  const gateWords = packedWords(gateType, inner, width);
  const downWords = packedWords(downType, width, inner);
  const common = { layer, stage: 'cached', workgroupSize: tuning.workgroupSize, slots: layer } as const;
  const place = { hits: state.hits, slotWords: slotBytes / 4 };
  return [
    {
      ...common,
      name: `layer.${String(layer)}.cached.gate+up`,
      kernel: 'cachedGateUp',
      constants: { ...packedForm(gateType), hasSums: hasMinima(downType) },
      parameters: {
        ...{ ...place, inputs: state.roundedOuter, rounded: state.roundedInner, blocks: width / 32 },
        ...{ rows: inner, upWords: gateWords, panelWords: panelWords(gateType, width) },
      },
      // Whole blocks of 32 rows, which are rounded together.
      workgroups: [Math.ceil(inner / Math.max(32, tuning.workgroupSize)), hits, 1],
      traffic: {
        ...NO_WEIGHTS,
        weights: (step) => 8 * gateWords * Math.min(experts.slots, hits(step)),
        read: (step) => ROUNDED_BYTES * width * hits(step),
        written: (step) => ROUNDED_BYTES * inner * hits(step),
      },
    },
    {
      ...common,
      name: `layer.${String(layer)}.cached.down`,
      kernel: 'cachedDown',
      constants: { ...packedForm(downType) },
      parameters: {
        ...{ ...place, inputs: state.roundedInner, output: arena.gateUp, blocks: inner / 32 },
        ...{ rows: width, downWords: 2 * gateWords, panelWords: panelWords(downType, inner) },
      },
      workgroups: [Math.ceil(width / tuning.workgroupSize), hits, 1],
      traffic: {
        ...NO_WEIGHTS,
        weights: (step) => 4 * downWords * Math.min(experts.slots, hits(step)),
        read: (step) => ROUNDED_BYTES * inner * hits(step),
        written: (step) => 4 * width * hits(step),
      },
    },
  ];
}
