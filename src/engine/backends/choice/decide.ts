import type { BackendSpeed, BackendWish, CandidateReport } from '../../../protocol/backends.ts';

/** A question with code, and its answer. Backends are compared by what it would take them. */
const TYPICAL = { promptTokens: 512, replyTokens: 256 };
/** A candidate has to be faster by this much: two runs of one backend differ by some percent. */
const MARGIN = 0.9;

export interface Decision<C extends CandidateReport> {
  /** Undefined: the CPU. */
  readonly candidate?: C;
  readonly reason: string;
}

/**
 * Which backend runs the model: of those that may (`eligibleCandidates`) the fastest whose numbers agree with the CPU's. With
 * `auto` it has to be faster than the CPU, too; one that was asked for is taken however fast it is.
 */
export function decide<C extends CandidateReport>(
  wish: BackendWish,
  reference: BackendSpeed,
  candidates: readonly C[],
): Decision<C> {
  const [best] = candidates
    .flatMap((candidate) =>
      candidate.outcome.kind === 'agrees' ? [{ candidate, ms: typicalMs(candidate.outcome.speed) }] : [],
    )
    .sort((a, b) => a.ms - b.ms);
  if (!best) {
    const asked = wish === 'auto' ? '' : `${wish} was asked for, but cannot be used. `;
    return {
      reason: `${asked}${candidates.map((candidate) => `${nameOf(candidate)} ${describe(candidate)}.`).join(' ')}`,
    };
  }
  const { candidate, ms } = best;
  const times = `a question of ${TYPICAL.promptTokens} tokens with a reply of ${TYPICAL.replyTokens} would take ${seconds(ms)} there and ${seconds(typicalMs(reference))} on the CPU (estimated from what was measured)`;
  if (wish !== 'auto')
    return { candidate, reason: `It was asked for, and its numbers agree with the CPU's: ${times}.` };
  if (ms < MARGIN * typicalMs(reference))
    return { candidate, reason: `It is the fastest whose numbers agree with the CPU's: ${times}.` };
  return { reason: `Nothing else is faster by a tenth. The best is ${nameOf(candidate)}: ${times}.` };
}

function nameOf({ id, device }: CandidateReport): string {
  return `${id} on ${device}`;
}

function describe({ outcome }: CandidateReport): string {
  switch (outcome.kind) {
    case 'agrees':
      return 'agrees';
    case 'disagrees':
      return 'computes other numbers than the CPU';
    case 'failed':
      return `failed: ${outcome.reason.replace(/\.$/u, '')}`;
    case 'hung':
      return `did nothing for ${seconds(outcome.afterMs)}`;
    case 'crashed':
      return 'ended the engine when it was tried, and is not tried again until backends are measured again';
    case 'untried':
      return `was not tried: ${outcome.reason.replace(/\.$/u, '')}`;
    default:
      return outcome satisfies never;
  }
}

function typicalMs({ prefillTokensPerSecond, decodeTokensPerSecond }: BackendSpeed): number {
  return (
    (1000 * TYPICAL.promptTokens) / prefillTokensPerSecond +
    (1000 * TYPICAL.replyTokens) / decodeTokensPerSecond
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
