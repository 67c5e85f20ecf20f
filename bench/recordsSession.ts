import { EngineClient } from '../src/engineClient/engineClient.ts';
import type { Decoding, RecordsRound } from './recordsReport.ts';

/** What is recorded or not: which experts the tokens go to, or what each token was chosen from (a pass over the vocabulary). */
export type RecordedPart = 'experts' | 'tokens';

export interface RecordsPlan {
  readonly part: RecordedPart;
  readonly modelPath: string;
  readonly contextTokens: number;
  readonly threads: number;
  readonly question: string;
  /** Forward passes of one token each, with and without records in each round. */
  readonly decodeTokens: number;
  readonly rounds: number;
}

/** A model that ends most answers with their first token would never decode as much as was asked for. */
const MOST_ANSWERS = 500;

/**
 * Decodes the same answers with and without records, in turns, in one engine process: what disturbs one disturbs the other.
 * Short answers are followed by others until there are enough tokens.
 * @throws Error when the model has no experts, so that there is nothing to record
 */
export async function recordsSession(
  plan: RecordsPlan,
  { enginePath, onRound }: { readonly enginePath: string; readonly onRound: (round: RecordsRound) => void },
): Promise<readonly RecordsRound[]> {
  const engine = await EngineClient.start({ enginePath });
  try {
    const { modelPath: path, contextTokens, threads } = plan;
    const model = await engine.load({ path, contextTokens, threads, force: true });
    if (plan.part === 'experts' && !model.experts)
      throw new Error(`${model.name} has no experts, so their records cost nothing.`);
    const decode = (records: boolean, seed: number): Promise<Decoding> =>
      decodeAnswers(engine, plan, { records, seed });
    await decode(true, 0);
    await decode(false, 0);
    const rounds: RecordsRound[] = [];
    for (let round = 1; round <= plan.rounds; round++) {
      const first = round % 2 === 0;
      const one = await decode(first, round);
      const other = await decode(!first, round);
      const measured = first ? { on: one, off: other } : { on: other, off: one };
      if (measured.on.tokens !== measured.off.tokens) throw new Error('Records changed what was decoded.');
      rounds.push(measured);
      onRound(measured);
    }
    return rounds;
  } finally {
    await engine.dispose();
  }
}

async function decodeAnswers(
  engine: EngineClient,
  { part, question, decodeTokens }: RecordsPlan,
  { records, seed }: { readonly records: boolean; readonly seed: number },
): Promise<Decoding> {
  const conversationId = 'records';
  let tokens = 0;
  let elapsedMs = 0;
  for (let answer = 0; tokens < decodeTokens; answer++) {
    if (answer === MOST_ANSWERS)
      throw new Error(`${MOST_ANSWERS} answers had ${tokens} tokens: ask otherwise.`);
    const { timings } = await engine.generate({
      requestId: `records ${String(records)} ${seed} ${answer}`,
      conversationId,
      messages: [{ role: 'user', content: question }],
      reasoning: { mode: 'auto' },
      sampling: { seed: seed * MOST_ANSWERS + answer },
      // The first token comes from the prompt's logits.
      maxTokens: decodeTokens - tokens + 1,
      ...(part === 'experts' ? { records } : { tokenDetails: records }),
    });
    tokens += Math.max(0, timings.decodedTokens - 1);
    elapsedMs += timings.decodeMs;
    // The history is computed ahead after an answer, and should not be while the next one is.
    await engine.kv({ conversationId, settled: true });
    await engine.release(conversationId);
  }
  return { tokens, elapsedMs };
}
