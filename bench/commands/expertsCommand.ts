import { Command, Option } from 'commander';
import { EXPERT_SIZES, EXPERT_VARIANTS, type ExpertSize } from '../../test/support/expertShape.ts';
import { root } from '../checkout.ts';
import { expertsReport } from '../expertsReport.ts';
import { expertsSession, type ExpertsMeasured, type ExpertsRound } from '../expertsSession.ts';
import { measuredOn } from '../measuredOn.ts';
import { withPart } from '../measuredPart.ts';
import { positive } from '../numberOptions.ts';
import { readCode } from '../promptText.ts';
import { tokensPerSecond } from '../session.ts';
import { writeBenchmarks } from '../writeBenchmarks.ts';

const EXPERTS_PART = {
  begin: '<!-- measured by npm run bench -- experts: begin -->',
  end: '<!-- measured by npm run bench -- experts: end -->',
};

const sizes = Object.keys(EXPERT_SIZES);

interface ExpertsOptions {
  readonly size: readonly ExpertSize[];
  readonly rounds: number;
  readonly prefill: number;
  readonly decode: number;
  readonly threads: number;
  readonly write?: true;
}

/** `npm run bench -- experts` */
export function expertsCommand(): Command {
  return new Command('experts')
    .description('what a model with experts costs, against dense ones of its active and its total size')
    .addOption(new Option('-s, --size <names...>', 'of the models').choices(sizes).default(sizes))
    .option('-r, --rounds <number>', 'of each measurement', positive, 7)
    .option('-p, --prefill <tokens>', 'of the prompt', positive, 512)
    .option('-d, --decode <tokens>', 'of the answer', positive, 256)
    .option('-t, --threads <number>', 'of each model', positive, 2)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(experts);
}

async function experts(options: ExpertsOptions): Promise<void> {
  const code = await readCode(root);
  const plan = {
    contextTokens: options.prefill + options.decode,
    threads: options.threads,
    promptTokens: options.prefill,
    decodeTokens: options.decode,
    rounds: options.rounds,
  };
  const measured: ExpertsMeasured[] = [];
  for (const size of options.size) {
    const onRound = (round: ExpertsRound): void =>
      console.error(
        `${size}: ${EXPERT_VARIANTS.map(
          (variant) => `${variant} ${tokensPerSecond.decode(round[variant]).toFixed(1)} tokens/s`,
        ).join(', ')}`,
      );
    measured.push(await expertsSession({ ...plan, size }, code, onRound));
  }
  const markdown = expertsReport(
    {
      ...measuredOn(),
      plan,
    },
    measured,
  );
  console.log(markdown);
  if (options.write) {
    await writeBenchmarks((page) => withPart(page, EXPERTS_PART, markdown));
  }
}
