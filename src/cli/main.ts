import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { createColors } from 'picocolors';
import { isColorful } from './isColorful.ts';
import { embeddedModelPath } from '../engineClient/embeddedModelPath.ts';
import { EngineClient } from '../engineClient/engineClient.ts';
import type { EngineExit } from '../engineClient/engineExit.ts';
import { BackendWish, KvCacheType } from '../protocol/backends.ts';
import { KernelChoice, type MemoryEstimate } from '../protocol/engine.ts';
import { SpeculationMode } from '../protocol/generation.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { ContextOverflow } from '../protocol/generation.ts';
import { ask, type AskOptions } from './ask.ts';
import { cacheFolder } from './cacheFolder.ts';
import { defaultModel } from './defaultModel.ts';
import { describeMemory, describeModel } from './describeModel.ts';
import { describePlan } from './describePlan.ts';
import { describeTrace } from './describeTrace.ts';
import { exitCodeOf } from './exitCode.ts';
import { Interrupts } from './interrupts.ts';
import { isTraceFile, openTrace } from './openTrace.ts';
import { decimalNumber, defined, wholeNumber } from './options.ts';
import { summarizeTrace } from './summarizeTrace.ts';

const bundles = path.dirname(fileURLToPath(import.meta.url));
const enginePath = path.join(bundles, 'engine.mjs');
const embedded = embeddedModelPath(path.dirname(bundles));
const running = new Set<EngineClient>();

async function startEngine(): Promise<EngineClient> {
  const engine = await EngineClient.start({ enginePath });
  running.add(engine);
  engine.onExit(() => running.delete(engine));
  return engine;
}

function commands(signal: AbortSignal): Command {
  const program = new Command('glassbox')
    .description('Ask a local reasoning model, and see what it thinks.')
    .exitOverride();
  program
    .command('ask')
    .description('Answers one question. Standard input, if there is any, goes below the question.')
    .argument('[question...]')
    .option('-m, --model <file>', 'a GGUF file; default: GLASSBOX_MODEL, or glassbox-nano, which is embedded')
    .addOption(
      new Option('--mode <mode>', 'whether the model thinks: as its template says, always, never')
        .choices(['auto', 'force', 'off'])
        .default('auto'),
    )
    .option('-s, --system <text>', 'a system message')
    .option('--budget <tokens>', 'end the thought after so many tokens (0: no limit)', wholeNumber)
    .option('-n, --max-tokens <tokens>', 'end the reply after so many tokens', wholeNumber)
    .option('-t, --temperature <number>', '0 is greedy', decimalNumber)
    .option('--top-k <tokens>', '0 keeps all', wholeNumber)
    .option('--top-p <share>', '1 keeps all', decimalNumber)
    .option('--min-p <share>', '0 keeps all', decimalNumber)
    .option('--repetition-penalty <factor>', '1 is none', decimalNumber)
    .option('--seed <number>', 'the same seed gives the same text', wholeNumber)
    .option('--threads <number>', 'default: the physical cores, one for a tiny model', wholeNumber)
    .addOption(
      new Option('--kernels <whose>', 'whose kernels multiply; auto: those of Glassbox where they run')
        .choices(KernelChoice.options)
        .default('auto'),
    )
    .addOption(
      new Option(
        '--backend <which>',
        'what runs the model; auto: the fastest whose numbers agree with the CPU’s',
      )
        .choices(BackendWish.options)
        .default('auto'),
    )
    .option('--device <name>', 'a part of the name of the GPU that is to run it')
    .addOption(
      new Option('--kv-cache <type>', 'what the KV cache is kept in on a GPU; auto: half floats')
        .choices(KvCacheType.options)
        .default('auto'),
    )
    .option('--gpu-memory <MiB>', GPU_MEMORY, wholeNumber)
    .option('--measure-backends', 'measure again which backend is the fastest, and tell what was measured')
    .option('-c, --context <tokens>', 'capacity of the KV cache', wholeNumber)
    .option('-f, --force', 'load although memory is short')
    .addOption(
      new Option('--speculation <mode>', 'whether tokens are guessed ahead, where the model can')
        .choices(SpeculationMode.options)
        .default('auto'),
    )
    .option('--experts', 'tell which experts the tokens went to and what the KV cache holds')
    .option('--json', 'print model, result and events (with --experts: records) as one JSON object')
    .action(
      (
        words: string[],
        { model, ...options }: Omit<AskOptions, 'model' | 'backendFolder'> & { model?: string },
      ) =>
        ask(
          words,
          {
            ...options,
            model: model ?? defaultModel(process.env, embedded),
            backendFolder: path.join(cacheFolder(process.env), 'backends'),
          },
          startEngine,
          signal,
        ),
    );
  const inspect = program
    .command('inspect')
    .description(
      'Says what a model file holds and how much memory it needs, or what a saved trace (.gbtrace) tells. Loads nothing.',
    )
    .argument('[file]')
    .option('-c, --context <tokens>', 'capacity of the KV cache', wholeNumber)
    .option('--json', 'print the summary as JSON')
    .action(async (file: string | undefined, options: { context?: number; json?: boolean }) => {
      if (file !== undefined && (await isTraceFile(file))) {
        const trace = summarizeTrace(await openTrace(path.resolve(file)));
        process.stdout.write(`${options.json ? JSON.stringify(trace) : describeTrace(trace)}\n`);
        return;
      }
      const engine = await startEngine();
      try {
        const summary = await engine.inspect(
          {
            path: path.resolve(file ?? defaultModel(process.env, embedded)),
            ...defined({ contextTokens: options.context }),
          },
          { signal },
        );
        process.stdout.write(`${options.json ? JSON.stringify(summary) : describeModel(summary)}\n`);
      } finally {
        await engine.dispose();
      }
    });
  inspect
    .command('plan')
    .description('Lists what a GPU would be given for a token, and the bytes that each dispatch moves.')
    .argument('[file]')
    .option('-c, --context <tokens>', 'capacity of the KV cache', wholeNumber)
    .option('--position <tokens>', 'tokens in the cache before', wholeNumber, 0)
    .option('--tokens <number>', 'of the pass; more than 16 are a piece of a prompt', wholeNumber, 1)
    .option('--gpu-memory <MiB>', GPU_MEMORY, wholeNumber)
    .option('--json', 'print the plan as JSON')
    .action(async (file: string | undefined, _own: unknown, command: Command) => {
      // Options that the outer command has, too, are parsed there.
      const options = command.optsWithGlobals<PlanOptions>();
      const engine = await startEngine();
      try {
        const plan = await engine.plan(
          {
            path: path.resolve(file ?? defaultModel(process.env, embedded)),
            position: options.position,
            tokens: options.tokens,
            ...defined({ contextTokens: options.context, gpuMemoryMiB: options.gpuMemory }),
          },
          { signal },
        );
        process.stdout.write(`${options.json ? JSON.stringify(plan) : describePlan(plan)}\n`);
      } finally {
        await engine.dispose();
      }
    });
  return program;
}

