import { describe, it } from 'vitest';
import { float32, int32s, uint32 } from '../../../support/ggufWriter.ts';
import { deepseek, qwen, transposed, withKeys, without } from './brokenModel.ts';
import type { Refusal } from './refusal.ts';
import { expectRefusal } from './refusal.ts';

const key = (name: string): string => `metadata key "deepseek2.${name}"`;
const qwenKey = (name: string): string => `metadata key "qwen3moe.${name}"`;
const UNSUPPORTED = 'model/unsupported';

describe('experts that contradict themselves', () => {
  const counts: readonly Refusal[] = [
    ['none', withKeys(deepseek, { expert_count: uint32(0) }), key('expert_count')],
    ['an untold number', withKeys(deepseek, { expert_count: undefined }), key('expert_count')],
    [
      'more than a record can number',
      withKeys(deepseek, { expert_count: uint32(65_536) }),
      key('expert_count'),
    ],
    ['none for a token', withKeys(deepseek, { expert_used_count: uint32(0) }), key('expert_used_count')],
    [
      'more for a token than there are',
      withKeys(deepseek, { expert_used_count: uint32(9) }),
      key('expert_used_count'),
    ],
    [
      'a number for each layer',
      withKeys(deepseek, { expert_used_count: int32s([2]) }),
      key('expert_used_count'),
      UNSUPPORTED,
    ],
    [
      'no length',
      withKeys(deepseek, { expert_feed_forward_length: undefined }),
      key('expert_feed_forward_length'),
    ],
    [
      'a length of 0',
      withKeys(deepseek, { expert_feed_forward_length: uint32(0) }),
      key('expert_feed_forward_length'),
    ],
    [
      'no layer for them',
      withKeys(deepseek, { leading_dense_block_count: uint32(2) }),
      key('leading_dense_block_count'),
    ],
    [
      'more dense layers than layers',
      withKeys(deepseek, { leading_dense_block_count: uint32(1000) }),
      key('leading_dense_block_count'),
    ],
    ['none in qwen3moe', withKeys(qwen, { expert_count: uint32(0) }), qwenKey('expert_count')],
    [
      'a length of 0 in qwen3moe',
      withKeys(qwen, { expert_feed_forward_length: uint32(0) }),
      qwenKey('expert_feed_forward_length'),
    ],
    [
      'a dense length that they cannot share',
      withKeys(qwen, { expert_feed_forward_length: undefined, feed_forward_length: uint32(33) }),
      qwenKey('feed_forward_length'),
    ],
  ];
  const groups: readonly Refusal[] = [
    [
      'groups that do not divide them',
      withKeys(deepseek, { expert_group_count: uint32(3) }),
      key('expert_group_count'),
    ],
    ['groups of one', withKeys(deepseek, { expert_group_count: uint32(8) }), key('expert_group_count')],
    [
      'no group chosen',
      withKeys(deepseek, { expert_group_used_count: uint32(0) }),
      key('expert_group_used_count'),
    ],
    [
      'more groups chosen than there are',
      withKeys(deepseek, { expert_group_used_count: uint32(5) }),
      key('expert_group_used_count'),
    ],
    [
      'an untold number of groups chosen',
      withKeys(deepseek, { expert_group_used_count: undefined }),
      key('expert_group_used_count'),
    ],
    [
      'more for a token than its groups have',
      withKeys(deepseek, { expert_used_count: uint32(5) }),
      key('expert_used_count'),
    ],
  ];
  const gates: readonly Refusal[] = [
    [
      'a sigmoid without its bias',
      without(deepseek, 'blk.1.exp_probs_b.bias'),
      'tensor "blk.1.exp_probs_b.bias"',
    ],
    [
      'one layer without its bias',
      without(deepseek, 'blk.2.exp_probs_b.bias'),
      'tensor "blk.2.exp_probs_b.bias"',
    ],
    [
      'a bias for an unnamed gate',
      withKeys(deepseek, { expert_gating_func: undefined }),
      key('expert_gating_func'),
    ],
    [
      'a gate of another kind',
      withKeys(deepseek, { expert_gating_func: uint32(4) }),
      key('expert_gating_func'),
      UNSUPPORTED,
    ],
    [
      'an endless scale',
      withKeys(deepseek, { expert_weights_scale: float32(Infinity) }),
      key('expert_weights_scale'),
    ],
    [
      'a number for true or false',
      withKeys(deepseek, { expert_weights_norm: uint32(1) }),
      key('expert_weights_norm'),
    ],
  ];
  const tensors: readonly Refusal[] = [
    [
      'fewer than their tensors have',
      withKeys(deepseek, { expert_count: uint32(4), expert_group_count: uint32(1) }),
      'tensor "blk.1.ffn_gate_inp.weight"',
    ],
    [
      'matrices the wrong way round',
      transposed(deepseek, 'blk.1.ffn_down_exps.weight'),
      'tensor "blk.1.ffn_down_exps.weight"',
    ],
    ['no router', without(deepseek, 'blk.1.ffn_gate_inp.weight'), 'tensor "blk.1.ffn_gate_inp.weight"'],
    [
      'more shared ones than tensors',
      withKeys(deepseek, { expert_shared_count: uint32(2) }),
      'tensor "blk.1.ffn_gate_shexp.weight"',
    ],
    [
      'shared ones that nobody counted',
      withKeys(deepseek, { expert_shared_count: undefined }),
      'tensor "blk.1.ffn_gate_shexp.weight"',
      UNSUPPORTED,
    ],
  ];

  it.each<Refusal>([...counts, ...groups, ...gates, ...tensors])(
    'are refused by name: %s',
    (_, model, field, code) => expectRefusal(model, field, code),
  );
});

describe('a draft layer that contradicts the file', () => {
  const extra = {
    name: 'blk.2.nextn.embed_tokens.weight',
    type: 'F32',
    shape: [1, 32],
    pieces: () => [],
  } as const;
  const refusals: readonly Refusal[] = [
    ['no layer before it', withKeys(deepseek, { block_count: uint32(1) }), key('nextn_predict_layers')],
    [
      'another after it',
      withKeys(deepseek, { nextn_predict_layers: uint32(2) }),
      key('nextn_predict_layers'),
      UNSUPPORTED,
    ],
    [
      'no word of it',
      withKeys(deepseek, { nextn_predict_layers: undefined }),
      'tensor "blk.2.nextn.enorm.weight"',
      UNSUPPORTED,
    ],
    [
      'no projection',
      without(deepseek, 'blk.2.nextn.eh_proj.weight'),
      'tensor "blk.2.attn_norm.weight"',
      UNSUPPORTED,
    ],
    [
      'no norm at its end',
      without(deepseek, 'blk.2.nextn.shared_head_norm.weight'),
      'tensor "blk.2.nextn.shared_head_norm.weight"',
    ],
    ['no experts', without(deepseek, 'blk.2.ffn_down_exps.weight'), 'tensor "blk.2.ffn_down_exps.weight"'],
    [
      'an embedding of its own',
      { ...deepseek, tensors: [...deepseek.tensors, extra] },
      `tensor "${extra.name}"`,
      UNSUPPORTED,
    ],
  ];

  it.each<Refusal>(refusals)('is refused by name: %s', (_, model, field, code) =>
    expectRefusal(model, field, code),
  );
});
