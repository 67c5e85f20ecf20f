import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import { grade, type Mode } from './grade.ts';
import type { Reply } from './results.ts';
import type { Sample } from './sample.ts';

export interface AskOptions {
  readonly mode: Mode;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly seed: number;
  /** Thought and answer together. */
  readonly maxTokens: number;
  /** After each reply. */
  readonly onReply?: (reply: Reply, done: number) => void;
}

/**
 * Asks each question in a conversation of its own, as one user message, of the model that the engine has loaded, and grades
 * the replies.
 * @throws GlassboxError of the engine; a question that does not fit the model's context is one too
 */
export async function askSamples(
  engine: EngineClient,
  samples: readonly Sample[],
  { mode, temperature, seed, maxTokens, onReply }: AskOptions,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const { id, task, question, check } of samples) {
    const name = `${mode} ${id}`;
    const result = await engine.generate({
      requestId: name,
      conversationId: name,
      messages: [{ role: 'user', content: question }],
      reasoning: { mode: mode === 'think' ? 'auto' : 'off' },
      sampling: { temperature, seed },
      maxTokens,
    });
    // Its history would be computed for a second question that never comes.
    await engine.release(name);
    const reply: Reply = {
      id,
      task,
      ...grade(check, mode, result),
      thought: result.thought,
      answer: result.answer,
      finishReason: result.finishReason,
      thoughtTokens: result.thoughtTokens,
      answerTokens: result.answerTokens,
      decodedTokens: result.timings.decodedTokens,
      decodeMs: result.timings.decodeMs,
    };
    replies.push(reply);
    onReply?.(reply, replies.length);
  }
  return replies;
}
