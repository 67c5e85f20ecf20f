import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineClient } from '../../src/engineClient/engineClient.ts';
import type { GenerateParams, GenerateResult, GenerationEvent } from '../../src/protocol/generation.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const enginePath = path.join(root, 'dist/engine.mjs');
export const cliPath = path.join(root, 'dist/cli.mjs');

export function startEngine(): Promise<EngineClient> {
  return EngineClient.start({ enginePath });
}

let requests = 0;

/** A greedy question in a conversation of its own, changed by `changes`. */
export function question(text: string, changes: Partial<GenerateParams> = {}): GenerateParams {
  requests++;
  return {
    requestId: `request-${requests}`,
    conversationId: `conversation-${requests}`,
    messages: [{ role: 'user', content: text }],
    reasoning: { mode: 'auto' },
    sampling: { temperature: 0 },
    maxTokens: 48,
    ...changes,
  };
}

/** An answer together with all of its events. */
export async function collect(
  engine: EngineClient,
  params: GenerateParams,
  options: {
    readonly signal?: AbortSignal;
    readonly onEvent?: (event: GenerationEvent) => void;
  } = {},
): Promise<{ readonly result: GenerateResult; readonly events: readonly GenerationEvent[] }> {
  const events: GenerationEvent[] = [];
  const result = await engine.generate(params, {
    ...(options.signal ? { signal: options.signal } : {}),
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return { result, events };
}

/** The text that the events of one channel carry. */
export function streamed(events: readonly GenerationEvent[], channel: 'thought' | 'answer'): string {
  return events
    .map((event) => (event.type === 'text' && event.channel === channel ? event.text : ''))
    .join('');
}
