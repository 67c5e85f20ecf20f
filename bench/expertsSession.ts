import { openModel } from '../src/models/openModel.ts';
import { madeModel } from '../test/support/assets.ts';
import {
  EXPERT_VARIANTS,
  writeExpertShape,
  type ExpertSize,
  type ExpertVariant,
} from '../test/support/expertShape.ts';
import { childSession } from './childSession.ts';
import type { SessionPlan, SessionResult } from './session.ts';

export interface ExpertsPlan extends Omit<SessionPlan, 'modelPath'> {
  readonly size: ExpertSize;
  readonly rounds: number;
}

export type ExpertsRound = Readonly<Record<ExpertVariant, SessionResult>>;

export interface ExpertsMeasured {
  readonly size: ExpertSize;
  /** Weights of each model, and of the one with experts those that a token meets, without embedding. */
  readonly parameters: Readonly<Record<ExpertVariant, number>>;
  readonly activeParameters: number;
  readonly rounds: readonly ExpertsRound[];
}

/** Measures a model with experts and two dense ones, each in a process of its own, in changing order. */
export async function expertsSession(
  plan: ExpertsPlan,
  code: string,
  onRound: (round: ExpertsRound) => void,
): Promise<ExpertsMeasured> {
  const files = await expertFiles(plan.size);
  const rounds: ExpertsRound[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const results = new Map<ExpertVariant, SessionResult>();
    for (let turn = 0; turn < EXPERT_VARIANTS.length; turn++) {
      const variant = EXPERT_VARIANTS[(round + turn) % EXPERT_VARIANTS.length] ?? 'experts';
      results.set(variant, await childSession('backend', { ...plan, modelPath: files[variant] }, code));
    }
    const measured = byVariant((variant) => need(results.get(variant)));
    onRound(measured);
    rounds.push(measured);
  }
  const experts = await countParameters(files.experts);
  const parameters = {
    experts: experts.all,
    active: (await countParameters(files.active)).all,
    total: (await countParameters(files.total)).all,
  };
  return { size: plan.size, parameters, activeParameters: experts.active, rounds };
}

async function expertFiles(size: ExpertSize): Promise<Readonly<Record<ExpertVariant, string>>> {
  const made = (variant: ExpertVariant): Promise<string> =>
    madeModel(`expert-shape-${size}-${variant}.Q4_0.seed-2.gguf`, (file) =>
      writeExpertShape(file, size, variant, 2),
    );
  return { experts: await made('experts'), active: await made('active'), total: await made('total') };
}

async function countParameters(path: string): Promise<{ readonly all: number; readonly active: number }> {
  const file = await openModel(path);
  try {
    const { feedForward } = file.spec.layers[0] ?? {};
    const chosen = feedForward?.kind === 'moe' ? feedForward.topK / feedForward.experts : 1;
    let [all, active] = [0, 0];
    for (const { role, shape } of file.weights.tensors.values()) {
      if (role === 'embedding') continue;
      const count = shape.reduce((product, dimension) => product * dimension, 1);
      all += count;
      active += count * (role.includes('.experts.') ? chosen : 1);
    }
    return { all, active };
  } finally {
    await file.close();
  }
}

function byVariant<T>(of: (variant: ExpertVariant) => T): Record<ExpertVariant, T> {
  return { experts: of('experts'), active: of('active'), total: of('total') };
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a model was not measured');
  return value;
}
