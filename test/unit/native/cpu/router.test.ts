import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOperators } from '../../../../native/cpu/operators.ts';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { Random } from '../../../support/random.ts';

interface Router {
  readonly experts: number;
  readonly chosen: number;
  readonly groups: number;
  readonly chosen_groups: number;
  readonly sigmoid: 0 | 1;
}

const PLAIN: Router = { experts: 8, chosen: 3, groups: 1, chosen_groups: 1, sigmoid: 1 };

/** What it chooses is compared with the plain twin's in test/unit/engine/onnx/experts.test.ts, for every kind of gate. */
describe('The router as an operator', () => {
  let runtime: OrtRuntime;
  const sessions: OrtSession[] = [];
  beforeAll(async () => {
    await cpuLibrary();
    runtime = await openRuntime({ threads: 2, binding: 'c-api' });
    runtime.addOperators(await openOperators());
  });
  afterAll(async () => {
    for (const session of sessions) await session.dispose();
    runtime.dispose();
  });

  async function session(router: Partial<Router>, biases = 0): Promise<OrtSession> {
    const attributes = { ...PLAIN, ...router };
    const graph = new GraphBuilder();
    const inputs = [graph.input('logits', 'float32', ['tokens', 'experts'])];
    if (biases > 0) inputs.push(graph.weight('bias', new Float32Array(biases), [biases]));
    graph.nodes('glassbox.Router', ['ids', 'weights'], inputs, {
      ...attributes,
      normalize: 1,
      scale: { float: 1 },
      least_sum: { float: 2 ** -14 },
    });
    graph.output('ids', 'int64', ['tokens', attributes.chosen]);
    graph.output('weights', 'float32', ['tokens', attributes.chosen]);
    const { model, names, initializers } = graph.build('router');
    const made = await runtime.createSession(model, names, initializers);
    sessions.push(made);
    return made;
  }

  async function route(
    made: OrtSession,
    logits: Float32Array<ArrayBuffer>,
    { experts, chosen }: Pick<Router, 'experts' | 'chosen'> = PLAIN,
  ): Promise<{ readonly ids: number[]; readonly weights: number[] }> {
    const tokens = logits.length / experts;
    const [ids, weights] = [new BigInt64Array(tokens * chosen), new Float32Array(tokens * chosen)];
    const shape = [tokens, chosen];
    await made.run(
      [runtime.tensor(logits, [tokens, experts])],
      [runtime.tensor(ids, shape), runtime.tensor(weights, shape)],
    );
    return { ids: Array.from(ids, Number), weights: [...weights] };
  }

  it('chooses for each of many tokens, shared among threads, what it chooses for it alone', async () => {
    const shape = { experts: 256, chosen: 8 };
    const made = await session({ ...shape, groups: 8, chosen_groups: 4 }, 256);
    const tokens = 70;
    const logits = Float32Array.from(new Random(2).normals(tokens * 256, 2));
    const all = await route(made, logits, shape);
    for (let token = 0; token < tokens; token++) {
      const alone = await route(made, logits.slice(token * 256, (token + 1) * 256), shape);
      expect(alone.ids).toEqual(all.ids.slice(token * 8, (token + 1) * 8));
      expect(alone.weights).toEqual(all.weights.slice(token * 8, (token + 1) * 8));
    }
  });

  it.each([0, 1] as const)(
    'chooses experts that are there, each once, also where logits are no numbers (sigmoid: %i)',
    async (sigmoid) => {
      const made = await session({ sigmoid });
      const { ids } = await route(made, new Float32Array(8).fill(NaN));
      expect(ids).toEqual([0, 1, 2]);
    },
  );

  it('puts what is no number behind all others', async () => {
    const { ids } = await route(await session({}), Float32Array.of(NaN, -9, NaN, 1, NaN, -Infinity, 2, NaN));
    expect(ids).toEqual([6, 3, 1]);
  });

  it.each<readonly [what: string, router: Partial<Router>]>([
    ['more experts than there are', { chosen: 9 }],
    ['none', { chosen: 0 }],
    ['of no experts', { experts: 0 }],
    ['of more experts than it has room for', { experts: 1025 }],
    ['from groups of different sizes', { groups: 3 }],
    ['from more groups than there are', { groups: 4, chosen_groups: 5 }],
    ['more than the groups hold that it looks at', { groups: 4, chosen_groups: 1 }],
  ])('refuses to choose %s', async (_what, router) => {
    await expect(session(router)).rejects.toMatchObject({ code: 'failed' });
  });

  it('refuses logits or a bias of another number of experts', async () => {
    await expect(
      route(await session({}), new Float32Array(7), { experts: 7, chosen: 3 }),
    ).rejects.toMatchObject({
      code: 'failed',
    });
    await expect(route(await session({}, 7), new Float32Array(8))).rejects.toMatchObject({ code: 'failed' });
  });
});
