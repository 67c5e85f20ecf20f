import type { ModelSummary } from '../protocol/engine.ts';

/**
 * `full`: everything that is known about the selection. `compact`: the selection and one short sentence, the only form that
 * glassbox-nano was trained on (training/tasks.md); it takes all else for a question that it cannot answer.
 */
export type PromptStyle = 'full' | 'compact';

/** Which style a model wants. Only the model that comes with Glassbox is so small. */
export function promptStyleOf(model: Pick<ModelSummary, 'name'>): PromptStyle {
  return model.name.startsWith('glassbox-nano') ? 'compact' : 'full';
}
