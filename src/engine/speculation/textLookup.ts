import type { Copied } from '../../models/ngrams/contexts.ts';

/** A place in the text that ends as the reply does, and how much of the reply stands before it. */
interface Match {
  /** Where in the text the reply would go on. */
  readonly at: number;
  /** What the reply would say before that, in place of something that it has replaced elsewhere. */
  readonly instead: readonly number[];
  /** Tokens at the end of the reply that the text has too. */
  readonly length: number;
}

/** Something of the text, and what the reply said in its place. */
interface Replacement {
  readonly old: readonly number[];
  readonly new: readonly number[];
}

/** Follows a text beyond the end of a reply. */
export interface LookAhead {
  /** What the text says next; undefined where it says nothing. */
  next(): Copied | undefined;
  /** Takes `token` for the reply's next one, whether the text says it or not. */
  take(token: number): void;
}

/** Stands where no token is predicted: nothing matches it. */
export const NO_TOKEN = -1;

/** Matches that are followed at once: replayed on recorded replies, twice as many found nothing more. */
const MATCHES = 32;
/** Tokens of one replacement, on either side. */
const REPLACED = 12;
/** So many equal tokens behind a difference say that the reply is back in the text. */
const RESUMED = 2;

/**
 * Finds where a text goes on as a reply may (prompt lookup, or n-gram speculation): at the place whose last tokens are the
 * reply's last, as many as possible; of equal ones at the next behind the place where the reply was in the text before. What it
 * is given may be a text and, behind `NO_TOKEN`, a question that may be repeated too; the reply itself is looked up as well.
 *
 * It learns what the reply changes. Where the reply leaves the text and comes back, what stands between on both sides is a
 * replacement, and is predicted wherever the same stands in the text again: another name, `const` for `var`.
 */
export class TextLookup {
  /** What is looked up: the text, and behind it the reply. */
  readonly #text: number[];
  readonly #givenLength: number;
  /** Up to the first `NO_TOKEN`, behind which the question stands; all that was given where there is no text before it. */
  readonly #textLength: number;
  /** Where each token stands in the text, ascending. */
  readonly #places = new Map<number, number[]>();
  /** By the first token of what is replaced; the last one learned first. */
  readonly #replacements = new Map<number, Replacement[]>();
  readonly #reply: number[] = [];
  #matches: readonly Match[] = [];
  /** The one of them that says what comes next. */
  #best: Match | undefined;
  /** Where the reply was in the given text when it last matched, not by chance. */
  #lastAt = 0;
  /** Where the reply left the text: there, and with which of its own tokens, counted. */
  #left: { readonly at: number; readonly reply: number } | undefined;

  /** @param text tokens, with `NO_TOKEN` for those that are never to be predicted */
  constructor(text: readonly number[]) {
    this.#text = [...text];
    this.#givenLength = text.length;
    const end = text.indexOf(NO_TOKEN);
    this.#textLength = end < 1 ? text.length : end;
    for (const [at, token] of text.entries()) this.#note(token, at);
  }

