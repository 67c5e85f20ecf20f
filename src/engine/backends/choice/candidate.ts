import type { AdapterReport, BackendId } from '../../../protocol/backends.ts';
import type { Backend } from '../backend.ts';

/** A backend that may run a model on this machine, besides the CPU. */
export interface Candidate {
  readonly id: BackendId;
  /** What it computes on, for people. */
  readonly device: string;
  readonly isSoftware: boolean;
  readonly backend: Backend;
}

/** What there is on this machine. */
export interface Candidates {
  readonly adapters: readonly AdapterReport[];
  readonly candidates: readonly Candidate[];
  /** Backends that are not here, and why. */
  readonly missing: readonly { readonly id: BackendId; readonly reason: string }[];
}

/** Tells a candidate from others in what is remembered. */
export function candidateKey({ id, device }: Pick<Candidate, 'id' | 'device'>): string {
  return `${id} on ${device}`;
}
