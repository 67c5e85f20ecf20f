import { describe, expect, it } from 'vitest';
import { mergeDiagnostics } from '../../../../src/protocol/mergeDiagnostics.ts';
import { answerName } from '../../../../webview/diagnostics/answerName.ts';
import { format } from '../../../../webview/diagnostics/format.ts';
import { evictionLanes, kvMapEnd, kvSegments } from '../../../../webview/diagnostics/kvSegments.ts';
import { layerLoadTable } from '../../../../webview/diagnostics/layerLoadTable.ts';
import { parseDiagnosticsMessage } from '../../../../webview/diagnostics/parseDiagnosticsMessage.ts';
import { timeSplit } from '../../../../webview/diagnostics/timeSplit.ts';
import { transportSplit } from '../../../../webview/diagnostics/transportSplit.ts';
import {
  answerRecord,
  diagnosticsState,
  earlierAnswer,
  expertsOfShape,
  kvSnapshot,
  transportTimes,
} from '../../../support/diagnosticsState.ts';

describe('the KV map', () => {
  it('cuts spans where the shared prefix ends, and holds every token once', () => {
    const segments = kvSegments(kvSnapshot());
    expect(segments.map(({ kind, firstPosition, tokens }) => [kind, firstPosition, tokens])).toEqual([
      ['shared', 0, 40],
      ['prompt', 40, 20],
      ['thought', 60, 30],
      ['answer', 90, 10],
    ]);
    const all = kvSegments(kvSnapshot(4, { sharedPrefixTokens: 100 }));
    expect(all.every(({ kind }) => kind === 'shared')).toBe(true);
    expect(all.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(100);
  });

  it('is as wide as what is cached or was evicted, or as the capacity', () => {
    const kv = kvSnapshot(4, { usedTokens: 50 });
    const lanes = evictionLanes(kv.evictions, 4);
    expect(kvMapEnd(kv, lanes, false)).toBe(90);
    expect(kvMapEnd(kv, lanes, true)).toBe(512);
  });
});

describe('what is new', () => {
  it('replaces answers from the first that changed on, and keeps what costs more to compute', () => {
    const before = diagnosticsState({ answers: [answerRecord('a1'), answerRecord('a2')], firstAnswer: 3 });
    const { hitRates: _, ...experts } = expertsOfShape(3, 8, { seed: 2 });
    const after = mergeDiagnostics(before, {
      answers: [answerRecord('a2', { decodedTokens: 99 }), answerRecord('a3')],
      firstAnswer: 4,
      experts,
    });
    expect(after.answers.map(({ requestId, decodedTokens }) => [requestId, decodedTokens])).toEqual([
      ['a1', 6],
      ['a2', 99],
      ['a3', 6],
    ]);
    expect(after.firstAnswer).toBe(3);
    expect(after.experts?.counts).toBe(experts.counts);
    expect(after.experts?.hitRates).toEqual(before.experts?.hitRates);
    expect(answerName(after, 2).short).toBe('#6');
  });

  it('lists as many answers as the engine', () => {
    let state = diagnosticsState({ answers: [], firstAnswer: 0 });
    for (let index = 0; index < 40; index++) {
      state = mergeDiagnostics(state, { answers: [answerRecord(`a${index}`)], firstAnswer: index });
    }
    expect(state.answers.length).toBe(32);
    expect(state.firstAnswer).toBe(8);
  });
});

describe('the time of a token', () => {
  it('is that of backend, sampling and the rest, which together are all', () => {
    const split = timeSplit(answerRecord('a'));
    expect(split).toEqual([
      { name: 'backend', ms: 20, share: 0.8 },
      { name: 'sampling', ms: 2, share: 0.08 },
      { name: 'rest', ms: 3, share: 0.12 },
    ]);
    expect(timeSplit(answerRecord('a', { decodedTokens: 0 }))).toEqual([]);
    // Of an earlier session only the backend's is known.
    expect(timeSplit(earlierAnswer('a')).map(({ name, ms }) => [name, ms])).toEqual([
      ['backend', 20],
      ['other', 5],
    ]);
  });
});

describe('the way of a text', () => {
  it('has the parts that were measured, in the order in which it goes', () => {
    expect(transportSplit(transportTimes()).map(({ name, ms }) => [name, ms])).toEqual([
      ['batching', 2],
      ['rpc', 0.5],
      ['host', 1],
      ['page', 1.5],
      ['drawing', 8],
    ]);
    // Nobody saw this answer.
    const { hostMs: _, pageMs: __, drawingMs: ___, ...unseen } = transportTimes();
    expect(transportSplit(unseen).map(({ name }) => name)).toEqual(['batching', 'rpc']);
  });
});

describe('the table of layers', () => {
  it('has a row for each layer, with hot and dead experts and the range of its bias', () => {
    const experts = expertsOfShape(2, 4);
    const table = layerLoadTable(experts, 'prompt', Float32Array.of(0, 1, -2, 0.5, NaN, NaN, NaN, NaN));
    expect(table.rows.map(([layer]) => layer)).toEqual(['Layer 1', 'Layer 2']);
    expect(table.rows[0]?.at(6)).toBe('1: 0');
    expect(table.rows.map((row) => row.at(-1))).toEqual(['-2 … 1', 'none']);
    expect(table.rows.every((row) => row.length === table.head.length)).toBe(true);
  });
});

describe('figures', () => {
  it('have units that people read', () => {
    expect([0, 512, 1536, 3 * 2 ** 30].map(format.bytes)).toEqual([
      '0 bytes',
      '512 bytes',
      '1.5 KiB',
      '3 GiB',
    ]);
    expect([0.5, 20, 1500].map(format.ms)).toEqual(['0.5 ms', '20 ms', '1.5 s']);
    expect(format.perSecond(10, 500)).toBe('20 tokens/s');
    expect(format.perSecond(0, 0)).toBe('–');
  });
});

describe('a message of the host', () => {
  it('is taken as it is when it has what the page needs', () => {
    const message = { type: 'state', state: diagnosticsState(), frozen: false };
    expect(parseDiagnosticsMessage(message)).toBe(message);
  });

  it.each([
    null,
    1,
    {},
    { type: 'toString' },
    { type: 'state' },
    { type: 'place', place: 'attic' },
    { type: 'update', update: { answers: 3 } },
  ])('is dropped when it is %j', (message) => expect(parseDiagnosticsMessage(message)).toBeUndefined());
});
