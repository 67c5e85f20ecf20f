import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { openModel } from '../../src/models/openModel.ts';
import { encodeNgrams, ngramPath } from '../../src/models/ngrams/ngramFile.ts';
import { createTokenizer } from '../../src/models/tokenizer/createTokenizer.ts';
import { guessChances, learnNgrams } from './learnNgrams.ts';
import { ReplySamples } from './replySamples.ts';

interface Options {
  readonly model: string;
  readonly samples: string;
  readonly others: string;
  readonly least: number;
}

/** `npm run ngrams`: writes the table of n-grams beside a model, from samples as `glassbox_nano.data.generate` writes them. */
await new Command('ngrams')
  .description('learns what replies say next, for guesses ahead')
  .requiredOption('--samples <file>', 'JSON lines to learn from')
  .requiredOption('--others <file>', 'other ones, to measure how often guesses are right')
  .option('--model <file>', 'GGUF', 'media/model/glassbox-nano.gguf')
  .option('--least <times>', 'contexts that are seen less often say nothing', wholeNumber, 20)
  .action(async ({ model, samples, others, least }: Options) => {
    const file = await openModel(model);
    try {
      const tokenizer = createTokenizer(file.readTokenizer());
      const replies = new ReplySamples(file, tokenizer);
      const entries = learnNgrams(await replies.of(await readFile(samples, 'utf8')), least);
      const chances = guessChances(entries, await replies.of(await readFile(others, 'utf8')));
      const bytes = encodeNgrams(entries, chances, file.spec.vocabularySize);
      await writeFile(ngramPath(model), bytes);
      console.log(`${ngramPath(model)}: ${entries.size} contexts, ${bytes.length} bytes`);
    } finally {
      await file.close();
    }
  })
  .parseAsync();

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Not a number of 1 or more.');
  return value;
}
