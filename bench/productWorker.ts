import { fileURLToPath } from 'node:url';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import * as koffi from 'koffi';
import * as v from 'valibot';
import {
  isPackedType,
  openCpuLibrary,
  PANEL_ROWS,
  type CpuLibrary,
  type PackedMatrix,
  type PackedType,
} from '../native/cpu/library.ts';
import { blockLayout } from '../src/models/quantization/blockLayout.ts';
import { Random } from '../test/support/random.ts';
import { fillWithRandomWeights } from '../test/support/randomWeights.ts';

/** What one thread multiplies, again and again: its share of a matrix's rows, with all tokens. */
export interface ProductPlan {
  readonly libraryPath: string;
  readonly isa: string | undefined;
  readonly type: PackedType;
  readonly rows: number;
  readonly columns: number;
  readonly tokens: number;
  readonly threads: number;
}

export interface ProductTiming {
  /** Median of the threads' times for one product, all multiplying at once. */
  readonly elapsedMs: number;
  /** Packed bytes of the whole matrix. */
  readonly packedBytes: number;
}

/** Packed weights of a thread, several copies of a small matrix: beyond the caches, as a model's are. */
const THREAD_BYTES = 192 * 1024 * 1024;
const MEASURE_MS = 700;

const Task = v.object({
  task: v.literal('multiply'),
  start: v.instance(SharedArrayBuffer),
  libraryPath: v.string(),
  isa: v.optional(v.string()),
  type: v.pipe(v.string(), v.check(isPackedType)),
  rows: v.number(),
  columns: v.number(),
  tokens: v.number(),
});
const Report = v.union([v.literal('ready'), v.object({ elapsedMs: v.number(), packedBytes: v.number() })]);

/** One product, split by rows among threads that have nothing else to do. */
export async function measureProduct(plan: ProductPlan): Promise<ProductTiming> {
  const { threads, rows, ...rest } = plan;
  const start = new SharedArrayBuffer(4);
  const share = Math.ceil(rows / threads / PANEL_ROWS) * PANEL_ROWS;
  const workers = Array.from(
    { length: threads },
    // This module is part of the bundle that runs now; its main file sends workers to `runProductWorker`.
    () =>
      new Worker(fileURLToPath(import.meta.url), {
        workerData: { task: 'multiply', start, ...rest, rows: share },
      }),
  );
  try {
    let ready = 0;
    const timings = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<ProductTiming>((resolve, reject) => {
            worker.once('error', reject);
            worker.on('message', (message: unknown) => {
              const report = v.parse(Report, message);
              if (report !== 'ready') return resolve(report);
              if (++ready < threads) return;
              Atomics.store(new Int32Array(start), 0, 1);
              Atomics.notify(new Int32Array(start), 0);
            });
          }),
      ),
    );
    return {
      elapsedMs: timings.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / threads,
      packedBytes: timings.reduce((sum, { packedBytes }) => sum + packedBytes, 0),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Whether this thread was started to multiply; if so it does. */
export function runProductWorker(): boolean {
  const task = v.safeParse(Task, workerData);
  if (!task.success || !parentPort) return false;
  const { libraryPath, isa, type, rows, columns, tokens, start } = task.output;
  if (!isPackedType(type)) throw new Error(`${type} cannot be packed`);
  const library = openCpuLibrary(koffi, libraryPath);
  library.forceIsa(isa);
  const matrices = randomMatrices(library, type, rows, columns);
  const data = library.alignedBytes(library.inputsBytes(tokens, columns));
  const x = new Random(2).normals(tokens * columns, 1);
  const y = new Float32Array(tokens * rows);
  const panels = { first: 0, end: Math.ceil(rows / PANEL_ROWS) };
  const multiply = (matrix: PackedMatrix): void => {
    library.prepareInputs({ x, stride: columns, tokens, columns }, data, { first: 0, end: tokens });
    library.product(matrix, { tokens, columns, data }, panels, { y, stride: rows });
  };
  for (const matrix of matrices.slice(0, 2)) multiply(matrix);
  parentPort.postMessage('ready');
  Atomics.wait(new Int32Array(start), 0, 0);
  const times: number[] = [];
  const endsAt = performance.now() + MEASURE_MS;
  while (performance.now() < endsAt || times.length < 3) {
    const startedAt = performance.now();
    for (const matrix of matrices) multiply(matrix);
    times.push((performance.now() - startedAt) / matrices.length);
  }
  times.sort((a, b) => a - b);
  parentPort.postMessage({
    elapsedMs: times[times.length >> 1] ?? NaN,
    packedBytes: matrices[0]?.packed.byteLength ?? NaN,
  });
  return true;
}

/** Equal panels do: what is in them does not change how long they take. */
function randomMatrices(
  library: CpuLibrary,
  type: PackedType,
  rows: number,
  columns: number,
): readonly PackedMatrix[] {
  const layout = blockLayout(type);
  const file = new Uint8Array((PANEL_ROWS * columns * layout.bytes) / layout.values);
  fillWithRandomWeights(type, file, 0.02, new Random(1));
  const panelBytes = library.packedBytes(type, PANEL_ROWS, columns);
  const panel = { type, rows: PANEL_ROWS, columns, packed: library.alignedBytes(panelBytes) };
  library.pack(file, panel, { first: 0, end: PANEL_ROWS });
  const bytes = library.packedBytes(type, rows, columns);
  return Array.from({ length: Math.max(1, Math.ceil(THREAD_BYTES / bytes)) }, () => {
    const packed = library.alignedBytes(bytes);
    for (let at = 0; at < bytes; at += panelBytes) packed.set(panel.packed, at);
    return { type, rows, columns, packed };
  });
}
