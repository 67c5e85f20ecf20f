import { describe, expect, it } from 'vitest';
import { describeExpertLoad, describeKvCache, describePlacement } from '../../../src/cli/describeRecords.ts';
import type {
  ExpertLoad,
  ExpertsResult,
  KvLayerSnapshot,
  KvSnapshot,
} from '../../../src/protocol/records.ts';
import { expertPlacement } from '../../support/diagnosticsState.ts';

const LATENT: KvLayerSnapshot = {
  parts: [{ kind: 'latent', bytesPerToken: 320, usedBytes: 0 }],
  dataType: 'float32',
  usedBytes: 0,
  plainBytes: 0,
};

const kvOf = (layers: readonly KvLayerSnapshot[], bytesPerToken: number, plain: number): KvSnapshot => ({
  capacityTokens: 2048,
  usedTokens: 96,
  sharedPrefixTokens: 0,
  reusedTokens: 0,
  bytesPerToken,
  plainBytesPerToken: plain,
  usedBytes: 0,
  capacityBytes: 0,
  layers,
  spans: [],
  evictions: [],
  evictedTokens: { thought: 0, history: 0, edit: 0, rewrite: 0, release: 0 },
});

describe('the line about the KV cache', () => {
  it('says of a latent cache what plain keys and values would take', () => {
    expect(describeKvCache(kvOf(new Array<KvLayerSnapshot>(6).fill(LATENT), 1920, 15_360))).toBe(
      'KV cache: 96 tokens x 6 layers, latent 80 floats: 1.92 kB a token, ' +
        'plain keys and values would take 15.4 kB (8.0 times)',
    );
  });

  it('says of plain keys and values what they take', () => {
    const plain: KvLayerSnapshot = {
      ...LATENT,
      parts: [
        { kind: 'key', bytesPerToken: 384, usedBytes: 0 },
        { kind: 'value', bytesPerToken: 384, usedBytes: 0 },
      ],
      dataType: 'float16',
    };
    expect(describeKvCache(kvOf([plain, plain], 1536, 1536))).toBe(
      'KV cache: 96 tokens x 2 layers, keys and values 384 floats: 1.54 kB a token',
    );
  });
});

describe('the table of experts', () => {
  const load = (changes: Partial<ExpertLoad>): ExpertLoad => ({
    cv: 0.5,
    entropyBits: 3,
    normalizedEntropy: 0.75,
    maxOverMean: 2,
    hottest: 3,
    hot: [],
    dead: [],
    ...changes,
  });
  const result: ExpertsResult = {
    layers: [1, 12],
    experts: 16,
    topK: 2,
    tokens: { prompt: 40, thought: 0, answer: 7 },
    dropped: 0,
    counts: '',
    load: {
      prompt: [load({}), load({ cv: 0.123 })],
      thought: [null, null],
      answer: [load({ dead: [1, 2, 5] }), load({ maxOverMean: 10.25, hottest: 15 })],
      all: [],
    },
  };

  it('has a row for each layer and each phase that there was', () => {
    expect(describeExpertLoad(result).split('\n')).toEqual([
      'experts: 2 of 16 a token and layer; tokens: prompt 40, answer 7',
      'layer  phase   load CV          entropy  max/mean  dead  hottest',
      '1      prompt     0.50  3.00 bits, 75 %       2.0     0        3',
      '       answer     0.50  3.00 bits, 75 %       2.0     3        3',
      '12     prompt     0.12  3.00 bits, 75 %       2.0     0        3',
      '       answer     0.50  3.00 bits, 75 %      10.3     0       15',
    ]);
  });
});

it('Experts beside a GPU are told with what was found there and what was sent', () => {
  expect(describePlacement(expertPlacement())).toBe(
    'experts beside the GPU: 38 % of 160 choices found in 3 of 6 slots; 5.24 MB written to slots, 1.57 MB of sums sent',
  );
  expect(describePlacement(expertPlacement({ layers: [] }))).toMatch(
    /0 % of 0 choices found in 0 of 0 slots/,
  );
});
