import { FIRST_FURTHER } from '../webgpu/bindingLayout.ts';
import type { WeightSpan } from '../webgpu/weightSpan.ts';

/** Bytes of an element of each array (parts/bindings.wgsl). */
const ELEMENTS = { quants: { type: 'vec4u', bytes: 16 }, scales: { type: 'u32', bytes: 4 } } as const;
type WeightArray = keyof typeof ELEMENTS;

/** How a kernel reads weights that lie over several buffers: its text says `quants[i]` and `scales[i]` as ever. */
export interface WideWeights {
  /** The further buffers, and a function for each array. */
  readonly declarations: string;
  /** The text with these functions in place of the arrays. */
  readonly read: (text: string) => string;
}

export function wideWeights(span: WeightSpan): WideWeights {
  return {
    declarations: [
      declare('quants', span.quants, FIRST_FURTHER, span.bytes),
      declare('scales', span.scales, FIRST_FURTHER + span.quants - 1, span.bytes),
    ].join('\n'),
    read: (text) =>
      text.replace(/\b(quants|scales)\[([^[\]]*)\]/g, (_, name: string, at: string) => `${name}At(${at})`),
  };
}

/** An element's buffer is uniform where a workgroup reads of one matrix or one expert, nearly always. */
function declare(name: WeightArray, buffers: number, firstBinding: number, bytes: number): string {
  const { type, bytes: elementBytes } = ELEMENTS[name];
  const length = bytes / elementBytes;
  const all = [name, ...Array.from({ length: buffers - 1 }, (_, index) => `${name}${String(index + 1)}`)];
  const declared = all
    .slice(1)
    .map(
      (each, index) =>
        `@group(0) @binding(${String(firstBinding + index)}) var<storage, read> ${each}: array<${type}>;`,
    );
  const cases = all.map((each, index) => {
    const from = index === 0 ? '' : ` - ${String(index * length)}u`;
    const label = index === all.length - 1 ? 'default' : `case ${String(index)}u`;
    return `    ${label}: { return ${each}[index${from}]; }`;
  });
  return [
    ...declared,
    `fn ${name}At(index: u32) -> ${type} {`,
    `  switch index / ${String(length)}u {`,
    ...cases,
    '  }',
    '}',
  ].join('\n');
}
