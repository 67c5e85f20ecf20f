import { EngineClient } from '../src/engineClient/engineClient.ts';

export interface SpeculationPlan {
  readonly modelPath: string;
  readonly contextTokens: number;
  readonly threads: number;
  readonly temperature: number;
  readonly rounds: number;
}

/** The same replies, decoded without guesses and with them. */
export interface SpeculationRound {
  readonly off: Decoded;
  readonly on: Decoded;
}

export interface Decoded {
  readonly tokens: number;
  readonly decodeMs: number;
  readonly prefillMs: number;
  readonly drafted: number;
  readonly accepted: number;
}

/** Of the kinds that the embedded model was trained on. */
const QUESTIONS = [
  'What does this print?\n\n```js\nlet total = 0;\nfor (let i = 1; i < 5; i++) {\n  if (i % 2 === 0) total += i;\n}\nconsole.log(total);\n```',
  'Use strict equality.\n\n```js\nfunction isEmpty(list) {\n  return list == null || list.length == 0;\n}\n```',
  'What does this function do?\n\n```js\nfunction pick(values) {\n  let best = values[0];\n  for (const value of values) {\n    if (value > best) best = value;\n  }\n  return best;\n}\n```',
  'Rename `a` to `price`.\n\n```js\nfunction total(a, count) {\n  const tax = a * 0.2;\n  return (a + tax) * count;\n}\n```',
] as const;

/**
 * Two engine processes, one with the model's draft loaded and one without, answer the same questions with the same seeds in
 * turns.
 * @throws Error when the model drafts nothing, or when guesses changed a reply
 */
export async function speculationSession(
  plan: SpeculationPlan,
  {
    enginePath,
    onRound,
  }: { readonly enginePath: string; readonly onRound: (round: SpeculationRound) => void },
): Promise<readonly SpeculationRound[]> {
  const engines: EngineClient[] = [];
  try {
    const { modelPath: path, contextTokens, threads } = plan;
    const load = async (speculation: 'off' | 'on'): Promise<EngineClient> => {
      const engine = await EngineClient.start({ enginePath });
      engines.push(engine);
      const model = await engine.load({ path, contextTokens, threads, speculation, force: true });
      if (model.draftLayers === 0) throw new Error(`${model.name} has no layer that drafts.`);
      return engine;
    };
    const [off, on] = [await load('off'), await load('on')];
    await answerAll(off, plan, 0);
    await answerAll(on, plan, 0);
    const rounds: SpeculationRound[] = [];
    for (let round = 1; round <= plan.rounds; round++) {
      const first = await answerAll(round % 2 === 0 ? on : off, plan, round);
      const second = await answerAll(round % 2 === 0 ? off : on, plan, round);
      if (first.replies !== second.replies) throw new Error('Guesses changed a reply.');
      const measured =
        round % 2 === 0
          ? { off: second.decoded, on: first.decoded }
          : { off: first.decoded, on: second.decoded };
      rounds.push(measured);
      onRound(measured);
    }
    return rounds;
  } finally {
    for (const engine of engines) await engine.dispose();
  }
}

async function answerAll(
  engine: EngineClient,
  { temperature }: SpeculationPlan,
  seed: number,
): Promise<{ readonly decoded: Decoded; readonly replies: string }> {
  const conversationId = 'speculation';
  let decoded: Decoded = { tokens: 0, decodeMs: 0, prefillMs: 0, drafted: 0, accepted: 0 };
  let replies = '';
  for (const [index, content] of QUESTIONS.entries()) {
    const { timings, thought, answer } = await engine.generate({
      requestId: `speculation ${seed} ${index}`,
      conversationId,
      messages: [{ role: 'user', content }],
      reasoning: { mode: 'auto' },
      sampling: { temperature, seed },
      maxTokens: 400,
    });
    replies += `${thought}\n${answer}\n`;
    const { drafted = 0, accepted = 0 } = timings.speculation ?? {};
    decoded = {
      tokens: decoded.tokens + timings.decodedTokens,
      decodeMs: decoded.decodeMs + timings.decodeMs,
      prefillMs: decoded.prefillMs + timings.prefillMs,
      drafted: decoded.drafted + drafted,
      accepted: decoded.accepted + accepted,
    };
    // The history is computed ahead after an answer, and should not be while the next one is.
    await engine.kv({ conversationId, settled: true });
    await engine.release(conversationId);
  }
  return { decoded, replies };
}
