import type { Backend } from '../../src/engine/backends/backend.ts';
import type { ModelLoader } from '../../src/engine/backends/choice/chosenBackend.ts';

/** A loader without a choice: `backend`, and `reference` where that fails. */
export function settledBackend(backend: Backend, reference: Backend): ModelLoader {
  return {
    reference,
    load: async ({ spec, weights }, options) => ({
      model: await backend.load(spec, weights, options),
      backend,
      report: { used: 'gpu', device: 'a GPU', reason: 'A test says so.', candidates: [], adapters: [] },
    }),
  };
}
