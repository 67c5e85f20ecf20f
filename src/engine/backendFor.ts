import { cpus } from 'node:os';
import process from 'node:process';
import { version } from '../../package.json';
import type { ComputeDevice } from '../../native/webgpu/computeDevice.ts';
import { ORT_VERSION } from '../../native/onnxruntime/version.ts';
import type { KvCacheType } from '../protocol/backends.ts';
import { machineMs } from '../protocol/machineMs.ts';
import type { Candidates } from './backends/choice/candidate.ts';
import { ChosenBackend } from './backends/choice/chosenBackend.ts';
import { listCandidates } from './backends/choice/listCandidates.ts';
import { TrialMemory } from './backends/choice/trialMemory.ts';
import { SizeMemory } from './backends/gpu/sizeMemory.ts';
import { createOnnxBackend } from './backends/onnx/onnxBackend.ts';
import type { BackendParams } from './engine.ts';
import { OnceFor } from './onceFor.ts';

/** What is remembered in each folder; loads of one process share it. */
const memories = new Map<string, TrialMemory>();

/** To be called before this process ends because nobody needs it any more. */
export function abandonTrials(): void {
  for (const memory of memories.values()) memory.abandonTrial();
}

/** GPUs that models of this process run on. */
const devices = new Set<ComputeDevice>();

function watch(device: ComputeDevice): void {
  devices.add(device);
  void device.lost.then(() => devices.delete(device));
}

/** Takes every GPU away, as the reset of a driver does. */
export function loseDevices(): void {
  for (const device of devices) device.destroy();
}

/** What there is on this machine, by what our own kernels are asked for. */
const listings = new OnceFor<Candidates>();

interface OwnKernels {
  /** Where sizes are remembered. */
  readonly folder: string | undefined;
  readonly cache: KvCacheType;
  /** Of a GPU, at most; 0: all. */
  readonly memoryBytes: number;
}

/**
 * Drivers are loaded, and print what they have to say, once a process. Whoever measures again looks again: a GPU may have come or
 * gone.
 */
function candidatesOnce(asked: OwnKernels, again: boolean): Promise<Candidates> {
  const { folder, cache, memoryBytes } = asked;
  const list = (): Promise<Candidates> =>
    listCandidates({
      onDevice: watch,
      ...(folder === undefined ? {} : { sizes: new SizeMemory(folder, { forget: again }) }),
      ...(cache === 'auto' ? {} : { cache }),
      ...(memoryBytes === 0 ? {} : { memoryBytes }),
    });
  return listings.get(JSON.stringify([folder, cache, memoryBytes]), list, again);
}

/** What chooses the backend for a load, on this machine. */
export function backendFor({
  binding = 'auto',
  kernels = 'auto',
  backend = 'auto',
  device,
  kvCacheType = 'auto',
  gpuMemoryMiB = 0,
  backendFolder,
  measureAgain = false,
}: BackendParams): ChosenBackend {
  return new ChosenBackend({
    wish: { backend, ...(device === undefined ? {} : { device }) },
    reference: createOnnxBackend({ binding, kernels }),
    candidates: () =>
      candidatesOnce(
        { folder: backendFolder, cache: kvCacheType, memoryBytes: gpuMemoryMiB * 2 ** 20 },
        measureAgain,
      ),
    ...(backendFolder === undefined ? {} : { memory: memoryIn(backendFolder) }),
    measureAgain,
    kvCacheType,
    circumstances: {
      glassbox: version,
      onnxruntime: ORT_VERSION,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      binding,
      kernels,
      kvCacheType,
      ...(gpuMemoryMiB === 0 ? {} : { gpuMemory: `${String(gpuMemoryMiB)} MiB` }),
    },
    now: machineMs,
    unixNow: Date.now,
  });
}

function memoryIn(folder: string): TrialMemory {
  const memory = memories.get(folder) ?? new TrialMemory({ folder, processId: process.pid, isAlive });
  memories.set(folder, memory);
  return memory;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
