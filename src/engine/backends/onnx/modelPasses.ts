import type { OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { RoutedTokens } from '../backend.ts';
import { canBeLogits } from '../canBeLogits.ts';
import { throwIfCancelled } from '../cancelled.ts';
import { addHandOver } from './activations.ts';
import type { KvBuffers } from './kvBuffers.ts';
import type { LogitsTensor } from './logitsBuffer.ts';
import type { ModelParts } from './modelParts.ts';
import { PassMemory, type PassRows, type SessionRun } from './passMemory.ts';
import { wrongLogits } from './runtimeErrors.ts';
import { SHORT_TOKENS } from './shortRuns.ts';
import { TandemPasses } from './tandemPasses.ts';

/** Pieces of this many tokens prefill as fast as larger ones (64 cost 5 %), and are a fine grain to stop at. */
export const CHUNK_TOKENS = 128;

/** One forward pass over at most `CHUNK_TOKENS` tokens that follow `past` tokens in the cache. */
export interface ForwardPass {
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** Of all tokens, or of the last one. */
  readonly allLogits: boolean;
  /** Where those of some of the tokens go; the last one's, where that is all. */
  readonly logits: (first: number, tokens: number) => LogitsTensor;
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

/** Passes through a model's sessions. All use the same memory: one at a time. */
export class ModelPasses {
  readonly #parts: ModelParts;
  readonly #draft: { readonly session: OrtSession; readonly norm: OrtTensor } | undefined;
  readonly #memory: PassMemory;
  readonly #tandem: TandemPasses | undefined;

  constructor(parts: ModelParts) {
    const { runtime, kernels, shards, norms, shortRuns, spareThread } = parts;
    this.#parts = parts;
    const draft = shards.find(({ shard }) => shard.kind === 'draft');
    this.#draft = draft &&
      norms.draft && { session: draft.session, norm: runtime.tensor(norms.draft, [norms.draft.length]) };
    this.#memory = new PassMemory(parts, CHUNK_TOKENS);
    const { nativeRuns } = runtime;
    const tandem = shortRuns?.pass && spareThread && nativeRuns && kernels.tandem?.(nativeRuns.run);
    this.#tandem = tandem ? new TandemPasses(parts, tandem, nativeRuns, CHUNK_TOKENS / 2) : undefined;
  }

  /** Passes that two threads computed so far; undefined where none are. */
  get divided(): number | undefined {
    return this.#tandem?.divided;
  }

  /** Passes may have positions below `positions` from now on. */
  grow(positions: number): void {
    this.#memory.sequence.grow(positions);
    this.#tandem?.memory.sequence.grow(positions);
  }

  /** See `BackendSequence.prepareGuesses`. */
  prepareGuesses(): void {
    this.#tandem?.prepare();
  }

  /** @throws GlassboxError `request/invalid`, `request/cancelled`, `runtime/gpuFailed`; OrtError */
  async forward(pass: ForwardPass): Promise<void> {
    const { tokens, past, hidden, signal, onRouting } = pass;
    const { runtime, spec, shortRuns } = this.#parts;
    const isShort = shortRuns?.pass === true && tokens.length <= SHORT_TOKENS;
    if (isShort || this.#tandem) {
      // The thread has other things to do, a request to stop among them; and the caller may read what the last pass wrote.
      await turnOfEventLoop();
      throwIfCancelled(signal);
      if (this.#forwardDivided(pass)) return;
    }
    const memory = this.#memory;
    const logits = pass.logits(0, tokens.length);
    const bound = memory.bind({ ...pass, logits });
    for (const run of bound.layers) await runSession(run, { signal, isShort });
    const rows = logits.data.length / spec.vocabularySize;
    const isShortHead = shortRuns?.head === true && rows <= SHORT_TOKENS;
    const computing = bound.head && runSession(bound.head, { signal, isShort: isShortHead });
    try {
      // The layers are done: who records them does so while the head computes.
      if (hidden) addHandOver(bound.stream, hidden);
      const routing = onRouting && memory.routing.read(past, tokens.length);
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

  /** @returns whether the pass could be divided, and is done */
  #forwardDivided(pass: ForwardPass): boolean {
    const { tokens, past, kv, exactRows, hidden, onRouting } = pass;
    const { spec } = this.#parts;
    const tandem = this.#tandem;
    const isPrompt = !pass.allLogits;
    if (!tandem || tokens.length < (isPrompt ? SHORT_TOKENS : 2)) return false;
    // The other thread begins later: it has the smaller part.
    const first = Math.ceil(tokens.length / 2);
    const part = (from: number, to: number): PassRows => ({
      tokens: tokens.slice(from, to),
      past: past + from,
      kv,
      logits: !isPrompt || to === tokens.length ? pass.logits(from, to - from) : undefined,
      exactRows,
    });
    const done = tandem.run(part(0, first), this.#memory, part(first, tokens.length));
    if (!done) return false;
    const width = spec.embeddingLength;
    if (hidden) {
      addHandOver(done[0].stream, hidden.subarray(0, first * width));
      addHandOver(done[1].stream, hidden.subarray(first * width));
    }
    for (const [memory, from, to] of [
      [this.#memory, 0, first],
      [tandem.memory, first, tokens.length],
    ] as const) {
      const routing = onRouting && memory.routing.read(past + from, to - from);
      if (routing) onRouting(routing);
    }
    return true;
  }

  /** @throws GlassboxError `request/invalid`; OrtError */
  async forwardDraft({ hidden, tokens, past, kv, logits, signal }: DraftPass): Promise<void> {
    const { runtime, embedding, shortRuns } = this.#parts;
    const { activations, sequence } = this.#memory;
    const draft = this.#draft;
    if (!draft) throw new GlassboxError('internal', 'The model was loaded without its draft.');
    embedding.lookUp(tokens, activations.input);
    // What the draft says is checked: it need not be exact.
    const step = { past, tokens: tokens.length, exactRows: false };
    const { input } = activations.tensors(runtime, tokens.length);
    const cache = kv.bind(0, 1, step);
    const stream = activations.row(runtime);
    const options = { signal, isShort: shortRuns?.draft === true && tokens.length <= SHORT_TOKENS };
    const inputs = [hidden, input, ...sequence.bind(step), ...cache.inputs];
    await runSession({ session: draft.session, inputs, outputs: [...cache.outputs, ...stream] }, options);
    if (logits)
      await runSession(
        { session: this.#memory.head, inputs: [...stream, draft.norm], outputs: [logits] },
        options,
      );
  }

  /** Not while a pass is under way. */
  async dispose(): Promise<void> {
    await this.#tandem?.dispose();
    this.#memory.dispose();
    this.#draft?.norm.dispose();
  }
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param isShort nothing would be gained on another thread */
async function runSession(
  { session, inputs, outputs }: SessionRun,
  { signal, isShort }: { readonly signal: AbortSignal | undefined; readonly isShort: boolean },
): Promise<void> {
  if (isShort && session.runHere) session.runHere(inputs, outputs);
  else await session.run(inputs, outputs, signal);
}
