import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import { openModel } from '../../src/models/openModel.ts';
import { encodeNgrams, ngramPath } from '../../src/models/ngrams/ngramFile.ts';
import { createTokenizer } from '../../src/models/tokenizer/createTokenizer.ts';
import type { Tokenizer } from '../../src/models/tokenizer/tokenizer.ts';
import { learnClasses, type TokenTexts } from './learnClasses.ts';
import { guessChances, learnNgrams } from './learnNgrams.ts';
import { ModelReplies } from './modelReplies.ts';
import { ReplySamples } from './replySamples.ts';

interface Options {
  readonly model: string;
  readonly samples: string;
  readonly others: string;
  readonly least: number;
}

/** `npm run ngrams`: writes the table of n-grams beside a model, from what it replies to samples' questions. */
await new Command('ngrams')
  .description('learns what replies say next, for guesses ahead')
  .requiredOption(
    '--samples <file>',
    'JSON lines, as glassbox_nano.data.generate writes them, whose questions it learns from',
  )
  .requiredOption('--others <file>', 'other ones, to measure how often guesses are right')
  .option('--model <file>', 'GGUF', 'media/model/glassbox-nano.gguf')
  .option('--least <times>', 'contexts that are seen less often say nothing', wholeNumber, 20)
  .action(async ({ model, samples, others, least }: Options) => {
    const file = await openModel(model);
    try {
      const tokenizer = createTokenizer(file.readTokenizer());
      const { vocabularySize } = file.spec;
      const loaded = await createOnnxBackend().load(file.spec, file.weights, { threads: 1 });
      const said = new ModelReplies(loaded, vocabularySize, (token) => tokenizer.isEndOfGeneration(token));
      const replies = new ReplySamples(file, tokenizer, said);
      const learned = await replies.of(await readFile(samples, 'utf8'));
      const classes = learnClasses(learned, tokenTexts(tokenizer));
      const entries = learnNgrams(learned, classes, least);
      const chances = guessChances(entries, classes, await replies.of(await readFile(others, 'utf8')));
      const bytes = encodeNgrams(entries, classes, chances);
      await loaded.dispose();
      await writeFile(ngramPath(model), bytes);
      console.log(`${ngramPath(model)}: ${entries.size} contexts, ${bytes.length} bytes`);
    } finally {
      await file.close();
    }
  })
  .parseAsync();

function tokenTexts(tokenizer: Tokenizer): TokenTexts {
  return {
    size: tokenizer.vocabularySize,
    textOf: (token) => tokenizer.decode([token]),
    isMark: (token) => tokenizer.isControl(token) || token === tokenizer.thinkOpenTokenId,
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Not a number of 1 or more.');
  return value;
}
