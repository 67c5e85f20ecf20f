import { dequantizeInto } from '../../../models/quantization/dequantize.ts';
import type { QuantizationType, WeightSource } from '../../../models/weights.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { matrixShape, requireTensor } from './requireTensor.ts';

/** Bytes of rows that were looked up lately: a reply says the tokens of its question again, and guesses say them twice. */
const KEPT_BYTES = 1 << 20;

/**
 * Token embeddings in the file's own encoding: rows are dequantized when they are looked up, so the table takes no more
 * memory than in the file, and an output matrix that shares its weights can lie in the graph on its own terms.
 */
export class EmbeddingTable {
  readonly #type: QuantizationType;
  readonly #rows: number;
  readonly #width: number;
  readonly #rowBytes: number;
  readonly #bytes: Uint8Array;
  readonly #kept = new Map<number, Float32Array>();

  private constructor(type: QuantizationType, rows: number, width: number, bytes: Uint8Array) {
    this.#type = type;
    this.#rows = rows;
    this.#width = width;
    this.#rowBytes = bytes.length / rows;
    this.#bytes = bytes;
  }

  static async load(weights: WeightSource): Promise<EmbeddingTable> {
    const tensor = requireTensor(weights, 'embedding');
    const [rows, width] = matrixShape(tensor);
    return new EmbeddingTable(tensor.type, rows, width, await weights.read('embedding'));
  }

  /**
   * Writes the embeddings of `tokens` to `target`, `[tokens.length, width]`.
   * @throws GlassboxError `request/invalid` for a token outside the vocabulary
   */
  lookUp(tokens: readonly number[], target: Float32Array): void {
    tokens.forEach((token, index) => {
      if (!Number.isInteger(token) || token < 0 || token >= this.#rows) {
        throw new GlassboxError(
          'request/invalid',
          `Token ${token} is not in the vocabulary of ${this.#rows}.`,
        );
      }
      target.set(this.#kept.get(token) ?? this.#read(token), index * this.#width);
    });
  }

  #read(token: number): Float32Array {
    const values = new Float32Array(this.#width);
    const row = this.#bytes.subarray(token * this.#rowBytes, (token + 1) * this.#rowBytes);
    dequantizeInto(this.#type, row, values);
    if (this.#kept.size * values.byteLength >= KEPT_BYTES) this.#kept.clear();
    this.#kept.set(token, values);
    return values;
  }
}
