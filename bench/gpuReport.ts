import type { PlanReport } from '../src/protocol/planReport.ts';
import type { GpuDevice } from './gpuDevice.ts';
import type { MeasuredOn } from './measuredOn.ts';
import type { BenchModel } from './models.ts';
import type { SessionPlan, SessionResult } from './session.ts';
import { tokensPerSecond } from './session.ts';
import { median, medianRatio } from './statistics.ts';

/** Who is measured beside our kernels; `backend` is our CPU backend, to which ratios are. */
export const GPU_SUBJECTS = ['gpu', 'backend', 'onnx-webgpu', 'llama.cpp, Vulkan'] as const;
export type GpuSubject = (typeof GPU_SUBJECTS)[number];

/** What became of a subject: its rounds, or why there are none. */
export type GpuOutcome = { readonly rounds: readonly SessionResult[] } | { readonly reason: string };

export interface GpuMeasured {
  readonly model: BenchModel;
  /** Of a token decoded behind the prompt. */
  readonly plan: PlanReport;
  readonly outcomes: Readonly<Record<GpuSubject, GpuOutcome>>;
}

export interface GpuEnvironment extends MeasuredOn {
  readonly plan: Omit<SessionPlan, 'modelPath'>;
  readonly rounds: number;
  readonly device: Pick<GpuDevice, 'name' | 'isSoftware'>;
}

const TITLES: Readonly<Record<GpuSubject, string>> = {
  gpu: 'our kernels, on the GPU',
  backend: 'our kernels, on the CPU',
  'onnx-webgpu': 'ONNX Runtime, WebGPU',
  'llama.cpp, Vulkan': 'llama.cpp, Vulkan',
};

/** The measurements as Markdown. */
export function gpuReport(environment: GpuEnvironment, all: readonly GpuMeasured[]): string {
  const { command, date, cpu, versions, plan, rounds, device } = environment;
  return [
    `\`${command}\`, ${date}, ${cpu}, ${versions}.`,
    `The GPU: ${device.name}${device.isSoftware ? ', which is software that runs on the CPU' : ''}.`,
    `Prompts of ${plan.promptTokens} tokens, replies of ${plan.decodeTokens}, ${rounds} interleaved rounds, medians; each in a process of`,
    'its own, the backend alone. Ratios are to our CPU backend in the same round.',
    ...(plan.replyMs === undefined
      ? []
      : [`A reply that takes longer than ${(plan.replyMs / 1000).toFixed(0)} s is timed as far as it got.`]),
    '',
    ...all.flatMap((measured) => [...modelReport(measured), '']),
  ].join('\n');
}

function modelReport({ model, plan, outcomes }: GpuMeasured): string[] {
  const cpu = 'rounds' in outcomes.backend ? outcomes.backend.rounds : [];
  const ours = 'rounds' in outcomes.gpu ? outcomes.gpu.rounds : [];
  const submitMs = ours.flatMap((round) => round.submitMs ?? []);
  const leastMs = ours.flatMap((round) => round.leastSubmitMs ?? []);
  const moved = plan.weightBytes + plan.kvBytes + plan.otherBytes;
  return [
    `### ${model.description}${ours[0]?.adapter === undefined ? '' : `, on ${ours[0].adapter}`}`,
    '',
    '| | prefill | ratio | decode | ratio |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...GPU_SUBJECTS.map((subject) => row(TITLES[subject], outcomes[subject], cpu)),
    '',
    ...GPU_SUBJECTS.flatMap((subject) => whyNot(TITLES[subject], outcomes[subject])),
    '| of a decoded token on the GPU | |',
    '| --- | ---: |',
    `| dispatches | ${plan.dispatches.length} |`,
    `| bytes moved, as planned | ${(moved / 1e6).toFixed(1)} MB, ${(moved / (plan.weightBytes + plan.kvBytes)).toFixed(2)} times weights and KV |`,
    ...(submitMs.length === 0
      ? []
      : [
          // A driver that is software takes the cores that the host writes on: then the least says what the host itself needs.
          `| host time for writing and submitting | ${median(submitMs).toFixed(2)} ms, at least ${Math.min(...leastMs).toFixed(2)} |`,
        ]),
  ];
}

function row(title: string, outcome: GpuOutcome, cpu: readonly SessionResult[]): string {
  if ('reason' in outcome) return `| ${title} | – | – | – | – |`;
  const speed = (of: (result: SessionResult) => number): string => {
    const values = outcome.rounds.map(of);
    const ratio = cpu.length === values.length ? medianRatio(values, cpu.map(of)).toFixed(2) : '–';
    return `${median(values).toFixed(1)} tokens/s | ${ratio}`;
  };
  return `| ${title} | ${speed(tokensPerSecond.prefill)} | ${speed(tokensPerSecond.decode)} |`;
}

/** A paragraph for whoever has no figures. */
function whyNot(title: string, outcome: GpuOutcome): string[] {
  if (!('reason' in outcome)) return [];
  // What libraries say has line breaks, and paths of the machine that they were built on.
  const reason = outcome.reason
    .replace(/\s+/gu, ' ')
    .replace(/(?<=^|\s)\/\S+\//gu, '')
    .trim();
  return [`No figures of ${title}: ${reason}`, ''];
}
