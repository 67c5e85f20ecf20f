import { describe, expect, it } from 'vitest';
import { GlassboxError, type GlassboxErrorCode } from '../../../../src/protocol/errors.ts';
import { crc32 } from '../../../../src/reasoning/trace/crc32.ts';
import { readTrace } from '../../../../src/reasoning/trace/readTrace.ts';
import type { Trace } from '../../../../src/reasoning/trace/trace.ts';
import { writeTrace } from '../../../../src/reasoning/trace/writeTrace.ts';
import { Random } from '../../../support/random.ts';
import { sampleTrace } from './sampleTrace.ts';

const TRACE = sampleTrace({ tokens: 2500, layers: [1, 2], topK: 3, experts: 16, vocabulary: 300 });
const BYTES = writeTrace(TRACE);

interface Place {
  readonly kind: string;
  readonly payload: number;
  readonly end: number;
}

/** Where the sections of a whole file lie. */
function places(bytes: Uint8Array): Place[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: Place[] = [];
  for (let at = 12; at < bytes.length; at = found.at(-1)?.end ?? Infinity) {
    const kind = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    found.push({ kind, payload: at + 12, end: at + 12 + view.getUint32(at + 4, true) });
  }
  return found;
}

function place(kind: string, index = 0): Place {
  const found = places(BYTES).filter((each) => each.kind === kind)[index];
  if (!found) throw new Error(`there is no ${kind} ${index}`);
  return found;
}

/** The file with other bytes in a section, whose checksum is right again: not damaged but made so. */
function crafted(kind: string, offset: number, bytes: Uint8Array, index = 0): Uint8Array {
  const { payload, end } = place(kind, index);
  const copy = BYTES.slice();
  copy.set(bytes, payload + offset);
  sign(copy, payload, end);
  return copy;
}

function sign(bytes: Uint8Array, payload: number, end: number): void {
  const sum = crc32(bytes.subarray(payload, end), crc32(bytes.subarray(payload - 12, payload - 4)));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(payload - 4, sum, true);
}

const uint32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const float32 = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer);

/** The file with another head. */
function withHead(change: (json: string) => string): Uint8Array {
  const { payload, end } = place('HEAD');
  const head = new TextEncoder().encode(change(Buffer.from(BYTES.subarray(payload, end)).toString('utf8')));
  const bytes = Uint8Array.from([...BYTES.subarray(0, payload), ...head, ...BYTES.subarray(end)]);
  new DataView(bytes.buffer).setUint32(payload - 8, head.length, true);
  sign(bytes, payload, payload + head.length);
  return bytes;
}

function refusal(bytes: Uint8Array): GlassboxError {
  try {
    readTrace(bytes, 'talk.gbtrace');
  } catch (thrown) {
    if (thrown instanceof GlassboxError) return thrown;
    throw thrown;
  }
  throw new Error('the trace opened');
}

describe('crc32', () => {
  it('is that of zlib, in one piece or in several', () => {
    // The check value of the CRC catalogue for "123456789".
    const digits = new TextEncoder().encode('123456789');
    expect(crc32(digits)).toBe(0xcbf43926);
    expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(0xcbf43926);
  });
});

