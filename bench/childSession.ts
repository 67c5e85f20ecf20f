import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { createOnnxBackend } from '../src/engine/backends/onnx/onnxBackend.ts';
import { backendSession } from './backendSession.ts';
import { gpuSession } from './gpuSession.ts';
import { llamaCppSession } from './llamaCppSession.ts';
import { type SessionPlan, type SessionResult, SessionStage } from './session.ts';

/** What is measured in a child process of this program. Glassbox's engine is a process anyway. */
export type ChildSubject = v.InferOutput<typeof ChildSubject>;
const ChildSubject = v.picklist(['llama.cpp', 'llama.cpp, Vulkan', 'backend', 'gpu', 'onnx-webgpu']);

export interface ChildOptions {
  /** A part of the name of the GPU, for those that can be told. */
  readonly device?: string | undefined;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A child that has not finished after so long is ended. Absent: it may take as long as it likes. */
  readonly limitMs?: number | undefined;
}

const count = v.pipe(v.number(), v.integer());
const ChildTask = v.object({
  subject: ChildSubject,
  device: v.exactOptional(v.string()),
  code: v.string(),
  plan: v.object({
    modelPath: v.string(),
    contextTokens: count,
    threads: count,
    promptTokens: count,
    decodeTokens: count,
    replyMs: v.exactOptional(v.number()),
  }),
});

const ChildFailure = v.object({ failure: v.string() });
const ChildStage = v.object({ stage: SessionStage });
const ChildReport = v.object({
  loadMs: v.number(),
  prefillTokens: count,
  prefillMs: v.number(),
  decodeTokens: count,
  decodeMs: v.number(),
  peakBytes: v.exactOptional(v.number()),
  adapter: v.exactOptional(v.string()),
  submitMs: v.exactOptional(v.number()),
  leastSubmitMs: v.exactOptional(v.number()),
});

/**
 * Runs a session in a process of its own, so that its memory and threads are its own.
 * @throws Error with what it says, or how it ended
 */
export function childSession(
  subject: ChildSubject,
  plan: SessionPlan,
  code: string,
  { device, env, limitMs }: ChildOptions = {},
): Promise<SessionResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [CHILD_COMMAND], {
      execArgv: [],
      env: { ...process.env, ...env },
    });
    let result: SessionResult | undefined;
    let failure: string | undefined;
    let stage = 'starting';
    const deadline =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            failure = `it was still ${stage} after ${String(limitMs / 1000)} s`;
            child.kill('SIGKILL');
          }, limitMs);
    child.once('error', reject);
    child.on('message', (message) => {
      if (v.is(ChildStage, message)) ({ stage } = message);
      else if (v.is(ChildFailure, message)) failure = message.failure;
      else result = v.parse(ChildReport, message);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(deadline);
      if (result) resolve(result);
      else reject(new Error(failure ?? `it ended without a result (${signal ?? `exit code ${code}`})`));
    });
    child.send({ subject, plan, code, ...(device === undefined ? {} : { device }) });
  });
}

/** The argument with which this program starts itself. */
export const CHILD_COMMAND = 'session';

/** The child's side. */
export async function runChildSession(): Promise<void> {
  const message = await new Promise((resolve) => process.once('message', resolve));
  const { subject, plan, code, device } = v.parse(ChildTask, message);
  try {
    const result = await session(subject, plan, code, device);
    process.send?.(result, () => process.exit(0));
  } catch (error) {
    // All of it for whoever looks, the sentence for the table.
    console.error(error);
    const failure = error instanceof Error ? error.message : String(error);
    process.send?.({ failure }, () => process.exit(1));
  }
}

function session(
  subject: ChildSubject,
  plan: SessionPlan,
  code: string,
  device: string | undefined,
): Promise<SessionResult> {
  const onStage = (stage: SessionStage): void => void process.send?.({ stage });
  switch (subject) {
    case 'llama.cpp':
      return llamaCppSession(plan, code, false, onStage);
    case 'llama.cpp, Vulkan':
      return llamaCppSession(plan, code, 'vulkan', onStage);
    case 'backend':
      return backendSession(createOnnxBackend(), plan, code, { onStage });
    case 'gpu':
      return gpuSession(plan, code, device, onStage);
    case 'onnx-webgpu':
      return backendSession(createOnnxBackend({ provider: 'webgpu' }), plan, code, { onStage });
  }
}
