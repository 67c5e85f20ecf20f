import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GlassboxErrorCode } from '../../../../src/protocol/errors.ts';
import type { GgufToWrite, GgufWritable } from '../../../support/ggufWriter.ts';
import { float32, int32s, string, strings, uint32 } from '../../../support/ggufWriter.ts';
import { tinyModel } from '../../../support/tinyModel.ts';
import { encodeGguf } from './encodeGguf.ts';
import type { OpeningFailure } from './openingFailure.ts';
import { openingFailure } from './openingFailure.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-bad-'));
});
afterAll(() => rm(folder, { recursive: true }));

const small = tinyModel({ layers: 1, embeddingLength: 32, innerLength: 32, headDim: 8, type: 'Q8_0' });

const withKey = (key: string, value: GgufWritable): Buffer =>
  encodeGguf({ ...small, metadata: { ...small.metadata, [key]: value } });

const withoutKey = (key: string): Buffer =>
  encodeGguf({
    ...small,
    metadata: Object.fromEntries(Object.entries(small.metadata).filter(([name]) => name !== key)),
  });

const withTensors = (change: (tensors: GgufToWrite['tensors']) => GgufToWrite['tensors']): Buffer =>
  encodeGguf({ ...small, tensors: change(small.tensors) });

/** Where what follows the name `name` begins: a tensor's dimensions or a key's type. */
function after(bytes: Buffer, name: string): number {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(name.length));
  const at = bytes.indexOf(Buffer.concat([length, Buffer.from(name)]));
  expect(at).toBeGreaterThan(0);
  return at + 8 + name.length;
}

/** The small file with `patch` done to it. */
function patched(patch: (bytes: Buffer) => void): Buffer {
  const bytes = encodeGguf(small);
  patch(bytes);
  return bytes;
}

const NORM = 'output_norm.weight';
const EMBEDDING = 'token_embd.weight';
/** From the number of dimensions of a matrix on: two dimensions, the type, the offset. */
const DIMENSION_0 = 4;
const DIMENSION_1 = 12;
const TYPE = 20;
const OFFSET = 24;

async function failure(bytes: Uint8Array): Promise<OpeningFailure> {
  const file = path.join(folder, 'bad.gguf');
  await writeFile(file, bytes);
  return openingFailure(file);
}

describe('a path that is no file', () => {
  it('is not found', async () => {
    const { error } = await openingFailure(path.join(folder, 'nothing.gguf'));
    expect(error.code).toBe('model/notFound');
  });

  it('is unreadable when it is a folder', async () => {
    await mkdir(path.join(folder, 'folder.gguf'));
    const { error } = await openingFailure(path.join(folder, 'folder.gguf'));
    expect(error.code).toBe('model/unreadable');
    expect(error.message).toContain('folder');
  });
});

