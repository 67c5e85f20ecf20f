import type { EngineHostState } from '../../engineClient/engineHost.ts';
import { describeExit } from '../../engineClient/engineExit.ts';
import { describeModel, describeRuntime, formatBytes, runtimeReasons } from '../models/modelDescription.ts';

/** A line for the output channel; undefined for what is not worth one. */
export function describeEngineState(state: EngineHostState): string | undefined {
  switch (state.kind) {
    case 'starting':
      return 'Starting the engine.';
    case 'running':
      return 'The engine runs, without a model.';
    case 'loading':
      return undefined;
    case 'ready': {
      const { model } = state;
      const memory = `about ${formatBytes(model.memory.totalBytes)} of memory (estimated)`;
      const seconds = (model.loadMs / 1000).toFixed(1);
      return (
        `Loaded ${model.path} in ${seconds} s: ${model.architecture}, ${describeModel(model)}, ` +
        `${model.contextCapacity} tokens of context, ${memory}. ` +
        `${describeRuntime(model.runtime)}: ${runtimeReasons(model.runtime)} ` +
        `Chosen: ${model.backend.used} on ${model.backend.device}. ${model.backend.reason}`
      );
    }
    case 'stopped':
      return state.exit === undefined ? undefined : describeExit(state.exit);
    default:
      return state satisfies never;
  }
}
