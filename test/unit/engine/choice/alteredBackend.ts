import type { Backend, BackendModel, BackendSequence } from '../../../../src/engine/backends/backend.ts';

export interface Alterations {
  /** Called before each append; may wait, throw, or move a clock. */
  readonly before?: (tokens: number) => Promise<void> | void;
  /** What becomes of logits. */
  readonly logits?: (logits: Float32Array) => Float32Array;
  readonly onLoad?: () => Promise<void> | void;
  readonly onDispose?: () => void;
}

/** A real backend that is slower, wrong or broken in one way. */
export function alteredBackend(real: Backend, altered: Alterations): Backend {
  return {
    estimate: (...parameters) => real.estimate(...parameters),
    load: async (...parameters) => {
      await altered.onLoad?.();
      return alteredModel(await real.load(...parameters), altered);
    },
  };
}

function alteredModel(real: BackendModel, altered: Alterations): BackendModel {
  return {
    runtime: real.runtime,
    chunkTokens: real.chunkTokens,
    createSequence: (capacity) => alteredSequence(real.createSequence(capacity), altered),
    dispose: async () => {
      altered.onDispose?.();
      await real.dispose();
    },
  };
}

function alteredSequence(real: BackendSequence, { before, logits }: Alterations): BackendSequence {
  return {
    capacity: real.capacity,
    get length() {
      return real.length;
    },
    kvBytes: real.kvBytes,
    kvLayers: real.kvLayers,
    append: async (tokens, options) => {
      await before?.(tokens.length);
      const found = await real.append(tokens, options);
      return logits?.(found) ?? found;
    },
    rewind: (length) => real.rewind(length),
    dispose: () => real.dispose(),
  };
}