describe('a damaged header', () => {
  const cases: readonly [string, () => Buffer, string][] = [
    ['nothing in it', () => Buffer.alloc(0), 'the file'],
    ['three bytes', () => Buffer.from('GGU'), 'the file type'],
    ['a version and no more', () => encodeGguf(small).subarray(0, 8), 'the number of tensors'],
    [
      'more tensors than bytes',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 63n, 8)),
      'the number of tensors',
    ],
    [
      'more keys than bytes',
      () => patched((bytes) => bytes.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 16)),
      'the number of metadata keys',
    ],
    [
      'a key longer than the file',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 62n, 24)),
      'the length of the name of metadata key 0',
    ],
    [
      'an unknown value type',
      () => patched((bytes) => bytes.writeUInt32LE(99, after(bytes, 'general.name'))),
      'metadata key "general.name"',
    ],
    [
      'a text longer than the file',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 40n, after(bytes, 'general.name') + 4)),
      'the length of metadata key "general.name"',
    ],
    [
      'an array longer than the file',
      () =>
        patched((bytes) => bytes.writeBigUInt64LE(2n ** 61n, after(bytes, 'tokenizer.ggml.token_type') + 8)),
      'the length of metadata key "tokenizer.ggml.token_type"',
    ],
    [
      'an array of strings that runs out of the file',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 33n, after(bytes, 'tokenizer.ggml.tokens') + 16)),
      'entry 0 of metadata key "tokenizer.ggml.tokens"',
    ],
    [
      'numbers where strings belong',
      () => withKey('tokenizer.ggml.tokens', int32s([1, 2, 3])),
      'metadata key "tokenizer.ggml.tokens"',
    ],
    [
      'strings where numbers belong',
      () => withKey('tokenizer.ggml.token_type', strings(['1'])),
      'metadata key "tokenizer.ggml.token_type"',
    ],
    [
      'a text where a number belongs',
      () => withKey('llama.block_count', string('1')),
      'metadata key "llama.block_count"',
    ],
    ['a truth value of 7', () => withBool(7), 'metadata key "tokenizer.ggml.add_bos_token"'],
    [
      'the same key twice',
      () => {
        const bytes = withKey('general.namf', string('other'));
        bytes.write('general.name', bytes.indexOf('general.namf'));
        return bytes;
      },
      'metadata key "general.name"',
    ],
    ['an alignment of 0', () => withKey('general.alignment', uint32(0)), 'metadata key "general.alignment"'],
    [
      'an alignment that is no power of two',
      () => withKey('general.alignment', uint32(48)),
      'metadata key "general.alignment"',
    ],
    [
      'a huge alignment',
      () => withKey('general.alignment', uint32(0x8000_0000)),
      'metadata key "general.alignment"',
    ],
    [
      'a text as alignment',
      () => withKey('general.alignment', string('32')),
      'metadata key "general.alignment"',
    ],
    [
      '4,294,967,295 dimensions',
      () => patched((bytes) => bytes.writeUInt32LE(0xffffffff, after(bytes, NORM))),
      `tensor "${NORM}"`,
    ],
    [
      'no dimensions',
      () => patched((bytes) => bytes.writeUInt32LE(0, after(bytes, NORM))),
      `tensor "${NORM}"`,
    ],
    [
      'a dimension of 0',
      () => patched((bytes) => bytes.writeBigUInt64LE(0n, after(bytes, EMBEDDING) + DIMENSION_1)),
      `dimension 1 of tensor "${EMBEDDING}"`,
    ],
    [
      'dimensions whose product overflows',
      () =>
        patched((bytes) => {
          const size = BigInt(bytes.length);
          bytes.writeBigUInt64LE(size - (size % 32n), after(bytes, EMBEDDING) + DIMENSION_0);
          bytes.writeBigUInt64LE(size, after(bytes, EMBEDDING) + DIMENSION_1);
        }),
      `tensor "${EMBEDDING}"`,
    ],
    [
      'a dimension of 2^63',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 63n, after(bytes, EMBEDDING) + DIMENSION_1)),
      `dimension 1 of tensor "${EMBEDDING}"`,
    ],
    [
      'rows that are no whole number of blocks',
      () => patched((bytes) => bytes.writeBigUInt64LE(33n, after(bytes, EMBEDDING) + DIMENSION_0)),
      `tensor "${EMBEDDING}"`,
    ],
    [
      'an unknown tensor type',
      () => patched((bytes) => bytes.writeUInt32LE(4, after(bytes, EMBEDDING) + TYPE)),
      `tensor "${EMBEDDING}"`,
    ],
    [
      'an offset outside the file',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 40n, after(bytes, EMBEDDING) + OFFSET)),
      `the offset of tensor "${EMBEDDING}"`,
    ],
    [
      'an offset that wraps around',
      () => patched((bytes) => bytes.writeBigUInt64LE(2n ** 64n - 32n, after(bytes, EMBEDDING) + OFFSET)),
      `the offset of tensor "${EMBEDDING}"`,
    ],
    [
      'an offset off the alignment',
      () => patched((bytes) => bytes.writeBigUInt64LE(1n, after(bytes, EMBEDDING) + OFFSET)),
      `the offset of tensor "${EMBEDDING}"`,
    ],
    [
      'a tensor over another',
      () => patched((bytes) => bytes.writeBigUInt64LE(32n, after(bytes, EMBEDDING) + OFFSET)),
      `tensor "${NORM}"`,
    ],
    [
      'the same tensor twice',
      () => withTensors(([first, ...rest]) => (first ? [first, first, ...rest] : [])),
      `tensor "${EMBEDDING}"`,
    ],
    ['a missing end', () => encodeGguf(small).subarray(0, -64), 'tensor "blk.0.ffn_down.weight"'],
  ];

  it.each(cases)('is named: %s', async (_, bytes, where) => {
    const { error, field } = await failure(bytes());
    expect([error.code, field]).toEqual(['model/corrupt', where]);
  });

  it('is named at every length the file may be cut to', async () => {
    const bytes = encodeGguf(small);
    // Every length of the first kilobyte, and then one in 97, up to the whole file less its last padding.
    for (let length = 0; length < bytes.length - 32; length += length < 1024 ? 1 : 97) {
      const { error } = await failure(bytes.subarray(0, length));
      expect(error.code).toBe('model/corrupt');
    }
  });
});

