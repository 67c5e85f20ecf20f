import { NO_TOKEN } from '../../models/ngrams/noToken.ts';
import type { Copied, Surroundings } from '../../models/ngrams/situation.ts';
import { firstAtLeast } from './firstAtLeast.ts';
import { LineStarts } from './lineStarts.ts';
import { Matches } from './matches.ts';
import { Mention } from './mention.ts';
import { Position } from './position.ts';
import { NOTHING_INSTEAD, Replacements } from './replacements.ts';
import { TokenPlaces } from './tokenPlaces.ts';

/** Tokens of one replacement, on either side. */
const REPLACED = 12;
/** So many equal tokens behind a difference say that the reply is back in the text. */
const RESUMED = 2;
const NONE = -1;
/** Of what is looked up, in the order in which equally long matches count. */
const PART = { text: 0, reply: 1, question: 2 } as const;

/** Follows a text beyond the end of a reply. */
export interface LookAhead {
  /** What the text says next; undefined where it says nothing. */
  next(): Copied | undefined;
  /** Says what else may come next. @param last the reply's last token */
  describe(into: Surroundings, last: number): void;
  /** Takes `token` for the reply's next one, whether the text says it or not. */
  take(token: number): void;
}

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
  readonly #places: TokenPlaces;
  readonly #replacements = new Replacements();
  readonly #mention: Mention;
  readonly #here = new Position();
  readonly #ahead = new Position();
  /** Whether the text that was followed ahead goes on no more: what another place says then is hardly ever right. */
  #isAtEnd = false;
  readonly #lookAhead: LookAhead = {
    next: () => (this.#isAtEnd ? undefined : this.#nextAt(this.#ahead)),
    take: (token) => {
      const isAtEnd = this.#endsBehind(this.#ahead, token);
      this.#goOn(this.#ahead, token);
      this.#isAtEnd = isAtEnd;
    },
    describe: (surroundings, last) => {
      this.#describe(this.#ahead, surroundings);
      this.#describePlaces(last, surroundings);
    },
  };
  /** For what `#here` matches next. */
  #spare = new Matches();
  #replyLength = 0;
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
    this.#places = new TokenPlaces(text);
    this.#mention = new Mention(this.#text, this.#places, this.#givenLength);
  }

  /** The reply goes on with `token`. */
  accept(token: number): void {
    const here = this.#here;
    const { best } = here;
    const before = best >= 0 && {
      at: here.matches.atOf(best),
      length: here.matches.lengthOf(best),
      isAsItStands: here.matches.insteadOf(best) === NOTHING_INSTEAD,
    };
    if (before && before.isAsItStands) this.#unlearn(before.at, token);
    this.#goOn(here, token);
    // The reply becomes text to look up, behind a place that joins nothing.
    if (this.#replyLength === 0) this.#text.push(NO_TOKEN);
    this.#replyLength++;
    this.#places.note(token, this.#text.length);
    this.#text.push(token);
    // Of a reply that goes on with what it has just said, this is the first that it is known.
    here.best = this.#bestOf(here.matches);
    const length = here.best < 0 ? 0 : here.matches.lengthOf(here.best);
    const at = here.best < 0 ? Infinity : here.matches.atOf(here.best);
    if (length >= RESUMED && at <= this.#givenLength) this.#lastAt = at;
    if (this.#left) this.#learn(this.#left);
    const hasLeft = before && before.isAsItStands && length <= before.length;
    // Within what is new a token may match by chance: that is no place to leave from.
    if (hasLeft && (!this.#left || before.length >= RESUMED)) {
      this.#left = { at: before.at, reply: this.#replyLength - 1 };
    }
  }

  /** Of the text alone. */
  lineStarts(): LineStarts {
    return new LineStarts(this.#text, this.#textLength, this.#places);
  }

  /** Looks ahead from where the reply is now, until it goes on; what it gave before is at an end. */
  ahead(): LookAhead {
    this.#ahead.copyFrom(this.#here);
    this.#isAtEnd = false;
    return this.#lookAhead;
  }

  #nextAt({ matches, best }: Position): Copied | undefined {
    return best < 0 ? undefined : { token: this.#tokenOf(matches, best), matched: matches.lengthOf(best) };
  }

  #describe(position: Position, into: Surroundings): void {
    const { matches, best, detour } = position;
    into.copied = best < 0 ? NO_TOKEN : this.#tokenOf(matches, best);
    into.matched = best < 0 ? 0 : matches.lengthOf(best);
    let [repeated, other] = [NONE, NONE];
    for (let index = 0; index < matches.count; index++) {
      const token = this.#tokenOf(matches, index);
      if (token === NO_TOKEN) continue;
      if (token !== into.copied && (other < 0 || this.#isBetter(matches, index, other))) other = index;
      if (this.#partOf(matches.atOf(index)) !== PART.reply) continue;
      if (repeated < 0 || this.#isLater(matches, index, repeated)) repeated = index;
    }
    into.repeated = repeated < 0 ? NO_TOKEN : this.#tokenOf(matches, repeated);
    into.other = other < 0 ? NO_TOKEN : this.#tokenOf(matches, other);
    into.back = detour.backIn(this.#text);
    into.away = detour.said;
    this.#mention.find(this.#placeOf(position));
    into.mentioned = this.#mention.tokenBehind(0);
    into.mentionedNext = this.#mention.tokenBehind(1);
    into.mentionedLast = this.#mention.tokenBehind(2);
  }

  #describePlaces(token: number, into: Surroundings): void {
    const places = this.#places.of(token);
    const count = firstAtLeast(places, this.#textLength - 1);
    into.first = count === 0 ? NO_TOKEN : this.#textAt((places[0] ?? 0) + 1);
    into.final = count === 0 ? NO_TOKEN : this.#textAt((places[count - 1] ?? 0) + 1);
  }

  /** Of the reply's own places: the longer first, and of equally long ones the last. */
  #isLater(matches: Matches, index: number, other: number): boolean {
    const longer = matches.lengthOf(index) - matches.lengthOf(other);
    return longer === 0 ? matches.atOf(index) > matches.atOf(other) : longer > 0;
  }

  #goOn(position: Position, token: number): void {
    this.#followDetour(position, token);
    const extended = this.#spare;
    this.#extend(position.matches, token, extended);
    this.#spare = position.matches;
    position.matches = extended;
    position.best = this.#bestOf(extended);
  }

  /** Whether `token` is the last one of the text that is followed there. */
  #endsBehind(position: Position, token: number): boolean {
    const at = this.#asItStands(position);
    return at >= 0 && token === this.#textAt(at) && this.#textAt(at + 1) === NO_TOKEN;
  }

  /** What comes next at a match: that of the text, or what has stood in its place before. */
  #tokenOf(matches: Matches, index: number): number {
    const instead = matches.insteadOf(index);
    if (instead !== NOTHING_INSTEAD) return this.#replacements.tokenAt(instead);
    const at = matches.atOf(index);
    const replacement = this.#replacements.at(this.#text, at);
    return replacement ? this.#replacements.tokenAt(replacement.instead) : this.#textAt(at);
  }

  #textAt(at: number): number {
    return this.#text[at] ?? NO_TOKEN;
  }

  #bestOf(matches: Matches): number {
    let best = NONE;
    for (let index = 0; index < matches.count; index++) {
      const goesOn =
        matches.insteadOf(index) !== NOTHING_INSTEAD || this.#textAt(matches.atOf(index)) !== NO_TOKEN;
      if (goesOn && (best < 0 || this.#isBetter(matches, index, best))) best = index;
    }
    return best;
  }

  /**
   * Whether a match comes before another: the longer; of equally long ones those in the text before those in the reply, and these before
   * those in the question, which also has much that nobody repeats; of one part, those behind the place where the reply was, the nearest first.
   */
  #isBetter(matches: Matches, index: number, other: number): boolean {
    const longer = matches.lengthOf(index) - matches.lengthOf(other);
    if (longer !== 0) return longer > 0;
    const [at, otherAt] = [matches.atOf(index), matches.atOf(other)];
    const laterPart = this.#partOf(at) - this.#partOf(otherAt);
    if (laterPart !== 0) return laterPart < 0;
    const isBehind = at > this.#lastAt;
    return isBehind === otherAt > this.#lastAt ? at < otherAt : isBehind;
  }

  #partOf(at: number): number {
    if (at <= this.#textLength) return PART.text;
    return at > this.#givenLength ? PART.reply : PART.question;
  }

  /** The matches that go on with `token`, and those that begin with it, the nearest behind the reply's place first. */
  #extend(matches: Matches, token: number, extended: Matches): void {
    extended.clear();
    for (let index = 0; index < matches.count; index++) {
      const [at, instead] = [matches.atOf(index), matches.insteadOf(index)];
      const length = matches.lengthOf(index) + 1;
      if (instead !== NOTHING_INSTEAD) {
        if (this.#replacements.tokenAt(instead) === token)
          extended.put(at, length, this.#replacements.behind(instead));
        continue;
      }
      const replacement = this.#replacements.at(this.#text, at);
      if (replacement && this.#replacements.tokenAt(replacement.instead) === token)
        extended.put(at + replacement.old.length, length, this.#replacements.behind(replacement.instead));
      if (this.#text[at] === token) extended.put(at + 1, length, NOTHING_INSTEAD);
    }
    const places = this.#places.of(token);
    const first = firstAtLeast(places, this.#lastAt);
    const longer = extended.count;
    for (let i = 0; i < places.length && !extended.isFull; i++) {
      const place = first + i < places.length ? first + i : first + i - places.length;
      extended.add((places[place] ?? 0) + 1, longer);
    }
  }

  /** Where the best match stands in what was given, as it stands there; -1 where it does not. */
  #placeOf(position: Position): number {
    const at = this.#asItStands(position);
    return at <= this.#givenLength ? at : NONE;
  }

  /** Where the best match goes on with the text, rather than with what replaces it; -1 where it does not. */
  #asItStands({ matches, best }: Position): number {
    return best >= 0 && matches.insteadOf(best) === NOTHING_INSTEAD ? matches.atOf(best) : NONE;
  }

  #followDetour(position: Position, token: number): void {
    const { matches, best, detour } = position;
    const at = this.#placeOf(position);
    const followed = at < 0 ? 0 : matches.lengthOf(best);
    const isBack = token === detour.backIn(this.#text);
    detour.goOn(token, this.#text, followed);
    if (isBack || at < 0 || this.#tokenOf(matches, best) === token) return;
    this.#mention.find(at);
    detour.leave(at, followed, this.#mention.length);
  }

  /** Whether the reply is back in the text, behind where it left, and what it replaced if so. */
  #learn(left: { readonly at: number; readonly reply: number }): void {
    const said = this.#replyLength - left.reply;
    const { matches } = this.#here;
    let [backAt, backLength] = [0, 0];
    for (let index = 0; index < matches.count; index++) {
      const [at, length] = [matches.atOf(index), matches.lengthOf(index)];
      const start = at - length;
      const isBack = length >= RESUMED && length <= said;
      if (!isBack || start < left.at || start > left.at + REPLACED) continue;
      if (length > backLength || (length === backLength && at < backAt)) [backAt, backLength] = [at, length];
    }
    if (backLength > 0) {
      const end = this.#text.length;
      this.#replacements.learn(
        this.#text.slice(left.at, backAt - backLength),
        this.#text.slice(end - said, end - backLength),
      );
    }
    if (backLength > 0 || said >= REPLACED + RESUMED) this.#left = undefined;
  }

  /** What was replaced before stands as it was this time. */
  #unlearn(at: number, token: number): void {
    const replacement = this.#replacements.at(this.#text, at);
    if (!replacement || token !== replacement.old[0]) return;
    if (token !== this.#replacements.tokenAt(replacement.instead)) this.#replacements.unlearn(replacement);
  }
}
