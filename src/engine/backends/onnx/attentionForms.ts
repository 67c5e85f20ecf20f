import type { GroupedAttention } from './groupedAttention.ts';
import type { LatentForm } from './latentForm.ts';

/** How a graph attends. */
export interface AttentionForms {
  readonly grouped: GroupedAttention;
  readonly latent: LatentForm;
}