describe('an architecture that contradicts itself', () => {
  const cases: readonly [string, () => Buffer, GlassboxErrorCode, string][] = [
    [
      'more layers than tensors',
      () => withKey('llama.block_count', uint32(0xffffffff)),
      'model/corrupt',
      'metadata key "llama.block_count"',
    ],
    [
      'no layer count',
      () => withoutKey('llama.block_count'),
      'model/corrupt',
      'metadata key "llama.block_count"',
    ],
    [
      'no heads',
      () => withKey('llama.attention.head_count', uint32(0)),
      'model/corrupt',
      'metadata key "llama.attention.head_count"',
    ],
    [
      'heads in uneven groups',
      () => withKey('llama.attention.head_count_kv', uint32(3)),
      'model/corrupt',
      'metadata key "llama.attention.head_count_kv"',
    ],
    [
      'heads by layer',
      () => withKey('llama.attention.head_count_kv', int32s([2])),
      'model/unsupported',
      'metadata key "llama.attention.head_count_kv"',
    ],
    [
      'keys and values of different lengths',
      () => withKey('llama.attention.value_length', uint32(16)),
      'model/unsupported',
      'metadata key "llama.attention.value_length"',
    ],
    [
      'an epsilon that is not a number',
      () => withKey('llama.attention.layer_norm_rms_epsilon', float32(NaN)),
      'model/corrupt',
      'metadata key "llama.attention.layer_norm_rms_epsilon"',
    ],
    [
      'an unknown rope scaling',
      () => withKey('llama.rope.scaling.type', string('longrope')),
      'model/unsupported',
      'metadata key "llama.rope.scaling.type"',
    ],
    [
      'an attention factor without YaRN',
      () => withKey('llama.rope.scaling.attn_factor', float32(1.5)),
      'model/unsupported',
      'metadata key "llama.rope.scaling.attn_factor"',
    ],
    [
      'experts',
      () => withKey('llama.expert_count', uint32(8)),
      'model/unsupported',
      'metadata key "llama.expert_count"',
    ],
    [
      'one part of several',
      () => withKey('split.count', uint32(3)),
      'model/unsupported',
      'metadata key "split.count"',
    ],
    [
      'fewer tokens than embeddings',
      () => withKey('tokenizer.ggml.tokens', strings(['a'])),
      'model/corrupt',
      'metadata key "tokenizer.ggml.tokens"',
    ],
    [
      'an end token outside the vocabulary',
      () => withKey('tokenizer.ggml.eos_token_id', uint32(1_000_000)),
      'model/corrupt',
      'metadata key "tokenizer.ggml.eos_token_id"',
    ],
    [
      'a missing tensor',
      () => withTensors((tensors) => tensors.filter(({ name }) => name !== 'blk.0.attn_v.weight')),
      'model/corrupt',
      'tensor "blk.0.attn_v.weight"',
    ],
    [
      'a tensor nobody asked for',
      () =>
        withTensors((tensors) =>
          tensors.map((tensor) => (tensor.name === NORM ? { ...tensor, name: 'cls.weight' } : tensor)),
        ),
      'model/unsupported',
      'tensor "cls.weight"',
    ],
    [
      'a tensor of another shape',
      () => withKey('llama.feed_forward_length', uint32(64)),
      'model/corrupt',
      'tensor "blk.0.ffn_gate.weight"',
    ],
  ];

  it.each(cases)('is refused: %s', async (_, bytes, code, where) => {
    const { error, field } = await failure(bytes());
    expect([error.code, field]).toEqual([code, where]);
  });
});

describe('what Glassbox does not run', () => {
  it('is a family outside its list, which it names', async () => {
    const { error } = await failure(withKey('general.architecture', string('mamba')));
    expect(error.code).toBe('model/unsupported');
    expect(error.message).toContain('"mamba"; supported are llama, qwen2, qwen3');
  });

  it('is a tensor type outside its list, which it names', async () => {
    const bytes = patched((buffer) => buffer.writeUInt32LE(23, after(buffer, EMBEDDING) + TYPE));
    const { error } = await failure(bytes);
    expect(error.code).toBe('model/unsupported');
    expect(error.message).toContain('IQ4_XS; supported are F32, F16, BF16, Q4_0');
  });

  it.each([
    ['another kind of file', () => Buffer.from('<!doctype html><html></html>'), 'is not GGUF'],
    ['version 1', () => patched((bytes) => bytes.writeUInt32LE(1, 4)), 'versions 2 and 3'],
    ['a big-endian file', () => patched((bytes) => bytes.writeUInt32BE(3, 4)), 'big-endian'],
    [
      'an array of arrays',
      () => patched((bytes) => bytes.writeUInt32LE(9, after(bytes, 'tokenizer.ggml.merges') + 4)),
      'array of arrays',
    ],
  ])('is %s', async (_, bytes, saying) => {
    const { error } = await failure(bytes());
    expect(error.code).toBe('model/unsupported');
    expect(error.message).toContain(saying);
  });
});

function withBool(byte: number): Buffer {
  return patched((bytes) => bytes.writeUInt8(byte, after(bytes, 'tokenizer.ggml.add_bos_token') + 4));
}