describe('a trace file that was cut off', () => {
  it('opens with the tokens that are whole, and says what is missing', () => {
    const { payload, end } = place('TOKS', 1);
    const { trace, problems } = readTrace(BYTES.subarray(0, end - 1));
    expect(trace.tokens.count).toBe(1024);
    expect(trace.tokens.ids).toEqual(TRACE.tokens.ids.subarray(0, 1024));
    expect(trace.thought).toBe(TRACE.thought);
    expect(trace.routing?.count).toBe(0);
    expect(problems).toEqual([
      `The file ends amid a section: ${end - 1 - (payload - 12)} bytes could not be read.`,
      'Only the first 1024 of 2500 tokens are there.',
      'Only the routing of the first 0 of 2500 tokens is there.',
    ]);
  });

  it('opens with all tokens when only routing is missing', () => {
    const { trace, problems } = readTrace(BYTES.subarray(0, place('ROUT', 1).payload));
    expect(trace.tokens).toEqual(TRACE.tokens);
    expect(trace.routing?.count).toBe(1024);
    expect(trace.routing?.chosen).toEqual(TRACE.routing?.chosen.subarray(0, 1024 * 6));
    expect(problems).toContain('Only the routing of the first 1024 of 2500 tokens is there.');
  });

  it('opens from its head on, wherever it is cut', () => {
    const headEnd = place('HEAD').end;
    for (let length = headEnd; length < BYTES.length; length += 997) {
      const { trace, problems } = readTrace(BYTES.subarray(0, length));
      expect(trace.about).toEqual(TRACE.about);
      expect(problems).not.toEqual([]);
    }
    for (let length = 0; length < headEnd; length += 13) {
      expect(refusal(BYTES.subarray(0, length)).code).toBe('trace/corrupt');
    }
  });
});

