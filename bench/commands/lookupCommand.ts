import { Command, Option } from 'commander';
import { defaultThreads } from '../../src/engine/defaultThreads.ts';
import { physicalCores } from '../../src/engine/physicalCores.ts';
import { openModel } from '../../src/models/openModel.ts';
import type { PromptStyle } from '../../src/refactor/promptStyle.ts';
import { enginePath, root } from '../checkout.ts';
import { checkScripted } from '../checkScripted.ts';
import { lookupReport, type LookupMeasured } from '../lookupReport.ts';
import { lookupSession, type LookupPair } from '../lookupSession.ts';
import { measuredOn } from '../measuredOn.ts';
import { withPart } from '../measuredPart.ts';
import { BENCH_MODELS, benchModelPath, describeBenchModel, modelFile, type BenchModel } from '../models.ts';
import { positive } from '../numberOptions.ts';
import { refactorCaseSamples } from '../refactorCaseSamples.ts';
import { refactorSamples, type RefactorSample } from '../refactorSamples.ts';
import { scriptedSession } from '../scriptedSession.ts';
import { writeBenchmarks } from '../writeBenchmarks.ts';

const LOOKUP_PART = {
  begin: '<!-- measured by npm run bench -- lookup: begin -->',
  end: '<!-- measured by npm run bench -- lookup: end -->',
};

const SAMPLE_SETS = { suite: 'refactor suite', heldout: 'held-out set' } as const;
type SampleSet = keyof typeof SAMPLE_SETS;

interface LookupOptions {
  readonly of: readonly SampleSet[];
  readonly model: readonly string[];
  readonly scripted: readonly string[];
  readonly samples: number;
  readonly cases?: number;
  readonly rounds: number;
  readonly scriptedRounds?: number;
  readonly temperature: number;
  readonly threads?: number;
  readonly context: number;
  readonly text: 'code' | 'prompt';
  readonly write?: true;
}

/** `npm run bench -- lookup` */
export function lookupCommand(): Command {
  return new Command('lookup')
    .description('what it gains to look up what a refactored text repeats')
    .option('-m, --model <files...>', 'GGUF files of models that answer the questions', [
      'media/model/glassbox-nano.gguf',
    ])
    .addOption(
      new Option(
        '-S, --scripted <names...>',
        `shapes that are made to say the samples' replies: ${BENCH_MODELS.join(', ')}, or GGUF files`,
      ).default(['r1-1.5b-shape-q4_0']),
    )
    .addOption(
      new Option('--of <sets...>', 'the refactor suite, or the held-out set of the embedded model')
        .choices(Object.keys(SAMPLE_SETS))
        .default(['suite', 'heldout']),
    )
    .option('-n, --samples <number>', 'of each task of the held-out set', positive, 2)
    .option('--cases <number>', 'of each task or language of the suite (default: all)', positive)
    .option('-r, --rounds <number>', 'each plainly and with lookups', positive, 1)
    .option('--scripted-rounds <number>', 'the same of the shapes (default: as many)', positive)
    .addOption(new Option('--text <what>', 'what is looked up').choices(['code', 'prompt']).default('code'))
    .option('--temperature <number>', '0 is greedy', Number, 0)
    .option('-t, --threads <number>', 'of each model (default: as the engine decides)', positive)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 1024)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(lookup);
}

async function lookup(options: LookupOptions): Promise<void> {
  const { rounds, temperature, context: contextTokens, text } = options;
  const plan = { contextTokens, temperature, rounds, lookup: text };
  const onPair = ({ task, tokens, plainMs, lookupMs, accepted, drafted }: LookupPair, done: number): void =>
    console.error(
      `${done}, ${task}: ${tokens} tokens, ${(plainMs / lookupMs).toFixed(2)} times as fast, ` +
        `${accepted} of ${drafted} guesses right`,
    );
  const models = await describedModels(options.model);
  const scriptedModels = await describedModels(options.scripted);
  const tokenizerPath = await benchModelPath('smollm2-q4_1');
  for (const { path } of scriptedModels) await checkScripted(path, tokenizerPath);
  const measured: LookupMeasured[] = [];
  const { threads } = options;
  for (const { path: modelPath, description } of models) {
    for (const name of options.of) {
      const samples = await samplesOf(name, options, 'compact');
      const found = await lookupSession({ ...plan, modelPath, threads }, samples, { enginePath, onPair });
      measured.push({ title: `${description}, its own replies, ${SAMPLE_SETS[name]}`, ...found });
    }
  }
  for (const { path: modelPath, description } of scriptedModels) {
    const scriptedPlan = {
      ...plan,
      rounds: options.scriptedRounds ?? rounds,
      modelPath,
      threads: threads ?? (await threadsFor(modelPath)),
      tokenizerPath,
    };
    for (const name of options.of) {
      const samples = await samplesOf(name, options, 'full');
      const scripted = await scriptedSession(scriptedPlan, samples, onPair);
      measured.push({ title: `${description}, the samples' replies, ${SAMPLE_SETS[name]}`, ...scripted });
    }
  }
  const markdown = lookupReport(
    {
      ...measuredOn(),
      temperature,
    },
    measured,
  );
  console.log(markdown);
  if (options.write) {
    await writeBenchmarks((page) => withPart(page, LOOKUP_PART, markdown));
  }
}

async function describedModels(names: readonly string[]): Promise<readonly BenchModel[]> {
  const models: BenchModel[] = [];
  for (const name of names) models.push(await describeBenchModel(await modelFile(name)));
  return models;
}

/** The suite is asked as the editor asks it, which depends on the model. */
function samplesOf(
  name: SampleSet,
  { cases = Infinity, samples: perTask }: LookupOptions,
  style: PromptStyle,
): Promise<readonly RefactorSample[]> {
  return name === 'suite'
    ? refactorCaseSamples(root, { limit: cases, style })
    : refactorSamples(root, perTask);
}

async function threadsFor(modelPath: string): Promise<number> {
  const file = await openModel(modelPath);
  try {
    return defaultThreads(file.spec, file.weights.tensors, physicalCores());
  } finally {
    await file.close();
  }
}
