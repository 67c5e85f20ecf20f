import type { BindingLayout } from './bindingLayout.ts';
import type { ComputeDevice } from './computeDevice.ts';
import type { Dispatch } from './dispatch.ts';
import { GpuError } from './errors.ts';
import { polled } from './polling.ts';
import { submitDispatches } from './submitDispatches.ts';
import { BUFFER_USAGE, MAP_READ } from './usage.ts';

/** A piece of a buffer, in bytes; multiples of 4. */
export interface BufferPiece {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Brings results back, through one buffer that is made once. Not reentrant. */
export class Readback {
  readonly #layout: BindingLayout;
  readonly #staging: GPUBuffer;

  private constructor(layout: BindingLayout, staging: GPUBuffer) {
    this.#layout = layout;
    this.#staging = staging;
  }

  /** @param bytes that one reading may take @throws GpuError `out-of-memory` */
  static async create(layout: BindingLayout, bytes: number): Promise<Readback> {
    const staging = await layout.device.guard('The buffer for results', () =>
      layout.device.handle.createBuffer({
        label: 'results',
        size: Math.max(4, bytes),
        usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget,
      }),
    );
    return new Readback(layout, staging);
  }

  /**
   * Runs dispatches and copies what they left in `pieces` out, one behind the other, into `target`.
   * @param target of all pieces' length
   * @throws GpuError `limit`, `invalid`, `lost`; nothing is in `target` then
   */
  async run(
    dispatches: readonly Dispatch[],
    pieces: readonly BufferPiece[],
    target: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { device } = this.#layout;
    const total = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > this.#staging.size || total !== target.byteLength)
      throw new GpuError('limit', `${String(total)} bytes of results do not fit.`);
    device.check();
    let targetOffset = 0;
    const copies = pieces.map(({ buffer, offset, bytes }) => {
      const copy = { source: buffer, sourceOffset: offset, target: this.#staging, targetOffset, bytes };
      targetOffset += bytes;
      return copy;
    });
    submitDispatches(this.#layout, dispatches, copies);
    await mapped(device, this.#staging, total, (bytes) => {
      target.set(bytes);
    });
    device.check();
  }

  destroy(): void {
    this.#staging.destroy();
  }
}

async function mapped(
  device: ComputeDevice,
  buffer: GPUBuffer,
  bytes: number,
  use: (bytes: Uint8Array) => void,
): Promise<void> {
  await device.settled(polled(() => buffer.mapAsync(MAP_READ, 0, bytes)));
  try {
    use(new Uint8Array(buffer.getMappedRange(0, bytes)));
  } finally {
    buffer.unmap();
  }
}