describe('a trace file with a wrong byte', () => {
  it('loses what its section holds and keeps the rest', () => {
    const flip = (kind: string, index?: number): Uint8Array => {
      const copy = BYTES.slice();
      const at = place(kind, index).payload + 9;
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    const text = readTrace(flip('TEXT'));
    expect([text.trace.thought, text.trace.tokens.count]).toEqual(['', 2500]);
    expect(text.problems).toEqual(['1 section is damaged.', 'The text of thought and answer is missing.']);
    const vocabulary = readTrace(flip('VOCB'));
    expect(new Set(vocabulary.trace.tokens.texts.values())).toEqual(new Set(['\uFFFD']));
    expect(vocabulary.problems).toContain('The texts of the tokens are missing.');
    const tokens = readTrace(flip('TOKS', 1));
    expect([tokens.trace.tokens.count, tokens.trace.routing?.count]).toEqual([1024, 1024]);
    const routing = readTrace(flip('ROUT', 2));
    expect([routing.trace.tokens.count, routing.trace.routing?.count]).toEqual([2500, 2048]);
  });
});

describe('a trace file that somebody crafted', () => {
  const refused: readonly [what: string, bytes: Uint8Array, code: GlassboxErrorCode, says: RegExp][] = [
    ['is empty', new Uint8Array(0), 'trace/corrupt', /is no Glassbox trace/],
    ['is a model', new TextEncoder().encode('GGUF'.repeat(9)), 'trace/corrupt', /is no Glassbox trace/],
    [
      'is of a newer version',
      Uint8Array.from([...BYTES.subarray(0, 8), 2, ...BYTES.subarray(9)]),
      'trace/unsupported',
      /version 2.*Update Glassbox/,
    ],
    ['has a head that is no JSON', withHead(() => '{"about":'), 'trace/corrupt', /is no JSON/],
    ['has a head of something else', withHead(() => '[]'), 'trace/corrupt', /is wrong at/],
    [
      'counts tokens in fractions',
      withHead((json) => json.replace('"tokens":{"count":2500}', '"tokens":{"count":2.5}')),
      'trace/corrupt',
      /tokens\.count/,
    ],
    [
      'has no expert to choose',
      withHead((json) => json.replace('"experts":16', '"experts":0')),
      'trace/corrupt',
      /routing\.experts/,
    ],
    [
      'took a negative time',
      withHead((json) => json.replace('"prefillMs":812.25', '"prefillMs":-1')),
      'trace/corrupt',
      /about\.timings\.prefillMs/,
    ],
  ];
  it.each(refused)('is refused by name when it %s', (_what, bytes, code, says) => {
    const error = refusal(bytes);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^talk\.gbtrace/);
    expect(error.message).toMatch(says);
  });

  it('takes no memory for tokens, layers or experts that it only claims', () => {
    const bytes = withHead((json) =>
      json
        .replace('"tokens":{"count":2500}', '"tokens":{"count":4294967295}')
        .replace('"count":2500,"layers":[1,2]', '"count":4294967295,"layers":[1,2,3,4,5,6,7,8,9,10]')
        .replace('"topK":3', '"topK":65535'),
    );
    const before = process.memoryUsage().arrayBuffers;
    const { trace } = readTrace(bytes);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * bytes.length);
    expect([trace.tokens.count, trace.routing?.count]).toEqual([2048, 0]);
  });

  it('may not choose experts that do not exist', () => {
    const choices = 4 + 1024 * 2 * 2;
    const { trace } = readTrace(crafted('ROUT', choices + 77, Uint8Array.of(16), 1));
    expect(trace.routing?.count).toBe(1024);
  });

  it('may not weigh an expert with infinity', () => {
    const { trace } = readTrace(crafted('ROUT', 4, Uint8Array.of(0x00, 0x7c)));
    expect(trace.routing?.count).toBe(0);
  });

  it('may not name channels that do not exist', () => {
    const channels = 4 + 1024 * 56;
    expect(readTrace(crafted('TOKS', channels + 5, Uint8Array.of(2))).trace.tokens.count).toBe(0);
  });

  it('may not claim probabilities above 1, or times that are none', () => {
    const columns = 4 + 1024 * 24;
    const { trace, problems } = readTrace(crafted('TOKS', columns, float32(3)));
    expect(trace.tokens.logProbabilities[0]).toBeNaN();
    expect(problems).toEqual(['Measures of tokens that cannot be are left out: 1.']);
    const time = readTrace(crafted('TOKS', columns + 1024 * 8, float32(-Infinity)));
    expect(time.trace.tokens.elapsedMs[0]).toBe(0);
    expect(time.problems).toEqual(['Measures of tokens that cannot be are left out: 1.']);
  });

  it('gets U+FFFD for a token that has no text', () => {
    const { trace, problems } = readTrace(crafted('TOKS', 4, uint32(123_456)));
    expect(trace.tokens.texts.get(123_456)).toBe('\uFFFD');
    expect(problems).toEqual(['Texts of tokens of the vocabulary are missing: 1.']);
  });

  it('gets U+FFFD for bytes that are no UTF-8', () => {
    const { trace, problems } = readTrace(crafted('TEXT', 8, Uint8Array.of(0xff)));
    expect(trace.thought).toBe(`\uFFFD${TRACE.thought.slice(1)}`);
    expect(problems).toEqual(['The text has bytes that are no UTF-8.']);
  });

  it('may hold sections of a later Glassbox, which are passed over', () => {
    const extra = Uint8Array.from([...new TextEncoder().encode('NEXT'), ...uint32(3), 0, 0, 0, 0, 1, 2, 3]);
    sign(extra, 12, 15);
    const { end } = place('TEXT');
    const bytes = Uint8Array.from([...BYTES.subarray(0, end), ...extra, ...BYTES.subarray(end)]);
    const { trace, problems } = readTrace(bytes);
    expect(problems).toEqual([]);
    expect(trace.tokens).toEqual(TRACE.tokens);
  });
});

