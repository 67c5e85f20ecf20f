import type { DiagnosedModel } from '../../protocol/diagnostics.ts';
import type { LoadedModel } from '../../protocol/engine.ts';

/** What pages and exported files may know of the model: not where it lies on this machine. */
export function diagnosedModel({ path: _path, ...model }: LoadedModel): DiagnosedModel {
  return model;
}
