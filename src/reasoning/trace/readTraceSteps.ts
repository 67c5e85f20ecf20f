import * as v from 'valibot';
import { GlassboxError } from '../../protocol/errors.ts';
import { readSections, type Section, type SectionScan } from './readSections.ts';
import { readRouting, routingBytesPerToken } from './routingSection.ts';
import { readTexts } from './textSection.ts';
import { BYTES_PER_TOKEN, newTokenColumns, readTokenColumns, type TokenColumns } from './tokenSection.ts';
import { ALTERNATIVES, type Trace, type TraceRouting, type TraceTokens } from './trace.ts';
import { PREFIX_BYTES, TOKENS_PER_SECTION, TRACE_MAGIC, TRACE_VERSION } from './traceFormat.ts';
import { TraceHead } from './traceHead.ts';
import { readVocabulary } from './vocabularySection.ts';

export interface OpenedTrace {
  readonly trace: Trace;
  /** What of the file could not be read, in sentences for people. Empty when it is whole. */
  readonly problems: readonly string[];
}

/**
 * Reads a `.gbtrace` file, which may come from anybody. Of a file that was cut off or damaged, as much as is whole is
 * read and `problems` says what is missing. Takes memory for what the file holds, not for what it claims: at most a
 * few times its length. Yields after some milliseconds of work at most: whoever has other things to do may do them then.
 * @param name of the file, for the errors
 * @throws GlassboxError `trace/corrupt` when it is no trace or its head is not whole, `trace/unsupported` when a newer
 * Glassbox wrote it
 */
export function* readTraceSteps(file: Uint8Array, name = 'The file'): Generator<undefined, OpenedTrace> {
  // `slice` of a Buffer copies nothing, that of an array of bytes does.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  checkPrefix(bytes, name);
  const scan = yield* readSections(bytes);
  const head = readHead(scan.sections, name);
  const problems = fileProblems(scan);
  const { thought, answer } = readTexts(payloadOf(scan.sections, 'TEXT'), problems);
  const tokens = readTokens(scan.sections, head, problems);
  yield;
  const routing = yield* readAllRouting(scan.sections, head, tokens.count, problems);
  return {
    trace: { about: head.about, thought, answer, tokens, ...(routing && { routing }) },
    problems,
  };
}

function checkPrefix(bytes: Uint8Array, name: string): void {
  if (bytes.length < PREFIX_BYTES || TRACE_MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new GlassboxError(
      'trace/corrupt',
      `${name} is no Glassbox trace. Choose a file that Glassbox saved as .gbtrace.`,
    );
  }
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(TRACE_MAGIC.length, true);
  if (version === 0 || version > TRACE_VERSION) {
    throw new GlassboxError(
      'trace/unsupported',
      `${name} is a trace of version ${version}, and this Glassbox reads version ${TRACE_VERSION}. Update Glassbox to open it.`,
    );
  }
}

function payloadOf(sections: readonly Section[], kind: string): Uint8Array | undefined {
  return sections.find((section) => section.kind === kind)?.payload;
}

