import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/engine/backends/backend.ts';
import type { Candidate } from '../../../../src/engine/backends/choice/candidate.ts';
import {
  ChosenBackend,
  type ChosenBackendOptions,
  type ChosenModel,
} from '../../../../src/engine/backends/choice/chosenBackend.ts';
import { probeTokens } from '../../../../src/engine/backends/choice/probe.ts';
import { TrialMemory } from '../../../../src/engine/backends/choice/trialMemory.ts';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import { createTokenizer } from '../../../../src/models/tokenizer/createTokenizer.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import type { AdapterReport } from '../../../../src/protocol/backends.ts';
import { withTinyModel } from '../onnx/tinyBackend.ts';
import { type Alterations, alteredBackend } from './alteredBackend.ts';

const ADAPTER: AdapterReport = {
  name: 'A GPU',
  driver: 'driver 1',
  isSoftware: false,
  features: [],
  limits: { bindingBytes: 1, bufferBytes: 1, workgroupMemoryBytes: 1, workgroupSize: 1 },
};

/** Only what backends do moves it: an append costs what they say. */
let clockMs: number;
let loads: string[];
let disposals: string[];
let folder: string;

beforeEach(async () => {
  clockMs = 0;
  loads = [];
  disposals = [];
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-choice-'));
});
afterEach(() => rm(folder, { recursive: true }));

function backend(name: string, msPerAppend: number, real: Backend, more: Alterations = {}): Backend {
  return alteredBackend(real, {
    ...more,
    onLoad: async () => {
      loads.push(name);
      await more.onLoad?.();
    },
    onDispose: () => disposals.push(name),
    before: async (tokens) => {
      clockMs += msPerAppend;
      await more.before?.(tokens);
    },
  });
}

const ours = createOnnxBackend({ kernels: 'glassbox' });
const theirs = createOnnxBackend({ kernels: 'onnxruntime' });

/** A candidate that is really ONNX Runtime's own kernels: the same model, computed by other code with other roundings. */
function candidate(change: Partial<Candidate> = {}, ms = 5, more: Alterations = {}): Candidate {
  const { id = 'gpu', device = 'A GPU' } = change;
  return {
    id,
    device,
    isSoftware: false,
    backend: backend(`${id} on ${device}`, ms, theirs, more),
    ...change,
  };
}

function memory(processId = process.pid, isAlive: (id: number) => boolean = () => false): TrialMemory {
  return new TrialMemory({ folder, processId, isAlive });
}

async function choose(
  file: ModelFile,
  candidates: readonly Candidate[],
  change: Partial<ChosenBackendOptions> & {
    readonly signal?: AbortSignal;
    readonly adapter?: AdapterReport;
  } = {},
): Promise<ChosenModel> {
  const { signal, adapter = ADAPTER, ...options } = change;
  const chosen = new ChosenBackend({
    wish: { backend: 'auto' },
    reference: backend('cpu', 10, ours),
    candidates: async () => ({ adapters: [adapter], candidates, missing: [] }),
    memory: memory(),
    circumstances: { glassbox: '1' },
    now: () => clockMs,
    unixNow: () => 7,
    ...options,
  });
  const probe = await probeTokens(createTokenizer(file.readTokenizer()));
  const { spec, weights } = file;
  const subject = { spec, weights, probe, fingerprint: 'f' };
  return chosen.load(subject, { threads: 1, ...(signal && { signal }) });
}

/** Chooses, and lets go of the model. */
async function reported(...parameters: Parameters<typeof choose>): Promise<ChosenModel['report']> {
  const { model, report } = await choose(...parameters);
  await model.dispose();
  return report;
}

