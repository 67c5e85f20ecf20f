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
  readonly #sequences = new Set<ContinuingSequence>();
  #home: BackendModel;
  #state: 'first' | 'released' | 'moved' = 'first';
  /** Why the first home was left. */
  #failure: GlassboxError | undefined;
  #moving: Promise<void> | undefined;

  constructor(model: BackendModel, options: ContinuingOptions) {
    this.#home = model;
    this.#options = options;
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

  sequencesThatFit(capacity: number): number {
    return this.#home.sequencesThatFit?.(capacity) ?? Infinity;
  }

  createSequence(capacity: number): BackendSequence {
    const sequence = new ContinuingSequence(this, capacity, () => this.#sequences.delete(sequence));
    this.#sequences.add(sequence);
    return sequence;
  }

  /** Where sequences are to compute, when it is settled where. @throws GlassboxError why there is no such place at present */
  async settledHome(): Promise<BackendModel> {
    await this.#moving?.catch(() => undefined);
    if (this.#state === 'released' && this.#failure) throw this.#failure;
    return this.#home;
  }

  /** The same, for whoever cannot wait; undefined while there is none. */
  get presentHome(): BackendModel | undefined {
    return this.#state === 'released' ? undefined : this.#home;
  }

  /**
   * Whether what threw `error` is to be tried again in another home: a GPU failed, or the home was left meanwhile.
   * @param home where it was tried; undefined: nowhere
   */
  canLeaveFor(error: unknown, home: BackendModel | undefined): boolean {
    if (!(error instanceof GlassboxError) || error.code === 'request/cancelled') return false;
    switch (this.#state) {
      case 'first':
        return error.code.startsWith('runtime/gpu');
      case 'released':
        return true;
      case 'moved':
        return home !== this.#home;
    }
  }

  /**
   * Loads the model in its other home, once, for all sequences. Does nothing when it is there.
   * @throws GlassboxError as loading does; then the next `leave` tries again
   */
  async leave(error: GlassboxError): Promise<void> {
    if (this.#state === 'moved') return;
    this.#moving ??= this.#move(error).finally(() => (this.#moving = undefined));
    await this.#moving;
  }

  async dispose(): Promise<void> {
    await this.#moving?.catch(() => undefined);
    await this.#home.dispose();
  }

  /** What failed goes before the other comes: weights are not in memory twice. */
  async #move(error: GlassboxError): Promise<void> {
    const { message } = (this.#failure ??= error);
    this.#state = 'released';
    await Promise.all([...this.#sequences].map((sequence) => sequence.letGo()));
    await this.#home.dispose();
    this.#home = await this.#options.loadOther();
    this.#state = 'moved';
    this.#options.onContinued(`${message} The answer goes on on the CPU.`);
  }
}
