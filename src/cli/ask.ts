import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { createColors } from 'picocolors';
import { isColorful } from './isColorful.ts';
import type { EngineClient } from '../engineClient/engineClient.ts';
import type { BackendWish, KvCacheType } from '../protocol/backends.ts';
import type { KernelChoice, LoadedModel } from '../protocol/engine.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type {
  GenerateParams,
  GenerateResult,
  GenerationEvent,
  ReasoningMode,
  SpeculationMode,
} from '../protocol/generation.ts';
import { describeBackends } from './describeBackends.ts';
import { describeGuesses } from './describeGuesses.ts';
import { formatSpeed } from './format.ts';
import { defined } from './options.ts';
import { printable } from './printable.ts';
import { composeQuestion } from './question.ts';
import { describeRecords, readRecords } from './readRecords.ts';
import { readStandardInput } from './readStandardInput.ts';
import { Transcript } from './transcript.ts';

export interface AskOptions {
  /** A GGUF file. */
  readonly model: string;
  readonly mode: ReasoningMode;
  readonly system?: string;
  readonly budget?: number;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly kernels?: KernelChoice;
  readonly backend?: BackendWish;
  readonly device?: string;
  readonly kvCache?: KvCacheType;
  /** MiB; 0: all. */
  readonly gpuMemory?: number;
  readonly measureBackends?: boolean;
  /** Where it is remembered how fast backends were. */
  readonly backendFolder: string;
  readonly context?: number;
  readonly force?: boolean;
  readonly speculation?: SpeculationMode;
  readonly experts?: boolean;
  readonly json?: boolean;
}

const CONVERSATION = 'ask';
/** Characters; the engine takes no more. */
const MOST_LOOKED_UP = 1 << 20;

/** `glassbox ask`: one question, answered on standard output. */
export async function ask(
  words: readonly string[],
  options: AskOptions,
  startEngine: () => Promise<EngineClient>,
  signal: AbortSignal,
): Promise<void> {
  const colors = createColors(isColorful(process.stderr));
  const aside = (text: string): void => void process.stderr.write(text);
  const piped = await readStandardInput(() => aside('Waiting for standard input to end (Ctrl+D) ...\n'));
  const question = composeQuestion(words.join(' '), piped);
  if (question.trim() === '') {
    throw new GlassboxError(
      'request/invalid',
      'There is no question. Write one: npm run ask -- "question", or pipe one in.',
    );
  }
  const modelPath = path.resolve(options.model);
  const json = options.json === true;
  const transcript = new Transcript(
    {
      answer: (text) => void (json || process.stdout.write(text)),
      aside: (text) => void (json || aside(text)),
      live: process.stderr.isTTY,
    },
    colors,
  );

  const engine = await startEngine();
  try {
    const model = await engine.load(
      {
        path: modelPath,
        ...defined({ contextTokens: options.context, threads: options.threads, force: options.force }),
        ...defined({ speculation: options.speculation, kernels: options.kernels }),
        ...defined({ backend: options.backend, device: options.device, kvCacheType: options.kvCache }),
        ...defined({ measureAgain: options.measureBackends, gpuMemoryMiB: options.gpuMemory }),
        backendFolder: options.backendFolder,
      },
      {
        signal,
        onProgress: ({ stage, fraction, trying }) =>
          transcript.progress(
            `loading ${path.basename(modelPath)}: ${trying === undefined ? stage : `measuring ${trying}`}, ${Math.round(fraction * 100)} %`,
          ),
      },
    );
    const events: GenerationEvent[] = [];
    const result = await engine.generate(
      {
        requestId: randomUUID(),
        conversationId: CONVERSATION,
        messages: [
          ...(options.system === undefined ? [] : [{ role: 'system' as const, content: options.system }]),
          { role: 'user', content: question },
        ],
        reasoning: { mode: options.mode, ...defined({ budgetTokens: options.budget }) },
        sampling: defined({
          temperature: options.temperature,
          topK: options.topK,
          topP: options.topP,
          minP: options.minP,
          repetitionPenalty: options.repetitionPenalty,
          seed: options.seed,
        }),
        ...defined({ maxTokens: options.maxTokens, speculation: options.speculation }),
        ...lookupFor(question, piped),
      },
      {
        signal,
        onEvent: (event) => {
          if (json) events.push(event);
          transcript.event(event);
        },
      },
    );
    transcript.end();
    const records = options.experts === true ? await readRecords(engine, CONVERSATION) : undefined;
    if (json) {
      const all = { model, result, events, ...(records ? { records } : {}) };
      process.stdout.write(`${JSON.stringify(all)}\n`);
    } else {
      aside(`\n${colors.dim(statistics(result))}\n`);
      aside(`${colors.dim(backendLines(model, options.measureBackends === true))}\n`);
      if (records) aside(`\n${describeRecords(records)}\n`);
    }
  } finally {
    // Whatever failed, the terminal gets its line back and no process is left behind.
    transcript.end();
    await engine.dispose();
  }
}

/** One line, or all that was measured. */
function backendLines({ backend, runtime }: LoadedModel, all: boolean): string {
  const [first = '', ...more] = describeBackends(backend).split('\n');
  // Of a GPU: in which sizes its kernels run.
  const reasons = runtime.binding === 'dawn' ? [printable(`  ${runtime.reason}`)] : [];
  return all ? [first, ...more, ...reasons].join('\n') : first;
}

/** An answer about code repeats it. */
function lookupFor(question: string, piped: string): Pick<GenerateParams, 'lookup'> {
  if (piped.trim() !== '') return { lookup: { text: piped.slice(0, MOST_LOOKED_UP) } };
  return question.includes('```') ? { lookup: 'prompt' } : {};
}

/** The measured line below an answer. */
export function statistics({
  timings,
  thoughtTokens,
  answerTokens,
  finishReason,
  sampling,
}: GenerateResult): string {
  const computed = timings.promptTokens - timings.reusedTokens;
  const reused = timings.reusedTokens > 0 ? `, ${timings.reusedTokens} reused` : '';
  return [
    `prefill ${computed} tokens at ${formatSpeed(computed, timings.prefillMs)}${reused}`,
    `decode ${timings.decodedTokens} tokens at ${formatSpeed(timings.decodedTokens, timings.decodeMs)}` +
      describeGuesses(timings.speculation),
    `thought ${thoughtTokens}, answer ${answerTokens}`,
    `finished: ${finishReason}`,
    `seed ${sampling.seed}`,
  ].join(' · ');
}
