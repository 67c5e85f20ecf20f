import { describe, expect, it } from 'vitest';
import type { AppendOptions, BackendModel, RoutedTokens } from '../../../../src/engine/backends/backend.ts';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import type { Routing } from '../../../support/referenceRouting.ts';
import { TINY_VARIANTS } from '../../../support/tinyVariants.ts';
import { relativeError, withBackend, withTinyModel } from './tinyBackend.ts';

/** More than one piece of 128. */
const PROMPT = Array.from({ length: 150 }, (_, i) => (i * 37 + 11) % 60);
/** Each layer a shard of its own: the routing of a token comes from several graphs. */
const SHARD_BYTES = 1;

/**
 * The normed stream is off by at most 5e-5 of its largest value (lowering.test.ts), and so are logits of the router, of which
 * the largest is about 4. A weight is at most exponential in them.
 */
const WEIGHT_TOLERANCE = 2e-4;

/** A copy of what a sequence says about its tokens. */
interface Routed {
  readonly routing: Omit<RoutedTokens, 'experts' | 'weights'>[];
  readonly experts: number[];
  readonly weights: number[];
}

async function routingOf(
  model: BackendModel,
  pieces: readonly (readonly number[])[],
  options: AppendOptions = {},
): Promise<Routed> {
  const routed: Routed = { routing: [], experts: [], weights: [] };
  const sequence = model.createSequence(pieces.flat().length);
  try {
    for (const piece of pieces) {
      await sequence.append(piece, {
        ...options,
        onRouting: ({ experts, weights, ...routing }) => {
          routed.routing.push(routing);
          routed.experts.push(...experts);
          routed.weights.push(...weights);
        },
      });
    }
  } finally {
    sequence.dispose();
  }
  return routed;
}

const flatten = <T>(tokens: readonly (readonly Routing[])[], of: (routing: Routing) => readonly T[]): T[] =>
  tokens.flatMap((layers) => layers.flatMap(of));

describe('the routing of a model', () => {
  describe.each(Object.entries(TINY_VARIANTS))('of kind %s', (_, variant) => {
    it('is the one that the plain twin chooses, token by token and layer by layer', async () => {
      await withTinyModel({ ...variant, layers: 3, type: 'Q4_0' }, async (file) => {
        const reference = await ReferenceModel.load(file.spec, file.weights);
        const expected = reference.run(PROMPT).routing;
        const options = { accuracyLevel: 0, shardBytes: SHARD_BYTES } as const;
        await withBackend(file, options, async (model) => {
          const found = await routingOf(model, [PROMPT]);
          const shape = { layers: expected[0]?.length ?? 0, topK: expected[0]?.[0]?.experts.length ?? 0 };
          expect(found.routing).toEqual([
            { firstPosition: 0, tokens: 128, ...shape },
            { firstPosition: 128, tokens: 22, ...shape },
          ]);
          expect(found.experts).toEqual(flatten(expected, ({ experts }) => experts));
          const weights = flatten(expected, (routing) => routing.weights);
          expect(relativeError(found.weights, weights)).toBeLessThan(WEIGHT_TOLERANCE);
        });
      });
    });
  });

  it('is the same however the tokens come, in one graph or several, and through either binding', async () => {
    const head = PROMPT.slice(0, 20);
    await withTinyModel({ family: 'deepseek2', layers: 3, type: 'Q4_0' }, async (file) => {
      const found: Routed[] = [];
      const ways = [
        { binding: 'c-api', shardBytes: SHARD_BYTES, pieces: [head] },
        { binding: 'c-api', shardBytes: 1 << 30, pieces: head.map((token) => [token]) },
        { binding: 'javascript', shardBytes: SHARD_BYTES, pieces: [head.slice(0, 7), head.slice(7)] },
      ] as const;
      for (const { pieces, ...way } of ways) {
        await withBackend(file, { ...way, accuracyLevel: 0 }, async (model) => {
          found.push(await routingOf(model, pieces));
        });
      }
      const [first] = found;
      expect(first?.experts).toHaveLength(20 * 2 * 2);
      expect(found.map(({ routing }) => routing.map(({ firstPosition }) => firstPosition))).toEqual([
        [0],
        head.map((_, position) => position),
        [0, 7],
      ]);
      for (const { experts, weights } of found.slice(1)) {
        expect(experts).toEqual(first?.experts);
        expect(relativeError(weights, first?.weights ?? [])).toBeLessThan(WEIGHT_TOLERANCE);
      }
    });
  });

  it('of a sequence is not mixed with that of another one', async () => {
    await withTinyModel({ family: 'qwen3moe', type: 'Q4_0' }, async (file) => {
      await withBackend(file, {}, async (model) => {
        const [one, other] = [PROMPT.slice(0, 9), PROMPT.slice(60, 90)];
        const together = await Promise.all([routingOf(model, [one]), routingOf(model, [other])]);
        expect(together).toEqual([await routingOf(model, [one]), await routingOf(model, [other])]);
      });
    });
  });

  it('is not told of a piece that was stopped', async () => {
    await withTinyModel({ family: 'qwen3moe', type: 'Q4_0' }, async (file) => {
      await withBackend(file, {}, async (model) => {
        const stop = new AbortController();
        const pieces: number[] = [];
        const sequence = model.createSequence(400);
        const appended = sequence.append(
          Array.from({ length: 400 }, (_, i) => i % 50),
          {
            signal: stop.signal,
            onRouting: ({ firstPosition }) => {
              pieces.push(firstPosition);
              stop.abort();
            },
          },
        );
        await expect(appended).rejects.toMatchObject({ code: 'request/cancelled' });
        expect(pieces).toEqual([0]);
        sequence.dispose();
      });
    });
  });

  it('is never told of a model without experts', async () => {
    await withTinyModel({ type: 'Q4_0' }, async (file) => {
      await withBackend(file, {}, async (model) => {
        expect(await routingOf(model, [PROMPT])).toEqual({ routing: [], experts: [], weights: [] });
      });
    });
  });
});
