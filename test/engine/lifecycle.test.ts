import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineClient } from '../../src/engineClient/engineClient.ts';
import { EngineHost, type EngineHostState } from '../../src/engineClient/engineHost.ts';
import type { MemoryEstimate } from '../../src/protocol/engine.ts';
import type { GenerationEvent } from '../../src/protocol/generation.ts';
import { smolLM2Path } from '../support/assets.ts';
import { collect, enginePath, question, startEngine, streamed } from '../support/engineProcess.ts';
import { encodeHeader, string, tensorBytes, uint32 } from '../support/ggufWriter.ts';
import { tinyModel, writeTinyModel } from '../support/tinyModel.ts';

let folder: string;
let tiny: string;
const started: { dispose(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-engine-'));
  tiny = path.join(folder, 'tiny.gguf');
  await writeTinyModel(tiny);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.dispose()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function engineProcess(): Promise<EngineClient> {
  const engine = await startEngine();
  started.push(engine);
  return engine;
}

describe('requests', () => {
  it('are refused by field when their parameters are wrong', async () => {
    const engine = await engineProcess();
    await expect(engine.load({ path: '', contextTokens: 1.5 })).rejects.toMatchObject({
      code: 'request/invalid',
      message: expect.stringMatching(/path: .*contextTokens: /s),
    });
    await expect(engine.generate(question('Hi', { sampling: { topP: 2 } }))).rejects.toMatchObject({
      code: 'request/invalid',
      message: expect.stringContaining('sampling.topP'),
    });
    await expect(engine.generate(question('Hi', { messages: [] }))).rejects.toMatchObject({
      code: 'request/invalid',
    });
  });

  it('that need a model say so when there is none', async () => {
    const engine = await engineProcess();
    for (const request of [
      engine.generate(question('Hi')),
      engine.tokenize({ texts: ['a'] }),
      engine.count({}),
    ]) {
      await expect(request).rejects.toMatchObject({ code: 'model/notLoaded' });
    }
    expect(await engine.state()).toMatchObject({ status: 'empty', conversations: [] });
  });
});

describe('loading', () => {
  it('tells what it loaded, and progress that only grows', async () => {
    const engine = await engineProcess();
    const fractions: number[] = [];
    const model = await engine.load(
      { path: await smolLM2Path(), contextTokens: 256, threads: 1 },
      { onProgress: ({ fraction }) => fractions.push(fraction) },
    );
    expect(model).toMatchObject({
      architecture: 'llama',
      quantization: 'Q4_1',
      layers: 30,
      contextCapacity: 256,
      hasChatTemplate: true,
      isReasoningModel: false,
      runtime: { threads: 1 },
    });
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(await engine.state()).toMatchObject({ status: 'ready', model: { modelId: model.modelId } });
    const inspected = await engine.inspect({ path: model.path, contextTokens: 256 });
    expect(model).toMatchObject({ parameters: inspected.parameters, sampling: inspected.sampling });
  });

  it('does nothing the second time, and loads again when something differs', async () => {
    const engine = await engineProcess();
    const first = await engine.load({ path: tiny });
    expect((await engine.load({ path: tiny })).modelId).toBe(first.modelId);
    const other = await engine.load({ path: tiny, contextTokens: 128 });
    expect(other.modelId).not.toBe(first.modelId);
    expect(other.contextCapacity).toBe(128);
  });

  it("multiplies with Glassbox's kernels unless ONNX Runtime's are asked for, and says which do", async () => {
    const engine = await engineProcess();
    const { runtime } = await engine.load({ path: tiny });
    expect(runtime).toMatchObject({
      kernels: { by: 'glassbox', reason: expect.stringMatching(/\w+/) as string },
    });
    const other = await engine.load({ path: tiny, kernels: 'onnxruntime' });
    expect(other.runtime).toMatchObject({ kernels: { by: 'onnxruntime', reason: 'They were asked for.' } });
    const { timings } = (await collect(engine, question('Hi', { maxTokens: 2 }))).result;
    expect(timings.decodedTokens).toBeGreaterThan(0);
  });

  it('keeps the loaded model when another file is refused', async () => {
    const engine = await engineProcess();
    const { modelId } = await engine.load({ path: tiny });
    await expect(engine.load({ path: path.join(folder, 'none.gguf') })).rejects.toMatchObject({
      code: 'model/notFound',
    });
    expect((await engine.state()).model?.modelId).toBe(modelId);
    expect(
      (await collect(engine, question('Hi', { maxTokens: 2 }))).result.timings.decodedTokens,
    ).toBeGreaterThan(0);
  });

  it('can be cancelled, and then works', async () => {
    const engine = await engineProcess();
    const cancel = new AbortController();
    await expect(
      engine.load(
        { path: await smolLM2Path() },
        { signal: cancel.signal, onProgress: ({ stage }) => stage === 'weights' && cancel.abort() },
      ),
    ).rejects.toMatchObject({ code: 'request/cancelled' });
    expect((await engine.state()).status).toBe('empty');
    await engine.load({ path: tiny });
  });

  it('gives the memory back when the model is unloaded', async () => {
    const engine = await engineProcess();
    await engine.load({ path: tiny });
    await engine.unload();
    expect(await engine.state()).toMatchObject({ status: 'empty' });
    await expect(engine.generate(question('Hi'))).rejects.toMatchObject({ code: 'model/notLoaded' });
  });

  it('is refused with the estimate when memory will not do', async () => {
    const file = path.join(folder, 'huge.gguf');
    await writeHugeModel(file);
    const engine = await engineProcess();
    const refusal = await engine.load({ path: file }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'memory/insufficient' });
    const { fits, totalBytes, freeBytes } = (refusal as { details: MemoryEstimate }).details;
    expect(fits).toBe(false);
    expect(totalBytes).toBeGreaterThan(freeBytes);
    expect((await engine.inspect({ path: file })).memory.fits).toBe(false);
  });
});

describe('a hostile chat template', () => {
  const templates = {
    'loops without end': '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
    'writes without end':
      "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
  };
  it.each(Object.entries(templates))('that %s is stopped, and the engine lives', async (name, template) => {
    const file = path.join(folder, `hostile-${name.replaceAll(' ', '-')}.gguf`);
    await writeTinyModel(file, { metadata: { 'tokenizer.chat_template': string(template) } });
    const engine = await engineProcess();
    await engine.load({ path: file });
    await expect(collect(engine, question('Hi'))).rejects.toMatchObject({ code: 'template/limit' });
    expect((await engine.tokenize({ texts: ['still here'] })).tokens[0]?.length).toBeGreaterThan(0);
  });

  it('that reaches for JavaScript finds nothing', async () => {
    const file = path.join(folder, 'hostile-constructor.gguf');
    const template = "{{ ''.constructor.constructor('return process')().exit() }}";
    await writeTinyModel(file, { metadata: { 'tokenizer.chat_template': string(template) } });
    const engine = await engineProcess();
    await engine.load({ path: file });
    await expect(collect(engine, question('Hi'))).rejects.toMatchObject({ code: 'template/failed' });
    expect(engine.exit).toBeUndefined();
  });
});

describe('an engine that is killed in mid-answer', () => {
  it('leaves what was written, says so, and the next question starts another', async () => {
    const host = new EngineHost({ enginePath });
    started.push(host);
    const states: EngineHostState['kind'][] = [];
    host.onChange(({ kind }) => {
      if (states.at(-1) !== kind) states.push(kind);
    });
    await host.load({ path: await smolLM2Path(), contextTokens: 512 });
    const { processId = 0 } = await host.client();
    const events: GenerationEvent[] = [];
    const answer = host.generate(question('Write a long story about a mountain.', { maxTokens: 400 }), {
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'text') process.kill(processId, 'SIGKILL');
      },
    });
    await expect(answer).rejects.toMatchObject({ code: 'engine/stopped', details: { signal: 'SIGKILL' } });
    expect(streamed(events, 'answer')).not.toBe('');
    expect(host.state).toMatchObject({ kind: 'stopped', exit: { signal: 'SIGKILL', expected: false } });

    const again = await host.generate(question('Say hello.', { maxTokens: 8 }));
    expect(again.answer).not.toBe('');
    expect((await host.client()).processId).not.toBe(processId);
    expect(states).toEqual([
      'starting',
      'running',
      'loading',
      'ready',
      'stopped',
      'starting',
      'running',
      'loading',
      'ready',
    ]);
  });

  it('fails every request that waits for it, and later ones at once', async () => {
    const engine = await engineProcess();
    await engine.load({ path: tiny });
    const waiting = [question('a'), question('b')].map((params) =>
      engine.generate({ ...params, maxTokens: 2000 }),
    );
    process.kill(engine.processId ?? 0, 'SIGKILL');
    for (const request of waiting) await expect(request).rejects.toMatchObject({ code: 'engine/stopped' });
    await expect(engine.state()).rejects.toMatchObject({ code: 'engine/stopped' });
  });
});

