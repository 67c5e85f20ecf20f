import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import * as v from 'valibot';
import { libraryPath } from '../native/cpu/libraryPath.ts';
import { PACKED_TYPES, type PackedType } from '../native/cpu/library.ts';
import { EXPERT_SIZES, EXPERT_VARIANTS, type ExpertSize } from '../test/support/expertShape.ts';
import { CHILD_COMMAND, childSession, runChildSession } from './childSession.ts';
import { expertsReport } from './expertsReport.ts';
import { expertsSession, type ExpertsMeasured, type ExpertsRound } from './expertsSession.ts';
import { glassboxSession } from './glassboxSession.ts';
import { lookupReport, type LookupMeasured } from './lookupReport.ts';
import { lookupSession, type LookupPair } from './lookupSession.ts';
import { withPart } from './measuredPart.ts';
import { measureMemoryBandwidth, readMemory } from './memoryBandwidth.ts';
import { BENCH_MODELS, benchModelPath, describeBenchModel, type BenchModelName } from './models.ts';
import { measureProduct, runProductWorker, type ProductPlan } from './productWorker.ts';
import { productsReport, type MeasuredProduct } from './productsReport.ts';
import { readCode } from './promptText.ts';
import { refactorSamples } from './refactorSamples.ts';
import { scriptedSession } from './scriptedSession.ts';
import { msPerToken, recordsReport } from './recordsReport.ts';
import { type RecordedPart, recordsSession } from './recordsSession.ts';
import { report, withReport, type Measured, type Round } from './report.ts';
import { tokensPerSecond, type SessionPlan } from './session.ts';
import { speculationReport } from './speculationReport.ts';
import { speculationSession } from './speculationSession.ts';
import { tracesReport } from './tracesReport.ts';
import { tracesSession } from './tracesSession.ts';

const dist = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(dist);

interface CpuOptions {
  readonly model: readonly string[];
  readonly rounds: number;
  readonly prefill: number;
  readonly decode: number;
  readonly threads: number;
  readonly context: number;
  readonly write?: true;
}

interface ExpertsOptions {
  readonly size: readonly ExpertSize[];
  readonly rounds: number;
  readonly prefill: number;
  readonly decode: number;
  readonly threads: number;
  readonly write?: true;
}

function isBenchModel(name: string): name is BenchModelName {
  return (BENCH_MODELS as readonly string[]).includes(name);
}

async function cpu(options: CpuOptions): Promise<void> {
  const code = await readCode(root);
  const plan = {
    contextTokens: options.context,
    threads: options.threads,
    promptTokens: options.prefill,
    decodeTokens: options.decode,
  };
  console.error('memory bandwidth ...');
  const memoryBandwidth = await measureMemoryBandwidth(options.threads);
  const measured: Measured[] = [];
  for (const name of options.model) {
    const modelPath = isBenchModel(name) ? await benchModelPath(name) : path.resolve(name);
    await readIntoPageCache(modelPath);
    const model = await describeBenchModel(modelPath);
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round++) {
      rounds.push(await measureRound({ ...plan, modelPath }, code, round));
      console.error(
        `${model.description}, round ${round + 1} of ${options.rounds}: ${describe(rounds.at(-1))}`,
      );
    }
    measured.push({ model, rounds });
  }
  const { version } = v.parse(
    v.object({ version: v.string() }),
    JSON.parse(await readFile(path.join(root, 'node_modules/node-llama-cpp/package.json'), 'utf8')),
  );
  const markdown = report(
    {
      command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
      date: new Date().toISOString().slice(0, 10),
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
      versions: `Node ${process.versions.node}, node-llama-cpp ${version}`,
      plan,
      rounds: options.rounds,
      memoryBandwidth,
    },
    measured,
  );
  console.log(markdown);
  if (options.write) {
    const page = path.join(root, 'docs/benchmarks.md');
    await writeFile(page, withReport(await readFile(page, 'utf8'), markdown));
    console.error(`written to ${path.relative(process.cwd(), page)}`);
  }
}

