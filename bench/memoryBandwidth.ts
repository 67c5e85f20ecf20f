import { fileURLToPath } from 'node:url';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import * as v from 'valibot';

/** Far beyond the caches of any one socket, so that what is measured is memory. */
const BYTES_OF_EACH = 512 * 1024 * 1024;
const MEASURE_MS = 1000;

const ReaderTask = v.object({ task: v.literal('readMemory'), start: v.instance(SharedArrayBuffer) });
const ReaderReport = v.union([v.literal('ready'), v.object({ bytesPerSecond: v.number() })]);

/**
 * Bytes per second that `threads` threads read together from memory of their own: the ceiling for decoding, which
 * reads every weight for every token.
 */
export async function measureMemoryBandwidth(threads: number): Promise<number> {
  const start = new SharedArrayBuffer(4);
  const workers = Array.from(
    { length: threads },
    // This module is part of the bundle that runs now; its main file sends workers to `readMemory`.
    () => new Worker(fileURLToPath(import.meta.url), { workerData: { task: 'readMemory', start } }),
  );
  try {
    let ready = 0;
    const speeds = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<number>((resolve, reject) => {
            worker.once('error', reject);
            worker.on('message', (message: unknown) => {
              const report = v.parse(ReaderReport, message);
              if (report !== 'ready') return resolve(report.bytesPerSecond);
              if (++ready < threads) return;
              // All together: a thread alone would have the memory for itself.
              Atomics.store(new Int32Array(start), 0, 1);
              Atomics.notify(new Int32Array(start), 0);
            });
          }),
      ),
    );
    return speeds.reduce((sum, speed) => sum + speed, 0);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Whether this thread was started to read memory; if so it does. */
export function readMemory(): boolean {
  const task = v.safeParse(ReaderTask, workerData);
  if (!task.success || !parentPort) return false;
  const memory = new Float64Array(BYTES_OF_EACH / 8).fill(1);
  parentPort.postMessage('ready');
  Atomics.wait(new Int32Array(task.output.start), 0, 0);
  const startedAt = performance.now();
  const endsAt = startedAt + MEASURE_MS;
  let passes = 0;
  let sum = 0;
  while (performance.now() < endsAt) {
    sum += readAll(memory);
    passes++;
  }
  const elapsedMs = performance.now() - startedAt;
  if (sum !== passes * memory.length) throw new Error('what was read is not what was written');
  parentPort.postMessage({ bytesPerSecond: (passes * BYTES_OF_EACH * 1000) / elapsedMs });
  return true;
}

/** Eight sums at once: one alone would wait for each addition, not for memory. */
function readAll(memory: Float64Array): number {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i + 8 <= memory.length; i += 8) {
    a += memory[i] ?? 0;
    b += memory[i + 1] ?? 0;
    c += memory[i + 2] ?? 0;
    d += memory[i + 3] ?? 0;
    e += memory[i + 4] ?? 0;
    f += memory[i + 5] ?? 0;
    g += memory[i + 6] ?? 0;
    h += memory[i + 7] ?? 0;
  }
  return a + b + c + d + e + f + g + h;
}
