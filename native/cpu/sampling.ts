/** Which tokens may come next, and which of them does: `gb_filters`. */
export interface TokenFilters {
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** 0: the best token, whatever the others say. */
  readonly temperature: number;
  /** From 0 to 1, 1 excluded. */
  readonly fraction: number;
}

/** What there was to choose from: `gb_detail`. */
export interface VocabularyDetail {
  readonly mass: number;
  readonly distance: number;
  /** At most five tokens, best first. */
  readonly best: readonly number[];
}

/** The functions of glassbox_sampling.h for vocabularies of one size. Other logits are refused with a RangeError. */
export interface VocabularyFunctions {
  /** The next token; undefined where a logit is NaN or infinite. */
  choose(logits: Float32Array, filters: TokenFilters): number | undefined;
  /** Undefined where a logit is NaN or infinite. */
  describe(logits: Float32Array): VocabularyDetail | undefined;
}

type Library = ReturnType<(typeof import('koffi'))['load']>;

/** `gb_filters`, and `gb_detail` with its `best`, in doubles. */
const [FILTERS, DETAIL] = [5, 7];

/** @returns what makes them for a vocabulary of so many tokens */
export function bindSampling(library: Library): (vocabularySize: number) => VocabularyFunctions {
  const [address, long] = ['void *', 'int64_t'];
  const bytes: (count: number) => number = library.func('gb_sampling_bytes', long, [long]);
  const choose: (...parameters: readonly unknown[]) => number = library.func('gb_choose_token', long, [
    ...[address, long, address, address],
  ]);
  const describe: (...parameters: readonly unknown[]) => number = library.func('gb_describe_choice', long, [
    ...[address, long, address, address],
  ]);
  return (vocabularySize) => {
    // In buffers of their own: V8 moves the memory of small typed arrays.
    const memory = new Uint8Array(new ArrayBuffer(bytes(vocabularySize)));
    const filters = new Float64Array(new ArrayBuffer(8 * FILTERS));
    const detail = new Float64Array(new ArrayBuffer(8 * DETAIL));
    const check = ({ length }: Float32Array): void => {
      if (length !== vocabularySize)
        throw new RangeError(`${length} logits were given for a vocabulary of ${vocabularySize}.`);
    };
    return {
      choose(logits, { topK, topP, minP, temperature, fraction }) {
        check(logits);
        filters[0] = topK;
        filters[1] = topP;
        filters[2] = minP;
        filters[3] = temperature;
        filters[4] = fraction;
        const token = choose(logits, vocabularySize, filters, memory);
        return token < 0 ? undefined : token;
      },

      describe(logits) {
        check(logits);
        const count = describe(logits, vocabularySize, detail, memory);
        if (count < 0) return undefined;
        const [mass = NaN, distance = NaN, ...best] = detail;
        return { mass, distance, best: best.slice(0, count) };
      },
    };
  };
}
