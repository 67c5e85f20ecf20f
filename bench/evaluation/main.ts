import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { askSamples } from './askSamples.ts';
import { comparison } from './comparison.ts';
import { describeFailures } from './failures.ts';
import { MODES, type Mode } from './grade.ts';
import { machineFacts, modelFacts, withLoadedModel } from './loadedModel.ts';
import { withComparison, withSetReport } from './nanoPage.ts';
import { type ModelOptions, withModelOptions } from './modelOptions.ts';
import { failWith } from '../failWith.ts';
import { positive } from '../numberOptions.ts';
import { progressOf } from './progress.ts';
import { refactorCommand } from './refactor/command.ts';
import { MODE_TITLES, setReport } from './report.ts';
import { readResults, type Results, type Run } from './results.ts';
import { readSet, selectSamples, SETS, TASKS, type Sample, type SetName, type Task } from './sample.ts';
import { shownCommand } from './shownCommand.ts';

const dist = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(dist);
const PAGE = path.join(root, 'docs/nano.md');
const MODEL = path.join(root, 'media/model/glassbox-nano.gguf');

interface NanoOptions extends ModelOptions {
  readonly set: SetName | 'all';
  readonly tasks?: readonly Task[];
  readonly limit?: number;
  readonly mode: Mode | 'both';
  readonly label?: string;
  readonly write?: true;
  readonly json?: string;
  readonly showFailures?: number;
}

interface Asked {
  readonly set: SetName;
  readonly samples: readonly Sample[];
}

async function nano(options: NanoOptions): Promise<void> {
  const sets: Asked[] = [];
  for (const set of options.set === 'all' ? SETS : [options.set]) {
    const samples = selectSamples(await readSet(path.join(root, 'training/evaluation'), set), options);
    if (samples.length === 0) throw new Error(`The ${set} set has no such questions.`);
    sets.push({ set, samples });
  }
  const results = await measure(options, sets);

  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results)}\n`);
  if (options.showFailures !== undefined) {
    for (const run of results.runs) {
      const { samples = [] } = sets.find(({ set }) => set === run.set) ?? {};
      console.log(describeFailures(run, samples, options.showFailures));
    }
  }
  const reports = sets.map(({ set }) => ({ set, markdown: setReport(results, set) }));
  console.log(reports.map(({ markdown }) => markdown).join('\n\n'));
  if (options.write) {
    await rewritePage((page) =>
      reports.reduce((text, { set, markdown }) => withSetReport(text, set, markdown), page),
    );
  }
}

/** Loads the model once, in one engine process, and asks everything. */
function measure(options: NanoOptions, sets: readonly Asked[]): Promise<Results> {
  const { temperature, seed, maxTokens, threads } = options;
  return withLoadedModel({ file: options.model, dist, threads }, async (engine, model) => {
    const runs: Run[] = [];
    for (const { set, samples } of sets) {
      for (const mode of options.mode === 'both' ? MODES : [options.mode]) {
        const progress = progressOf(`${set}, ${MODE_TITLES[mode]}`, samples.length);
        const replies = await askSamples(engine, samples, {
          mode,
          temperature,
          seed,
          maxTokens,
          onReply: ({ correct }, done) => progress(correct, done),
        });
        runs.push({ set, mode, replies });
      }
    }
    return {
      version: 1,
      label: options.label ?? path.basename(options.model, '.gguf'),
      command: shownCommand(process.argv.slice(2), root),
      model: modelFacts(model),
      sampling: { temperature, seed, maxTokens },
      machine: machineFacts(model),
      runs,
    };
  });
}

async function compare(
  files: readonly string[],
  options: { readonly title: string; readonly labels?: readonly string[]; readonly write?: true },
): Promise<void> {
  const { title, labels } = options;
  if (labels && labels.length !== files.length) {
    throw new Error(`There are ${files.length} files but ${labels.length} labels.`);
  }
  const all = await Promise.all(
    files.map(async (file, i) => {
      const results = await readResults(file);
      return { ...results, label: labels?.[i] ?? results.label };
    }),
  );
  const names = new Set(all.map(({ label }) => label));
  if (names.size < all.length) {
    throw new Error(`Several results are called ${all[0]?.label ?? ''}: give each a name with --labels.`);
  }
  const markdown = comparison(title, all);
  console.log(markdown);
  if (options.write) await rewritePage((page) => withComparison(page, title, markdown));
}

async function rewritePage(rewrite: (page: string) => string): Promise<void> {
  await writeFile(PAGE, rewrite(await readFile(PAGE, 'utf8')));
  console.error(`written to ${path.relative(process.cwd(), PAGE)}`);
}

function taskList(text: string): Task[] {
  return text.split(',').map((name) => {
    const task = TASKS.find((each) => each === name.trim());
    if (!task) throw new InvalidArgumentError(`There is no task ${name}; there are ${TASKS.join(', ')}.`);
    return task;
  });
}

const list = (text: string): string[] => text.split(',');

async function main(): Promise<void> {
  const program = new Command('eval').description('Measures what a model can do, as Glassbox runs it.');
  withModelOptions(program.command('nano'), MODEL)
    .description('asks the questions of an evaluation set and grades the replies')
    .addOption(new Option('-s, --set <set>').choices([...SETS, 'all']).default('all'))
    .option('--tasks <tasks>', `some of ${TASKS.join(',')}`, taskList)
    .option('-n, --limit <number>', 'of questions of each task', positive)
    .addOption(
      new Option('--mode <mode>', 'with a thought, or the answer at once')
        .choices([...MODES, 'both'])
        .default('both'),
    )
    .option('--label <text>', 'what a comparison calls the results (default: the file name)')
    .option('-w, --write', 'put the tables into docs/nano.md')
    .option('--json <file>', 'write every reply and its grade')
    .option('--show-failures <number>', 'print so many wrong replies of each task', positive)
    .action(nano);
  program
    .command('compare')
    .description('puts results of several models or stages side by side')
    .argument('<files...>', 'written by nano --json')
    .requiredOption('--title <text>', 'of the comparison; one of the same title is replaced')
    .option('--labels <texts>', 'one for each file, with commas between', list)
    .option('-w, --write', 'put the tables into docs/nano.md')
    .action(compare);
  program.addCommand(refactorCommand({ root, dist, defaultModel: MODEL }));
  await program.parseAsync();
}

main().catch(failWith);
