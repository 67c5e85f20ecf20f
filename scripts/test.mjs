// npm test [-- suite ...]: everything that shows that Glassbox works. The last line says how much of it ran.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { chromiumPath, codeServer, smolLM2Path } from './assets.mjs';
import { countsOf, filesToTryAgain, MOST_ATTEMPTS, withAnotherAttempt } from './attempts.mjs';
import { gpuAdapters } from './gpu-adapter.mjs';
import { checkout } from './install-from-checkout.mjs';
import { lanes } from './lanes.mjs';
import { buildNative } from './native.mjs';
import { trainingPython } from './training-python.mjs';

/** @typedef {import('./attempts.mjs').Counts} Counts */
/** @typedef {import('./attempts.mjs').Results} Results */

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

/**
 * Suites whose files may run at the same time: each of them computes on one core (a kernel is compiled on one, too), or waits for
 * another program. Editors want the machine for themselves.
 */
const sideBySide = new Set(['unit', 'gpu', 'engine', 'page', 'parity']);

/**
 * Suites that run in a browser, where a machine that is busy in the wrong moment can fail a test that is sound. A file that failed
 * there is run once more, and once again if it failed twice, and the report says so.
 */
const inBrowser = new Set(['page', 'e2e']);

/** Suites for hardware that a machine may neither have nor be able to imitate. They are then skipped as a whole, and the report says why. */
const needsAbsentHardware = new Set(['gpu']);

/** Suites whose parts keep one core busy and wait for nothing: they run at the same time, before the others. */
const usesOneCore = new Set(['static', 'training']);
/** What runs their parts. */
const onOneCore = lanes(2);

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
/**
 * Tests that passed in one attempt and failed in another one.
 * @type {Set<string>}
 */
const passedOnce = new Set();
/** @type {string[]} */
const skippedBecause = [];
await Promise.all(
  Object.keys(suites)
    .filter((name) => usesOneCore.has(name))
    .map(run),
);
for (const name of Object.keys(suites)) if (!usesOneCore.has(name)) await run(name);
console.log(`\n${summary.join('\n')}`);
for (const why of skippedBecause) console.log(`skipped: ${why}`);
for (const test of passedOnce) console.log(`passed in another attempt only: ${test}`);
console.log(inWords(total));
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/**
 * Runs a suite if it was chosen, and adds it to the report.
 * @param {string} name
 */
async function run(name) {
  if (!chosen.includes(name)) return;
  const started = performance.now();
  const counts = await suite(name, suites[/** @type {keyof typeof suites} */ (name)]);
  for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
  summary.push(`${name}: ${inWords(counts)} in ${Math.round((performance.now() - started) / 1000)} s`);
}

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
      const why = `${name} cannot run: ${error instanceof Error ? error.message : error}`;
      console.error(why);
      if (!needsAbsentHardware.has(name)) return { passed: 0, failed: 1, skipped: 0 };
      skippedBecause.push(why);
      return { passed: 0, failed: 0, skipped: 1 };
    }
  }
  if (name === 'static')
    return all(['lint', 'typecheck', 'format:check'].map((script) => () => npmScript(script)));
  if (name === 'unit' || name === 'gpu') return vitest(name);
  if (name === 'training') return onOneCore(async () => unittest(await trainingPython()));
  // The engine, parity and end-to-end suites run what was built.
  return (await npmScript('build')) ? vitest(name) : { passed: 0, failed: 1, skipped: 0 };
}

/**
 * @param {(() => Promise<boolean>)[]} checks
 * @returns {Promise<Counts>}
 */
async function all(checks) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const succeeded = await Promise.all(checks.map((check) => onOneCore(check)));
  for (const each of succeeded) counts[each ? 'passed' : 'failed'] += 1;
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
  const first = await runVitest(project);
  if (first.results === undefined) return { passed: 0, failed: 1, skipped: 0 };
  let { results, code } = { ...first, results: first.results };
  for (let attempt = 2; inBrowser.has(project) && attempt <= MOST_ATTEMPTS; attempt++) {
    const files = filesToTryAgain(results);
    if (files.length === 0) break;
    console.log(`\n== ${project}, attempt ${attempt}: ${files.map(inCheckout).join(', ')} ==`);
    // Each attempt takes its own pictures.
    const pictures = path.join(checkout, 'test-results/screenshots');
    await cp(pictures, path.join(checkout, `test-results/attempt-${attempt - 1}`), {
      recursive: true,
      force: true,
    }).catch(() => console.error(`Attempt ${attempt - 1} left no pictures.`));
    const again = await runVitest(project, files);
    if (again.results === undefined) break;
    const both = withAnotherAttempt(results, again.results);
    for (const test of both.passedOnce) passedOnce.add(inCheckout(test));
    results = both.results;
    // Vitest fails for what passed before, too; what counts is what has not passed yet.
    code = countsOf(again.results).failed > 0 ? 0 : again.code;
  }
  return withExit(countsOf(results), code);
}

/**
 * Whatever else makes Vitest fail (an unhandled error, no test at all) counts as one failure.
 * @param {Counts} counts
 * @param {number | null} code
 * @returns {Counts}
 */
function withExit(counts, code) {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** @param {string} file path, or what begins with one */
function inCheckout(file) {
  return file.startsWith(checkout + path.sep) ? file.slice(checkout.length + 1) : file;
}

/**
 * @param {string} project
 * @param {readonly string[]} files paths; none: all of the project
 * @returns {Promise<{ readonly results: Results | undefined, readonly code: number | null }>} no results where it did not get so far
 */
async function runVitest(project, files = []) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-test-'));
  try {
    const file = path.join(folder, 'results.json');
    const entry = path.join(checkout, 'node_modules/vitest/vitest.mjs');
    const code = await exitCode(process.execPath, [
      ...[entry, 'run', ...files, '--project', project],
      // Left to itself Vitest leaves one core of two without work.
      ...(sideBySide.has(project) ? ['--maxWorkers=2'] : []),
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    ]);
    return { results: await readFile(file, 'utf8').then(JSON.parse, () => undefined), code };
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
