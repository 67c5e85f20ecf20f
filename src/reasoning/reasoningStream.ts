import type { Channel } from '../protocol/generation.ts';
import { beginningAtEnd } from './beginningAtEnd.ts';
import type { ThoughtMarkers } from './markers.ts';
import { THINK_MARKERS } from './markers.ts';

/**
 * Splits a reply, as it arrives piece by piece, into its thought and its answer.
 *
 * The rules, which hold for every way of cutting the reply into pieces:
 *
 * - A thought is at the beginning of the reply, before anything but white space, or it is not there. It begins
 *   with the opening tag, or has already begun (`startsInThought`) because the prompt ended with that tag.
 * - The first closing tag ends it. A closing tag directly between backticks is the model quoting it, and stays in
 *   the thought; one inside an indented or fenced block still closes, because a thought that leaves a
 *   fence open must not swallow the answer.
 * - Opening tags where a thought begins are dropped (a model repeats the one its template wrote), and so are closing
 *   tags where the answer begins (a model closes a thought that was closed for it). Everywhere else a tag is text:
 *   opening tags inside a thought do not nest, and once the answer has begun every tag in it is text.
 *   Only exact tags count: `<thinking>` is text.
 * - A thought that is never closed runs to the end of the reply.
 * - Blank lines where the thought or the answer begins are dropped, white space at the end of the thought and on
 *   the same line after a tag too. The indentation of a first line is kept.
 * - A thought of nothing but white space is no thought: it makes no event.
 */
export interface ReasoningStreamOptions {
  /** The prompt ended with the opening tag. */
  readonly startsInThought?: boolean;
  readonly markers?: ThoughtMarkers;
}

export type StreamEvent =
  /** Before the first text of a thought. */
  | { readonly type: 'thoughtStart' }
  /** Never empty. */
  | { readonly type: 'text'; readonly channel: Channel; readonly text: string }
  /** Once after each `thoughtStart`. `closed` is false when the reply ended first. */
  | { readonly type: 'thoughtEnd'; readonly closed: boolean };

/** States are named after what they wait for; in the last two, text flows. */
type State =
  /** Nothing but white space so far: an opening tag may come, or the answer. */
  | 'openingTagOrAnswer'
  /** In a thought that has no text yet. */
  | 'firstThoughtText'
  /** In a thought that has text. */
  | 'closingTag'
  /** After a thought, before the answer's first text. */
  | 'firstAnswerText'
  /** In the answer: everything is text. */
  | 'endOfReply'
  | 'nothing';

export class ReasoningStream {
  readonly #markers: ThoughtMarkers;
  #state: State;
  /** Bytes that cannot be judged yet: white space, a part of a tag, or a tag after a backtick. */
  #held = '';
  /** White space before the first text begins on the line of a tag, where it is not an indentation. */
  #onTagLine: boolean;
  /** The last character of the thought that was passed on. */
  #lastThoughtCharacter = '';
  #events: StreamEvent[] = [];

