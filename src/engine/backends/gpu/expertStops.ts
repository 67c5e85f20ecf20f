import type { PlannedDispatch } from './plannedDispatch.ts';

/** A layer whose experts are on both sides, as a pass comes by. */
export interface ExpertStop<Dispatches> {
  /** Everything before its choices are known, from the last stop's sum on. */
  readonly ahead: Dispatches;
  /** What the GPU may do while the host looks at the choices. */
  readonly beside: Dispatches;
  /** Experts in slots. */
  readonly cached: Dispatches;
}

/** A pass with the stops that it makes at such layers. `rest` begins with the sum of the last one; without stops it is all. */
export interface StoppedPass<Dispatches> {
  readonly stops: readonly ExpertStop<Dispatches>[];
  readonly rest: Dispatches;
}

export function splitAtExperts(
  dispatches: readonly PlannedDispatch[],
): StoppedPass<readonly PlannedDispatch[]> {
  const stops: ExpertStop<readonly PlannedDispatch[]>[] = [];
  let ahead: PlannedDispatch[] = [];
  let [beside, cached]: [PlannedDispatch[], PlannedDispatch[]] = [[], []];
  for (const dispatch of dispatches) {
    switch (dispatch.stage) {
      case undefined:
        ahead.push(dispatch);
        break;
      case 'beside':
        beside.push(dispatch);
        break;
      case 'cached':
        cached.push(dispatch);
        break;
      case 'sum':
        stops.push({ ahead, beside, cached });
        [ahead, beside, cached] = [[dispatch], [], []];
        break;
      default:
        dispatch.stage satisfies never;
    }
  }
  return { stops, rest: ahead };
}