const GPU_MEMORY =
  'what a GPU’s memory may hold; experts that do not fit are computed on the CPU. 0: all it has';

interface PlanOptions {
  readonly gpuMemory?: number;
  readonly context?: number;
  readonly position: number;
  readonly tokens: number;
  readonly json?: boolean;
}

/** What an error's details add for people at a terminal. */
function advice(error: GlassboxError): string[] {
  switch (error.code) {
    case 'memory/insufficient':
      // The engine made these details; their type is declared beside the code.
      return [
        describeMemory(error.details as MemoryEstimate),
        'Load it all the same with --force, or lower --context.',
      ];
    case 'context/overflow': {
      const { promptTokens, capacity } = error.details as ContextOverflow;
      return [`The question takes ${promptTokens} of ${capacity} tokens. Shorten it, or raise --context.`];
    }
    case 'engine/stopped':
      return [...((error.details as EngineExit | undefined)?.lastLines.slice(-10) ?? [])];
    default:
      return [];
  }
}

async function main(): Promise<number> {
  const interrupts = new Interrupts(() => {
    // The engine goes when its channel closes, which the end of this process does.
    process.exit(130);
  });
  // `| head` closed the pipe: nobody reads the rest, so there is nothing left to do.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await commands(interrupts.signal).parseAsync();
    return interrupts.signal.aborted ? 130 : 0;
  } catch (thrown) {
    // Commander has said what was wrong.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = GlassboxError.from(thrown);
    const colors = createColors(isColorful(process.stderr));
    process.stderr.write(`${colors.red('error')} ${error.message}\n`);
    for (const line of advice(error)) process.stderr.write(`  ${line}\n`);
    return exitCodeOf(error.code);
  } finally {
    interrupts.dispose();
    await Promise.all([...running].map((engine) => engine.dispose()));
  }
}

process.exitCode = await main();
