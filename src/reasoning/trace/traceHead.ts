import * as v from 'valibot';
import { GUESS_SOURCES, ReasoningMode } from '../../protocol/generation.ts';

const text = v.string();
const name = v.pipe(v.string(), v.maxLength(1000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Experts are stored in 16 bits, and so is everything that is counted by layer. */
const small = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const positive = v.pipe(small, v.minValue(1));

const guesses = {
  drafted: count,
  accepted: count,
  byPosition: v.pipe(v.array(v.object({ drafted: count, accepted: count })), v.maxLength(1000)),
};

const speculation = v.object({
  ...guesses,
  // Traces of before there were two sources do not have it.
  bySource: v.optional(
    v.pipe(
      v.array(v.object({ source: v.picklist(GUESS_SOURCES), ...guesses })),
      v.maxLength(GUESS_SOURCES.length),
    ),
    [],
  ),
});

const timings = v.object({
  promptTokens: count,
  reusedTokens: count,
  prefillMs: amount,
  decodedTokens: count,
  decodeMs: amount,
  timeToFirstTokenMs: amount,
  backendMs: amount,
  speculation: v.exactOptional(speculation),
});

const about = v.object({
  id: name,
  conversationId: name,
  createdAt: amount,
  question: text,
  model: v.object({
    name,
    architecture: name,
    quantization: name,
    fingerprint: v.exactOptional(name),
  }),
  backend: text,
  mode: ReasoningMode,
  budgetTokens: count,
  sampling: v.object({
    temperature: amount,
    topK: count,
    topP: amount,
    minP: amount,
    repetitionPenalty: amount,
    repetitionWindow: count,
    seed: count,
  }),
  finish: v.picklist(['stop', 'length', 'loop', 'contextFull', 'cancelled']),
  thoughtEnd: v.exactOptional(v.picklist(['model', 'budget', 'answerNow', 'loop', 'unfinished'])),
  timings,
  branchedFrom: v.exactOptional(v.object({ id: name, token: count })),
});

/** The first section of a trace file, in JSON: what the trace is about, and the shapes of what follows. */
export const TraceHead = v.object({
  about,
  tokens: v.object({ count }),
  routing: v.exactOptional(
    v.object({
      count,
      layers: v.pipe(v.array(small), v.minLength(1), v.maxLength(4096)),
      experts: positive,
      topK: positive,
    }),
  ),
});
export type TraceHead = v.InferOutput<typeof TraceHead>;
