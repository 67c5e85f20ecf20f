import * as v from 'valibot';

/**
 * What the trace page and the extension host say to each other. The host sends files as they are and the page reads them:
 * a large one must not keep the host from its work. The page's messages are validated where they arrive.
 */

export interface TraceFile {
  /** For people: the name of the file, or the question. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * `trace`: one file. `compare`: two of them beside each other. `several`: answers to one question, grouped.
 */
export type TraceViewKind = 'trace' | 'compare' | 'several';

export type TraceHostMessage =
  | { readonly type: 'traces'; readonly view: TraceViewKind; readonly files: readonly TraceFile[] }
  /** Nothing can be shown; says what happened. */
  | { readonly type: 'failed'; readonly message: string }
  /** The conversation and the model of this file are here: its answer can be told again from a token on. */
  | { readonly type: 'continuable'; readonly file: number };

/** Index of `files`. */
const file = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1));
const name = v.pipe(v.string(), v.maxLength(1000));

export const TracePageMessage = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  /** The page has read a file: whose answer it is. */
  v.object({
    type: v.literal('read'),
    file,
    id: name,
    conversationId: name,
    modelName: name,
    modelFingerprint: v.exactOptional(name),
  }),
  /** Tell the answer again: as it was before `token` (an index), then with `alternative` (an id of the vocabulary). */
  v.object({ type: v.literal('continueFrom'), file, token: count, alternative: count }),
  v.object({ type: v.literal('openTrace'), file }),
  v.object({ type: v.literal('compare'), files: v.tuple([file, file]) }),
]);
export type TracePageMessage = v.InferOutput<typeof TracePageMessage>;
