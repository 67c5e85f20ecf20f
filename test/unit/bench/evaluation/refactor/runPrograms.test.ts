import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPrograms } from '../../../../../bench/evaluation/refactor/runPrograms.ts';

const canRunPython = (await runPrograms('python', ['print(1)']))[0]?.kind === 'ran';
let folder = '';
let port = 0;
let connections = 0;
const server = createServer((socket) => {
  connections += 1;
  socket.destroy();
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-sandbox-'));
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('A program', () => {
  it('runs for itself: nothing is left of the one before', async () => {
    expect(
      await runPrograms('javascript', ['var a = 1; globalThis.b = 2;', 'show([typeof a, typeof b]);']),
    ).toEqual([
      { kind: 'ran', output: '' },
      { kind: 'ran', output: '["undefined","undefined"]\n' },
    ]);
  });

  it('may be a module with types, and may wait for promises', async () => {
    const program =
      'export async function f(a: number): Promise<number> { return a; }\nvoid f(2).then((a) => show(a));';
    expect(await runPrograms('typescript', [program])).toEqual([{ kind: 'ran', output: '2\n' }]);
  });

  it('that throws, or is none, has failed, and the others have not', async () => {
    expect(await runPrograms('javascript', ['throw new Error("no");', 'let =', 'show(1);'])).toEqual([
      { kind: 'failed', why: 'Error: no' },
      { kind: 'failed', why: expect.stringContaining('ERROR') },
      { kind: 'ran', output: '1\n' },
    ]);
  });

  it('in a language that is not run says so', async () => {
    expect(await runPrograms('rust', ['fn main() {}'])).toEqual([
      { kind: 'notRun', why: 'rust is checked by syntax only' },
    ]);
  });
});

describe('A hostile program in JavaScript', () => {
  it('that never ends is stopped', async () => {
    const [endless, promised, next] = await runPrograms('javascript', [
      'for (;;);',
      'const f = () => Promise.resolve().then(f); f();',
      'show(1);',
    ]);
    expect(endless).toMatchObject({ kind: 'failed', why: expect.stringContaining('timed out') });
    expect(promised).toMatchObject({ kind: 'failed' });
    expect(next).toEqual({ kind: 'ran', output: '1\n' });
  });

  it('that takes all memory takes only its own process along', async () => {
    const programs = ['show(1);', 'const all = []; for (;;) all.push(new Array(1e6).fill(0));'];
    const [first, second] = await runPrograms('javascript', programs);
    expect(first).toEqual({ kind: 'ran', output: '1\n' });
    expect(second).toMatchObject({ kind: 'failed' });
  });

  it('finds nothing of Node, and no way out of its context', async () => {
    const ways = [
      'show([typeof process, typeof require, typeof fetch, typeof setTimeout, typeof Buffer]);',
      "this.constructor.constructor('return process')();",
      "console.log.constructor('return process')();",
      "import('node:fs').then(() => show('imported'), () => show('refused'));",
      'Error.prepareStackTrace = (_, sites) => sites.map((site) => typeof site.getThis()?.process).join(); show(String(new Error().stack).includes("object"));',
      'const f = () => { try { f(); } catch (error) { show(typeof error.constructor.constructor("return typeof process")()); } }; f();',
    ];
    const ran = await runPrograms('javascript', ways);
    expect(ran[0]).toEqual({
      kind: 'ran',
      output: '["undefined","undefined","undefined","undefined","undefined"]\n',
    });
    for (const way of [ran[1], ran[2], ran[5]]) expect(way).toMatchObject({ kind: 'failed' });
    expect(ran[3]).not.toMatchObject({ output: '"imported"\n' });
    expect(ran[4]).toEqual({ kind: 'ran', output: 'false\n' });
  });
});

describe.runIf(canRunPython)('A hostile program in Python', () => {
  it('reads, writes, starts and reaches nothing', async () => {
    const secret = JSON.stringify(path.join(folder, 'secret.txt'));
    const ways = [
      `show(open(${secret}).read())`,
      `open(${JSON.stringify(path.join(folder, 'new.txt'))}, "w").write("x")`,
      `import os\nos.remove(${secret})`,
      `import os\nos.system("echo hello")`,
      `import subprocess\nsubprocess.run(["true"])`,
      `import socket\nsocket.create_connection(("127.0.0.1", ${port}))`,
      `import _socket\n_socket.socket().connect(("127.0.0.1", ${port}))`,
      `import ctypes`,
      `import os\nos.fork()`,
      `import os\nos.kill(os.getppid(), 9)`,
    ];
    for (const [i, ran] of (await runPrograms('python', ways)).entries()) {
      expect(ran, ways[i]).toMatchObject({ kind: 'failed' });
    }
    expect(await readdir(folder)).toEqual(['secret.txt']);
    expect(connections).toBe(0);
  });

  it('that takes all memory or never ends is stopped', async () => {
    const [large, endless] = await runPrograms('python', ['a = [0] * (1 << 30)', 'while True: pass']);
    expect(large).toMatchObject({ kind: 'failed', why: expect.stringContaining('MemoryError') });
    expect(endless).toMatchObject({ kind: 'failed' });
  });

  it('cannot make others fail that have ended', async () => {
    const [first, second] = await runPrograms('python', ['show(1)', 'import sys\nsys.exit(3)']);
    expect(first).toEqual({ kind: 'ran', output: '1\n' });
    expect(second).toMatchObject({ kind: 'failed', why: expect.stringContaining('SystemExit') });
  });
});
