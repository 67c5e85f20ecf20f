import type { OutlineStep, StepKind } from './outline.ts';
import { headingKind, sentenceCue, type SentenceCue } from './sentenceCue.ts';
import { splitThought, type ThoughtPiece } from './splitThought.ts';

/** A step before loops are folded and titles are made. */
export type DraftStep = Pick<OutlineStep, 'kind' | 'start' | 'end' | 'depth'>;

/** Deeper nesting is shown here: nobody indents further, but a text may. */
const MAX_DEPTH = 6;
/** An announcement ("Let me verify this.") and what it announces are one step; so are short pieces of working. */
const ANNOUNCEMENT_CHARACTERS = 100;
const WORKING_CHARACTERS = 300;
/** A second doubt (check, plan) in its own paragraph is a step of its own, unless the first has hardly begun. */
const BARELY_BEGUN_CHARACTERS = 60;
/** What a sentence does shows in its beginning. */
const HEAD_CHARACTERS = 400;
/** What leads out of the cases that a thought went through. */
const LEAVES_CASES =
  /^(?:(?:so|therefore|thus|hence|now|finally|ok(?:ay)?),? )*(?:in (?:all|both|either|every|each|any)\b|(?:both|all) (?:of )?(?:the |these )?(?:two |three |four )?(?:cases|options|approaches|methods|steps)|overall|altogether|in total|to sum up|to summari[sz]e|in summary|in conclusion|putting|combining|adding (?:these|them|up|everything)|the (?:final )?answer|comparing)|^(?:综上|总之|因此，?答案)/iu;

/** The steps of a thought. Time and memory are linear in its length. */
export function draftSteps(text: string): DraftStep[] {
  const builder = new StepBuilder(text);
  for (const piece of splitThought(text)) builder.add(piece);
  return builder.steps();
}

interface OpenStep {
  readonly kind: StepKind;
  readonly start: number;
  readonly depth: number;
  /** It has no more than its heading yet. */
  readonly isHeading: boolean;
}

class StepBuilder {
  readonly #text: string;
  readonly #steps: OpenStep[] = [];
  /** Headings and labelled cases that are open, outermost first. */
  readonly #sections: { readonly rank: number; readonly label?: string }[] = [];
  /** Lists that are open, outermost first. */
  readonly #lists: { readonly indent: number; readonly depth: number }[] = [];
  /** The last step of each depth, for the kind that an item of a list takes over. */
  readonly #kinds: StepKind[] = [];
  #opening = true;
  #lastEnd = 0;
  /** The text left a list or a case: what comes does not belong to the step before. */
  #hasLeft = false;

  constructor(text: string) {
    this.#text = text;
  }

