import type { Reply, Results, Run } from '../../../../bench/evaluation/results.ts';

/** A right reply to `id`, changed by `changes`. */
export function reply(id: string, changes: Partial<Reply> = {}): Reply {
  return {
    id,
    task: 'trace',
    correct: true,
    thought: 'a = 1',
    answer: 'It prints:\n\n```\n1\n```',
    finishReason: 'stop',
    thoughtTokens: 30,
    answerTokens: 10,
    decodedTokens: 41,
    decodeMs: 100,
    ...changes,
  };
}

export const wrong = (id: string, changes: Partial<Reply> = {}): Reply =>
  reply(id, { correct: false, ...changes });

export function results(runs: readonly Run[], label = 'nano'): Results {
  return {
    version: 1,
    label,
    command: `npm run eval -- nano --label ${label}`,
    model: {
      name: 'Glassbox Nano',
      architecture: 'deepseek2',
      parameters: 10_000_000,
      quantization: 'Q8_0',
      bitsPerWeight: 8.5,
      fileBytes: 11_000_000,
    },
    sampling: { temperature: 0, seed: 1, maxTokens: 1024 },
    machine: { cpu: 'A CPU', threads: 2, runtime: 'ONNX Runtime 1' },
    runs: [...runs],
  };
}
