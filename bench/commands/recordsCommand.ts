import path from 'node:path';
import { Command, Option } from 'commander';
import { enginePath } from '../checkout.ts';
import { positive } from '../numberOptions.ts';
import { msPerToken, recordsReport } from '../recordsReport.ts';
import { type RecordedPart, recordsSession } from '../recordsSession.ts';

interface RecordsOptions {
  readonly of: RecordedPart;
  readonly model: string;
  readonly question: string;
  readonly rounds: number;
  readonly decode: number;
  readonly threads: number;
  readonly context: number;
}

/** `npm run bench -- records` */
export function recordsCommand(): Command {
  return new Command('records')
    .description('what it costs to record which experts the tokens go to, or what each token was chosen from')
    .requiredOption('-m, --model <file>', 'a GGUF file, for experts of a model that has some')
    .addOption(
      new Option('--of <part>', 'what is recorded or not').choices(['experts', 'tokens']).default('experts'),
    )
    .option(
      '-q, --question <text>',
      'answered again and again, until there are enough tokens',
      'What does this print?\n\nlet total = 0;\nfor (const n of [1, 2, 3]) total += n;\nconsole.log(total);',
    )
    .option('-r, --rounds <number>', 'each with and without records', positive, 300)
    .option('-d, --decode <tokens>', 'of each measurement', positive, 48)
    .option('-t, --threads <number>', 'of the engine', positive, 2)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 2048)
    .action(records);
}

async function records(options: RecordsOptions): Promise<void> {
  const plan = {
    part: options.of,
    modelPath: path.resolve(options.model),
    contextTokens: options.context,
    threads: options.threads,
    question: options.question,
    decodeTokens: options.decode,
    rounds: options.rounds,
  };
  const rounds = await recordsSession(plan, {
    enginePath: enginePath,
    onRound: ({ on, off }) =>
      console.error(
        `with records ${msPerToken(on).toFixed(3)} ms a token, without ${msPerToken(off).toFixed(3)}`,
      ),
  });
  const parts: Record<RecordedPart, string> = { experts: 'experts', tokens: 'alternatives of tokens' };
  console.log(recordsReport(rounds, parts[options.of]));
}