interface RecordsOptions {
  readonly of: RecordedPart;
  readonly model: string;
  readonly question: string;
  readonly rounds: number;
  readonly decode: number;
  readonly threads: number;
  readonly context: number;
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
    enginePath: path.join(dist, 'engine.mjs'),
    onRound: ({ on, off }) =>
      console.error(
        `with records ${msPerToken(on).toFixed(3)} ms a token, without ${msPerToken(off).toFixed(3)}`,
      ),
  });
  const parts: Record<RecordedPart, string> = { experts: 'experts', tokens: 'alternatives of tokens' };
  console.log(recordsReport(rounds, parts[options.of]));
}

interface TracesOptions {
  readonly tokens: number;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly rounds: number;
}

async function traces(options: TracesOptions): Promise<void> {
  console.log(tracesReport(options, await tracesSession(options)));
}

interface SpeculationOptions {
  readonly model: string;
  readonly rounds: number;
  readonly temperature: number;
  readonly threads: number;
  readonly context: number;
}

async function speculation(options: SpeculationOptions): Promise<void> {
  const { rounds, temperature, threads } = options;
  const modelPath = path.resolve(options.model);
  const plan = { modelPath, contextTokens: options.context, threads, temperature, rounds };
  const measured = await speculationSession(plan, {
    enginePath: path.join(dist, 'engine.mjs'),
    onRound: ({ off, on }) =>
      console.error(
        `without guesses ${msPerToken({ tokens: off.tokens, elapsedMs: off.decodeMs }).toFixed(2)} ms a token, ` +
          `with ${msPerToken({ tokens: on.tokens, elapsedMs: on.decodeMs }).toFixed(2)}, ${on.accepted} of ${on.drafted} right`,
      ),
  });
  console.log(speculationReport(measured));
}

interface LookupOptions {
  readonly model: readonly string[];
  readonly scripted: readonly string[];
  readonly samples: number;
  readonly rounds: number;
  readonly temperature: number;
  readonly threads: number;
  readonly context: number;
  readonly text: 'code' | 'prompt';
  readonly write?: true;
}

async function lookup(options: LookupOptions): Promise<void> {
  const { rounds, temperature, threads, context: contextTokens, text, samples: limit } = options;
  const samples = await refactorSamples(root, limit);
  const plan = { contextTokens, threads, temperature, rounds, lookup: text };
  const total = rounds * samples.length;
  const onPair = ({ task, tokens, plainMs, lookupMs, accepted, drafted }: LookupPair, done: number): void =>
    console.error(
      `${done} of ${total}, ${task}: ${tokens} tokens, ${(plainMs / lookupMs).toFixed(2)} times as fast, ` +
        `${accepted} of ${drafted} guesses right`,
    );
  const measured: LookupMeasured[] = [];
  for (const model of options.model) {
    const modelPath = isBenchModel(model) ? await benchModelPath(model) : path.resolve(model);
    const { description } = await describeBenchModel(modelPath);
    const pairs = await lookupSession({ ...plan, modelPath }, samples, {
      enginePath: path.join(dist, 'engine.mjs'),
      onPair,
    });
    measured.push({ title: `${description}, its own replies`, pairs });
  }
  for (const model of options.scripted) {
    const modelPath = isBenchModel(model) ? await benchModelPath(model) : path.resolve(model);
    const { description } = await describeBenchModel(modelPath);
    const tokenizerPath = await benchModelPath('smollm2-q4_1');
    const scripted = await scriptedSession({ ...plan, modelPath, tokenizerPath }, samples, onPair);
    measured.push({ title: `${description}, the samples' replies`, ...scripted });
  }
  const markdown = lookupReport(
    {
      command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
      date: new Date().toISOString().slice(0, 10),
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
      versions: `Node ${process.versions.node}`,
      threads,
      temperature,
    },
    measured,
  );
  console.log(markdown);
  if (options.write) {
    const page = path.join(root, 'docs/benchmarks.md');
    await writeFile(page, withPart(await readFile(page, 'utf8'), LOOKUP_PART, markdown));
    console.error(`written to ${path.relative(process.cwd(), page)}`);
  }
}

