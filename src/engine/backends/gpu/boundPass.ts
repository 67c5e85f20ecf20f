import { KERNELS } from '../../../../native/kernels/catalog.ts';
import { packParameters } from '../../../../native/kernels/kernelParameters.ts';
import type { Dispatch } from '../../../../native/webgpu/dispatch.ts';
import { amountAt, type PlannedDispatch, type Step } from './plannedDispatch.ts';

/** What a planned dispatch runs with. */
export interface Binding {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Planned dispatches with everything made: for another step only numbers change, in place. */
export class BoundPass {
  readonly dispatches: readonly Dispatch[];
  readonly #changing: readonly ((step: Step) => void)[];

  constructor(planned: readonly PlannedDispatch[], bindingOf: (dispatch: PlannedDispatch) => Binding) {
    const changing: ((step: Step) => void)[] = [];
    this.dispatches = planned.map((dispatch) => {
      const { fields, name } = KERNELS[dispatch.kernel];
      const values = Object.entries(dispatch.parameters).map(([field, amount]) => [
        field,
        amountAt(amount, FIRST_STEP),
      ]);
      const parameters = packParameters(name, fields, Object.fromEntries(values) as Record<string, number>);
      fields.forEach(({ name: field }, word) => {
        const amount = dispatch.parameters[field];
        if (typeof amount === 'function')
          changing.push((step) => {
            parameters[word] = amount(step);
          });
      });
      const workgroups: [number, number, number] = [1, 1, 1];
      dispatch.workgroups.forEach((amount, dimension) => {
        if (typeof amount === 'number') workgroups[dimension] = amount;
        else
          changing.push((step) => {
            workgroups[dimension] = amount(step);
          });
      });
      return { ...bindingOf(dispatch), parameters, workgroups };
    });
    this.#changing = changing;
  }

  /** Before the dispatches are submitted. */
  set(step: Step): void {
    for (const change of this.#changing) change(step);
  }
}

/** Any step: it says which numbers a parameter can have. */
const FIRST_STEP: Step = { position: 0, tokens: 1, firstLogits: 0, logitRows: 1, best: 1 };