describe('an engine process', () => {
  it('goes when its client is disposed, also in mid-answer', async () => {
    const engine = await startEngine();
    await engine.load({ path: await smolLM2Path(), contextTokens: 512 });
    const answer = engine.generate(question('Write a long story.', { maxTokens: 400 }));
    const failed = expect(answer).rejects.toMatchObject({ code: 'engine/stopped' });
    await engine.dispose();
    await failed;
    expect(engine.exit).toMatchObject({ expected: true });
    expect(() => process.kill(engine.processId ?? 0, 0)).toThrow();
  });

  it('leaves the cores to others when it is told to', async () => {
    const [yielding, other] = [await EngineClient.start({ enginePath, yields: true }), await engineProcess()];
    started.push(yielding);
    expect(os.getPriority(yielding.processId)).toBe(
      Math.max(os.getPriority(), os.constants.priority.PRIORITY_BELOW_NORMAL),
    );
    expect(os.getPriority(other.processId)).toBe(os.getPriority());
  });

  it('says what it printed when it cannot start', async () => {
    const broken = path.join(folder, 'broken.mjs');
    const handle = await open(broken, 'w');
    await handle.writeFile("throw new Error('a library is missing');\n");
    await handle.close();
    const host = new EngineHost({ enginePath: broken });
    started.push(host);
    host.choose({ path: tiny });
    const failure = await host.ready().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'engine/stopped' });
    const { lastLines } = (failure as { details: { lastLines: string[] } }).details;
    expect(lastLines.join('\n')).toContain('a library is missing');
  });

  it('works beside another one', async () => {
    const [one, other] = await Promise.all([engineProcess(), engineProcess()]);
    await Promise.all([one.load({ path: tiny }), other.load({ path: tiny })]);
    const params = question('function', { maxTokens: 12 });
    const [a, b] = await Promise.all([collect(one, params), collect(other, params)]);
    expect(a.result.answer).toBe(b.result.answer);
    expect(one.processId).not.toBe(other.processId);
  });

  it('answers state while it generates', async () => {
    const engine = await engineProcess();
    await engine.load({ path: await smolLM2Path(), contextTokens: 512 });
    let state: Promise<{ status: string }> | undefined;
    await collect(engine, question('Write a story about a river.', { maxTokens: 30 }), {
      onEvent: (event) => {
        if (event.type === 'text') state ??= engine.state();
      },
    });
    expect(await state).toMatchObject({ status: 'generating' });
  });
});

