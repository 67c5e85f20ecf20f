import { EXPERT_SIZES, type ExpertVariant } from '../test/support/expertShape.ts';
import type { ExpertsMeasured, ExpertsPlan } from './expertsSession.ts';
import type { MeasuredOn } from './measuredOn.ts';
import type { SessionResult } from './session.ts';
import { median, medianRatio } from './statistics.ts';

export interface ExpertsEnvironment extends MeasuredOn {
  readonly plan: Omit<ExpertsPlan, 'size'>;
}

/** What decode may cost, as a share of a dense model of the active size. */
const LIMIT = 1.3;

/** What experts cost, as Markdown. */
export function expertsReport(
  { command, date, cpu, versions, plan }: ExpertsEnvironment,
  all: readonly ExpertsMeasured[],
): string {
  return [
    `\`${command}\`, ${date}, ${cpu}, ${versions}.`,
    `${plan.threads} threads, ${plan.rounds} interleaved rounds, medians; the backend alone, each model in a process of its`,
    'own. Ratios are of times, to the dense model of the active size: above 1 is slower.',
    '',
    ...all.flatMap((measured) => [...sizeReport(measured, plan), '']),
  ].join('\n');
}

function sizeReport(
  { size, parameters, activeParameters, rounds }: ExpertsMeasured,
  { promptTokens, decodeTokens }: Omit<ExpertsPlan, 'size'>,
): string[] {
  const { layers, width, inner, experts, topK } = EXPERT_SIZES[size];
  const millions = (count: number): string => `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} M`;
  const compared = (
    what: string,
    measure: (result: SessionResult) => number,
    show: (value: number) => string,
  ): readonly string[] => {
    const of = (variant: ExpertVariant): number[] => rounds.map((round) => measure(round[variant]));
    const ratio = (variant: ExpertVariant): string => medianRatio(of(variant), of('active')).toFixed(2);
    return [
      what,
      show(median(of('experts'))),
      show(median(of('active'))),
      ratio('experts'),
      show(median(of('total'))),
      ratio('total'),
    ];
  };
  const decode = (result: SessionResult): number => result.decodeMs / result.decodeTokens;
  const ratio = medianRatio(
    rounds.map((round) => decode(round.experts)),
    rounds.map((round) => decode(round.active)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `### ${layers} layers, width ${width}, ${experts} experts of ${inner}, ${topK} chosen`,
    '',
    line(['', 'experts', 'dense, active size', 'ratio', 'dense, total size', 'ratio']),
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    line([
      'weights (a token meets)',
      `${millions(parameters.experts)} (${millions(activeParameters)})`,
      millions(parameters.active),
      '',
      millions(parameters.total),
      '',
    ]),
    line(compared(`decode ${decodeTokens}`, decode, (ms) => `${ms.toFixed(2)} ms a token`)),
    line(
      compared(
        `prefill ${promptTokens}`,
        (result) => result.prefillMs,
        (ms) => `${ms.toFixed(0)} ms`,
      ),
    ),
    line(
      compared(
        'peak resident memory',
        (result) => (result.peakBytes ?? NaN) / 1e6,
        (megabytes) => `${megabytes.toFixed(0)} MB`,
      ),
    ),
    '',
    `Decode costs ${ratio.toFixed(2)} times a dense model of the active size: ${ratio <= LIMIT ? 'within' : 'over'} the ` +
      `limit of ${LIMIT}.`,
  ];
}
