import { Command } from 'commander';
import { llamaVulkan } from '../../scripts/llamaVulkan.mjs';
import { reportPlan } from '../../src/engine/backends/gpu/reportPlan.ts';
import { openModel } from '../../src/models/openModel.ts';
import type { PlanReport } from '../../src/protocol/planReport.ts';
import { root } from '../checkout.ts';
import { childSession } from '../childSession.ts';
import { gpuDevice, type GpuDevice } from '../gpuDevice.ts';
import { GPU_SUBJECTS, gpuReport, type GpuMeasured, type GpuOutcome, type GpuSubject } from '../gpuReport.ts';
import { measuredOn } from '../measuredOn.ts';
import { withPart } from '../measuredPart.ts';
import { describeBenchModel, modelFile } from '../models.ts';
import { positive } from '../numberOptions.ts';
import { readCode } from '../promptText.ts';
import { tokensPerSecond, type SessionPlan, type SessionResult } from '../session.ts';
import { writeBenchmarks } from '../writeBenchmarks.ts';

const GPU_PART = {
  begin: '<!-- measured by npm run bench -- gpu: begin -->',
  end: '<!-- measured by npm run bench -- gpu: end -->',
};

interface GpuCommandOptions {
  readonly model: readonly string[];
  readonly rounds: number;
  readonly prefill: number;
  readonly decode: number;
  readonly threads: number;
  readonly device?: string;
  readonly limit: number;
  readonly write?: true;
}

/** `npm run bench -- gpu` */
export function gpuCommand(): Command {
  return new Command('gpu')
    .description('our kernels on the GPU that is here, beside the CPU and what others have for GPUs')
    .option('-m, --model <names...>', 'as for cpu', [
      'media/model/glassbox-nano.gguf',
      'smollm2-q4_1',
      'r1-1.5b-narrow-q4_0',
    ])
    .option(
      '--device <which>',
      'the number of a GPU, or a part of its name; default: the first, hardware before software',
    )
    .option('-l, --limit <seconds>', 'for one measurement; whoever takes longer is left out', positive, 300)
    .option('-r, --rounds <number>', 'of each measurement', positive, 3)
    .option('-p, --prefill <tokens>', 'of the prompt', positive, 128)
    .option('-d, --decode <tokens>', 'of the answer', positive, 32)
    .option('-t, --threads <number>', 'of the CPU', positive, 2)
    .option('-w, --write', 'put the result into docs/benchmarks.md')
    .action(gpu);
}

async function gpu(options: GpuCommandOptions): Promise<void> {
  const device = await gpuDevice(options.device);
  console.error(`on ${device.name}`);
  const code = await readCode(root);
  const plan = {
    contextTokens: 2048,
    threads: options.threads,
    promptTokens: options.prefill,
    decodeTokens: options.decode,
    // Twice, with the warm-up's: the rest is for loading, compiling and prompts.
    replyMs: (options.limit * 1000) / 8,
  };
  const measured: GpuMeasured[] = [];
  for (const name of options.model) {
    const modelPath = await modelFile(name);
    measured.push({
      model: await describeBenchModel(modelPath),
      plan: await tokenPlan(modelPath, plan),
      outcomes: await measure({ ...plan, modelPath }, options, device, code),
    });
  }
  const markdown = gpuReport({ ...measuredOn(), plan, rounds: options.rounds, device }, measured);
  console.log(markdown);
  if (options.write) await writeBenchmarks((page) => withPart(page, GPU_PART, markdown));
}

/** Who fails once is not tried again: it would fail again. */
async function measure(
  plan: SessionPlan,
  { rounds, limit }: Pick<GpuCommandOptions, 'rounds' | 'limit'>,
  device: GpuDevice,
  code: string,
): Promise<Record<GpuSubject, GpuOutcome>> {
  const results = new Map<GpuSubject, SessionResult[]>();
  const reasons = new Map<GpuSubject, string>();
  // Its child finds it fetched.
  await llamaVulkan().catch((error: unknown) =>
    reasons.set('llama.cpp, Vulkan', error instanceof Error ? error.message : String(error)),
  );
  for (let round = 0; round < rounds; round++) {
    for (const subject of GPU_SUBJECTS) {
      if (reasons.has(subject)) continue;
      try {
        const result = await childSession(subject, plan, code, {
          device: device.name,
          env: device.env,
          limitMs: limit * 1000,
        });
        results.set(subject, [...(results.get(subject) ?? []), result]);
        console.error(`${subject}: ${tokensPerSecond.decode(result).toFixed(1)} tokens/s`);
      } catch (error) {
        reasons.set(subject, error instanceof Error ? error.message : String(error));
        console.error(`${subject}: ${reasons.get(subject)}`);
      }
    }
  }
  const outcome = (subject: GpuSubject): GpuOutcome => {
    const reason = reasons.get(subject);
    return reason === undefined ? { rounds: results.get(subject) ?? [] } : { reason };
  };
  return {
    gpu: outcome('gpu'),
    backend: outcome('backend'),
    'onnx-webgpu': outcome('onnx-webgpu'),
    'llama.cpp, Vulkan': outcome('llama.cpp, Vulkan'),
  };
}

async function tokenPlan(
  modelPath: string,
  { contextTokens, promptTokens }: Omit<SessionPlan, 'modelPath'>,
): Promise<PlanReport> {
  const file = await openModel(modelPath);
  try {
    return reportPlan(file.spec, file.weights, {
      capacity: contextTokens,
      position: promptTokens,
      tokens: 1,
    });
  } finally {
    await file.close();
  }
}