const LOOKUP_PART = {
  begin: '<!-- measured by npm run bench -- lookup: begin -->',
  end: '<!-- measured by npm run bench -- lookup: end -->',
};

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
      command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
      date: new Date().toISOString().slice(0, 10),
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
      versions: `Node ${process.versions.node}`,
      plan,
    },
    measured,
  );
  console.log(markdown);
  if (options.write) {
    const page = path.join(root, 'docs/benchmarks.md');
    await writeFile(page, withPart(await readFile(page, 'utf8'), EXPERTS_PART, markdown));
    console.error(`written to ${path.relative(process.cwd(), page)}`);
  }
}

interface ProductsOptions {
  readonly type: readonly PackedType[];
  readonly tokens: readonly number[];
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly isa?: string;
}

/** Rows and columns of the matrices of DeepSeek-R1-Distill-Qwen-1.5B: attention, up, down, and the head. */
const PRODUCT_SHAPES = [
  [1536, 1536],
  [8960, 1536],
  [1536, 8960],
  [151_936, 1536],
] as const;

async function products({ type: types, tokens, threads, rounds, isa }: ProductsOptions): Promise<void> {
  const library = libraryPath();
  if (library === undefined) throw new Error('There is no CPU library; npm run build says why.');
  const plans: ProductPlan[] = types.flatMap((type) =>
    tokens.flatMap((count) =>
      threads.flatMap((threadCount) =>
        PRODUCT_SHAPES.map(([rows, columns]) => ({
          ...{ libraryPath: library, isa, type, rows, columns },
          ...{ tokens: count, threads: threadCount },
        })),
      ),
    ),
  );
  const measured: (MeasuredProduct & { rounds: MeasuredProduct['rounds'][number][] })[] = plans.map(
    (plan) => ({
      plan,
      rounds: [],
    }),
  );
  for (let round = 0; round < rounds; round++) {
    for (const { plan, rounds: done } of measured) {
      const bytesPerSecond = await measureMemoryBandwidth(plan.threads);
      done.push({ timing: await measureProduct(plan), bytesPerSecond });
    }
    console.error(`round ${round + 1} of ${rounds}`);
  }
  console.log(productsReport(measured));
}

const EXPERTS_PART = {
  begin: '<!-- measured by npm run bench -- experts: begin -->',
  end: '<!-- measured by npm run bench -- experts: end -->',
};

/** One measurement of each, one after the other; every round begins with another one. */
async function measureRound(plan: SessionPlan, code: string, round: number): Promise<Round> {
  const glassbox = () =>
    glassboxSession(plan, { enginePath: path.join(dist, 'engine.mjs'), code, seed: round + 1 });
  const llamaCpp = () => childSession('llama.cpp', plan, code);
  const backend = () => childSession('backend', plan, code);
  switch (round % 3) {
    case 0: {
      const first = await glassbox();
      const second = await llamaCpp();
      return { glassbox: first, llamaCpp: second, backend: await backend() };
    }
    case 1: {
      const first = await llamaCpp();
      const second = await backend();
      return { llamaCpp: first, backend: second, glassbox: await glassbox() };
    }
    default: {
      const first = await backend();
      const second = await glassbox();
      return { backend: first, glassbox: second, llamaCpp: await llamaCpp() };
    }
  }
}

function describe(round: Round | undefined): string {
  if (!round) return '';
  return Object.entries(round)
    .map(
      ([name, result]) =>
        `${name} ${tokensPerSecond.prefill(result).toFixed(0)}/${tokensPerSecond.decode(result).toFixed(1)}`,
    )
    .join(', ');
}

