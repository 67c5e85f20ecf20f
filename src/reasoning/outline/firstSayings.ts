/** Words that a thought puts around what it says. */
const PADDING = new Set(
  'okay ok alright so well now right oh and but then wait hmm hm no yes actually let me i we us just also again the a an is are be to of that this it will can should need think maybe'.split(
    ' ',
  ),
);
const READ_CHARACTERS = 2000;
/** Fewer words are said again without meaning the same. */
const MIN_WORDS = 5;

/**
 * For each text, the index of the first one that says the same: the same words in the same order, but for case, punctuation
 * and padding. Undefined for those that are the first, or too short to tell.
 */
export function firstSayings(texts: Iterable<string>): (number | undefined)[] {
  const first = new Map<string, number>();
  const sayings: (number | undefined)[] = [];
  for (const text of texts) {
    const index = sayings.length;
    const words = (
      text
        .slice(0, READ_CHARACTERS)
        .toLowerCase()
        .match(/\p{Script=Han}|[\p{L}\p{N}_]+|[+*/=<>^-]/gu) ?? []
    ).filter((word) => !PADDING.has(word));
    const saying = words.join(' ');
    const before = words.length < MIN_WORDS ? undefined : first.get(saying);
    if (before === undefined && words.length >= MIN_WORDS) first.set(saying, index);
    sayings.push(before);
  }
  return sayings;
}