  steps(): DraftStep[] {
    // The steps tile the thought.
    return this.#steps.map(({ kind, start, depth }, index) => ({
      kind,
      depth,
      start: index === 0 ? 0 : start,
      end: this.#steps[index + 1]?.start ?? this.#text.length,
    }));
  }

  add(piece: ThoughtPiece): void {
    switch (piece.kind) {
      case 'block':
        if (this.#steps.length === 0) this.#begin('try', piece.start, this.#sections.length);
        break;
      case 'heading':
        this.#addHeading(piece);
        break;
      case 'item':
        this.#addItem(piece);
        break;
      case 'sentence':
        this.#addSentence(piece);
        break;
    }
    this.#lastEnd = piece.end;
  }

  #addHeading(piece: ThoughtPiece): void {
    const { rank = 0, label } = piece.section ?? {};
    this.#lists.length = 0;
    const same =
      label === undefined
        ? -1
        : this.#sections.findIndex((open) => open.label === label && open.rank === rank);
    if (same >= 0) this.#sections.length = same;
    // A heading ends sections of its own rank; another label of the same rank ("Step 2" in "Case 1") lies below.
    const ends = label === undefined ? rank : rank + 1;
    while ((this.#sections.at(-1)?.rank ?? -1) >= ends) this.#sections.pop();
    const kind = headingKind(withoutMarks(this.#headOf(piece)), this.#opening) ?? 'try';
    this.#begin(kind, piece.start, this.#sections.length, true);
    if (this.#sections.length < MAX_DEPTH) {
      this.#sections.push({ rank, ...(label === undefined ? {} : { label }) });
    }
  }

  #addItem(piece: ThoughtPiece): void {
    while ((this.#lists.at(-1)?.indent ?? -1) > piece.indent) this.#lists.pop();
    const last = this.#lists.at(-1);
    if (!last || last.indent < piece.indent) {
      const below = last ? last.depth : this.#sections.length;
      this.#lists.push({ indent: piece.indent, depth: Math.min(below + 1, this.#deepest()) });
    }
    const depth = this.#lists.at(-1)?.depth ?? 0;
    // Items of a plan plan, those of a check check. What is listed below a conclusion concludes nothing.
    const above = depth === 0 ? undefined : this.#kinds[depth - 1];
    const inherited = above === 'plan' || above === 'check' ? above : 'try';
    this.#begin(this.#cueOf(piece)?.kind ?? inherited, piece.start, depth);
  }

  #addSentence(piece: ThoughtPiece): void {
    const cue = this.#cueOf(piece);
    const head = this.#headOf(piece);
    const list = this.#lists[0];
    if (
      list &&
      piece.begins !== 'within' &&
      piece.indent <= list.indent &&
      (piece.begins === 'paragraph' || cue)
    ) {
      this.#lists.length = 0;
      this.#hasLeft = true;
    }
    if (piece.begins === 'paragraph' && LEAVES_CASES.test(head)) {
      const cases = this.#sections.findIndex(({ label }) => label !== undefined);
      if (cases >= 0) {
        this.#sections.length = cases;
        this.#hasLeft = true;
      }
    }
    const kind = this.#kindOfNewStep(piece, cue, head);
    if (kind !== undefined)
      this.#begin(kind, piece.start, this.#lists.at(-1)?.depth ?? this.#sections.length);
  }

  /** Undefined when the sentence belongs to the step before. */
  #kindOfNewStep(piece: ThoughtPiece, cue: SentenceCue | undefined, head: string): StepKind | undefined {
    const current = this.#steps.at(-1);
    if (!current || this.#hasLeft) return cue?.kind ?? 'try';
    const length = piece.start - current.start;
    if (cue) return this.#opensStep(piece, cue, current, length) ? cue.kind : undefined;
    if (piece.begins !== 'paragraph' || current.isHeading) return undefined;
    const introduced = /[:：]\s*$/u.test(this.#text.slice(this.#lastEnd - 1, this.#lastEnd));
    if (introduced || (head.match(/\p{L}{2,}/gu)?.length ?? 0) < 3) return undefined;
    switch (current.kind) {
      case 'try':
        return length + (piece.end - piece.start) <= WORKING_CHARACTERS ? undefined : 'try';
      case 'check':
      case 'doubt':
        return length < ANNOUNCEMENT_CHARACTERS ? undefined : 'try';
      case 'restate':
      case 'plan':
      case 'conclude':
        return 'try';
    }
  }

  #opensStep(piece: ThoughtPiece, cue: SentenceCue, current: OpenStep, length: number): boolean {
    const differs = cue.kind !== current.kind;
    const isParagraph = piece.begins === 'paragraph';
    if (!differs) {
      return (
        length >= BARELY_BEGUN_CHARACTERS && (isParagraph || cue.strength === 'turn') && !current.isHeading
      );
    }
    // Within a paragraph only what turns, checks or concludes; in its first words a thought says the task and then begins.
    if (cue.strength === 'turn' || piece.begins !== 'within') return true;
    if (current.kind === 'restate') return cue.kind !== 'restate';
    return cue.strength === 'change' && ['doubt', 'check', 'conclude'].includes(cue.kind);
  }

  #cueOf(piece: ThoughtPiece): SentenceCue | undefined {
    const head = this.#headOf(piece);
    return sentenceCue(piece.kind === 'sentence' ? head : withoutMarks(head), this.#opening);
  }

  #headOf({ start, end }: ThoughtPiece): string {
    return this.#text.slice(start, Math.min(end, start + HEAD_CHARACTERS));
  }

  /** The depth that a step may have behind those that there are. */
  #deepest(): number {
    const last = this.#steps.at(-1);
    return last ? Math.min(last.depth + 1, MAX_DEPTH) : 0;
  }

  #begin(kind: StepKind, start: number, depth: number, isHeading = false): void {
    const at = Math.min(depth, this.#deepest());
    this.#steps.push({ kind, start, depth: at, isHeading });
    this.#kinds.length = at;
    this.#kinds[at] = kind;
    if (kind !== 'restate') this.#opening = false;
    this.#hasLeft = false;
  }
}

/** A heading's or an item's words. */
function withoutMarks(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6}|[-*+•]|\d{1,3}[.)]|\([a-z\d]{1,3}\)|[a-z]\))\s+/u, '')
    .replace(
      /^(?:\*\*|__)?(?:case|step|part|option|approach|method)\s+[\da-z.]{1,7}\s*[:.)\u2013\u2014-]\s*/iu,
      '',
    )
    .replace(/^\*\*/u, '');
}
