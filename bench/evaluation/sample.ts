import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';

/** The tasks of training/tasks.md, in its order. */
export const TASKS = [
  'trace',
  'bug',
  'rename',
  'const',
  'equality',
  'forOf',
  'guard',
  'template',
  'constant',
  'deadCode',
  'describe',
  'other',
] as const;
export type Task = (typeof TASKS)[number];

export const SETS = ['heldout', 'second'] as const;
export type SetName = (typeof SETS)[number];

/** What the tables call a set. */
export const SET_TITLES: Readonly<Record<SetName, string>> = {
  heldout: 'Held-out set',
  second: 'Second set',
};

/** Other ways to be right, which the second set lists (training/second_generator/README.md). */
const also = v.optional(v.array(v.string()), []);

export const Check = v.variant('kind', [
  v.object({ kind: v.literal('output'), lines: v.array(v.string()) }),
  v.object({
    kind: v.literal('line'),
    line: v.pipe(v.number(), v.integer(), v.minValue(1)),
    fixed: v.string(),
    also,
  }),
  v.object({ kind: v.literal('code'), code: v.string(), also }),
  v.object({
    kind: v.literal('sentence'),
    sentence: v.string(),
    /** A regular expression of sentences that say the same. */
    accept: v.optional(v.string()),
  }),
]);
export type Check = v.InferOutput<typeof Check>;

/** One line of an evaluation set, see training/tasks.md. */
export const Sample = v.object({
  id: v.pipe(v.string(), v.minLength(1)),
  task: v.picklist(TASKS),
  language: v.string(),
  question: v.pipe(v.string(), v.minLength(1)),
  thought: v.string(),
  answer: v.string(),
  check: Check,
});
export type Sample = v.InferOutput<typeof Sample>;

/**
 * The samples of an evaluation set.
 * @param folder `training/evaluation`
 * @throws Error that says which file or line is wrong, or how to get a missing set
 */
export async function readSet(folder: string, set: SetName): Promise<Sample[]> {
  const file = path.join(folder, `${set}.jsonl`);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(
      `There is no ${set} set: ${file} cannot be read. ` +
        (set === 'heldout'
          ? 'The generators in training/ make it; to ask only the second set, use --set second.'
          : 'Make it with: node training/second_generator/main.mjs'),
      { cause: error },
    );
  }
  return parseSamples(text, path.basename(file));
}

/** @throws Error with `name` and the line of the first sample that has another form, or an id twice */
export function parseSamples(text: string, name: string): Sample[] {
  const ids = new Set<string>();
  return text
    .split('\n')
    .map((line, index) => ({ line, place: `${name}, line ${index + 1}` }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, place }) => {
      const sample = parseSample(line, place);
      if (ids.has(sample.id)) throw new Error(`${place}: another sample is called ${sample.id} too`);
      ids.add(sample.id);
      return sample;
    });
}

function parseSample(line: string, place: string): Sample {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: it is not JSON`, { cause: error });
  }
  const parsed = v.safeParse(Sample, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`${place}: ${v.getDotPath(issue) ?? 'sample'}: ${issue.message}`);
}

/** Those of `tasks`, and of each task at most `limit`, the first ones. */
export function selectSamples(
  samples: readonly Sample[],
  { tasks, limit }: { readonly tasks?: readonly Task[]; readonly limit?: number },
): Sample[] {
  const taken = new Map<Task, number>();
  return samples.filter(({ task }) => {
    if (tasks && !tasks.includes(task)) return false;
    const count = (taken.get(task) ?? 0) + 1;
    taken.set(task, count);
    return limit === undefined || count <= limit;
  });
}
