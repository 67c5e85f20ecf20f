import type { RuntimeReport } from '../../../protocol/engine.ts';
import type { ExpertPlacementReport } from '../../../protocol/expertPlacement.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { VocabularyPasses } from '../../sampling/vocabularyPasses.ts';
import type { BackendModel, BackendSequence } from '../backend.ts';
import { ContinuingSequence } from './continuingSequence.ts';

export interface ContinuingOptions {
  /** Loads the same model where it cannot fail in this way: on the CPU. */
  readonly loadOther: () => Promise<BackendModel>;
  /** Called when the other one has taken over, with a sentence or two for people. */
  readonly onContinued: (message: string) => void;
}

/**
 * A model on a GPU, and on the CPU from the moment at which the GPU fails: the driver was reset, its memory is full, a kernel
 * does not compile, numbers are wrong. Sequences then compute their tokens again there, and whoever appends to one
 * notices nothing but the time it takes.
 */
export class ContinuingModel implements BackendModel {
  readonly #options: ContinuingOptions;
  #home: BackendModel;
  #isMoved = false;
  #moving: Promise<void> | undefined;

  constructor(model: BackendModel, options: ContinuingOptions) {
    this.#home = model;
    this.#options = options;
  }

  /** Where sequences are to compute now. */
  get home(): BackendModel {
    return this.#home;
  }

  get runtime(): RuntimeReport {
    return this.#home.runtime;
  }

  get vocabularyPasses(): VocabularyPasses | undefined {
    return this.#home.vocabularyPasses;
  }

  get expertPlacement(): ExpertPlacementReport | undefined {
    return this.#home.expertPlacement;
  }

  get chunkTokens(): number {
    return this.#home.chunkTokens;
  }

  createSequence(capacity: number): BackendSequence {
    return new ContinuingSequence(this, capacity);
  }

  /** Whether `error`, which came out of `home`, is one that the present home does not have, or another would not. */
  canLeaveFor(error: unknown, home: BackendModel): boolean {
    const isOfGpu = error instanceof GlassboxError && error.code.startsWith('runtime/gpu');
    return isOfGpu && (!this.#isMoved || home !== this.#home);
  }

  /**
   * Loads the model in its other home, once, for all sequences. Does nothing when it is there.
   * @throws GlassboxError as loading does; then the next `leave` tries again
   */
  async leave(error: GlassboxError): Promise<void> {
    if (this.#isMoved) return;
    this.#moving ??= this.#move(error).finally(() => (this.#moving = undefined));
    await this.#moving;
  }

  async dispose(): Promise<void> {
    await this.#moving?.catch(() => undefined);
    await this.#home.dispose();
  }

  async #move({ message }: GlassboxError): Promise<void> {
    const left = this.#home;
    this.#home = await this.#options.loadOther();
    this.#isMoved = true;
    this.#options.onContinued(`${message} The answer goes on on the CPU.`);
    // Sequences let go of theirs when they are used next; a model that failed has nothing to wait for.
    await left.dispose();
  }
}
