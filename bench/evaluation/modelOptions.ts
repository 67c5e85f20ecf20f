import type { Command } from 'commander';
import { decimalNumber, positive, wholeNumber } from '../numberOptions.ts';

/** Which model is asked and how: the same for every set of questions. */
export interface ModelOptions {
  readonly model: string;
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly threads?: number;
}

/** Adds the options of `ModelOptions` to a command. */
export function withModelOptions(command: Command, defaultModel: string): Command {
  return command
    .option('-m, --model <file>', 'a GGUF file', defaultModel)
    .option('-t, --temperature <number>', '0 is greedy', decimalNumber, 0)
    .option('--seed <number>', 'of the sampling', wholeNumber, 1)
    .option('--max-tokens <number>', 'of thought and answer together', positive, 1024)
    .option('--threads <number>', 'default: the physical cores', positive);
}