describe('choosing a backend', () => {
  it('keeps the candidate that agrees and is faster, still loaded, and says so with figures', () =>
    withTinyModel({ type: 'Q4_0' }, async (file) => {
      const { model, report } = await choose(file, [candidate()]);
      expect(report).toMatchObject({ used: 'gpu', device: 'A GPU', measuredAtMs: 7 });
      expect(report.reason).toMatch(/fastest whose numbers agree/);
      expect(report.reference).toMatchObject({ decodeTokensPerSecond: 100 });
      expect(report.candidates[0]?.outcome).toMatchObject({
        kind: 'agrees',
        speed: { decodeTokensPerSecond: 200 },
        agreement: { positions: 64 },
      });
      expect([loads, disposals]).toEqual([['cpu', 'gpu on A GPU'], ['cpu']]);
      const sequence = model.createSequence(8);
      expect(await sequence.append([1, 2])).toHaveLength(file.spec.vocabularySize);
      sequence.dispose();
      await model.dispose();
    }));

  it('stays on the CPU where a candidate that agrees is not faster', () =>
    withTinyModel({}, async (file) => {
      const report = await reported(file, [candidate({}, 9.5)]);
      expect(report.used).toBe('cpu');
      expect(report.reason).toMatch(/^Nothing else is faster by a tenth\. The best is gpu on A GPU: .*CPU/);
      expect(loads).toEqual(['cpu', 'gpu on A GPU', 'cpu']);
    }));

  it('takes the fastest of several, and loads it again where another was tried after it', () =>
    withTinyModel({}, async (file) => {
      const report = await reported(file, [
        candidate({ device: 'quick' }, 2),
        candidate({ id: 'onnx-webgpu', device: 'slower' }, 4),
      ]);
      expect(report).toMatchObject({ used: 'gpu', device: 'quick' });
      expect(loads).toEqual(['cpu', 'gpu on quick', 'onnx-webgpu on slower', 'gpu on quick']);
      expect(disposals).toHaveLength(4);
    }));

  it.each([
    [
      'scales one logit up',
      (logits: Float32Array) => logits.map((value, i) => (i % 7 === 0 ? 2 * value : value)),
    ],
    ['gives another token’s logits', (logits: Float32Array) => Float32Array.from(logits).reverse()],
    ['gives no numbers', (logits: Float32Array) => logits.map(() => NaN)],
    ['gives too few', (logits: Float32Array) => logits.subarray(1)],
  ])('never takes a candidate that %s, however fast', (_, lie) =>
    withTinyModel({}, async (file) => {
      for (const wish of ['auto', 'gpu'] as const) {
        const report = await reported(file, [candidate({}, 0.1, { logits: lie })], {
          wish: { backend: wish },
          measureAgain: true,
        });
        expect(report.used).toBe('cpu');
        expect(report.reason).toMatch(/gpu on A GPU computes other numbers than the CPU|gpu on A GPU failed/);
      }
      expect(disposals).toEqual(loads);
    }),
  );

  it('says why a candidate failed, and runs on the CPU', () =>
    withTinyModel({}, async (file) => {
      const broken = candidate({}, 1, {
        before: (tokens) => {
          if (tokens === 1) throw new Error('The driver went away.');
        },
      });
      const report = await reported(file, [broken]);
      expect(report).toMatchObject({
        used: 'cpu',
        candidates: [{ outcome: { kind: 'failed', reason: 'The driver went away.' } }],
      });
      expect(report.reason).toContain('The driver went away.');
      expect(disposals).toEqual(loads);
    }));

  it('leaves a candidate that hangs alone', () =>
    withTinyModel({}, async (file) => {
      let release = (): void => undefined;
      const forEver = new Promise<void>((resolve) => (release = resolve));
      const report = await reported(file, [candidate({}, 1, { before: () => forEver })], { silenceMs: 2000 });
      expect(report).toMatchObject({
        used: 'cpu',
        candidates: [{ outcome: { kind: 'hung', afterMs: 2000 } }],
      });
      // What it does in the end counts for nothing, and is cleared away.
      release();
      await expect.poll(() => disposals, { timeout: 20_000 }).toContain('gpu on A GPU');
    }));

  it('never takes software by itself, and does not even try it', () =>
    withTinyModel({}, async (file) => {
      const software = { ...ADAPTER, name: 'llvmpipe', isSoftware: true };
      const report = await reported(file, [candidate({ device: 'llvmpipe', isSoftware: true }, 0.1)], {
        adapter: software,
      });
      expect(report.used).toBe('cpu');
      expect(report.reason).toBe('The only GPU here is software that runs on the CPU: llvmpipe.');
      expect(report.candidates).toMatchObject([{ outcome: { kind: 'untried' } }]);
      expect(loads).toEqual(['cpu']);
    }));

  it('takes what was asked for though it is slow software, if its numbers agree', () =>
    withTinyModel({}, async (file) => {
      const slow = candidate({ device: 'llvmpipe', isSoftware: true }, 1000);
      const report = await reported(file, [slow], { wish: { backend: 'gpu' } });
      expect(report).toMatchObject({ used: 'gpu', device: 'llvmpipe' });
      expect(report.reason).toMatch(/^It was asked for, and its numbers agree/);
    }));

  it('says what is not here, and asks nothing of the machine for the CPU', () =>
    withTinyModel({}, async (file) => {
      const missing = async () => ({
        adapters: [],
        candidates: [],
        missing: [{ id: 'onnx-cuda' as const, reason: 'onnxruntime-node comes without it.' }],
      });
      const wanted = await reported(file, [], { candidates: missing, wish: { backend: 'onnx-cuda' } });
      expect(wanted.reason).toBe(
        'onnx-cuda was asked for, but is not here. onnxruntime-node comes without it.',
      );
      const never = (): never => {
        throw new Error('asked');
      };
      const cpu = await reported(file, [], { candidates: never, wish: { backend: 'cpu' } });
      expect(cpu).toMatchObject({ used: 'cpu', reason: 'It was asked for.' });
    }));
});

describe('a KV cache in codes', () => {
  it.each([
    ['said to be missing where the CPU runs the model', 'q8', [], true],
    ['not missed where a GPU runs it', 'q8', [candidate()], false],
    ['not missed where nobody asked for it', 'f16', [], false],
  ] as const)('is %s', (_, kvCacheType, candidates, isSaid) =>
    withTinyModel({ family: 'llama', type: 'Q4_0' }, async (file) => {
      const { model, report } = await choose(file, candidates, { kvCacheType });
      await model.dispose();
      expect(report.used).toBe(candidates.length === 0 ? 'cpu' : 'gpu');
      expect(report.reason.includes('Its KV cache is not kept in q8')).toBe(isSaid);
    }),
  );
});

