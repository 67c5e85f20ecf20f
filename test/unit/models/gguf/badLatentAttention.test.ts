import { describe, it } from 'vitest';
import { float32, string, uint32 } from '../../../support/ggufWriter.ts';
import { deepseek, olderDeepseek, transposed, withKeys, withTensor } from './brokenModel.ts';
import type { Refusal } from './refusal.ts';
import { expectRefusal } from './refusal.ts';

const key = (name: string): string => `metadata key "deepseek2.${name}"`;
const UNSUPPORTED = 'model/unsupported';
const LATENT = 'tensor "blk.0.attn_kv_a_mqa.weight"';

describe('latent attention that contradicts itself', () => {
  const ranks: readonly Refusal[] = [
    [
      'no latent rank',
      withKeys(deepseek, { 'attention.kv_lora_rank': undefined }),
      key('attention.kv_lora_rank'),
    ],
    [
      'a latent rank that is not the length of the cache',
      withKeys(deepseek, { 'attention.kv_lora_rank': uint32(96) }),
      key('attention.key_length'),
    ],
    [
      'cached values that are not the latent vector',
      withKeys(deepseek, { 'attention.value_length': uint32(32) }),
      key('attention.value_length'),
    ],
    [
      'a latent rank that its tensors do not have',
      withKeys(deepseek, {
        'attention.kv_lora_rank': uint32(96),
        'attention.key_length': uint32(112),
        'attention.value_length': uint32(96),
      }),
      LATENT,
    ],
    [
      'a latent rank that the tensors of an older file do not have',
      withKeys(olderDeepseek, { 'attention.kv_lora_rank': uint32(96) }),
      LATENT,
    ],
    [
      'a query rank that its tensors do not have',
      withKeys(deepseek, { 'attention.q_lora_rank': uint32(64) }),
      'tensor "blk.0.attn_q_a.weight"',
    ],
    [
      'compressed queries that nobody counted',
      withKeys(deepseek, { 'attention.q_lora_rank': undefined }),
      'tensor "blk.0.attn_q_a.weight"',
      UNSUPPORTED,
    ],
  ];
  const heads: readonly Refusal[] = [
    [
      'keys of no length',
      withKeys(deepseek, { 'attention.key_length_mla': undefined }),
      key('attention.key_length_mla'),
    ],
    [
      'values of length 0',
      withKeys(deepseek, { 'attention.value_length_mla': uint32(0) }),
      key('attention.value_length_mla'),
    ],
    [
      'more cached keys than one',
      withKeys(deepseek, { 'attention.head_count_kv': uint32(4) }),
      key('attention.head_count_kv'),
    ],
    [
      'fewer keys than heads in an older file',
      withKeys(olderDeepseek, { 'attention.head_count_kv': uint32(1) }),
      key('attention.head_count_kv'),
    ],
    [
      'odd rotary dimensions',
      withKeys(deepseek, { 'rope.dimension_count': uint32(15) }),
      key('rope.dimension_count'),
      UNSUPPORTED,
    ],
    [
      'more rotary dimensions than a head has',
      withKeys(deepseek, { 'rope.dimension_count': uint32(64) }),
      key('rope.dimension_count'),
    ],
    [
      'rotary dimensions alone',
      withKeys(deepseek, { 'rope.dimension_count': uint32(48) }),
      key('rope.dimension_count'),
    ],
  ];
  const others: readonly Refusal[] = [
    [
      'positions that are divided',
      withKeys(deepseek, { 'rope.scaling.factor': float32(2) }),
      key('rope.scaling.type'),
      UNSUPPORTED,
    ],
    [
      'YaRN that shrinks',
      withKeys(deepseek, { 'rope.scaling.type': string('yarn'), 'rope.scaling.factor': float32(0.5) }),
      key('rope.scaling.factor'),
    ],
    [
      'a multiplier below 0',
      withKeys(deepseek, {
        'rope.scaling.type': string('yarn'),
        'rope.scaling.yarn_log_multiplier': float32(-1),
      }),
      key('rope.scaling.yarn_log_multiplier'),
    ],
    [
      'a temperature',
      withKeys(deepseek, { 'attention.temperature_scale': float32(0.1) }),
      key('attention.temperature_scale'),
      UNSUPPORTED,
    ],
    [
      'an upward projection the wrong way round',
      transposed(deepseek, 'blk.0.attn_k_b.weight'),
      'tensor "blk.0.attn_k_b.weight"',
    ],
    [
      'both kinds of upward projection',
      withTensor(deepseek, 'blk.0.attn_k_b.weight', (tensor) => [
        { ...tensor, name: 'blk.0.attn_kv_b.weight' },
      ]),
      'tensor "blk.0.attn_v_b.weight"',
      UNSUPPORTED,
    ],
  ];

  it.each<Refusal>([...ranks, ...heads, ...others])('is refused by name: %s', (_, model, field, code) =>
    expectRefusal(model, field, code),
  );
});