/** A valid header that announces more weights than any machine holds; the weights themselves are a hole. */
async function writeHugeModel(file: string): Promise<void> {
  // 700 layers of 3 matrices of 2^20 rows of 256 floats: 2.2 TB.
  const layers = 700;
  const inner = 2 ** 20;
  const model = tinyModel({ layers: 1 });
  const widened = model.tensors.map((tensor) => {
    if (/ffn_(gate|up)/.test(tensor.name)) return { ...tensor, shape: [inner, ...tensor.shape.slice(1)] };
    if (tensor.name.includes('ffn_down')) return { ...tensor, shape: [tensor.shape[0] ?? 0, inner] };
    return tensor;
  });
  const tensors = widened.flatMap((tensor) =>
    tensor.name.startsWith('blk.0.')
      ? Array.from({ length: layers }, (_, layer) => ({
          ...tensor,
          name: tensor.name.replace('blk.0.', `blk.${layer}.`),
        }))
      : [tensor],
  );
  const metadata = {
    ...model.metadata,
    'llama.feed_forward_length': uint32(inner),
    'llama.block_count': uint32(layers),
  };
  const header = encodeHeader({ ...model, metadata, tensors });
  const handle = await open(file, 'w');
  try {
    await handle.write(header);
    await handle.truncate(tensors.reduce((sum, tensor) => sum + tensorBytes(tensor) + 32, header.length));
  } finally {
    await handle.close();
  }
}
