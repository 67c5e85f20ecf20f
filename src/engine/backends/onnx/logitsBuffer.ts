import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { KeptByWidth } from './keptByWidth.ts';

/** Logits of some tokens, `[1, tokens, vocabulary]`. */
export type LogitsTensor = OrtTensor & { readonly data: Float32Array<ArrayBuffer> };

/** More than are computed at once: a piece of a prompt is the longest. */
const MOST_TOKENS = 1024;

/** Where a sequence's logits go. It grows with the number of tokens that are asked for. */
export class LogitsBuffer {
  readonly #runtime: OrtRuntime;
  readonly #vocabularySize: number;
  #floats: Float32Array<ArrayBuffer>;
  /** Of the first tokens. */
  readonly #kept = new KeptByWidth<LogitsTensor>((tensor) => {
    tensor.dispose();
  });
  /** Of others, by where they begin. */
  readonly #further = new KeptByWidth<LogitsTensor>((tensor) => {
    tensor.dispose();
  });

  constructor(runtime: OrtRuntime, vocabularySize: number) {
    this.#runtime = runtime;
    this.#vocabularySize = vocabularySize;
    this.#floats = new Float32Array(vocabularySize);
  }

  /** `[tokens, vocabulary]` of the first `tokens`. What was given before may be of other memory. */
  rows(tokens: number): Float32Array<ArrayBuffer> {
    const length = tokens * this.#vocabularySize;
    if (this.#floats.length < length) {
      this.dispose();
      this.#floats = new Float32Array(length);
    }
    return this.#floats.subarray(0, length);
  }

  /**
   * That of `tokens` from `first` on, which `rows` has made room for. One from 0 on and one from elsewhere stay, until the next call for
   * one that begins as they do.
   */
  tensor(first: number, tokens: number): LogitsTensor {
    if (first === 0) return this.#kept.get(tokens, () => this.#make(0, tokens));
    return this.#further.get(first * MOST_TOKENS + tokens, () => this.#make(first, tokens));
  }

  /** Not while a run writes to it. */
  dispose(): void {
    this.#kept.dispose();
    this.#further.dispose();
  }

  #make(first: number, tokens: number): LogitsTensor {
    const [start, end] = [first, first + tokens].map((row) => row * this.#vocabularySize);
    return this.#runtime.tensor(this.#floats.subarray(start, end), [1, tokens, this.#vocabularySize]);
  }
}
