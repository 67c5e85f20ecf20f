import * as v from 'valibot';

/** Older ones go. */
const kept = 30;
/** What is longer was pasted, and would make a list of picks unreadable. */
const longest = 2000;

const Stored = v.pipe(v.array(v.string()), v.maxLength(1000));

/** The instructions that were given before, newest first. What is stored may be anything. */
export function instructionsOf(stored: unknown): readonly string[] {
  const parsed = v.safeParse(Stored, stored);
  return parsed.success ? parsed.output.filter(isKept).slice(0, kept) : [];
}

/** The history with an instruction that was given now: it stands first, and once. */
export function withInstruction(history: readonly string[], given: string): readonly string[] {
  const instruction = given.trim();
  if (!isKept(instruction)) return history;
  return [instruction, ...history.filter((each) => each !== instruction)].slice(0, kept);
}

function isKept(instruction: string): boolean {
  return instruction.trim() !== '' && instruction.length <= longest;
}
