import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeTrace } from '../../../src/cli/describeTrace.ts';
import { isTraceFile, openTrace } from '../../../src/cli/openTrace.ts';
import { printable } from '../../../src/cli/printable.ts';
import { summarizeTrace } from '../../../src/cli/summarizeTrace.ts';
import type { Trace } from '../../../src/reasoning/trace/trace.ts';
import { writeTrace } from '../../../src/reasoning/trace/writeTrace.ts';
import { sampleTrace } from '../reasoning/trace/sampleTrace.ts';

/** Five tokens of a model with two layers of four experts; nothing was recorded for the last one. */
function smallTrace(): Trace {
  const trace = sampleTrace({ tokens: 5 });
  const texts = new Map([
    [1, 'So'],
    [2, ' 5'],
    [3, ' six'],
    [4, '\u001b[2J'],
  ]);
  return {
    ...trace,
    thought: 'I need to add 2 and 3.\n\nWait, is it 5 or 6?\n\nSo the answer is 5.',
    answer: 'It is 6.',
    tokens: {
      ...trace.tokens,
      texts,
      ids: Uint32Array.of(1, 2, 4, 1, 2),
      channels: Uint8Array.of(0, 0, 0, 1, 1),
      logProbabilities: Float32Array.from([1, 0.25, 0.0001, 0.5, 0]).map((p) =>
        p === 0 ? NaN : Math.log(p),
      ),
      entropies: Float32Array.of(0.5, 1, 2, 0.5, NaN),
      alternativeIds: new Uint32Array(25).fill(3),
      alternativeLogProbabilities: new Float32Array(25).fill(Math.log(0.6)),
    },
    routing: {
      count: 5,
      layers: [1, 2],
      experts: 4,
      topK: 1,
      chosen: Uint16Array.of(0, 3, 0, 2, 0, 1, 1, 0, 2, 2),
      weights: Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0),
    },
  };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-trace-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a trace in the terminal', () => {
  it('says who answered what, how fast, in which steps, where it was unsure and which experts worked', () => {
    const text = describeTrace(summarizeTrace({ trace: smallTrace(), problems: [] }));
    expect(text.split('\n')).toEqual([
      'question   What does this print? ≥ 3 Zeilen, 几行',
      'model      DeepSeek V2 Lite, deepseek2, Q4_K_M',
      'backend    ONNX Runtime on the CPU, 4 threads',
      'asked      2026-09-21T14:13:20.000Z',
      'sampling   temperature 0.6, top-k 0, top-p 0.95, min-p 0, repetition penalty 1, seed 4294967295',
      'thought    3 tokens of at most 2048, closed by the model',
      'answer     2 tokens, finished: stop',
      'prefill    100 tokens at 123.1 tokens/s, 20 reused',
      'decode     5 tokens at 0.6 tokens/s, 7 of 10 guesses right (4 of 6 from the text, 3 of 4 from the draft)',
      "certainty  a token's probability is 43.8 % on average, its entropy 1.00 nats",
      'branch     of answer-0, from its token 3',
      '',
      'thought, by steps:',
      '   1  38 %  restate   I need to add 2 and 3',
      '   2  33 %  doubt     Is it 5 or 6?',
      '   3  30 %  conclude  The answer is 5',
      'the answer differs from the last conclusion: "5" and "It is 6."',
      '',
      'least likely tokens that were chosen:',
      '     2  thought                            So 5"\\u{1b}[2J" 1.0e-2 %  rather than " six" 60.0 %',
      '     1  thought                              So" 5" 25.0 %  rather than " six" 60.0 %',
      '     3  answer                    So 5\\u{1b}[2J"So" 50.0 %  rather than " six" 60.0 %',
      '     0  thought                                "So" 100.0 %  rather than " six" 60.0 %',
      '',
      'experts: 1 of 4 a token and layer; tokens: thought 3, answer 1',
      'layer  phase    load CV          entropy  max/mean  dead  hottest',
      '1      thought     1.73   0.00 bits, 0 %       4.0     3        0',
      '       answer      1.73   0.00 bits, 0 %       4.0     3        1',
      '2      thought     0.58  1.58 bits, 79 %       1.3     1        1',
      '       answer      1.73   0.00 bits, 0 %       4.0     3        0',
    ]);
  });

  it('cannot write over the terminal, whatever its texts hold', () => {
    const evil = 'a\u001b]0;owned\u0007\r\n\u202eb\u009b2K';
    const trace = smallTrace();
    const { about } = trace;
    const text = describeTrace(
      summarizeTrace({
        trace: {
          ...trace,
          about: {
            ...about,
            question: evil,
            backend: evil,
            model: { name: evil, architecture: evil, quantization: evil },
            branchedFrom: { id: evil, token: 1 },
          },
          thought: `So the answer is ${evil}.`,
          answer: evil,
          tokens: { ...trace.tokens, texts: new Map([1, 2, 3, 4].map((id) => [id, evil])) },
        },
        problems: [],
      }),
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('begins with what could not be read of it', () => {
    const text = describeTrace(
      summarizeTrace({ trace: smallTrace(), problems: ['Only the first 5 of 9 tokens are there.'] }),
    );
    expect(text).toMatch(/^problem: Only the first 5 of 9 tokens are there\.\nquestion/);
  });

  it('says that there is nothing where there is nothing', () => {
    const { routing: _none, ...trace } = smallTrace();
    const empty = sampleTrace({ tokens: 0 }).tokens;
    const text = describeTrace(
      summarizeTrace({ trace: { ...trace, thought: '', tokens: empty }, problems: [] }),
    );
    expect(text).toContain('there is no thought');
    expect(text).toContain('no token has a probability');
    expect(text).not.toContain('experts:');
  });
});

describe('a trace file', () => {
  it('is known by its name or by its beginning', async () => {
    const renamed = path.join(folder, 'trace.bin');
    const model = path.join(folder, 'model.gguf');
    await writeFile(renamed, writeTrace(smallTrace()));
    await writeFile(model, 'GGUF');
    expect(await isTraceFile('missing.GBTRACE')).toBe(true);
    expect(await isTraceFile(renamed)).toBe(true);
    expect(await isTraceFile(model)).toBe(false);
    expect(await isTraceFile(path.join(folder, 'missing.gguf'))).toBe(false);
    expect((await openTrace(renamed)).trace.answer).toBe('It is 6.');
  });

  it('that is not there, or is something else, is refused by name', async () => {
    const folderNotFile = path.join(folder, 'folder.gbtrace');
    const model = path.join(folder, 'model.gbtrace');
    await writeFile(model, 'GGUF and more bytes');
    await expect(openTrace(folderNotFile)).rejects.toMatchObject({ code: 'trace/unreadable' });
    await expect(openTrace(model)).rejects.toMatchObject({
      code: 'trace/corrupt',
      message: expect.stringContaining('model.gbtrace') as string,
    });
  });
});

it('a printable text keeps what can be read', () => {
  expect(printable('naïve 再 "x" 🤔')).toBe('naïve 再 "x" 🤔');
  expect(printable('a\tb\n\u0000\ud83e')).toBe('a\\tb\\n\\u{0}\\u{d83e}');
});
