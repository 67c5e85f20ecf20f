import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { FORM_PROBLEMS, MODES } from './grade.ts';
import { SETS, TASKS } from './sample.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const duration = v.pipe(v.number(), v.minValue(0));

/** One question asked once. */
export const Reply = v.object({
  id: v.string(),
  task: v.picklist(TASKS),
  correct: v.boolean(),
  /** Of the form; absent when it is right. */
  problem: v.optional(v.picklist(FORM_PROBLEMS)),
  thought: v.string(),
  answer: v.string(),
  finishReason: v.string(),
  thoughtTokens: count,
  answerTokens: count,
  decodedTokens: count,
  decodeMs: duration,
});
export type Reply = v.InferOutput<typeof Reply>;

/** One set asked in one mode. */
export const Run = v.object({ set: v.picklist(SETS), mode: v.picklist(MODES), replies: v.array(Reply) });
export type Run = v.InferOutput<typeof Run>;

/** What `npm run eval -- nano --json FILE` writes, and `compare` reads. */
export const Results = v.object({
  version: v.literal(1),
  /** What a comparison calls these results. */
  label: v.string(),
  /** As it can be typed again, without paths of one machine. */
  command: v.string(),
  model: v.object({
    name: v.string(),
    architecture: v.string(),
    parameters: count,
    quantization: v.string(),
    bitsPerWeight: v.number(),
    fileBytes: count,
  }),
  sampling: v.object({ temperature: v.number(), seed: count, maxTokens: count }),
  machine: v.object({ cpu: v.string(), threads: count, runtime: v.string() }),
  runs: v.array(Run),
});
export type Results = v.InferOutput<typeof Results>;

/** @throws Error that says which file is not one of ours, and why */
export async function readResults(file: string): Promise<Results> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} holds no results: ${why}`, { cause: error });
  }
  const parsed = v.safeParse(Results, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(
    `${file} holds no results of npm run eval -- nano --json: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`,
  );
}
