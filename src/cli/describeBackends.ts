import type { BackendReport, BackendSpeed, CandidateReport } from '../protocol/backends.ts';
import { printable } from './printable.ts';

/** Which backend ran, why, and what was measured of the others, a line each. */
export function describeBackends({ used, device, reason, reference, candidates }: BackendReport): string {
  const lines = [`backend ${used} on ${device}: ${reason}`];
  if (reference) lines.push(`  cpu: ${speed(reference)}`);
  for (const candidate of candidates)
    lines.push(`  ${candidate.id} on ${candidate.device}: ${describe(candidate)}`);
  return lines.map((line) => printable(line)).join('\n');
}

function describe({ outcome }: CandidateReport): string {
  switch (outcome.kind) {
    case 'agrees': {
      const { error, limit, sameTop } = outcome.agreement;
      return `${speed(outcome.speed)}; logits agree (error ${error?.toExponential(1) ?? '-'} of at most ${limit.toExponential(1)}, same best token ${(100 * sameTop).toFixed(0)} %)`;
    }
    case 'disagrees': {
      const { error, limit } = outcome.agreement;
      return `logits disagree (error ${error?.toExponential(1) ?? 'not a number'}, more than ${limit.toExponential(1)})`;
    }
    case 'failed':
      return `failed: ${outcome.reason}`;
    case 'hung':
      return `did nothing for ${outcome.afterMs / 1000} s`;
    case 'crashed':
      return 'ended the engine when it was tried; --measure-backends tries it again';
    case 'untried':
      return `not tried: ${outcome.reason}`;
    default:
      return outcome satisfies never;
  }
}

function speed({ prefillTokensPerSecond, decodeTokensPerSecond }: BackendSpeed): string {
  return `prefill ${prefillTokensPerSecond.toFixed(1)}, decode ${decodeTokensPerSecond.toFixed(1)} tokens/s`;
}
