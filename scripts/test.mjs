// npm test [-- suite ...]: everything that shows that Glassbox works. The last line says how much of it ran.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { chromiumPath, codeServer, smolLM2Path } from './assets.mjs';
import { gpuAdapters } from './gpu-adapter.mjs';
import { checkout } from './install-from-checkout.mjs';
import { buildNative } from './native.mjs';
import { trainingPython } from './training-python.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Cheapest first. `static` is types, lint and format, `training` the trainer's Python tests; the others are projects
 * of vitest.config.ts.
 */
const suites = {
  static: [],
  unit: [cpuLibrary],
  gpu: [gpuAdapters],
  training: [trainingPython],
  engine: [smolLM2Path],
  parity: [smolLM2Path],
  page: [chromiumPath],
  e2e: [smolLM2Path, codeServer, chromiumPath],
};

/** Suites whose files may run at the same time; the others start engines and editors that want the machine for themselves. */
const sideBySide = new Set(['unit', 'page']);

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
const unknown = chosen.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`No suite is called ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}.`);
  process.exit(2);
}

/** @type {Counts} */
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const summary = [];
for (const [name, assets] of Object.entries(suites)) {
  if (!chosen.includes(name)) continue;
  const started = performance.now();
  const counts = await suite(name, assets);
  for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
  summary.push(`${name}: ${inWords(counts)} in ${Math.round((performance.now() - started) / 1000)} s`);
}
console.log(`\n${summary.join('\n')}`);
console.log(inWords(total));
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** Compiled before the tests that would otherwise wait for it. */
async function cpuLibrary() {
  const built = await buildNative(path.join(checkout, 'dist/native'), (line) => console.error(line));
  if (built.file === undefined) throw new Error(built.why);
}

/**
 * @param {string} name
 * @param {(() => Promise<unknown>)[]} assets
 * @returns {Promise<Counts>}
 */
async function suite(name, assets) {
  console.log(`\n== ${name} ==`);
  for (const asset of assets) {
    try {
      await asset();
    } catch (error) {
      console.error(`${name} cannot run: ${error instanceof Error ? error.message : error}`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  }
  if (name === 'static')
    return all(['typecheck', 'lint', 'format:check'].map((script) => () => npmScript(script)));
  if (name === 'unit' || name === 'gpu') return vitest(name);
  if (name === 'training') return unittest(await trainingPython());
  // The engine, parity and end-to-end suites run what was built.
  return (await npmScript('build')) ? vitest(name) : { passed: 0, failed: 1, skipped: 0 };
}

/**
 * @param {(() => Promise<boolean>)[]} checks
 * @returns {Promise<Counts>}
 */
async function all(checks) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const check of checks) counts[(await check()) ? 'passed' : 'failed'] += 1;
  return counts;
}

/**
 * @param {string} script
 * @returns {Promise<boolean>}
 */
async function npmScript(script) {
  return (await exitCode('npm', ['run', '--silent', script])) === 0;
}

/**
 * @param {string} project
 * @returns {Promise<Counts>}
 */
async function vitest(project) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-test-'));
  try {
    const file = path.join(folder, 'results.json');
    const entry = path.join(checkout, 'node_modules/vitest/vitest.mjs');
    const code = await exitCode(process.execPath, [
      ...[entry, 'run', '--project', project],
      // Left to itself Vitest leaves one core of two without work.
      ...(sideBySide.has(project) ? ['--maxWorkers=2'] : []),
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    ]);
    const results = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
    if (results === undefined) return { passed: 0, failed: 1, skipped: 0 };
    // A file that does not even load has failed, though none of its tests has run.
    const unloaded = results.testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ result) =>
        result.status === 'failed' && result.assertionResults.length === 0,
    ).length;
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + unloaded,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    // Whatever else makes vitest fail (an unhandled error, no test at all) counts as one failure.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} python
 * @returns {Promise<Counts>}
 */
async function unittest(python) {
  const child = spawn(python, ['-m', 'unittest', 'discover', '-s', 'tests'], {
    cwd: path.join(checkout, 'training'),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (/** @type {Buffer} */ chunk) => {
    process.stderr.write(chunk);
    output += chunk.toString();
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const skipped = Number(/skipped=(\d+)/.exec(output)?.[1] ?? 0);
  const failures = [...output.matchAll(/(?:failures|errors)=(\d+)/g)];
  const failed = failures.reduce((sum, [, count]) => sum + Number(count), 0);
  // A test can fail twice (in itself and in its tear-down); a run that does not get so far has failed once.
  if (code !== 0 && failed === 0) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: Math.max(0, ran - failed - skipped), failed, skipped };
}

/**
 * @param {string} command
 * @param {string[]} commandArguments
 * @returns {Promise<number | null>} null when a signal ended it
 */
async function exitCode(command, commandArguments) {
  const child = spawn(command, commandArguments, { cwd: checkout, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/**
 * @param {Counts} counts
 * @returns {string}
 */
function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
