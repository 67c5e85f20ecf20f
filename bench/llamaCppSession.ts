import { pathToFileURL } from 'node:url';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';
import { llamaVulkan } from '../scripts/llamaVulkan.mjs';
import { peakMemory } from './peakMemory.ts';
import { goesOn, type SessionPlan, type SessionResult, type SessionStage, WARM_UP } from './session.ts';

/**
 * Measures llama.cpp through node-llama-cpp, in this process. Greedy, so that no sampler costs it anything.
 * @throws Error where it was to use a GPU and uses none
 */
export async function llamaCppSession(
  plan: SessionPlan,
  code: string,
  gpu: 'vulkan' | false = false,
  onStage?: (stage: SessionStage) => void,
): Promise<SessionResult> {
  onStage?.('loading the model');
  const { getLlama, LlamaLogLevel } = await llamaCpp(gpu);
  const llama = await getLlama({
    gpu,
    build: 'never',
    maxThreads: plan.threads,
    logLevel: LlamaLogLevel.error,
  });
  const startedAt = performance.now();
  const devices = gpu === false ? [] : await llama.getGpuDeviceNames();
  if (gpu !== false && devices.length === 0)
    throw new Error('llama.cpp was built with Vulkan and uses none of the devices here.');
  const model = await llama.loadModel({ modelPath: plan.modelPath, gpuLayers: gpu === false ? 0 : 'max' });
  const context = await model.createContext({
    contextSize: plan.contextTokens,
    threads: { ideal: plan.threads, min: plan.threads },
  });
  const loadMs = performance.now() - startedAt;
  const sequence = context.getSequence();
  const tokens = model.tokenize(code);
  onStage?.('warming up');
  await measure(sequence, tokens.slice(0, WARM_UP.promptTokens), { ...plan, ...WARM_UP });
  await sequence.clearHistory();
  onStage?.('reading the prompt');
  const measured = await measure(sequence, tokens.slice(0, plan.promptTokens), plan, () =>
    onStage?.('replying'),
  );
  const peakBytes = await peakMemory(process.pid);
  await llama.dispose();
  return {
    loadMs,
    ...measured,
    ...(devices.length === 0 ? {} : { adapter: devices.join(', ') }),
    ...(peakBytes === undefined ? {} : { peakBytes }),
  };
}

/** The checkout's has no GPU. */
async function llamaCpp(gpu: 'vulkan' | false): Promise<typeof import('node-llama-cpp')> {
  if (gpu === false) return import('node-llama-cpp');
  const url = pathToFileURL(await llamaVulkan()).href;
  // The same package in the same version, installed elsewhere: `llamaVulkan` reads the version from the checkout's package.json.
  return (await import(url)) as typeof import('node-llama-cpp');
}

async function measure(
  sequence: LlamaContextSequence,
  prompt: Token[],
  plan: Pick<SessionPlan, 'decodeTokens' | 'replyMs'>,
  onReply?: () => void,
): Promise<Omit<SessionResult, 'loadMs' | 'peakBytes'>> {
  const startedAt = performance.now();
  // The last token of a prompt asks for logits, as it does in every use.
  const [output] = (
    await sequence.controlledEvaluate([...prompt.slice(0, -1), withNext(prompt.at(-1))])
  ).slice(-1);
  const prefillMs = performance.now() - startedAt;
  let token = output?.next.token;
  onReply?.();
  const decodeStartedAt = performance.now();
  let decoded = 0;
  for (; goesOn(plan, decoded, performance.now() - decodeStartedAt); decoded++) {
    // An answer that ends early goes on all the same: what counts is the time.
    const [next] = await sequence.controlledEvaluate([withNext(token ?? prompt[0])]);
    token = next?.next.token;
  }
  const decodeMs = performance.now() - decodeStartedAt;
  return { prefillTokens: prompt.length, prefillMs, decodeTokens: decoded, decodeMs };
}

function withNext(
  token: Token | undefined,
): [Token, { generateNext: { token: true; options: { temperature: 0 } } }] {
  if (token === undefined) throw new Error('the prompt has no tokens');
  return [token, { generateNext: { token: true, options: { temperature: 0 } } }];
}