function readHead(sections: readonly Section[], name: string): TraceHead {
  const [first] = sections;
  const fail = (what: string): GlassboxError =>
    new GlassboxError(
      'trace/corrupt',
      `${name} cannot be opened: its head ${what}. Save or copy the trace again.`,
    );
  if (first?.kind !== 'HEAD') throw fail('is cut off or damaged');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(first.payload));
  } catch (cause) {
    throw fail(`is no JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const head = v.safeParse(TraceHead, json);
  if (!head.success) {
    const [issue] = head.issues;
    throw fail(`is wrong at ${v.getDotPath(issue) ?? 'its top'} (${issue.message})`);
  }
  return head.output;
}

function fileProblems({ damaged, rest }: SectionScan): string[] {
  return [
    ...(damaged > 0 ? [`${damaged} ${damaged === 1 ? 'section is' : 'sections are'} damaged.`] : []),
    ...(rest > 0 ? [`The file ends amid a section: ${rest} bytes could not be read.`] : []),
  ];
}

/** The sections of one kind that follow on each other from token 0. */
function piecesOf(
  sections: readonly Section[],
  kind: string,
  count: number,
  bytesPerToken: number,
): { readonly payloads: readonly Uint8Array[]; readonly tokens: number } {
  const payloads: Uint8Array[] = [];
  let tokens = 0;
  for (const { payload } of sections.filter((section) => section.kind === kind)) {
    const inPiece = Math.min(TOKENS_PER_SECTION, count - tokens);
    if (inPiece === 0 || payload.length !== 4 + inPiece * bytesPerToken) break;
    if (new DataView(payload.buffer, payload.byteOffset).getUint32(0, true) !== tokens) break;
    payloads.push(payload.subarray(4));
    tokens += inPiece;
  }
  return { payloads, tokens };
}

function readTokens(sections: readonly Section[], head: TraceHead, problems: string[]): TraceTokens {
  const pieces = piecesOf(sections, 'TOKS', head.tokens.count, BYTES_PER_TOKEN);
  let columns = newTokenColumns(pieces.tokens);
  let count = 0;
  let impossible = 0;
  for (const payload of pieces.payloads) {
    const end = Math.min(count + TOKENS_PER_SECTION, pieces.tokens);
    const replaced = readTokenColumns(payload, count, end, columns);
    if (replaced === undefined) break;
    impossible += replaced;
    count = end;
  }
  if (count < pieces.tokens) columns = firstTokens(columns, count);
  if (count < head.tokens.count)
    problems.push(`Only the first ${count} of ${head.tokens.count} tokens are there.`);
  if (impossible > 0) problems.push(`Measures of tokens that cannot be are left out: ${impossible}.`);
  const texts = readVocabulary(payloadOf(sections, 'VOCB'), problems);
  const nameless = addMissingTexts(texts, columns);
  if (nameless > 0) problems.push(`Texts of tokens of the vocabulary are missing: ${nameless}.`);
  return { count, texts, ...columns };
}

function firstTokens(columns: TokenColumns, count: number): TokenColumns {
  return {
    ids: columns.ids.subarray(0, count),
    channels: columns.channels.subarray(0, count),
    origins: columns.origins.subarray(0, count),
    logProbabilities: columns.logProbabilities.subarray(0, count),
    entropies: columns.entropies.subarray(0, count),
    elapsedMs: columns.elapsedMs.subarray(0, count),
    alternativeIds: columns.alternativeIds.subarray(0, count * ALTERNATIVES),
    alternativeLogProbabilities: columns.alternativeLogProbabilities.subarray(0, count * ALTERNATIVES),
  };
}

/** Every id that stands in the columns has a text behind this; those that had none get U+FFFD and are counted. */
function addMissingTexts(
  texts: Map<number, string>,
  { ids, alternativeIds, alternativeLogProbabilities }: TokenColumns,
): number {
  const known = texts.size;
  const add = (id: number): void => {
    if (!texts.has(id)) texts.set(id, '\uFFFD');
  };
  ids.forEach(add);
  for (const [index, id] of alternativeIds.entries()) {
    // Where there are fewer alternatives than places, there is no token.
    if (!Number.isNaN(alternativeLogProbabilities[index])) add(id);
  }
  return texts.size - known;
}

function* readAllRouting(
  sections: readonly Section[],
  { routing: shape }: TraceHead,
  tokens: number,
  problems: string[],
): Generator<undefined, TraceRouting | undefined> {
  if (!shape) return undefined;
  const known = Math.min(shape.count, tokens);
  const pieces = piecesOf(sections, 'ROUT', shape.count, routingBytesPerToken(shape));
  const choicesPerToken = shape.layers.length * shape.topK;
  const whole = {
    ...shape,
    chosen: new Uint16Array(pieces.tokens * choicesPerToken),
    weights: new Float32Array(pieces.tokens * choicesPerToken),
  };
  let count = 0;
  for (const payload of pieces.payloads) {
    const end = Math.min(count + TOKENS_PER_SECTION, pieces.tokens);
    if (!readRouting(payload, count, end, whole)) break;
    count = end;
    yield;
  }
  // Routing of tokens that are not there says nothing.
  count = Math.min(count, known);
  if (count < shape.count)
    problems.push(`Only the routing of the first ${count} of ${shape.count} tokens is there.`);
  return {
    ...shape,
    count,
    chosen: whole.chosen.subarray(0, count * choicesPerToken),
    weights: whole.weights.subarray(0, count * choicesPerToken),
  };
}
