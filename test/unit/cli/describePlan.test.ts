import { expect, it } from 'vitest';
import { describePlan } from '../../../src/cli/describePlan.ts';
import type { PlanReport } from '../../../src/protocol/planReport.ts';

const NOTHING = { weightBytes: 0, kvReadBytes: 0, kvWrittenBytes: 0, readBytes: 0, writtenBytes: 0 };

const PLAN: PlanReport = {
  model: 'Tiny',
  position: 10,
  tokens: 1,
  capacity: 64,
  cacheType: 'f16',
  shards: [
    { quantBytes: 3_000_000, scaleBytes: 500_000 },
    { quantBytes: 1_000_000, scaleBytes: 0 },
  ],
  cut: { matrices: [], buffers: 4, bindingBytes: 2 ** 30 },
  arenaBytes: 64_000,
  stateBytes: 256,
  vectorBytes: 8000,
  kvBufferBytes: [4096, 2048],
  dispatches: [
    {
      ...NOTHING,
      name: 'embedding',
      kernel: 'embed',
      blocks: 'Q8_0',
      shard: 0,
      workgroups: [1, 1, 1],
      workgroupSize: 32,
      weightBytes: 272,
      writtenBytes: 1024,
    },
    {
      ...NOTHING,
      name: 'layer.0.attention',
      layer: 0,
      kernel: 'attentionDecode',
      workgroups: [2, 4, 1],
      workgroupSize: 32,
      kvReadBytes: 2200,
      readBytes: 1024,
    },
  ],
  perLayer: [
    { attention: 'gqa', feedForward: 'dense', dispatches: 7 },
    { attention: 'gqa', feedForward: 'dense', dispatches: 8 },
    { attention: 'gqa', feedForward: 'moe', dispatches: 9 },
  ],
  weightBytes: 272,
  kvBytes: 2200,
  otherBytes: 2048,
};

it('A plan is a table of dispatches, with what they are together below', () => {
  expect(describePlan(PLAN).split('\n')).toEqual([
    'Tiny: a token behind 10, cache f16 for 64',
    '',
    'dispatch           kernel           type   workgroups  weights       KV     read  written',
    'embedding          embed            Q8_0  1x1x1 of 32    272 B                    1.02 kB',
    'layer.0.attention  attentionDecode        2x4x1 of 32           2.20 kB  1.02 kB',
    '',
    'dispatches      2 (a layer of gqa and dense: 7 or 8; of gqa and moe: 9)',
    'weights         4.50 MB in 2 shards',
    'buffers         activations 64.0 kB, state 256 B, norms and rotations 8.00 kB, KV 4.10 kB + 2.05 kB',
    'bytes moved     4.52 kB: weights 272 B, KV 2.20 kB, all else 2.05 kB',
  ]);
});

it('Both types are shown of a dispatch that reads two, and what a kernel cannot bind is told with the reason', () => {
  const [first, ...others] = PLAN.dispatches;
  if (first === undefined) throw new Error('there is a dispatch');
  const lines = describePlan({
    ...PLAN,
    dispatches: [{ ...first, secondBlocks: 'Q4_K' }, ...others],
    cut: { ...PLAN.cut, matrices: [{ name: 'layer.0.experts.down', pieces: 3 }] },
  }).split('\n');
  expect(lines[3]).toMatch(/^embedding .* Q8_0, Q4_K /);
  expect(lines).toContain(
    'in pieces       a dispatch for each, since a kernel binds 4 buffers of weights of 1.07 GB: layer.0.experts.down (3)',
  );
});

it('Several tokens are called so', () => {
  expect(describePlan({ ...PLAN, tokens: 12 })).toMatch(/^Tiny: 12 tokens behind 10/);
});

it('Experts beside a GPU are told by layers that are alike', () => {
  const layer = { experts: 64, slots: 12, expertBytes: 4_500_000, types: ['Q4_K', 'Q6_K'] };
  const experts = {
    memoryBytes: 7_500_000_000,
    slotBytes: 1_400_000_000,
    layers: [
      ...[1, 2, 3].map((index) => ({ ...layer, layer: index })),
      { ...layer, layer: 4, slots: 11, types: ['Q4_K'] },
      { ...layer, layer: 6 },
    ],
  };
  expect(
    describePlan({ ...PLAN, experts })
      .split('\n')
      .slice(-4, -1),
  ).toEqual([
    "experts         7.50 GB in memory on the CPU's side; slots for hot ones on the GPU 1.40 GB",
    '                layer 1-3, 6: 64 of 4.50 MB (Q4_K and Q6_K), 12 in slots',
    '                layer 4: 64 of 4.50 MB (Q4_K), 11 in slots',
  ]);
});
