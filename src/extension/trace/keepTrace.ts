import { GlassboxError } from '../../protocol/errors.ts';
import { writeTraceSteps } from '../../reasoning/trace/writeTraceSteps.ts';
import { inTurns } from '../inTurns.ts';
import { describeRuntime, runtimeReasons } from '../models/modelDescription.ts';
import type { ModelSession } from '../models/modelSession.ts';
import { assembleTrace, type TracedAnswer } from './assembleTrace.ts';
import type { TraceStore } from './traceStore.ts';

/** An answer to keep; what the model is and what ran it is asked of the model. */
export interface KeptAnswer extends Omit<TracedAnswer, 'modelName' | 'model' | 'backend'> {
  /** Names the trace in its conversation. */
  readonly answerId: string;
  /** As lists call the trace. */
  readonly title: string;
}

/**
 * Saves the trace of an answer. One that cannot be saved is logged: it is no reason to lose the answer.
 * @returns whether it was saved
 */
export async function keepTrace(
  { answerId, title, ...answered }: KeptAnswer,
  {
    model,
    traces,
    log,
  }: { readonly model: ModelSession; readonly traces: TraceStore; readonly log: (message: string) => void },
): Promise<boolean> {
  const { loaded, view } = model;
  if (loaded === undefined) return false;
  try {
    const job = assembleTrace({
      ...answered,
      modelName: 'name' in view ? view.name : loaded.name,
      model: loaded,
      backend: `${describeRuntime(loaded.runtime)}: ${runtimeReasons(loaded.runtime)}`,
    });
    const bytes = await inTurns(writeTraceSteps(await inTurns(job)));
    await traces.save(answered.conversationId, answerId, { title, bytes });
    return true;
  } catch (thrown) {
    log(GlassboxError.from(thrown).message);
    return false;
  }
}
