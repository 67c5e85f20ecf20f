import {
  getLlama,
  LlamaLogLevel,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';

/** Its threads wait for each other by spinning: with less than a core for each, two are slower than one. */
const THREADS = 1;
/** Logits are asked for in pieces: those of a position are a map of the whole vocabulary until they are copied. */
const PIECE = 32;

export interface LlamaCppOptions {
  readonly contextTokens: number;
  /**
   * Attention in floats throughout. As llama.cpp is by default, its KV cache holds F16, and its fused attention kernel
   * rounds to F16 even where the cache holds F32.
   */
  readonly floatAttention?: boolean;
}

/** A model in llama.cpp on the CPU, through node-llama-cpp: what Glassbox is compared with. */
export class LlamaCpp {
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #sequence: LlamaContextSequence;

  private constructor(model: LlamaModel, context: LlamaContext) {
    this.#model = model;
    this.#context = context;
    this.#sequence = context.getSequence();
  }

  static async open(
    modelPath: string,
    { contextTokens, floatAttention = false }: LlamaCppOptions,
  ): Promise<LlamaCpp> {
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      maxThreads: THREADS,
      logLevel: LlamaLogLevel.error,
    });
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({
      contextSize: contextTokens,
      threads: THREADS,
      ...(floatAttention && {
        flashAttention: false,
        experimentalKvCacheKeyType: 'F32',
        experimentalKvCacheValueType: 'F32',
      }),
    });
    return new LlamaCpp(model, context);
  }

  /** Special tokens in the text are text. */
  tokenize(text: string): number[] {
    return this.#model.tokenize(text);
  }

  /**
   * Feeds `tokens` to an empty context, and calls back for each position with the logits of the next token.
   * @param onPosition receives `[vocabulary]`, in the order of ids
   */
  async logits(
    tokens: readonly number[],
    onPosition: (position: number, logits: Float32Array) => void,
  ): Promise<void> {
    await this.#sequence.clearHistory();
    for (let start = 0; start < tokens.length; start += PIECE) {
      // Ids are plain numbers; the package's type only marks them as ids.
      const piece = tokens.slice(start, start + PIECE) as Token[];
      const outputs = await this.#sequence.controlledEvaluate(
        // At temperature 0 no sampler touches the logits.
        piece.map((token) => [token, { generateNext: { logits: true, options: { temperature: 0 } } }]),
      );
      outputs.forEach((output, index) => {
        const byToken = output?.next.logits;
        if (!byToken) throw new Error(`llama.cpp gave no logits at position ${start + index}`);
        const logits = new Float32Array(byToken.size);
        for (const [token, logit] of byToken) logits[token] = logit;
        onPosition(start + index, logits);
      });
    }
  }

  async dispose(): Promise<void> {
    await this.#context.dispose();
    await this.#model.dispose();
  }
}