describe('what is remembered', () => {
  it('is used at the next load: only the chosen backend is loaded then', () =>
    withTinyModel({}, async (file) => {
      const first = await reported(file, [candidate()]);
      loads = [];
      const second = await reported(file, [candidate()]);
      expect(second).toEqual(first);
      expect(loads).toEqual(['gpu on A GPU']);
    }));

  it('is measured again for another driver, and when it is asked for', () =>
    withTinyModel({}, async (file) => {
      await reported(file, [candidate()]);
      loads = [];
      await reported(file, [candidate()], { adapter: { ...ADAPTER, driver: 'driver 2' } });
      expect(loads).toEqual(['cpu', 'gpu on A GPU']);
      loads = [];
      const report = await reported(file, [candidate({}, 50)], { measureAgain: true });
      expect(report.used).toBe('cpu');
      expect(loads).toEqual(['cpu', 'gpu on A GPU', 'cpu']);
    }));

  it('is ignored where the file is damaged, with a sentence', () =>
    withTinyModel({}, async (file) => {
      await reported(file, [candidate()]);
      const [name = ''] = await readdir(folder);
      await writeFile(path.join(folder, name), '{"format": 1, "outcomes": ');
      const report = await reported(file, [candidate()]);
      expect(report.used).toBe('gpu');
      expect(report.reason).toContain(`${name}, which remembers them, is damaged and ignored`);
      expect(report.reason).not.toContain(folder);
      expect((await reported(file, [candidate()])).reason).not.toContain('damaged');
    }));

  it('skips a candidate that took the engine along, until backends are measured again', () =>
    withTinyModel({}, async (file) => {
      // A process that ends in mid-trial leaves the file as it is at this moment.
      let left = '';
      const deadly = candidate({}, 1, {
        before: async () => {
          const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.json'));
          left = await readFile(path.join(folder, name), 'utf8');
        },
      });
      await reported(file, [deadly], { memory: memory(4711) });
      const [name = ''] = await readdir(folder);
      await writeFile(path.join(folder, name), left);
      loads = [];
      const report = await reported(file, [deadly]);
      expect(report).toMatchObject({ used: 'cpu', candidates: [{ outcome: { kind: 'crashed' } }] });
      expect(report.reason).toMatch(/gpu on A GPU ended the engine when it was tried/);
      expect(loads).toEqual(['cpu']);
      expect((await reported(file, [candidate()], { measureAgain: true })).used).toBe('gpu');
    }));

  it('does not blame a candidate for a process that was told to end, or that is still at it', () =>
    withTinyModel({}, async (file) => {
      let left = '';
      const mine = memory(4711);
      const interrupted = candidate({}, 1, {
        before: async () => {
          const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.json'));
          left ||= await readFile(path.join(folder, name), 'utf8');
          mine.abandonTrial();
          expect(await readFile(path.join(folder, name), 'utf8')).not.toContain('trying');
        },
      });
      await reported(file, [interrupted], { memory: mine });
      expect(left).toContain('"processId": 4711');
      const [name = ''] = await readdir(folder);
      await writeFile(path.join(folder, name), left);
      const report = await reported(file, [candidate()], { memory: memory(1, (id) => id === 4711) });
      expect(report.used).toBe('gpu');
    }));

  it('keeps nothing of a trial that was cancelled, and blames nobody', () =>
    withTinyModel({}, async (file) => {
      const abort = new AbortController();
      const slow = candidate({}, 1, { before: () => abort.abort() });
      await expect(choose(file, [slow], { signal: abort.signal })).rejects.toMatchObject({
        code: 'request/cancelled',
      });
      expect(disposals).toEqual(loads);
      const report = await reported(file, [candidate()]);
      expect(report.used).toBe('gpu');
    }));

  it('falls back to the CPU for this time where the chosen backend cannot be loaded now', () =>
    withTinyModel({}, async (file) => {
      await reported(file, [candidate()]);
      const full = candidate({}, 1, {
        onLoad: () => {
          throw new Error('There is not enough memory on the GPU.');
        },
      });
      const report = await reported(file, [full]);
      expect(report.used).toBe('cpu');
      expect(report.reason).toContain('There is not enough memory on the GPU.');
      expect((await reported(file, [candidate()])).used).toBe('gpu');
    }));

  it('may be impossible to keep, which is said and stops nothing', () =>
    withTinyModel({}, async (file) => {
      const blocked = path.join(folder, 'a file');
      await writeFile(blocked, '');
      const options = { folder: path.join(blocked, 'below'), processId: 1, isAlive: () => false };
      const report = await reported(file, [candidate()], { memory: new TrialMemory(options) });
      expect(report.used).toBe('gpu');
      expect(report.reason).toMatch(/could not be kept: ENOTDIR\.|cannot be read \(ENOTDIR\)/);
    }));
});
