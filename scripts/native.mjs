// Compiles native/cpu into dist/native/: the products of quantized matrices (native/cpu/README.md).
//
//   node scripts/native.mjs [--outdir=FOLDER] [--quiet]     prints where the library is
//
// The compiler is CC, or cc, clang or gcc from PATH, or else zig's from the Python package `ziglang`. Without any of them
// nothing is built and Glassbox multiplies with ONNX Runtime's own kernels.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached, cacheFolder, findProgram, zigPath } from './assets.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const sourceFolder = path.join(root, 'native/cpu');

const flags = [
  '-std=c11',
  '-O3',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fvisibility=hidden',
  // A product and a sum are one operation where the source says fma, and nowhere else: results are the same bits everywhere.
  '-ffp-contract=off',
  ...(process.platform === 'win32' ? [] : ['-fPIC']),
];

/** zig compiles for the processor that it runs on unless it is told not to. */
const zigBaseline = { x64: '-mcpu=baseline', arm64: '-mcpu=generic' };

/**
 * Instruction sets beyond what every processor of an architecture has, by file: only these files may use them, and only
 * after `is_usable` has said so.
 * @type {Partial<Record<NodeJS.Architecture, Record<string, readonly string[]>>>}
 */
const instructionSets = {
  x64: (() => {
    const avx2 = ['-mavx2', '-mfma', '-mf16c'];
    const avx512 = [...avx2, '-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx512vnni'];
    return {
      'kernel_avx2.c': avx2,
      'kernel_avxvnni.c': [...avx2, '-mavxvnni'],
      'kernel_avx512vnni.c': [...avx512, '-mprefer-vector-width=512'],
      // With -O3 it takes five times as long to compile and is not faster.
      'amx_few_tokens.c': [...avx512, '-mgfni', '-mamx-tile', '-mamx-int8', '-O2'],
      'kernel_amx.c': [...avx512, '-mamx-tile', '-mamx-int8'],
      'attention_avx2.c': avx2,
      'attention_avx512.c': [...avx512, '-mprefer-vector-width=512'],
      'blocks_avx2.c': avx2,
      'blocks_avx512.c': [...avx512, '-mprefer-vector-width=512'],
      'norm_avx2.c': avx2,
      'norm_avx512.c': [...avx512, '-mprefer-vector-width=512'],
      'swiglu_avx2.c': avx2,
      'swiglu_avx512.c': [...avx512, '-mprefer-vector-width=512'],
    };
  })(),
  arm64: { 'kernel_neon.c': ['-march=armv8.2-a+dotprod'] },
};

/** zig has its own names for what GCC and clang call -march. */
const zigNames = new Map([['-march=armv8.2-a+dotprod', '-mcpu=generic+v8_2a+dotprod']]);

/** @returns {string} what the library is called on this platform; `native/cpu/libraryPath.ts` looks for it */
export function libraryName() {
  if (process.platform === 'win32') return 'glassbox_cpu.dll';
  return process.platform === 'darwin' ? 'libglassbox_cpu.dylib' : 'libglassbox_cpu.so';
}

/**
 * @typedef {object} Compiler
 * @property {string} program
 * @property {readonly string[]} before its arguments before all others
 * @property {string} version
 * @property {boolean} isZig
 */

/**
 * @typedef {{ readonly file: string } | { readonly file: undefined, readonly why: string }} Built the library, or in a
 *   sentence why there is none
 */

/**
 * Builds the library unless one of the same sources, flags and compiler lies in the cache folder, and puts it into
 * `folder`.
 * @param {string} folder
 * @param {(line: string) => void} report receives one line before something that takes long
 * @returns {Promise<Built>}
 */
