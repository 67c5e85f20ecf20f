import { MOST_BEST } from '../../sampling/bestCandidates.ts';
import type { PlannedDispatch, Step } from './plannedDispatch.ts';
import type { Planning } from './planning.ts';
import { bestWords } from './planRegions.ts';

/** From logits to the best of each row: first of each slice of the vocabulary, then of all slices. */
export function planBest({ arena, state, spec, tuning }: Planning): PlannedDispatch[] {
  const length = spec.vocabularySize;
  const slices = Math.ceil(length / tuning.sliceLogits);
  const count = ({ best }: Step): number => best;
  const rows = ({ logitRows }: Step): number => logitRows;
  const places = { candidates: state.candidates, sums: state.sliceSums };
  const sliceBytes = ({ best, logitRows }: Step): number => 4 * logitRows * slices * (2 * best + 5);
  const common = { workgroupSize: tuning.selectionSize, constants: { maxCount: MOST_BEST } };
  const none = { weights: 0, kvRead: 0, kvWritten: 0 } as const;
  return [
    {
      ...{ name: 'best.slices', kernel: 'bestOfSlices', ...common },
      parameters: {
        ...{ logits: arena.logits, stride: Math.ceil(length / 4), length, count, ...places },
        sliceLength: tuning.sliceLogits,
      },
      workgroups: [slices, rows, 1],
      traffic: { ...none, read: (step) => 4 * rows(step) * length, written: sliceBytes },
    },
    {
      ...{ name: 'best', kernel: 'bestOfAll', ...common },
      parameters: { ...places, slices, count, output: state.best },
      workgroups: [rows, 1, 1],
      traffic: { ...none, read: sliceBytes, written: (step) => 4 * rows(step) * bestWords(step.best) },
    },
  ];
}
