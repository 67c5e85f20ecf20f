import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { packedGrammars } from '../../../src/refactor/syntax/packedGrammars.ts';
import { TreeSitterSyntax } from '../../../src/refactor/syntax/treeSitterSyntax.ts';
import { withPart } from '../../measuredPart.ts';
import { MODES, type Mode } from '../grade.ts';
import { machineFacts, modelFacts, withLoadedModel } from '../loadedModel.ts';
import { decimalNumber, positive, wholeNumber } from '../numberOptions.ts';
import { progressOf } from '../progress.ts';
import { shownCommand } from '../shownCommand.ts';
import { askCases } from './askCases.ts';
import { CASE_LANGUAGES, type CaseLanguage, readCases } from './refactorCase.ts';
import { describeRefactorFailures, refactorReport } from './refactorReport.ts';
import type { RefactorResults } from './refactorResults.ts';

interface RefactorOptions {
  readonly model: string;
  readonly languages?: readonly CaseLanguage[];
  readonly nano?: true;
  readonly limit?: number;
  readonly mode: Mode;
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly threads?: number;
  readonly write?: true;
  readonly json?: string;
  readonly showFailures?: number;
}

interface Places {
  /** The checkout. */
  readonly root: string;
  /** What was built of it. */
  readonly dist: string;
  readonly defaultModel: string;
}

const PART = {
  begin: '<!-- measured by npm run eval -- refactor: begin -->',
  end: '<!-- measured by npm run eval -- refactor: end -->',
};

/** `npm run eval -- refactor` */
export function refactorCommand(places: Places): Command {
  return new Command('refactor')
    .description('asks a model the refactor suite, and tells which answers become edits and keep behaviour')
    .option('-m, --model <file>', 'a GGUF file', places.defaultModel)
    .option('--languages <names>', `some of ${Object.keys(CASE_LANGUAGES).join(',')}`, languageList)
    .option('--nano', "only the embedded model's own tasks")
    .option('-n, --limit <number>', 'of cases of each language', positive)
    .addOption(
      new Option('--mode <mode>', 'with a thought, or the answer at once')
        .choices([...MODES])
        .default('think'),
    )
    .option('-t, --temperature <number>', '0 is greedy', decimalNumber, 0)
    .option('--seed <number>', 'of the sampling', wholeNumber, 1)
    .option('--max-tokens <number>', 'of thought and answer together', positive, 1024)
    .option('--threads <number>', 'default: the physical cores', positive)
    .option('-w, --write', 'put the tables into docs/refactor.md')
    .option('--json <file>', 'write every answer and what became of it')
    .option('--show-failures <number>', 'print so many answers that went wrong', positive)
    .action((options: RefactorOptions) => evaluate(options, places));
}

async function evaluate(options: RefactorOptions, { root, dist }: Places): Promise<void> {
  const { mode, temperature, seed, maxTokens } = options;
  const cases = (await readCases(path.join(root, 'test/fixtures/refactor/cases')))
    .filter(({ language }) => options.languages?.includes(language) ?? true)
    .filter(({ nanoTask }) => !options.nano || nanoTask !== undefined)
    .filter(({ language, id }, _, all) => {
      const same = all.filter((each) => each.language === language);
      return options.limit === undefined || same.findIndex((each) => each.id === id) < options.limit;
    });
  if (cases.length === 0) throw new Error('There are no such cases.');
  const syntax = new TreeSitterSyntax({
    readFile: packedGrammars((name) => readFile(path.join(dist, 'syntax', name))),
    now: () => performance.now(),
  });
  const progress = progressOf('refactor', cases.length);
  const results = await withLoadedModel(
    { file: options.model, dist, threads: options.threads },
    async (engine, model): Promise<RefactorResults> => ({
      version: 1,
      command: shownCommand(process.argv.slice(2), root),
      model: modelFacts(model),
      sampling: { temperature, seed, maxTokens },
      machine: machineFacts(model),
      results: await askCases(engine, model, cases, {
        mode,
        temperature,
        seed,
        maxTokens,
        syntax,
        onResult: ({ verdict }, done) => {
          progress(verdict.outcome === 'accepted', done);
        },
      }),
    }),
  );
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results)}\n`);
  if (options.showFailures !== undefined)
    console.log(describeRefactorFailures(results.results, options.showFailures));
  const report = refactorReport(results);
  console.log(report);
  if (options.write) {
    const page = path.join(root, 'docs/refactor.md');
    await writeFile(page, withPart(await readFile(page, 'utf8'), PART, report));
    console.error(`written to ${path.relative(process.cwd(), page)}`);
  }
}

function languageList(text: string): CaseLanguage[] {
  // The keys of a constant object are just those of its type.
  const known = Object.keys(CASE_LANGUAGES) as CaseLanguage[];
  return text.split(',').map((name) => {
    const language = known.find((each) => each === name.trim());
    if (!language)
      throw new InvalidArgumentError(`There is no language ${name}; there are ${known.join(', ')}.`);
    return language;
  });
}