export async function buildNative(folder, report) {
  const compiler = await findCompiler(report);
  if (!compiler) return notBuilt('there is no C compiler (cc, clang or gcc), and zig could not be fetched');
  const sources = await filesBelow(sourceFolder, /\.[ch]$/);
  const hash = createHash('sha256').update(
    JSON.stringify([flags, instructionSets, process.platform, process.arch, compiler.version]),
  );
  for (const file of sources) hash.update(path.relative(root, file)).update(await readFile(file));
  const digest = hash.digest('hex').slice(0, 16);
  try {
    const made = await cached(path.join(cacheFolder(), 'native', digest, libraryName()), async (scratch) => {
      report(`Compiling native/cpu with ${compiler.version} ...`);
      return compile(compiler, sources, scratch);
    });
    const file = path.join(folder, libraryName());
    await mkdir(folder, { recursive: true });
    if (!(await sameContent(made, file))) {
      // Renamed into place: a process that uses the old one keeps it.
      const scratch = path.join(folder, `.${libraryName()}.${process.pid}`);
      await copyFile(made, scratch);
      await rename(scratch, file).catch(async (error) => {
        await rm(scratch, { force: true });
        throw error;
      });
    }
    return { file };
  } catch (error) {
    return notBuilt(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} reason
 * @returns {Built}
 */
function notBuilt(reason) {
  return {
    file: undefined,
    why: `Glassbox multiplies with ONNX Runtime's kernels, since its own were not compiled: ${reason}.`,
  };
}

/**
 * @param {Compiler} compiler
 * @param {readonly string[]} sources
 * @param {string} scratch
 * @returns {Promise<string>} the library
 */
async function compile(compiler, sources, scratch) {
  /** @type {(() => Promise<string>)[]} */
  const jobs = sources
    .filter((file) => file.endsWith('.c'))
    .map((file, index) => async () => {
      const object = path.join(scratch, `${index}.o`);
      await run(compiler, [...flags, ...processorFlags(compiler, file), '-c', file, '-o', object]);
      return object;
    });
  const objects = await inTurns(jobs, os.availableParallelism());
  const library = path.join(scratch, libraryName());
  const math = process.platform === 'linux' ? ['-lm'] : [];
  await run(compiler, ['-shared', '-o', library, ...objects, ...math]);
  return library;
}

/**
 * @param {Compiler} compiler
 * @param {string} file
 * @returns {readonly string[]}
 */
function processorFlags({ isZig }, file) {
  const special = instructionSets[process.arch]?.[path.basename(file)] ?? [];
  if (!isZig) return special;
  const names = special.map((flag) => zigNames.get(flag) ?? flag);
  const baseline = Object.entries(zigBaseline).find(([arch]) => arch === process.arch)?.[1];
  return baseline === undefined || names.some((flag) => flag.startsWith('-mcpu'))
    ? names
    : [baseline, ...names];
}

/**
 * @param {Compiler} compiler
 * @param {readonly string[]} compilerArguments
 */
async function run({ program, before, isZig }, compilerArguments) {
  // zig compiles a C library of its own at first, and would keep it in the user's cache folder.
  const env = isZig
    ? { ...process.env, ZIG_GLOBAL_CACHE_DIR: path.join(cacheFolder(), 'zig-cache') }
    : process.env;
  await promisify(execFile)(program, [...before, ...compilerArguments], { env, maxBuffer: 1 << 24 });
}

/**
 * @param {(line: string) => void} report
 * @returns {Promise<Compiler | undefined>}
 */
async function findCompiler(report) {
  for (const name of process.env.CC ? [process.env.CC] : ['cc', 'clang', 'gcc']) {
    const program = path.isAbsolute(name) ? name : await findProgram(name);
    if (program) return withVersion(program, [], false);
  }
  try {
    return await withVersion(await zigPath(report), ['cc'], true);
  } catch (error) {
    report(`zig: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} before
 * @param {boolean} isZig
 * @returns {Promise<Compiler>}
 */
async function withVersion(program, before, isZig) {
  const { stdout } = await promisify(execFile)(program, [...before, '--version']);
  return { program, before, isZig, version: stdout.split('\n', 1)[0] ?? program };
}

/**
 * @template T
 * @param {readonly (() => Promise<T>)[]} jobs
 * @param {number} atOnce
 * @returns {Promise<T[]>} in the order of the jobs
 */
async function inTurns(jobs, atOnce) {
  /** @type {T[]} */
  const results = new Array(jobs.length);
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job) results[index] = await job();
      }
    }),
  );
  return results;
}

/**
 * @param {string} folder
 * @param {RegExp} wanted
 * @returns {Promise<string[]>} paths, in one order everywhere
 */
async function filesBelow(folder, wanted) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {Promise<boolean>}
 */
async function sameContent(a, b) {
  const [first, second] = await Promise.all([readFile(a), readFile(b).catch(() => undefined)]);
  return second !== undefined && first.equals(second);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outdir = process.argv.find((argument) => argument.startsWith('--outdir='))?.slice('--outdir='.length);
  const isQuiet = process.argv.includes('--quiet');
  const built = await buildNative(
    path.join(path.resolve(outdir ?? path.join(root, 'dist')), 'native'),
    (line) => {
      if (!isQuiet) console.error(line);
    },
  );
  if (built.file !== undefined) {
    if (!isQuiet) console.log(built.file);
  } else {
    console.error(built.why);
  }
}
