import type { Tokenizer } from '../../../models/tokenizer/tokenizer.ts';
import type { BackendSpeed } from '../../../protocol/backends.ts';
import type { BestNeed } from '../../sampling/bestLogits.ts';
import { appendBest } from '../appendBest.ts';
import type { BackendModel } from '../backend.ts';

/** Read at once, as a prompt is: products of matrices, attention over several tokens. */
const PROMPT_TOKENS = 48;
/** Read one by one, as a reply is written: products with a vector, attention of one token over many. */
const REPLY_TOKENS = 16;
export const PROBE_TOKENS = PROMPT_TOKENS + REPLY_TOKENS;
/** The best of so many: other programs make a run slower, never faster. */
const ROUNDS = 2;

/** Code and prose, as questions to Glassbox are. Logits of a real text are peaked, and where they are is what counts. */
const TEXT = `Why does this function return undefined for an empty list?

function largest(numbers) {
  let best;
  for (const number of numbers) {
    if (best === undefined || number > best) best = number;
  }
  return best;
}

Because the loop never runs: nothing is assigned to best, so the value that it was declared with comes back.
`;

/** What every backend of a model computes: tokens of a text, all the same for all. */
export async function probeTokens(tokenizer: Tokenizer): Promise<number[]> {
  const tokens = await tokenizer.encode(TEXT, { special: false });
  const start = tokenizer.bosTokenId === undefined || !tokenizer.addsBos ? [] : [tokenizer.bosTokenId];
  const text = [...start, ...tokens];
  return Array.from({ length: PROBE_TOKENS }, (_, index) => text[index % text.length] ?? 0);
}

export interface ProbeRun {
  /** `[PROBE_TOKENS, vocabulary]` */
  readonly logits: Float32Array;
  readonly speed: Omit<BackendSpeed, 'loadMs'>;
}

/**
 * Computes the probe, first for its logits, then against the clock: a first run also compiles and fills caches. What is timed is what a
 * reply does: it brings back what its tokens are chosen from.
 * @param need of a reply's logits; undefined: all
 * @param now milliseconds on a steady clock
 * @param onStep called after each piece of work
 * @throws GlassboxError as `BackendSequence.append` does
 */
export async function runProbe(
  model: BackendModel,
  tokens: readonly number[],
  {
    need,
    now,
    signal,
    onStep,
  }: {
    readonly need: BestNeed | undefined;
    readonly now: () => number;
    readonly signal: AbortSignal;
    readonly onStep: () => void;
  },
): Promise<ProbeRun> {
  const prompt = tokens.slice(0, PROMPT_TOKENS);
  const reply = tokens.slice(PROMPT_TOKENS);
  const sequence = model.createSequence(PROBE_TOKENS);
  try {
    const first = await sequence.append(prompt, { allLogits: true, signal });
    onStep();
    const vocabulary = first.length / prompt.length;
    const logits = new Float32Array(tokens.length * vocabulary);
    logits.set(first);
    for (const [index, token] of reply.entries()) {
      logits.set(await sequence.append([token], { signal }), (prompt.length + index) * vocabulary);
      onStep();
    }
    let [prefillMs, decodeMs] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round++) {
      sequence.rewind(0);
      const startedAt = now();
      await appendBest(sequence, prompt, { need, signal });
      const readAt = now();
      onStep();
      for (const token of reply) {
        await appendBest(sequence, [token], { need, signal });
        onStep();
      }
      prefillMs = Math.min(prefillMs, readAt - startedAt);
      decodeMs = Math.min(decodeMs, now() - readAt);
    }
    return {
      logits,
      speed: {
        prefillTokensPerSecond: perSecond(prompt.length, prefillMs),
        decodeTokensPerSecond: perSecond(reply.length, decodeMs),
      },
    };
  } finally {
    sequence.dispose();
  }
}

/** A clock may not have moved. */
function perSecond(tokens: number, ms: number): number {
  return (1000 * tokens) / Math.max(ms, 1e-3);
}
