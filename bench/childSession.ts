import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { createOnnxBackend } from '../src/engine/backends/onnx/onnxBackend.ts';
import { backendSession } from './backendSession.ts';
import { gpuSession } from './gpuSession.ts';
import { llamaCppSession } from './llamaCppSession.ts';
import type { SessionPlan, SessionResult } from './session.ts';

/** What is measured in a child process of this program. Glassbox's engine is a process anyway. */
export type ChildSubject = v.InferOutput<typeof ChildSubject>;
const ChildSubject = v.picklist(['llama.cpp', 'llama.cpp, Vulkan', 'backend', 'gpu', 'onnx-webgpu']);

const count = v.pipe(v.number(), v.integer());
const ChildTask = v.object({
  subject: ChildSubject,
  code: v.string(),
  plan: v.object({
    modelPath: v.string(),
    contextTokens: count,
    threads: count,
    promptTokens: count,
    decodeTokens: count,
  }),
});

const ChildReport = v.object({
  loadMs: v.number(),
  prefillTokens: count,
  prefillMs: v.number(),
  decodeTokens: count,
  decodeMs: v.number(),
  peakBytes: v.exactOptional(v.number()),
  adapter: v.exactOptional(v.string()),
  submitMs: v.exactOptional(v.number()),
});

/** Runs a session in a process of its own, so that its memory and threads are its own. */
export function childSession(subject: ChildSubject, plan: SessionPlan, code: string): Promise<SessionResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [CHILD_COMMAND], { execArgv: [] });
    let result: SessionResult | undefined;
    child.once('error', reject);
    child.once('message', (message) => {
      result = v.parse(ChildReport, message);
    });
    child.once('exit', (code, signal) => {
      if (result) resolve(result);
      else
        reject(new Error(`measuring ${subject} ended without a result (${signal ?? `exit code ${code}`})`));
    });
    child.send({ subject, plan, code });
  });
}

/** The argument with which this program starts itself. */
export const CHILD_COMMAND = 'session';

/** The child's side. */
export async function runChildSession(): Promise<void> {
  const message = await new Promise((resolve) => process.once('message', resolve));
  const { subject, plan, code } = v.parse(ChildTask, message);
  const result = await session(subject, plan, code);
  process.send?.(result, () => process.exit(0));
}

function session(subject: ChildSubject, plan: SessionPlan, code: string): Promise<SessionResult> {
  switch (subject) {
    case 'llama.cpp':
      return llamaCppSession(plan, code);
    case 'llama.cpp, Vulkan':
      return llamaCppSession(plan, code, 'vulkan');
    case 'backend':
      return backendSession(createOnnxBackend(), plan, code);
    case 'gpu':
      return gpuSession(plan, code);
    case 'onnx-webgpu':
      return backendSession(createOnnxBackend({ provider: 'webgpu' }), plan, code);
  }
}