  constructor(options: ReasoningStreamOptions = {}) {
    this.#markers = options.markers ?? THINK_MARKERS;
    for (const marker of [this.#markers.open, this.#markers.close]) {
      if (marker === '' || marker.trim() !== marker) {
        throw new RangeError(
          `a thought marker is empty or has white space around it: ${JSON.stringify(marker)}`,
        );
      }
    }
    this.#state = options.startsInThought === true ? 'firstThoughtText' : 'openingTagOrAnswer';
    this.#onTagLine = options.startsInThought === true;
  }

  /** Where the next text goes, as far as is known. */
  get channel(): Channel {
    return this.#state === 'firstThoughtText' || this.#state === 'closingTag' ? 'thought' : 'answer';
  }

  push(text: string): StreamEvent[] {
    if (this.#state === 'nothing') throw new Error('the reply has ended');
    this.#held += text;
    this.#advance(false);
    return this.#takeEvents();
  }

  /**
   * Ends the thought without a tag in the text: a budget is spent, or the closing tag was a special token that
   * has no text. Does nothing outside a thought.
   */
  closeThought(): StreamEvent[] {
    if (this.channel === 'thought') {
      this.#advance(true);
      if (this.channel === 'thought') {
        this.#held = '';
        this.#endThought(true);
      }
    }
    return this.#takeEvents();
  }

  /** The reply is complete: what was held is judged as it stands. Nothing can be pushed afterwards. */
  end(): StreamEvent[] {
    if (this.#state === 'nothing') return [];
    this.#advance(true);
    // What is left is white space.
    if (this.#state === 'closingTag') this.#events.push({ type: 'thoughtEnd', closed: false });
    this.#held = '';
    this.#state = 'nothing';
    return this.#takeEvents();
  }

  #takeEvents(): StreamEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Runs the machine until it waits for bytes that are not there. With `last`, no bytes will come. */
  #advance(last: boolean): void {
    for (;;) {
      const before = this.#state;
      switch (before) {
        case 'openingTagOrAnswer':
        case 'firstThoughtText':
        case 'firstAnswerText':
          this.#beforeText(before, last);
          break;
        case 'closingTag':
          this.#inThought(last);
          break;
        case 'endOfReply':
          this.#emitText('answer', this.#held);
          this.#held = '';
          return;
        case 'nothing':
          return;
        default:
          before satisfies never;
      }
      if (this.#state === before) return;
    }
  }

  /** Drops white space and the tags that may stand here; the first other character decides. */
  #beforeText(state: 'openingTagOrAnswer' | 'firstThoughtText' | 'firstAnswerText', last: boolean): void {
    const { open, close } = this.#markers;
    const droppedTag = state === 'firstAnswerText' ? close : open;
    for (;;) {
      const start = textStart(this.#held);
      const rest = this.#held.slice(start);
      if (rest.startsWith(close)) {
        this.#afterTag(start + close.length);
        if (state !== 'firstAnswerText') return this.#become('firstAnswerText');
      } else if (rest.startsWith(open) && state !== 'firstAnswerText') {
        this.#afterTag(start + open.length);
        if (state === 'openingTagOrAnswer') return this.#become('firstThoughtText');
      } else if (!last && (close.startsWith(rest) || droppedTag.startsWith(rest))) {
        return this.#keepLastLine(start);
      } else if (rest === '') {
        return;
      } else {
        this.#keepLastLine(start);
        return this.#become(state === 'firstThoughtText' ? 'closingTag' : 'endOfReply');
      }
    }
  }

  #become(state: State): void {
    if (state === 'closingTag') this.#events.push({ type: 'thoughtStart' });
    this.#state = state;
  }

  #afterTag(end: number): void {
    this.#held = this.#held.slice(end);
    this.#onTagLine = true;
  }

  /** Of the white space before `start`, only the indentation of the line is kept. */
  #keepLastLine(start: number): void {
    const lineStart =
      Math.max(this.#held.lastIndexOf('\n', start - 1), this.#held.lastIndexOf('\r', start - 1)) + 1;
    const newLine = start > 0 && lineStart > 0;
    if (newLine) this.#onTagLine = false;
    this.#held = this.#held.slice(this.#onTagLine ? start : newLine ? lineStart : 0);
  }

  #inThought(last: boolean): void {
    const { close } = this.#markers;
    const text = this.#held;
    let from = 0;
    for (let at = text.indexOf(close); at >= 0; at = text.indexOf(close, from)) {
      const after = at + close.length;
      const quoted = (at > 0 ? text[at - 1] : this.#lastThoughtCharacter) === '`';
      if (quoted && text[after] === '`') {
        from = after;
      } else if (quoted && after === text.length && !last) {
        return this.#passThought(at);
      } else {
        this.#passThought(at);
        this.#afterTag(this.#held.indexOf(close) + close.length);
        return this.#endThought(true);
      }
    }
    this.#passThought(last ? text.length : text.length - beginningAtEnd(text.slice(from), close));
  }

  /** Passes the thought up to `end` on, but not the white space before `end`, which may be its last. */
  #passThought(end: number): void {
    const textEnd = trimmedEnd(this.#held, end);
    const text = this.#held.slice(0, textEnd);
    this.#lastThoughtCharacter = text.at(-1) ?? this.#lastThoughtCharacter;
    this.#emitText('thought', text);
    this.#held = this.#held.slice(textEnd);
  }

  #endThought(closed: boolean): void {
    if (this.#state === 'closingTag') this.#events.push({ type: 'thoughtEnd', closed });
    this.#onTagLine = true;
    this.#state = 'firstAnswerText';
  }

  #emitText(channel: Channel, text: string): void {
    if (text !== '') this.#events.push({ type: 'text', channel, text });
  }
}

const isWhiteSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\n' || character === '\r' || character === '\t';

function textStart(text: string): number {
  let start = 0;
  while (isWhiteSpace(text[start])) start++;
  return start;
}

function trimmedEnd(text: string, end: number): number {
  let trimmed = end;
  while (trimmed > 0 && isWhiteSpace(text[trimmed - 1])) trimmed--;
  return trimmed;
}
