import { EngineClient } from '../src/engineClient/engineClient.ts';

export interface SpeculationPlan {
  readonly modelPath: string;
  readonly contextTokens: number;
  readonly threads: number;
  readonly temperature: number;
  readonly rounds: number;
}

/** The same reply, decoded without guesses and with them. */
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
 * @returns a pair for each question of each round
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
    for (const engine of engines) await answer(engine, plan, QUESTIONS[0], 0);
    const rounds: SpeculationRound[] = [];
    for (let round = 1; round <= plan.rounds; round++) {
      // Question by question in turns: what disturbs one engine should disturb the other.
      const pairs: SpeculationRound[] = [];
      for (const [index, question] of QUESTIONS.entries()) {
        const isOnFirst = (round + index) % 2 === 0;
        const first = await answer(isOnFirst ? on : off, plan, question, round);
        const second = await answer(isOnFirst ? off : on, plan, question, round);
        if (first.reply !== second.reply) throw new Error('Guesses changed a reply.');
        pairs.push(isOnFirst ? { off: second, on: first } : { off: first, on: second });
      }
      const measured = { off: total(pairs.map(({ off }) => off)), on: total(pairs.map(({ on }) => on)) };
      rounds.push(...pairs);
      onRound(measured);
    }
    return rounds;
  } finally {
    for (const engine of engines) await engine.dispose();
  }
}

async function answer(
  engine: EngineClient,
  { temperature }: SpeculationPlan,
  question: string,
  seed: number,
): Promise<Decoded & { readonly reply: string }> {
  const conversationId = 'speculation';
  const result = await engine.generate({
    requestId: `speculation ${seed} ${question}`.slice(0, 200),
    conversationId,
    messages: [{ role: 'user', content: question }],
    reasoning: { mode: 'auto' },
    sampling: { temperature, seed },
    maxTokens: 400,
  });
  // The history is computed ahead after an answer, and should not be while the next one is.
  await engine.kv({ conversationId, settled: true });
  await engine.release(conversationId);
  const { decodedTokens, decodeMs, prefillMs, speculation } = result.timings;
  return {
    tokens: decodedTokens,
    decodeMs,
    prefillMs,
    drafted: speculation?.drafted ?? 0,
    accepted: speculation?.accepted ?? 0,
    reply: `${result.thought}\n${result.answer}`,
  };
}

function total(all: readonly Decoded[]): Decoded {
  const sum = (of: (each: Decoded) => number): number => all.reduce((total, each) => total + of(each), 0);
  return {
    tokens: sum(({ tokens }) => tokens),
    decodeMs: sum(({ decodeMs }) => decodeMs),
    prefillMs: sum(({ prefillMs }) => prefillMs),
    drafted: sum(({ drafted }) => drafted),
    accepted: sum(({ accepted }) => accepted),
  };
}
