import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrace } from '../../../../src/reasoning/trace/readTrace.ts';
import type { Trace, TraceRouting } from '../../../../src/reasoning/trace/trace.ts';
import { writeTrace } from '../../../../src/reasoning/trace/writeTrace.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import { recordedTrace } from '../../../support/recordedTrace.ts';
import { sampleTrace } from './sampleTrace.ts';

/** Half a step of 255, of the largest weight of a token and layer, which is a half float and so exact itself. */
const WEIGHT_TOLERANCE = 0.5 / 255;
/** Half a unit in the last place of a binary32 at 1. */
const FLOAT_ROUNDING = 2 ** -24;

function expectSame(read: Trace, written: Trace): void {
  const { routing, ...rest } = written;
  const { routing: readRouting, ...readRest } = read;
  expect(readRest).toEqual(rest);
  expect(readRouting === undefined).toBe(routing === undefined);
  if (!routing || !readRouting) return;
  const { weights: _exact, ...choices } = routing;
  const { weights: readWeights, ...readChoices } = readRouting;
  expect(readChoices).toEqual(choices);
  expect(largestWeightError(routing, readWeights)).toBeLessThanOrEqual(WEIGHT_TOLERANCE + FLOAT_ROUNDING);
}

/** Over the largest weight of the token and layer. */
function largestWeightError({ weights, topK }: TraceRouting, read: Float32Array): number {
  expect(read.length).toBe(weights.length);
  let worst = 0;
  for (let from = 0; from < weights.length; from += topK) {
    const largest = Math.max(...weights.subarray(from, from + topK));
    for (let i = from; i < from + topK; i++) {
      const error = Math.abs((weights[i] ?? NaN) - (read[i] ?? NaN));
      worst = Math.max(worst, largest === 0 ? error * Infinity || 0 : error / largest);
    }
  }
  return worst;
}

describe('a trace that is saved', () => {
  it('knows which file wrote it, where it was told', () => {
    const trace = recordedTrace();
    const { fingerprint, ...model } = trace.about.model;
    expect(readTrace(writeTrace(trace)).trace.about.model.fingerprint).toBe(fingerprint);
    const before = { ...trace, about: { ...trace.about, model } };
    expect(readTrace(writeTrace(before)).trace.about.model).toEqual(model);
  });

  it('comes back as it was, for any number of tokens, layers and experts', () => {
    const shapes = fc.record(
      {
        tokens: fc.nat({ max: 1100 }),
        layers: fc.uniqueArray(fc.nat({ max: 80 }), { minLength: 1, maxLength: 3 }),
        experts: fc.integer({ min: 1, max: 300 }),
        topK: fc.integer({ min: 1, max: 8 }),
      },
      { requiredKeys: ['tokens'] },
    );
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const trace = sampleTrace(shape, seed);
        const { trace: read, problems } = readTrace(writeTrace(trace));
        expect(problems).toEqual([]);
        expectSame(read, trace);
      }),
      { numRuns: 25, seed: 4 },
    );
  });

  it('keeps any text: line breaks, byte order marks, other scripts, pieces of characters', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(text, text, fc.array(text, { maxLength: 20 }), (thought, answer, tokens) => {
        const trace = sampleTrace({ tokens: 4, vocabulary: 3 });
        const texts = new Map([...trace.tokens.texts, ...tokens.map((each, id) => [id, each] as const)]);
        const written = { ...trace, thought, answer, tokens: { ...trace.tokens, texts } };
        expect(readTrace(writeTrace(written))).toEqual({ trace: written, problems: [] });
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it('keeps what was not measured, and the place of an alternative that there was not', () => {
    const trace = sampleTrace({ tokens: 3 });
    trace.tokens.logProbabilities[1] = NaN;
    trace.tokens.entropies[1] = NaN;
    trace.tokens.alternativeIds[9] = 0;
    trace.tokens.alternativeLogProbabilities[9] = NaN;
    trace.tokens.alternativeLogProbabilities[8] = -Infinity;
    const { texts, ...columns } = trace.tokens;
    const written = {
      ...trace,
      tokens: { ...columns, texts: new Map([...texts].filter(([id]) => id !== 0)) },
    };
    expect(readTrace(writeTrace(written))).toEqual({ trace: written, problems: [] });
  });

  it('is the same file when it is read and saved again', () => {
    const bytes = writeTrace(sampleTrace({ tokens: 1500, layers: [1, 2, 3], topK: 6, experts: 64 }));
    expect(Buffer.compare(writeTrace(readTrace(bytes).trace), bytes)).toBe(0);
  });

  it('may know the routing of its first tokens only', () => {
    const trace = sampleTrace({ tokens: 1100, layers: [3], topK: 2 });
    const routing: TraceRouting = {
      layers: [3],
      experts: 16,
      topK: 2,
      count: 1030,
      chosen: new Uint16Array(2060).fill(7),
      weights: new Float32Array(2060).fill(0.5),
    };
    expect(readTrace(writeTrace({ ...trace, routing }))).toEqual({
      trace: { ...trace, routing },
      problems: [],
    });
  });

  it('of 10,000 tokens with the routing of 26 layers takes less than 5 MB', () => {
    const layers = Array.from({ length: 26 }, (_, index) => index + 1);
    const trace = sampleTrace({ tokens: 10_000, layers, experts: 64, topK: 6, vocabulary: 100_000 });
    expect(writeTrace(trace).length).toBeLessThan(5_000_000);
  });

  it('is not written when it contradicts itself, because nobody could read it', () => {
    const trace = sampleTrace({ tokens: 5 });
    const contradictions: Trace[] = [
      { ...trace, tokens: { ...trace.tokens, entropies: new Float32Array(4) } },
      { ...trace, about: { ...trace.about, createdAt: NaN } },
      {
        ...trace,
        routing: {
          count: 6,
          layers: [0],
          experts: 2,
          topK: 1,
          chosen: new Uint16Array(6),
          weights: new Float32Array(6),
        },
      },
    ];
    for (const each of contradictions) expect(() => writeTrace(each)).toThrow(GlassboxError);
  });
});
