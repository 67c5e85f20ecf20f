import type { Outline } from '../../src/reasoning/outline/outline.ts';
import { outlineThought } from '../../src/reasoning/outline/outlineThought.ts';
import { readTrace } from '../../src/reasoning/trace/readTrace.ts';
import { tokenAtOffset, tokenOffsets } from '../../src/reasoning/trace/tokenOffsets.ts';
import type { Trace } from '../../src/reasoning/trace/trace.ts';

/** A trace as the page needs it: read, outlined, and with its steps placed among its tokens. */
export interface OpenedTrace {
  readonly name: string;
  readonly trace: Trace;
  /** What of the file could not be read. */
  readonly problems: readonly string[];
  readonly outline: Outline;
  /** `[steps + 1]`: the first token of each step, and the first one behind the thought. */
  readonly stepTokens: readonly number[];
  /** Absent where there is no answer. */
  readonly firstAnswerToken: number | undefined;
  /** The first of the tokens that closed the thought for the model, if it was closed. */
  readonly closingToken: number | undefined;
}

/** @throws GlassboxError `trace/*` */
export function openTrace(bytes: Uint8Array, name: string): OpenedTrace {
  const { trace, problems } = readTrace(bytes, name);
  const { tokens, about, thought } = trace;
  const answerStart = tokens.channels.indexOf(1);
  const thoughtTokens = answerStart < 0 ? tokens.count : answerStart;
  const pieces = Array.from(tokens.ids.subarray(0, thoughtTokens), (id) => tokens.texts.get(id) ?? '');
  const offsets = tokenOffsets(thought, pieces);
  const outline = outlineThought(thought);
  const wasClosed = about.thoughtEnd !== undefined && !['model', 'unfinished'].includes(about.thoughtEnd);
  const closing = wasClosed ? firstOfLastForced(trace, thoughtTokens) : undefined;
  return {
    name,
    trace,
    problems,
    outline,
    stepTokens: [
      ...outline.steps.map(({ start }) => tokenAtOffset(offsets, start)),
      closing ?? thoughtTokens,
    ],
    firstAnswerToken: answerStart < 0 ? undefined : answerStart,
    closingToken: closing,
  };
}

/** Of the tokens before `end`, where the run of forced ones begins with which they close. */
function firstOfLastForced({ tokens }: Trace, end: number): number | undefined {
  let first = end;
  while (first > 0 && tokens.origins[first - 1] === 2) first--;
  return first < end ? first : undefined;
}
