import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { KeptByWidth } from './keptByWidth.ts';

/** Logits of some tokens, `[1, tokens, vocabulary]`. */
export type LogitsTensor = OrtTensor & { readonly data: Float32Array<ArrayBuffer> };

/** Where a sequence's logits go. It grows with the number of tokens that are asked for. */
export class LogitsBuffer {
  readonly #runtime: OrtRuntime;
  readonly #vocabularySize: number;
  #floats: Float32Array<ArrayBuffer>;
  /** Of the first tokens. */
  readonly #kept = new KeptByWidth<LogitsTensor>((tensor) => {
    tensor.dispose();
  });
  /** Of others than the first. */
  #further: LogitsTensor | undefined;

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

  /** That of `tokens` from `first` on, which `rows` has made room for; until the next call. */
  tensor(first: number, tokens: number): LogitsTensor {
    if (first === 0) return this.#kept.get(tokens, () => this.#make(0, tokens));
    this.#further?.dispose();
    return (this.#further = this.#make(first, tokens));
  }

  /** Not while a run writes to it. */
  dispose(): void {
    this.#kept.dispose();
    this.#further?.dispose();
    this.#further = undefined;
  }

  #make(first: number, tokens: number): LogitsTensor {
    const [start, end] = [first, first + tokens].map((row) => row * this.#vocabularySize);
    return this.#runtime.tensor(this.#floats.subarray(start, end), [1, tokens, this.#vocabularySize]);
  }
}