const MUTATIONS = 4000;
/** It takes seconds; a machine that is busy with something else gives it few of them a minute. */
const PATIENCE_MS = 600_000;
const EDGES: readonly [number, ...number[]] = [
  0,
  1,
  255,
  1023,
  1024,
  1025,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const SMALL = writeTrace(sampleTrace({ tokens: 40, layers: [1, 5], topK: 2, experts: 8, vocabulary: 30 }));

/** Damaged in one to four places; most damage is signed, so that it gets behind the checksums. */
function mutate(random: Random): Uint8Array {
  let bytes = Buffer.from(SMALL);
  const all = places(SMALL);
  for (let times = 1 + random.below(4); times > 0; times--) {
    const { payload, end } = all[random.below(all.length)] ?? { payload: 0, end: 0 };
    // Heads of sections, lengths, and the beginning of payloads are where damage does most.
    const at = Math.max(0, payload - 12) + random.below(random.below(2) === 0 ? 40 : end - payload + 12);
    switch (random.below(6)) {
      case 0:
        bytes[Math.min(at, bytes.length - 1)] = random.below(256);
        break;
      case 1:
        bytes.writeUInt32LE(random.pick(EDGES), Math.min(at, bytes.length - 4));
        break;
      case 2:
        SMALL.subarray(payload, payload + 1 + random.below(64)).forEach((byte, i) => {
          if (at + i < bytes.length) bytes[at + i] = byte;
        });
        break;
      case 3:
        bytes[Math.min(at, bytes.length - 1)] =
          (bytes[Math.min(at, bytes.length - 1)] ?? 0) ^ (1 << random.below(8));
        break;
      case 4:
        if (random.below(4) === 0) bytes = bytes.subarray(0, Math.max(8, at));
        break;
      default: {
        const cut = 1 + random.below(16);
        bytes =
          random.below(2) === 0
            ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + cut)])
            : Buffer.concat([
                bytes.subarray(0, at),
                Buffer.alloc(cut, random.below(256)),
                bytes.subarray(at),
              ]);
      }
    }
    if (bytes.length < 16) return bytes;
  }
  if (random.below(8) > 0) signAll(bytes);
  return bytes;
}

/** Signs every section that can be reached. */
function signAll(bytes: Buffer): void {
  for (let at = 12; at + 12 <= bytes.length;) {
    const end = at + 12 + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) return;
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 12, end), crc32(bytes.subarray(at, at + 8))), at + 8);
    at = end;
  }
}

it(
  `opens or refuses each of ${String(MUTATIONS)} damaged traces, and never takes more memory than they are worth`,
  () => {
    const random = new Random(2026);
    const outcomes = new Map<string, number>();
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutate(random);
      const before = process.memoryUsage().arrayBuffers;
      const outcome = open(bytes);
      // Tokens are copied once, routing grows threefold; both again where a later section refuses them.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * bytes.length + 65_536);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // The mutations reach what they are meant to reach: all that can come of a file comes of many.
    expect([...outcomes.keys()].sort()).toEqual(['in part', 'trace/corrupt', 'whole']);
    for (const [outcome, count] of outcomes) expect(count, outcome).toBeGreaterThan(MUTATIONS / 50);
  },
  PATIENCE_MS,
);

/** Opens a file; checks that whatever opens keeps what a Trace promises. */
function open(bytes: Uint8Array): string {
  let opened;
  try {
    opened = readTrace(bytes, 'mutated.gbtrace');
  } catch (thrown) {
    if (!(thrown instanceof GlassboxError)) throw thrown;
    expect(thrown.message).toContain('mutated.gbtrace');
    return thrown.code;
  }
  expect(brokenPromises(opened.trace)).toEqual([]);
  // What opens can be saved again.
  expect(readTrace(writeTrace(opened.trace)).problems).toEqual([]);
  return opened.problems.length === 0 ? 'whole' : 'in part';
}

/** What a Trace promises and this one does not keep. */
function brokenPromises({ tokens, routing }: Trace): string[] {
  const promises: Record<string, boolean> = {
    ids: tokens.ids.length === tokens.count,
    alternatives: tokens.alternativeLogProbabilities.length === 5 * tokens.count,
    texts: tokens.ids.every((id) => tokens.texts.has(id)),
    times: tokens.elapsedMs.every((value) => value >= 0 && value < Infinity),
    probabilities: !tokens.logProbabilities.some((value) => value > 0.001),
    ...(routing && {
      routed: routing.count <= tokens.count,
      choices: routing.chosen.length === routing.count * routing.layers.length * routing.topK,
      experts: routing.chosen.every((expert) => expert < routing.experts),
      weights: routing.weights.every((weight) => weight >= 0 && weight < Infinity),
    }),
  };
  return Object.keys(promises).filter((promise) => promises[promise] !== true);
}