  /** The reply goes on with `token`. */
  accept(token: number): void {
    const before = this.#best;
    if (before) this.#unlearn(before, token);
    this.#matches = this.#extended(token, this.#matches);
    this.#reply.push(token);
    // The reply becomes text to look up, behind a place that joins nothing.
    if (this.#reply.length === 1) this.#text.push(NO_TOKEN);
    this.#text.push(token);
    this.#note(token, this.#text.length - 1);
    const best = this.#findBest(this.#matches);
    this.#best = best;
    if (best && best.length >= RESUMED && best.at <= this.#givenLength) this.#lastAt = best.at;
    if (this.#left) this.#learn(this.#left);
    const hasLeft = before?.instead.length === 0 && !(best && best.length > before.length);
    // Within what is new a token may match by chance: that is no place to leave from.
    if (hasLeft && (!this.#left || before.length >= RESUMED)) {
      this.#left = { at: before.at, reply: this.#reply.length - 1 };
    }
  }

  /** Looks ahead from where the reply is now, until it goes on. */
  ahead(): LookAhead {
    let matches = this.#matches;
    let best = this.#best;
    /** Tokens that the best match was followed over and that the others have not heard of. */
    let followed: number[] = [];
    return {
      next: () => {
        const next = best && this.#next(best);
        return next && { token: next.token, matched: best?.length ?? 0 };
      },
      take: (token) => {
        const next = best && this.#next(best);
        followed.push(token);
        if (next?.token === token) {
          best = next.match;
          return;
        }
        for (const each of followed) matches = this.#extended(each, matches);
        followed = [];
        best = this.#findBest(matches);
      },
    };
  }

  #findBest(matches: readonly Match[]): Match | undefined {
    let best: Match | undefined;
    for (const match of matches) {
      if (match.instead.length === 0 && this.#tokenAt(match.at) === NO_TOKEN) continue;
      if (
        !best ||
        match.length > best.length ||
        (match.length === best.length && this.#isNearer(match, best))
      )
        best = match;
    }
    return best;
  }

  /**
   * Whether it comes first of matches that are as long: those in the text before those in the reply, and these before those in the
   * question, which also has much that nobody repeats. Of one part, those behind the place where the reply was, the nearest first.
   */
  #isNearer({ at }: Match, other: Match): boolean {
    const [part, otherPart] = [this.#partOf(at), this.#partOf(other.at)];
    if (part !== otherPart) return part < otherPart;
    const isBehind = at > this.#lastAt;
    return isBehind === other.at > this.#lastAt ? at < other.at : isBehind;
  }

  /** 0 for the text, 1 for the reply, 2 for the question. */
  #partOf(at: number): number {
    if (at <= this.#textLength) return 0;
    return at > this.#givenLength ? 1 : 2;
  }

  #tokenAt(at: number): number {
    return this.#text[at] ?? NO_TOKEN;
  }

  /** The match with one more token: that of the text, or what has stood in its place before. */
  #next(match: Match): { readonly token: number; readonly match: Match } | undefined {
    const { at, instead, length } = match;
    const [token, ...rest] = instead;
    if (token !== undefined) return { token, match: { at, instead: rest, length: length + 1 } };
    const replacement = this.#replacementAt(at);
    if (replacement) {
      return this.#next({ at: at + replacement.old.length, instead: replacement.new, length });
    }
    return this.#nextAsItStands(match);
  }

  #nextAsItStands({ at, length }: Match): { readonly token: number; readonly match: Match } | undefined {
    const token = this.#tokenAt(at);
    return token === NO_TOKEN ? undefined : { token, match: { at: at + 1, instead: [], length: length + 1 } };
  }

  #replacementAt(at: number): Replacement | undefined {
    return this.#replacements
      .get(this.#tokenAt(at))
      ?.find(({ old }) => old.every((token, index) => token === this.#tokenAt(at + index)));
  }

  /** The `matches` that go on with `token`, and those that begin with it, the nearest behind the reply's place first. */
  #extended(token: number, matches: readonly Match[]): Match[] {
    const extended = new Map<number, Match>();
    for (const match of matches) {
      const ways = [this.#next(match)];
      if (match.instead.length === 0) ways.push(this.#nextAsItStands(match));
      for (const way of ways) {
        if (way?.token !== token) continue;
        const { at, length } = way.match;
        const other = extended.get(at);
        if (!other || other.length < length) extended.set(at, way.match);
      }
    }
    const places = this.#places.get(token) ?? [];
    const first = firstAtLeast(places, this.#lastAt);
    for (let i = 0; i < places.length && extended.size < MATCHES; i++) {
      const at = (places[(first + i) % places.length] ?? 0) + 1;
      if (!extended.has(at)) extended.set(at, { at, instead: [], length: 1 });
    }
    return [...extended.values()];
  }

  /** Whether the reply is back in the text, behind where it left, and what it replaced if so. */
  #learn(left: { readonly at: number; readonly reply: number }): void {
    const said = this.#reply.length - left.reply;
    let back: Match | undefined;
    for (const match of this.#matches) {
      const start = match.at - match.length;
      const isBack = match.length >= RESUMED && match.length <= said;
      if (!isBack || start < left.at || start > left.at + REPLACED) continue;
      if (!back || match.length > back.length || (match.length === back.length && match.at < back.at))
        back = match;
    }
    if (back) {
      const old = this.#text.slice(left.at, back.at - back.length);
      this.#replace({ old, new: this.#reply.slice(left.reply, -back.length) });
    }
    if (back || said >= REPLACED + RESUMED) this.#left = undefined;
  }

  /** What was replaced before stands as it was this time. */
  #unlearn({ at, instead }: Match, token: number): void {
    const replacement = instead.length === 0 ? this.#replacementAt(at) : undefined;
    const [old] = replacement?.old ?? [];
    if (!replacement || old === undefined || token !== old || token === replacement.new[0]) return;
    const others = this.#replacements.get(old) ?? [];
    this.#replacements.set(
      old,
      others.filter((other) => other !== replacement),
    );
  }

  #replace(replacement: Replacement): void {
    const { old, new: instead } = replacement;
    const [first] = old;
    if (first === undefined || instead.length === 0 || old.includes(NO_TOKEN)) return;
    const others = this.#replacements.get(first) ?? [];
    const same = old.join();
    this.#replacements.set(first, [replacement, ...others.filter((other) => other.old.join() !== same)]);
  }

  #note(token: number, at: number): void {
    if (token === NO_TOKEN) return;
    const places = this.#places.get(token);
    if (places) places.push(at);
    else this.#places.set(token, [at]);
  }
}

/** Index of the first of the ascending `values` that is at least `value`; their number when none is. */
function firstAtLeast(values: readonly number[], value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
