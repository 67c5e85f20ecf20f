import { MessageChannel } from 'node:worker_threads';

/**
 * Memory for weights on their way from the file into a session. Sessions are made one after another from matrices of
 * the same sizes, so buffers are used again rather than left to the garbage collector, which would let hundreds of
 * megabytes pile up.
 */
export class ScratchPool {
  readonly #free = new Map<number, ArrayBuffer[]>();

  /** Buffers for one shard. */
  lease(): ScratchLease {
    return new ScratchLease(
      (byteLength) => this.#free.get(byteLength)?.pop() ?? new ArrayBuffer(byteLength),
      (buffer) => {
        const same = this.#free.get(buffer.byteLength);
        if (same === undefined) this.#free.set(buffer.byteLength, [buffer]);
        else same.push(buffer);
      },
    );
  }

  /** Gives the memory of all buffers that are not leased back to the system. */
  free(): void {
    const buffers = [...this.#free.values()].flat();
    if (buffers.length === 0) return;
    this.#free.clear();
    // Left to the collector they would stay for minutes: nothing is allocated after a load. A transfer takes a buffer's
    // memory away at once, and a message to a closed port is thrown away within a turn of the event loop.
    const { port1, port2 } = new MessageChannel();
    port2.close();
    port1.postMessage(null, buffers);
    port1.close();
  }
}

export class ScratchLease {
  readonly #take: (byteLength: number) => ArrayBuffer;
  readonly #give: (buffer: ArrayBuffer) => void;
  #taken: ArrayBuffer[] = [];

  constructor(take: (byteLength: number) => ArrayBuffer, give: (buffer: ArrayBuffer) => void) {
    this.#take = take;
    this.#give = give;
  }

  /** Contents are whatever was there before. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer(length));
  }

  /** Contents are whatever was there before. */
  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer(4 * length));
  }

  /** Gives everything back. What was taken must not be used any more. */
  release(): void {
    for (const buffer of this.#taken) this.#give(buffer);
    this.#taken = [];
  }

  #buffer(byteLength: number): ArrayBuffer {
    const buffer = this.#take(byteLength);
    this.#taken.push(buffer);
    return buffer;
  }
}
