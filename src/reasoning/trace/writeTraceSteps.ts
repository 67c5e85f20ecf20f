import * as v from 'valibot';
import { GlassboxError } from '../../protocol/errors.ts';
import { routingBytesPerToken, writeRouting } from './routingSection.ts';
import { SectionWriter } from './sectionWriter.ts';
import { BYTES_PER_TOKEN, writeTokenColumns } from './tokenSection.ts';
import { ALTERNATIVES, type Trace } from './trace.ts';
import { TOKENS_PER_SECTION } from './traceFormat.ts';
import { TraceHead } from './traceHead.ts';

/**
 * A trace as the bytes of a `.gbtrace` file (docs/trace-format.md). All is exact but the weights of experts, which have 8
 * bits of the largest one of their token and layer. Yields after each section, some milliseconds of work at most: whoever has
 * other things to do may do them then. The trace must not change meanwhile.
 * @throws GlassboxError `internal` when the trace contradicts itself, so that no file is written that could not be read
 */
export function* writeTraceSteps(trace: Trace): Generator<undefined, Uint8Array> {
  checkLengths(trace);
  const { tokens, routing } = trace;
  const encoder = new TextEncoder();
  const file = new SectionWriter();
  const head = encoder.encode(JSON.stringify(headOf(trace)));
  file.add('HEAD', head.length, (payload) => payload.set(head));

  const thought = encoder.encode(trace.thought);
  const answer = encoder.encode(trace.answer);
  file.add('TEXT', 8 + thought.length + answer.length, (payload) => {
    setUint32s(payload, 0, [thought.length, answer.length]);
    payload.set(thought, 8);
    payload.set(answer, 8 + thought.length);
  });

  const texts = [...tokens.texts.values()].map((text) => encoder.encode(text));
  const textBytes = texts.reduce((sum, text) => sum + text.length, 0);
  file.add('VOCB', 4 + 8 * texts.length + textBytes, (payload) => {
    const lengths = texts.map((text) => text.length);
    setUint32s(payload, 0, [texts.length, ...tokens.texts.keys(), ...lengths]);
    let at = payload.length - textBytes;
    for (const text of texts) {
      payload.set(text, at);
      at += text.length;
    }
  });
  yield;

  // Routing stands behind all tokens: of a file that was cut off, the text is what matters most.
  for (const [first, end] of pieces(tokens.count)) {
    file.add('TOKS', 4 + (end - first) * BYTES_PER_TOKEN, (payload) => {
      setUint32s(payload, 0, [first]);
      writeTokenColumns(tokens, first, end, payload.subarray(4));
    });
    yield;
  }
  if (routing) {
    for (const [first, end] of pieces(routing.count)) {
      file.add('ROUT', 4 + (end - first) * routingBytesPerToken(routing), (payload) => {
        setUint32s(payload, 0, [first]);
        writeRouting(routing, first, end, payload.subarray(4));
      });
      yield;
    }
  }
  return file.bytes();
}

function headOf({ about, tokens, routing }: Trace): TraceHead {
  const head = v.safeParse(TraceHead, {
    about,
    tokens: { count: tokens.count },
    ...(routing && {
      routing: {
        count: routing.count,
        layers: [...routing.layers],
        experts: routing.experts,
        topK: routing.topK,
      },
    }),
  });
  if (head.success) return head.output;
  throw contradiction(`${v.getDotPath(head.issues[0]) ?? 'its head'}: ${head.issues[0].message}`);
}

function checkLengths({ tokens, routing }: Trace): void {
  const lengths: [what: string, length: number, perToken: number][] = [
    ['ids', tokens.ids.length, 1],
    ['channels', tokens.channels.length, 1],
    ['origins', tokens.origins.length, 1],
    ['logProbabilities', tokens.logProbabilities.length, 1],
    ['entropies', tokens.entropies.length, 1],
    ['elapsedMs', tokens.elapsedMs.length, 1],
    ['alternativeIds', tokens.alternativeIds.length, ALTERNATIVES],
    ['alternativeLogProbabilities', tokens.alternativeLogProbabilities.length, ALTERNATIVES],
  ];
  for (const [what, length, perToken] of lengths) {
    if (length !== tokens.count * perToken)
      throw contradiction(`${what} has ${length} entries for ${tokens.count} tokens`);
  }
  if (!routing) return;
  const choices = routing.count * routing.layers.length * routing.topK;
  if (
    routing.count > tokens.count ||
    routing.chosen.length !== choices ||
    routing.weights.length !== choices
  ) {
    throw contradiction(`its routing is not that of ${routing.count} of ${tokens.count} tokens`);
  }
}

function contradiction(what: string): GlassboxError {
  return new GlassboxError(
    'internal',
    `This trace cannot be saved: ${what}. This is a defect of Glassbox; please report it.`,
  );
}

function* pieces(count: number): Generator<[first: number, end: number]> {
  for (let first = 0; first < count; first += TOKENS_PER_SECTION) {
    yield [first, Math.min(count, first + TOKENS_PER_SECTION)];
  }
}

function setUint32s(target: Uint8Array, at: number, values: readonly number[]): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  for (const [index, value] of values.entries()) view.setUint32(at + 4 * index, value, true);
}
