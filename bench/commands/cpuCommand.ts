import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import * as v from 'valibot';
import { enginePath, root } from '../checkout.ts';
import { childSession } from '../childSession.ts';
import { glassboxSession } from '../glassboxSession.ts';
import { measuredOn } from '../measuredOn.ts';
import { measureMemoryBandwidth } from '../memoryBandwidth.ts';
import { BENCH_MODELS, describeBenchModel, modelFile } from '../models.ts';
import { positive } from '../numberOptions.ts';
import { readCode } from '../promptText.ts';
import { report, withReport, type Measured, type Round } from '../report.ts';
import { tokensPerSecond, type SessionPlan } from '../session.ts';
import { writeBenchmarks } from '../writeBenchmarks.ts';

interface CpuOptions {
  readonly model: readonly string[];
  readonly rounds: number;
  readonly prefill: number;
  readonly decode: number;
  readonly threads: number;
  readonly context: number;
  readonly write?: true;
}

/** `npm run bench -- cpu` */
export function cpuCommand(): Command {
  return new Command('cpu')
    .description('prefill, decode, second question, memory and load time, on the CPU')
    .addOption(
      new Option('-m, --model <names...>', `${BENCH_MODELS.join(', ')}, or GGUF files`).default(
        // A narrow one is for drivers that compute on the CPU.
        BENCH_MODELS.filter((name) => !name.includes('narrow')),
      ),
    )
    .option('-r, --rounds <number>', 'of each measurement', positive, 5)
    .option('-p, --prefill <tokens>', 'of the prompt', positive, 512)
    .option('-d, --decode <tokens>', 'of the answer', positive, 128)
    .option('-t, --threads <number>', 'of each engine', positive, 2)
    .option('-c, --context <tokens>', 'capacity of the KV cache', positive, 2048)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(cpu);
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
    const modelPath = await modelFile(name);
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
  const about = measuredOn();
  const markdown = report(
    {
      ...about,
      versions: `${about.versions}, node-llama-cpp ${version}`,
      plan,
      rounds: options.rounds,
      memoryBandwidth,
    },
    measured,
  );
  console.log(markdown);
  if (options.write) {
    await writeBenchmarks((page) => withReport(page, markdown));
  }
}

/** One measurement of each, one after the other; every round begins with another one. */
async function measureRound(plan: SessionPlan, code: string, round: number): Promise<Round> {
  const glassbox = () => glassboxSession(plan, { enginePath: enginePath, code, seed: round + 1 });
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
