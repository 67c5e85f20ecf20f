import { describe, expect, test } from 'vitest';
import { KERNELS } from '../../../../native/kernels/catalog.ts';
import { composeKernel } from '../../../../native/kernels/kernel.ts';
import { packParameters, readParameterFields } from '../../../../native/kernels/kernelParameters.ts';
import type { ComputeFeature } from '../../../../native/webgpu/computeDevice.ts';
import { GpuError } from '../../../../native/webgpu/errors.ts';

const NOTHING = new Set<ComputeFeature>();
const EVERYTHING = new Set<ComputeFeature>(['subgroups', 'f16', 'immediates']);

describe('parameters', () => {
  const fields = readParameterFields('k', 'struct Parameters {\n  rows: u32,\n  scale: f32,\n}');

  test('are read from the kernel and packed in its order', () => {
    const words = packParameters('k', fields, { scale: 0.5, rows: 7 });
    expect(words).toHaveLength(16);
    expect(words[0]).toBe(7);
    expect(new Float32Array(words.buffer)[1]).toBe(0.5);
  });

  const refused: readonly [string, Record<string, number>, RegExp][] = [
    ['one that the kernel does not have', { rows: 1, scale: 1, colour: 1 }, /no parameter colour/],
    ['one that is missing', { rows: 1 }, /needs the parameter scale/],
    ['a number with a fraction', { rows: 1.5, scale: 1 }, /rows of kernel k .* 1\.5/],
    ['a negative number', { rows: -1, scale: 1 }, /rows of kernel k .* -1/],
  ];
  test.each(refused)('with %s are refused', (_name, values, message) => {
    expect(() => packParameters('k', fields, values)).toThrow(message);
    expect(() => packParameters('k', fields, values)).toThrow(GpuError);
  });

  test.each([
    ['no struct', 'fn main() {}', /no struct/],
    ['a type that no dispatch carries', 'struct Parameters { a: vec4f, }', /vec4f/],
    [
      'more than 64 bytes',
      `struct Parameters { ${Array.from({ length: 17 }, (_, i) => `a${String(i)}: u32,`).join(' ')} }`,
      /64 bytes/,
    ],
  ])('of a kernel with %s are refused', (_name, source, message) => {
    expect(() => readParameterFields('k', source)).toThrow(message);
  });
});

describe('a variant', () => {
  const constants = { hasResidual: true };

  test('says which features it uses, and no others', () => {
    const plain = composeKernel(KERNELS.rmsNorm, { features: NOTHING, workgroupSize: 8, constants });
    expect(plain).not.toMatch(/^(enable|requires)/m);
    expect(plain).toContain('@binding(6) var<uniform> parameters');
    const full = composeKernel(KERNELS.rmsNorm, { features: EVERYTHING, workgroupSize: 8, constants });
    // RMSNorm keeps no halves.
    expect(full.match(/^(enable|requires) .*;$/gm)).toEqual([
      'enable subgroups;',
      'requires immediate_address_space;',
    ]);
    expect(full).toContain('var<immediate> parameters');
  });

  test('has its constants as text, numbers as u32', () => {
    const source = composeKernel(KERNELS.rmsNorm, { features: NOTHING, workgroupSize: 8, constants });
    expect(source).toContain('const workgroupSize = 8u;');
    expect(source).toContain('const hasResidual = true;');
  });

  test('of a workgroup that is no power of two is refused', () => {
    const variant = { features: NOTHING, workgroupSize: 24, constants };
    expect(() => composeKernel(KERNELS.rmsNorm, variant)).toThrow(/24 is not a power of two/);
  });

  test('that lacks its type of blocks or cache, or a constant, is refused', () => {
    const variant = { features: NOTHING, workgroupSize: 8, constants: {} };
    expect(() => composeKernel(KERNELS.embed, variant)).toThrow(/embed needs a type of blocks/);
    const shape = { groupHeads: 1, tiles: 1, keyDim4: 1, valueDim4: 1 };
    expect(() => composeKernel(KERNELS.attentionDecode, { ...variant, constants: shape })).toThrow(
      /needs a type of cache/,
    );
    const half = { ...variant, constants: { valueDim4: 0.5 } };
    expect(() => composeKernel(KERNELS.attentionReduce, half)).toThrow(/needs the constant valueDim4/);
  });
});
