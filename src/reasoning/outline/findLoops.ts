import { RepetitionDetector } from '../repetition.ts';

/** A passage of a text that says the same again and again. UTF-16 offsets. */
export interface TextLoop {
  readonly start: number;
  readonly end: number;
  /** Whole rounds, the first included. */
  readonly repeats: number;
}

/**
 * What counts as a loop in a text that is there already. The engine, which stops a thought for it, waits for 384 tokens; here
 * a loop is only marked, so it need not be as long: 60 words and signs, said four times or more.
 */
const OPTIONS = { maxPeriod: 256, minTokens: 60, minRepeats: 4 } as const;
/** Rounds without a word are rows of numbers or the rules of a table, for which the engine's measure holds. */
const MIN_WORDLESS = 384;
/** A letter of a script without spaces is a word. */
const WORD = /\p{Script=Han}|[\p{L}\p{N}_]{1,64}|[^\s\p{L}\p{N}_]/gu;

/** Finds loops in one pass: time is the text's words times the longest period, 256 simple steps a word. */
export function findLoops(text: string): TextLoop[] {
  const ids = new Map<string, number>();
  const words: { readonly start: number; readonly end: number; readonly isWord: boolean }[] = [];
  const detector = new RepetitionDetector(OPTIONS);
  const loops: TextLoop[] = [];
  let open: { first: number; last: number; period: number } | undefined;
  const close = (): void => {
    const loop = open && asLoop(open);
    if (loop) loops.push(loop);
    open = undefined;
  };
  const asLoop = ({
    first,
    last,
    period,
  }: {
    first: number;
    last: number;
    period: number;
  }): TextLoop | undefined => {
    const count = last - first + 1;
    const hasWord = words.slice(first, first + period).some(({ isWord }) => isWord);
    const [from, to] = [words[first], words[last]];
    if (!from || !to || (!hasWord && count < MIN_WORDLESS)) return undefined;
    return { start: from.start, end: to.end, repeats: Math.floor(count / period) };
  };
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    const index = words.length;
    words.push({ start: match.index, end: match.index + word.length, isWord: /\p{L}/u.test(word) });
    const id = ids.get(word) ?? ids.size;
    ids.set(word, id);
    const loop = detector.push(id);
    if (!loop) {
      close();
      continue;
    }
    const first = index + 1 - loop.repeats * loop.period;
    open = open
      ? { first: Math.min(open.first, first), last: index, period: open.period }
      : { first, last: index, period: loop.period };
  }
  close();
  return disjoint(loops);
}

/** A loop may begin in what the one before it ended with. */
function disjoint(loops: readonly TextLoop[]): TextLoop[] {
  const kept: TextLoop[] = [];
  for (const loop of loops) {
    const last = kept.at(-1);
    if (!last || loop.start >= last.end) kept.push(loop);
  }
  return kept;
}
