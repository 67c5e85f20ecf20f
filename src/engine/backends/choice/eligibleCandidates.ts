import type { BackendWish } from '../../../protocol/backends.ts';
import type { Candidate, Candidates } from './candidate.ts';

export interface Wish {
  readonly backend: BackendWish;
  /** A part of the name of the device; absent: any. */
  readonly device?: string;
}

/**
 * The candidates that may be used at all. `auto` never takes software that pretends to be a GPU. Who asks for a backend
 * gets software where there is nothing else, or where the device is named.
 */
export function eligibleCandidates(
  { backend, device }: Wish,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const named = candidates.filter(
    (candidate) =>
      (backend === 'auto' || candidate.id === backend) &&
      (device === undefined || candidate.device.toLowerCase().includes(device.toLowerCase())),
  );
  const hardware = named.filter(({ isSoftware }) => !isSoftware);
  return backend === 'auto' || (device === undefined && hardware.length > 0) ? hardware : named;
}

/** Why there is nothing to choose from, as a sentence or two. */
export function whyNone({ backend, device }: Wish, { adapters, missing }: Candidates): string {
  const on = device === undefined ? '' : ` on a device called ${device}`;
  const why = missing.find(({ id }) => id === (backend === 'auto' ? 'gpu' : backend))?.reason ?? '';
  if (backend !== 'auto') return `${backend}${on} was asked for, but is not here. ${why}`.trim();
  const software = adapters.filter(({ isSoftware }) => isSoftware);
  if (software.length > 0 && software.length === adapters.length) {
    const names = [...new Set(software.map(({ name }) => name))].join(' and ');
    return `The only GPU here is software that runs on the CPU: ${names}.`;
  }
  return `There is nothing else${on} to run it on. ${why}`.trim();
}
