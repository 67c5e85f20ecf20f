import type { CandidateReport } from '../../../protocol/backends.ts';
import type { Candidate } from './candidate.ts';
import type { TrialLog } from './trialLog.ts';

/**
 * What is known of a candidate.
 * @param log absent where nothing was to be measured
 */
export function reportOf(
  candidate: Candidate,
  eligible: readonly Candidate[],
  log: TrialLog | undefined,
): CandidateReport {
  const { id, device, isSoftware } = candidate;
  return {
    ...{ id, device, isSoftware },
    outcome: log?.outcomeOf(candidate) ?? { kind: 'untried', reason: whyUntried(candidate, eligible) },
  };
}

function whyUntried(candidate: Candidate, eligible: readonly Candidate[]): string {
  if (eligible.includes(candidate)) return 'It is still to be measured.';
  return candidate.isSoftware ? 'It is software that runs on the CPU.' : 'Another one was asked for.';
}
