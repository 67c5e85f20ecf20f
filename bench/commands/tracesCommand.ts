import { Command } from 'commander';
import { positive } from '../numberOptions.ts';
import { tracesReport } from '../tracesReport.ts';
import { tracesSession } from '../tracesSession.ts';

interface TracesOptions {
  readonly tokens: number;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly rounds: number;
}

/** `npm run bench -- traces` */
export function tracesCommand(): Command {
  return new Command('traces')
    .description('what it costs the extension host to take in and save the trace of an answer')
    .option('-n, --tokens <number>', 'of the answer', positive, 10_000)
    .option('-l, --layers <number>', 'with experts', positive, 26)
    .option('-e, --experts <number>', 'of each layer', positive, 64)
    .option('-k, --top-k <number>', 'of each token', positive, 6)
    .option('-r, --rounds <number>', 'of each measurement', positive, 7)
    .action(traces);
}

async function traces(options: TracesOptions): Promise<void> {
  console.log(tracesReport(options, await tracesSession(options)));
}
