import type { OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { RoutedTokens } from '../backend.ts';
import { canBeLogits } from '../canBeLogits.ts';
import { throwIfCancelled } from '../cancelled.ts';
import { Activations, addHandOver } from './activations.ts';
import type { KvBuffers } from './kvBuffers.ts';
import type { LogitsTensor } from './logitsBuffer.ts';
import type { ModelParts } from './modelParts.ts';
import { RoutingBuffers } from './routingBuffers.ts';
import { wrongLogits } from './runtimeErrors.ts';
import { SequenceTensors } from './sequenceTensors.ts';
import type { LayerShard } from './shardPlan.ts';
import { SHORT_TOKENS } from './shortRuns.ts';

/** Pieces of this many tokens prefill as fast as larger ones (64 cost 5 %), and are a fine grain to stop at. */
export const CHUNK_TOKENS = 128;

/** One forward pass over at most `CHUNK_TOKENS` tokens that follow `past` tokens in the cache. */
export interface ForwardPass {
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** Of the last token or of all of them. */
  readonly logits: LogitsTensor;
  /** `[tokens.length, width]`: where the last layer's residual stream goes, for the draft. */
  readonly hidden: Float32Array | undefined;
  /** See `AppendOptions`. */
  readonly exactRows: boolean;
  readonly signal: AbortSignal | undefined;
  /** Called when the layers of a pass are computed and its logits may not be yet; never for a model without experts. */
  readonly onRouting: ((routing: RoutedTokens) => void) | undefined;
}

/** The draft's pass over at most `CHUNK_TOKENS` rows that follow `past` others in its cache. */
export interface DraftPass {
  /** `[1, tokens.length, width]`: the last layer's residual stream at some tokens. */
  readonly hidden: OrtTensor;
  /** The tokens that follow each of them. */
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** What may come behind the last of `tokens`. */
  readonly logits: LogitsTensor | undefined;
  readonly signal: AbortSignal | undefined;
}

interface LoadedLayers {
  readonly shard: LayerShard;
  readonly session: OrtSession;
}

/** Passes through a model's sessions. All use the same memory: one at a time. */
export class ModelPasses {
  readonly #parts: ModelParts;
  readonly #layers: readonly LoadedLayers[];
  readonly #head: OrtSession;
  readonly #draft: OrtSession | undefined;
  readonly #activations: Activations;
  readonly #sequence: SequenceTensors;
  readonly #routing: RoutingBuffers;
  readonly #norms: { readonly output: OrtTensor; readonly draft: OrtTensor | undefined };

  constructor(parts: ModelParts) {
    const { spec, runtime, kernels, shards, norms } = parts;
    this.#parts = parts;
    this.#layers = shards.flatMap(({ shard, session }) =>
      shard.kind === 'layers' ? [{ shard, session }] : [],
    );
    const head = shards.find(({ shard }) => shard.kind === 'head');
    if (!head) throw new GlassboxError('internal', 'The model was loaded without its head.');
    this.#head = head.session;
    this.#draft = shards.find(({ shard }) => shard.kind === 'draft')?.session;
    this.#activations = new Activations(CHUNK_TOKENS, spec.embeddingLength);
    this.#sequence = new SequenceTensors(runtime, spec, kernels.attention);
    this.#routing = new RoutingBuffers(
      spec,
      this.#layers.map(({ shard }) => shard),
      CHUNK_TOKENS,
    );
    const scale = (values: Float32Array<ArrayBuffer>): OrtTensor => runtime.tensor(values, [values.length]);
    this.#norms = { output: scale(norms.output), draft: norms.draft && scale(norms.draft) };
  }

  /** Passes may have positions below `positions` from now on. */
  grow(positions: number): void {
    this.#sequence.grow(positions);
  }

  /** @throws GlassboxError `request/invalid`, `request/cancelled`, `runtime/gpuFailed`; OrtError */
  async forward(pass: ForwardPass): Promise<void> {
    const { tokens, past, kv, logits, hidden, exactRows, signal, onRouting } = pass;
    const { runtime, embedding, spec, shortRuns } = this.#parts;
    const isShort = shortRuns?.pass === true && tokens.length <= SHORT_TOKENS;
    if (isShort) {
      // The thread has other things to do, a request to stop among them; and the caller may read what the last pass wrote.
      await turnOfEventLoop();
      throwIfCancelled(signal);
    }
    embedding.lookUp(tokens, this.#activations.input);
    const step = { past, tokens: tokens.length, exactRows };
    const position = this.#sequence.bind(step);
    const tensors = this.#activations.tensors(runtime, tokens.length);
    let stream: readonly OrtTensor[] = [tensors.input];
    for (const [index, { shard, session }] of this.#layers.entries()) {
      const cache = kv.bind(shard.firstLayer, shard.layerCount, step);
      const outputs = tensors.handOver(index);
      const inputs = [...stream, ...position, ...cache.inputs];
      const routing = this.#routing.bind(runtime, index, tokens.length);
      await runSession(session, inputs, [...cache.outputs, ...outputs, ...routing], { signal, isShort });
      stream = outputs;
    }
    const rows = logits.data.length / spec.vocabularySize;
    const wanted = rows === tokens.length ? stream : tensors.lastRow(this.#layers.length - 1);
    const computing = runSession(this.#head, [...wanted, this.#norms.output], [logits], {
      signal,
      isShort: shortRuns?.head === true && rows <= SHORT_TOKENS,
    });
    try {
      // The layers are done: who records them does so while the head computes.
      if (hidden) addHandOver(stream, hidden);
      const routing = onRouting && this.#routing.read(past, tokens.length);
      if (routing) onRouting(routing);
    } finally {
      // What it reads and writes must outlive it, whatever happens here.
      await computing;
    }
    const { provider } = runtime;
    if (provider === 'cpu') return;
    for (let row = 0; row < logits.data.length; row += spec.vocabularySize)
      if (!canBeLogits(logits.data.subarray(row, row + spec.vocabularySize))) throw wrongLogits(provider);
  }

  /** @throws GlassboxError `request/invalid`; OrtError */
  async forwardDraft({ hidden, tokens, past, kv, logits, signal }: DraftPass): Promise<void> {
    const { runtime, embedding, shortRuns } = this.#parts;
    if (!this.#draft || !this.#norms.draft)
      throw new GlassboxError('internal', 'The model was loaded without its draft.');
    embedding.lookUp(tokens, this.#activations.input);
    // What the draft says is checked: it need not be exact.
    const step = { past, tokens: tokens.length, exactRows: false };
    const { input } = this.#activations.tensors(runtime, tokens.length);
    const cache = kv.bind(0, 1, step);
    const stream = this.#activations.row(runtime);
    const options = { signal, isShort: shortRuns?.draft === true && tokens.length <= SHORT_TOKENS };
    const inputs = [hidden, input, ...this.#sequence.bind(step), ...cache.inputs];
    await runSession(this.#draft, inputs, [...cache.outputs, ...stream], options);
    if (logits) await runSession(this.#head, [...stream, this.#norms.draft], [logits], options);
  }

  /** Not while a pass is under way. */
  dispose(): void {
    this.#activations.dispose();
    this.#sequence.dispose();
    this.#routing.dispose();
    this.#norms.output.dispose();
    this.#norms.draft?.dispose();
  }
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param isShort nothing would be gained on another thread */
async function runSession(
  session: OrtSession,
  inputs: readonly OrtTensor[],
  outputs: readonly OrtTensor[],
  { signal, isShort }: { readonly signal: AbortSignal | undefined; readonly isShort: boolean },
): Promise<void> {
  if (isShort && session.runHere) session.runHere(inputs, outputs);
  else await session.run(inputs, outputs, signal);
}
