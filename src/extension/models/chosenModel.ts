/** The model that answers the next question. */
export interface ChosenModel {
  /** A GGUF file. Empty when none is named and the one that Glassbox carries is missing. */
  readonly path: string;
  /** Whether it is the one that Glassbox carries. */
  readonly isEmbedded: boolean;
}

/**
 * The model that the settings name, and else the one that Glassbox carries.
 * @param configured empty when the settings name none
 * @param embedded undefined when it is missing, which only a broken installation brings about
 */
export function chosenModel(configured: string, embedded: string | undefined): ChosenModel {
  const path = configured === '' ? (embedded ?? '') : configured;
  return { path, isEmbedded: path !== '' && path === embedded };
}
