import type { AnswersResult } from '../../protocol/records.ts';
import { type AnswerStart, AnswerTrack } from './answerTrack.ts';

/** Answers of one conversation that are listed. */
const LISTED_ANSWERS = 32;

/** The latest answers of one conversation. */
export class AnswerTracks {
  readonly #tracks: AnswerTrack[] = [];
  #dropped = 0;

  start(start: AnswerStart): AnswerTrack {
    const track = new AnswerTrack(start);
    this.#tracks.push(track);
    if (this.#tracks.length > LISTED_ANSWERS) {
      this.#tracks.shift();
      this.#dropped++;
    }
    return track;
  }

  get latest(): AnswerTrack | undefined {
    return this.#tracks.at(-1);
  }

  /** @param firstAnswer number of the first answer that is wanted */
  result(firstAnswer = 0): AnswersResult {
    const skipped = Math.max(0, firstAnswer - this.#dropped);
    return {
      firstAnswer: this.#dropped + Math.min(skipped, this.#tracks.length),
      answers: this.#tracks.slice(skipped).map(({ record }) => record),
    };
  }
}
