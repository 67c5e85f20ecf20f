import type { BindingLayout, UniformSlots } from './bindingLayout.ts';
import { PARAMETER_BYTES, type Dispatch } from './dispatch.ts';
import { GpuError } from './errors.ts';

/** A copy behind the dispatches. All in bytes, multiples of 4. */
export interface BufferCopy {
  readonly source: GPUBuffer;
  readonly sourceOffset: number;
  readonly target: GPUBuffer;
  readonly targetOffset: number;
  readonly bytes: number;
}

/**
 * Hands dispatches to the GPU, in their order, each seeing what those before it wrote, and then the copies. Returns when they
 * are handed over, not when they are done: errors come out of the device's next `check` or `guard`.
 *
 * @throws GpuError `limit` when a dispatch has more workgroups than the device allows
 */
export function submitDispatches(
  layout: BindingLayout,
  dispatches: readonly Dispatch[],
  copies: readonly BufferCopy[] = [],
): void {
  const { device } = layout;
  const startedAt = performance.now();
  const most = device.limits.workgroups;
  for (const { workgroups, pipeline } of dispatches) {
    const [x, y, z] = workgroups;
    if (x > most || y > most || z > most)
      throw new GpuError(
        'limit',
        `${pipeline.label} needs ${workgroups.join(' x ')} workgroups; ${device.name} allows ` +
          `${String(most)} in each dimension.`,
      );
  }
  submitAll(layout, dispatches, copies);
  device.submitMs += performance.now() - startedAt;
}

function submitAll(
  layout: BindingLayout,
  dispatches: readonly Dispatch[],
  copies: readonly BufferCopy[],
): void {
  const { uniforms } = layout;
  if (uniforms === undefined) {
    submit(layout, dispatches, copies, setImmediates);
    return;
  }
  // The queue writes parameters behind what was submitted before: slots are free for each submission.
  for (let first = 0; first === 0 || first < dispatches.length; first += uniforms.slots) {
    const part = dispatches.slice(first, first + uniforms.slots);
    const isLast = first + part.length === dispatches.length;
    writeUniforms(layout, uniforms, part);
    submit(layout, part, isLast ? copies : [], uniformOffset(uniforms));
  }
}

/** Sets pipeline-independent state of dispatch `index`. */
type Bind = (pass: GPUComputePassEncoder, dispatch: Dispatch, index: number, isNewGroup: boolean) => void;

function submit(
  { device: { handle } }: BindingLayout,
  dispatches: readonly Dispatch[],
  copies: readonly BufferCopy[],
  bind: Bind,
): void {
  const encoder = handle.createCommandEncoder();
  if (dispatches.length > 0) {
    const pass = encoder.beginComputePass();
    let pipeline: GPUComputePipeline | undefined;
    let bindGroup: GPUBindGroup | undefined;
    dispatches.forEach((dispatch, index) => {
      if (dispatch.pipeline !== pipeline) pass.setPipeline(dispatch.pipeline);
      bind(pass, dispatch, index, dispatch.bindGroup !== bindGroup);
      const [x, y, z] = dispatch.workgroups;
      // Most have one dimension, and each number that comes from JavaScript costs.
      if (y === 1 && z === 1) pass.dispatchWorkgroups(x);
      else pass.dispatchWorkgroups(x, y, z);
      pipeline = dispatch.pipeline;
      bindGroup = dispatch.bindGroup;
    });
    pass.end();
  }
  for (const { source, sourceOffset, target, targetOffset, bytes } of copies)
    encoder.copyBufferToBuffer(source, sourceOffset, target, targetOffset, bytes);
  handle.queue.submit([encoder.finish()]);
}

const setImmediates: Bind = (pass, { bindGroup, parameters }, _index, isNewGroup) => {
  if (isNewGroup) pass.setBindGroup(0, bindGroup);
  // Dawn's Node binding asks a view for each type that it could have: a buffer takes it a quarter of the time.
  pass.setImmediates(0, parameters.buffer);
};

function writeUniforms(
  { device }: BindingLayout,
  { words, slotBytes, buffer }: UniformSlots,
  dispatches: readonly Dispatch[],
): void {
  dispatches.forEach(({ parameters }, slot) => {
    words.set(parameters, (slot * slotBytes) / 4);
  });
  device.handle.queue.writeBuffer(buffer, 0, words, 0, (dispatches.length * slotBytes) / 4);
}

function uniformOffset({ slotBytes }: UniformSlots): Bind {
  const offset = new Uint32Array(1);
  return (pass, { bindGroup }, index) => {
    offset[0] = index * slotBytes;
    pass.setBindGroup(0, bindGroup, offset, 0, 1);
  };
}

/** Parameters that are all zero. */
export function emptyParameters(): Uint32Array<ArrayBuffer> {
  return new Uint32Array(PARAMETER_BYTES / 4);
}
