import { NO_TOKEN } from './noToken.ts';

/** A token of a text that a reply may copy next. */
export interface Copied {
  readonly token: number;
  /** As many tokens before it, whether of the reply or taken for it, are as the text has them: the more, the likelier. */
  readonly matched: number;
}

/** What text and reply say that may come next: tokens, `NO_TOKEN` where there is none. */
export interface Surroundings {
  /** What the text says at the place that is followed. */
  copied: number;
  /** As many tokens before that are as the text has them. */
  matched: number;
  /** Of other places that end as the reply does, what the best one says that does not say the same. */
  other: number;
  /** What the reply said before where it said the same. */
  repeated: number;
  /** Where the reply has left the text: what stands behind what it replaces. */
  back: number;
  /** As many tokens the reply has said since it left the text; -1 where it follows it. */
  away: number;
  /** Where the reply has mentioned what the text says next: what it said behind that, and the two tokens behind that one. */
  mentioned: number;
  mentionedNext: number;
  mentionedLast: number;
  /** What stands behind the first place of the text that has the reply's last token, and what behind the last such place. */
  first: number;
  final: number;
}

/** Where a reply stands when it says its next token. It is filled anew for each: they are many. */
export interface Situation extends Surroundings {
  /** What the reply answers (`askedBy`), and whether behind a thought. */
  asked: number;
  /** 1 behind a thought, else 0. */
  part: number;
  /** Lines that ended in that part. */
  lines: number;
  /** What the next line may begin with (`LineStarts`), and what the reply began with; `NO_TOKEN` where there is none. */
  parallel: number;
  opening: number;
  /** What the reply's last line says so far, but for its names and numbers (`LineShape`). */
  line: number;
  /** The end of the reply, or of the prompt before it: the last token, and the one before it. */
  last: number;
  second: number;
}

/** Nothing is said and nothing known. */
export function nowhere(): Situation {
  return {
    asked: 0,
    part: 0,
    lines: 0,
    parallel: NO_TOKEN,
    opening: NO_TOKEN,
    line: 0,
    last: NO_TOKEN,
    second: NO_TOKEN,
    copied: NO_TOKEN,
    matched: 0,
    other: NO_TOKEN,
    repeated: NO_TOKEN,
    back: NO_TOKEN,
    away: -1,
    mentioned: NO_TOKEN,
    mentionedNext: NO_TOKEN,
    mentionedLast: NO_TOKEN,
    first: NO_TOKEN,
    final: NO_TOKEN,
  };
}
