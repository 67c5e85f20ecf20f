import { PARAMETER_BYTES } from '../webgpu/dispatch.ts';
import { GpuError } from '../webgpu/errors.ts';

/** The fields of a kernel's `struct Parameters`, in their order: the WGSL file is the one place where they stand. */
export type ParameterFields = readonly { readonly name: string; readonly type: 'u32' | 'f32' }[];

/** @throws GpuError `shader` when a kernel has no such struct, or one that no dispatch can carry */
export function readParameterFields(kernel: string, source: string): ParameterFields {
  const body = /struct Parameters \{([^}]*)\}/.exec(source)?.[1];
  if (body === undefined) throw new GpuError('shader', `Kernel ${kernel} has no struct Parameters.`);
  const fields = body
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map((field) => {
      const [, name, type] = /^(\w+): (u32|f32)$/.exec(field) ?? [];
      if (name === undefined || (type !== 'u32' && type !== 'f32'))
        throw new GpuError(
          'shader',
          `Kernel ${kernel} has a parameter that is neither u32 nor f32: ${field}`,
        );
      return { name, type } as const;
    });
  if (fields.length * 4 > PARAMETER_BYTES)
    throw new GpuError(
      'shader',
      `Kernel ${kernel} has more than ${String(PARAMETER_BYTES)} bytes of parameters.`,
    );
  return fields;
}

/**
 * A dispatch's parameters as words. Each field has its value, and each value a field.
 * @throws GpuError `invalid`
 */
export function packParameters(
  kernel: string,
  fields: ParameterFields,
  values: Readonly<Record<string, number>>,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(PARAMETER_BYTES / 4);
  const floats = new Float32Array(words.buffer);
  for (const name of Object.keys(values))
    if (!fields.some((field) => field.name === name))
      throw new GpuError('invalid', `Kernel ${kernel} has no parameter ${name}.`);
  fields.forEach(({ name, type }, index) => {
    const value = values[name];
    if (value === undefined) throw new GpuError('invalid', `Kernel ${kernel} needs the parameter ${name}.`);
    if (type === 'f32') {
      floats[index] = value;
      return;
    }
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      throw new GpuError(
        'invalid',
        `Parameter ${name} of kernel ${kernel} is no 32-bit number: ${String(value)}`,
      );
    words[index] = value;
  });
  return words;
}
