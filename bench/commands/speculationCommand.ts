import path from 'node:path';
import { Command } from 'commander';
import { enginePath } from '../checkout.ts';
import { positive } from '../numberOptions.ts';
import { msPerToken } from '../recordsReport.ts';
import { speculationReport } from '../speculationReport.ts';
import { speculationSession } from '../speculationSession.ts';

interface SpeculationOptions {
  readonly model: string;
  readonly rounds: number;
  readonly temperature: number;
  readonly threads: number;
  readonly context: number;
}

/** `npm run bench -- speculation` */
export function speculationCommand(): Command {
  return new Command('speculation')
    .description("what it gains to guess tokens ahead with a model's own draft")
    .option('-m, --model <file>', 'a GGUF file of a model that drafts', 'media/model/glassbox-nano.gguf')
    .option('-r, --rounds <number>', 'each with and without guesses', positive, 15)
    .option('--temperature <number>', '0 is greedy', Number, 0)
    .option('-t, --threads <number>', 'of each engine', positive, 2)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 1024)
    .action(speculation);
}

async function speculation(options: SpeculationOptions): Promise<void> {
  const { rounds, temperature, threads } = options;
  const modelPath = path.resolve(options.model);
  const plan = { modelPath, contextTokens: options.context, threads, temperature, rounds };
  const measured = await speculationSession(plan, {
    enginePath: enginePath,
    onRound: ({ off, on }) =>
      console.error(
        `without guesses ${msPerToken({ tokens: off.tokens, elapsedMs: off.decodeMs }).toFixed(2)} ms a token, ` +
          `with ${msPerToken({ tokens: on.tokens, elapsedMs: on.decodeMs }).toFixed(2)}, ${on.accepted} of ${on.drafted} right`,
      ),
  });
  console.log(speculationReport(measured));
}
