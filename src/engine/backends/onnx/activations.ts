import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { KeptByWidth } from './keptByWidth.ts';

/** The residual stream between shards: `[chunkTokens, width]` buffers that are allocated once. */
export class Activations {
  readonly #width: number;
  /** Where the embeddings go. */
  readonly input: Float32Array<ArrayBuffer>;
  /** Stream and pending product, twice: a shard reads one pair and writes the other. */
  readonly #pairs: readonly (readonly Float32Array<ArrayBuffer>[])[];
  readonly #made = new KeptByWidth<{ readonly all: readonly OrtTensor[]; readonly handOver: HandOver }>(
    ({ all }) => {
      for (const tensor of all) tensor.dispose();
    },
  );

  #row: readonly OrtTensor[] | undefined;

  constructor(chunkTokens: number, width: number) {
    const buffer = (): Float32Array<ArrayBuffer> => new Float32Array(chunkTokens * width);
    this.#width = width;
    this.input = buffer();
    this.#pairs = [
      [buffer(), buffer()],
      [buffer(), buffer()],
    ];
  }

  /** Tensors `[1, tokens, width]` over the buffers, at least until those of another number of tokens are asked for. */
  tensors(runtime: OrtRuntime, tokens: number): HandOver {
    return this.#made.get(tokens, () => {
      const tensor = (buffer: Float32Array<ArrayBuffer>): OrtTensor =>
        runtime.tensor(buffer.subarray(0, tokens * this.#width), [1, tokens, this.#width]);
      const lastRow = (buffer: Float32Array<ArrayBuffer>): OrtTensor =>
        runtime.tensor(buffer.subarray((tokens - 1) * this.#width, tokens * this.#width), [
          1,
          1,
          this.#width,
        ]);
      const input = tensor(this.input);
      const pairs = this.#pairs.map((pair) => pair.map(tensor));
      const lastRows = this.#pairs.map((pair) => pair.map(lastRow));
      return {
        all: [input, ...pairs.flat(), ...lastRows.flat()],
        handOver: {
          input,
          handOver: (shard) => pairs[shard % 2] ?? [],
          lastRow: (shard) => lastRows[shard % 2] ?? [],
        },
      };
    }).handOver;
  }

  /** Stream and pending product of one token, `[1, 1, width]` each. */
  row(runtime: OrtRuntime): readonly OrtTensor[] {
    this.#row ??= [0, 1].map(() => runtime.tensor(new Float32Array(this.#width), [1, 1, this.#width]));
    return this.#row;
  }

  /** Not while a run uses its tensors. */
  dispose(): void {
    this.#made.dispose();
    for (const tensor of this.#row ?? []) tensor.dispose();
  }
}

/** Writes the residual stream that a shard handed over, its pending product added, to `target`. */
export function addHandOver([stream, pending]: readonly OrtTensor[], target: Float32Array): void {
  if (!(stream?.data instanceof Float32Array)) throw new TypeError('Activations are floats.');
  target.set(stream.data);
  if (!(pending?.data instanceof Float32Array)) return;
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? NaN) + (pending.data[i] ?? NaN);
}

export interface HandOver {
  readonly input: OrtTensor;
  /** Stream and pending product that the shard of this index writes and the next one reads. */
  handOver(shard: number): readonly OrtTensor[];
  /** Of both the last token, `[1, 1, width]`. */
  lastRow(shard: number): readonly OrtTensor[];
}