/** So that the first load is as warm as the others. */
async function readIntoPageCache(file: string): Promise<void> {
  for await (const _ of createReadStream(file, { highWaterMark: 1 << 20 }));
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

/** Several of one option, collected; the default goes when the first is given. */
function positives(text: string, before: unknown): number[] {
  const earlier = collected.get(before);
  const all = [...(earlier ?? []), positive(text)];
  collected.set(all, all);
  return all;
}
const collected = new Map<unknown, readonly number[]>();

async function main(): Promise<void> {
  const program = new Command('bench').description('Measures Glassbox against llama.cpp on this machine.');
  program
    .command('cpu')
    .description('prefill, decode, second question, memory and load time, on the CPU')
    .addOption(
      new Option('-m, --model <names...>', `${BENCH_MODELS.join(', ')}, or GGUF files`).default([
        ...BENCH_MODELS,
      ]),
    )
    .option('-r, --rounds <number>', 'of each measurement', positive, 5)
    .option('-p, --prefill <tokens>', 'of the prompt', positive, 512)
    .option('-d, --decode <tokens>', 'of the answer', positive, 128)
    .option('-t, --threads <number>', 'of each engine', positive, 2)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 2048)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(cpu);
  program
    .command('records')
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
  program
    .command('traces')
    .description('what it costs the extension host to take in and save the trace of an answer')
    .option('-n, --tokens <number>', 'of the answer', positive, 10_000)
    .option('-l, --layers <number>', 'with experts', positive, 26)
    .option('-e, --experts <number>', 'of each layer', positive, 64)
    .option('-k, --top-k <number>', 'of each token', positive, 6)
    .option('-r, --rounds <number>', 'of each measurement', positive, 7)
    .action(traces);
  const sizes = Object.keys(EXPERT_SIZES);
  program
    .command('experts')
    .description('what a model with experts costs, against dense ones of its active and its total size')
    .addOption(new Option('-s, --size <names...>', 'of the models').choices(sizes).default(sizes))
    .option('-r, --rounds <number>', 'of each measurement', positive, 7)
    .option('-p, --prefill <tokens>', 'of the prompt', positive, 512)
    .option('-d, --decode <tokens>', 'of the answer', positive, 256)
    .option('-t, --threads <number>', 'of each model', positive, 2)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(experts);
  program
    .command('speculation')
    .description("what it gains to guess tokens ahead with a model's own draft")
    .option('-m, --model <file>', 'a GGUF file of a model that drafts', 'media/model/glassbox-nano.gguf')
    .option('-r, --rounds <number>', 'each with and without guesses', positive, 15)
    .option('--temperature <number>', '0 is greedy', Number, 0)
    .option('-t, --threads <number>', 'of each engine', positive, 2)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 1024)
    .action(speculation);
  program
    .command('products')
    .description('how fast our own CPU kernels multiply, and how much of the memory they use')
    .addOption(new Option('--type <names...>', 'of the weights').choices(PACKED_TYPES).default(['Q4_0']))
    .option('-n, --tokens <numbers...>', 'multiplied together', positives, [1, 128])
    .option('-t, --threads <numbers...>', 'that share the rows', positives, [1, 2])
    .option('-r, --rounds <number>', 'of each measurement', positive, 3)
    .option('--isa <name>', 'instruction set; the fastest otherwise')
    .action(products);
  program
    .command('lookup')
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
    .option('-n, --samples <number>', 'of each task', positive, 2)
    .option('-r, --rounds <number>', 'each plainly and with lookups', positive, 1)
    .addOption(new Option('--text <what>', 'what is looked up').choices(['code', 'prompt']).default('code'))
    .option('--temperature <number>', '0 is greedy', Number, 0)
    .option('-t, --threads <number>', 'of each engine', positive, 2)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 1024)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(lookup);
  program.command(CHILD_COMMAND, { hidden: true }).action(runChildSession);
  await program.parseAsync();
}

if (!readMemory() && !runProductWorker()) await main();
