import type {
  AppendOptions,
  BackendSequence,
  KvLayer,
  RoutedTokens,
} from '../../../../src/engine/backends/backend.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import { Random } from '../../../support/random.ts';
import { randomRouting, routed, type TokenRouting } from './routings.ts';

/** Bytes per token: 4 * (12 + 4) as stored, 4 * 128 as keys and values. */
const LATENT_LAYER: KvLayer = {
  parts: [
    { kind: 'latent', bytesPerToken: 48 },
    { kind: 'key', bytesPerToken: 16 },
  ],
  dataType: 'float32',
  plainBytesPerToken: 512,
};

/** Where tokens go that were read behind others: whatever differs before makes it another. */
export function scriptedRouting(shape: RoutingShape, read: readonly number[]): TokenRouting {
  const seed = read.reduce((hash, token) => (Math.imul(hash, 31) + token + 1) | 0, 7);
  return randomRouting(shape, new Random(seed));
}

/** A sequence without a model: its routing follows from the tokens it has read, its logits from nothing. */
export class ScriptedSequence implements BackendSequence {
  readonly capacity: number;
  readonly kvLayers: readonly KvLayer[] = [LATENT_LAYER, LATENT_LAYER];
  readonly kvBytes = 0;
  readonly #shape: RoutingShape;
  #tokens: number[] = [];
  /** The next append computes one piece and fails. */
  failsNext = false;
  /** Appends that wanted to know the routing. */
  routingCalls = 0;

  constructor(shape: RoutingShape, capacity = 1000) {
    this.#shape = shape;
    this.capacity = capacity;
  }

  get length(): number {
    return this.#tokens.length;
  }

  async append(tokens: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    const { onRouting } = options;
    if (onRouting) this.routingCalls++;
    const before = this.#tokens.length;
    // Whoever appends goes on while a backend computes.
    await Promise.resolve();
    // Pieces of two tokens, in arrays that are used again.
    for (let done = 0; done < tokens.length; done += 2) {
      const piece = tokens.slice(done, done + 2);
      const routings = piece.map((token) => {
        this.#tokens.push(token);
        return scriptedRouting(this.#shape, this.#tokens);
      });
      if (onRouting) this.#tell(routed(this.#shape, before + done, routings), onRouting);
      if (this.failsNext) {
        this.failsNext = false;
        this.#tokens.length = before;
        throw new GlassboxError('request/cancelled', 'Stopped.');
      }
    }
    return Float32Array.of(0);
  }

  rewind(length: number): void {
    if (length > this.#tokens.length) throw new RangeError('forward');
    this.#tokens.length = length;
  }

  dispose(): void {
    this.#tokens = [];
  }

  #tell(routing: RoutedTokens, onRouting: (routing: RoutedTokens) => void): void {
    onRouting(routing);
    routing.experts.fill(0);
    routing.weights.fill(0);
  }
}
