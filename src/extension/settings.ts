import * as vscode from 'vscode';
import * as v from 'valibot';
import { BackendWish, KvCacheType } from '../protocol/backends.ts';
import { KernelChoice, LoadParams } from '../protocol/engine.ts';
import { ReasoningMode, SamplingOptions } from '../protocol/generation.ts';
import type { AnswerSettings } from './chat/answerSettings.ts';
import { chosenModel } from './models/chosenModel.ts';
import type { ModelSettings } from './models/modelSession.ts';

/** Settings are edited by hand: what is out of range counts as not set, and the editor underlines it. */
function valid<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T | undefined {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const samplingFields = ['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'seed'] as const;

/** @param embedded where the model is that Glassbox carries; undefined when it is missing */
export function modelSettings(embedded: string | undefined): ModelSettings {
  const settings = vscode.workspace.getConfiguration('glassbox');
  const contextTokens = valid(
    v.pipe(positive, v.minValue(64), v.maxValue(1 << 20)),
    settings.get('context.tokens'),
  );
  const threads = valid(v.pipe(positive, v.maxValue(256)), settings.get('engine.threads'));
  const kernels = valid(KernelChoice, settings.get('engine.kernels'));
  const backend = valid(BackendWish, settings.get('engine.backend'));
  const device = valid(LoadParams.entries.device, settings.get('engine.device') || undefined);
  const kvCacheType = valid(KvCacheType, settings.get('engine.kvCacheType'));
  const gpuMemoryMiB = valid(LoadParams.entries.gpuMemoryMiB, settings.get('engine.gpuMemory') || undefined);
  return {
    ...chosenModel(expandHome(valid(v.string(), settings.get('model.path'))?.trim() ?? ''), embedded),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(threads === undefined ? {} : { threads }),
    ...(kernels === undefined ? {} : { kernels }),
    ...(backend === undefined ? {} : { backend }),
    ...(device === undefined ? {} : { device }),
    ...(kvCacheType === undefined ? {} : { kvCacheType }),
    ...(gpuMemoryMiB === undefined ? {} : { gpuMemoryMiB }),
  };
}

export function answerSettings(): AnswerSettings {
  const settings = vscode.workspace.getConfiguration('glassbox');
  const sampling: SamplingOptions = {};
  for (const field of samplingFields) {
    const value = valid(v.number(), settings.get(`sampling.${field}`));
    const parsed = valid(SamplingOptions, { [field]: value });
    if (value !== undefined && parsed !== undefined) Object.assign(sampling, parsed);
  }
  return {
    mode: valid(ReasoningMode, settings.get('reasoning.mode')) ?? 'auto',
    budgetTokens:
      valid(v.pipe(v.number(), v.integer(), v.minValue(0)), settings.get('reasoning.budgetTokens')) ?? 0,
    sampling,
    keepTraces: valid(v.boolean(), settings.get('traces.keep')) ?? true,
  };
}

/** Empty when none is set. */
export function configuredNodePath(): string {
  const settings = vscode.workspace.getConfiguration('glassbox');
  return expandHome(valid(v.string(), settings.get('engine.nodePath'))?.trim() ?? '');
}

/** Writes a setting where it is set already (a workspace's own value would win over the user's), else for the user. */
export async function updateSetting(name: string, value: unknown): Promise<void> {
  const settings = vscode.workspace.getConfiguration('glassbox');
  const set = settings.inspect(name);
  const target =
    set?.workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : set?.workspaceValue !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await settings.update(name, value, target);
}

function expandHome(path: string): string {
  const home = process.env['HOME'] ?? process.env['USERPROFILE'];
  return home !== undefined && /^~(?=[/\\])/u.test(path) ? home + path.slice(1) : path;
}
