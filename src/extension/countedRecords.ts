import type { RecordsSource } from './diagnostics/recordsSource.ts';

/** What the diagnostics have asked of the engine, for tests: a view that nobody sees asks nothing. */
export class CountedRecords {
  #requests = 0;
  #watches = 0;

  /** Since the window opened. */
  get requests(): number {
    return this.#requests;
  }

  /** How many of them are told of changes now. */
  get watches(): number {
    return this.#watches;
  }

  /** `source`, counting. */
  of(source: RecordsSource): RecordsSource {
    const counted = <Params extends unknown[], Result>(ask: (...params: Params) => Promise<Result>) => {
      return (...params: Params): Promise<Result> => {
        this.#requests += 1;
        return ask(...params);
      };
    };
    return {
      answers: counted((params) => source.answers(params)),
      experts: counted((params) => source.experts(params)),
      expertTokens: counted((params) => source.expertTokens(params)),
      kv: counted((params) => source.kv(params)),
      memory: counted((params) => source.memory(params)),
      text: counted((params) => source.text(params)),
      watchRecords: async (conversationId, listener) => {
        const stop = await source.watchRecords(conversationId, listener);
        this.#watches += 1;
        return async () => {
          this.#watches -= 1;
          await stop();
        };
      },
    };
  }
}
