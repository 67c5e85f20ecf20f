// node training/second_generator/check.mjs [FILE]: verifies a set without the generator that made it. Programs are run,
// refactorings are derived once more from the syntax tree and from what both versions do.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { behaviour, functionsOf, probesOf } from './check/behaviour.mjs';
import {
  checkDeadCode,
  isConcatenation,
  renamed,
  withConstAndLet,
  withoutConstant,
  withStrictEquality,
} from './check/derivation.mjs';
import { must } from './check/must.mjs';
import { allNodes, ancestors, syntaxErrors } from './check/syntax.mjs';

/**
 * @typedef {object} Sample
 * @property {string} id
 * @property {string} task
 * @property {string} language
 * @property {string} question
 * @property {string} thought
 * @property {string} answer
 * @property {any} check
 */

/** @type {Readonly<Record<string, string>>} */
const CHECK_KINDS = {
  trace: 'output',
  bug: 'line',
  describe: 'sentence',
  other: 'sentence',
  ...Object.fromEntries(
    ['rename', 'const', 'equality', 'forOf', 'guard', 'template', 'constant', 'deadCode'].map((task) => [
      task,
      'code',
    ]),
  ),
};

/**
 * @param {readonly Sample[]} samples
 * @returns {string[]} one sentence for everything that is wrong
 */
export function problemsOf(samples) {
  const problems = [];
  for (const key of /** @type {const} */ (['id', 'question'])) {
    const seen = new Set();
    for (const sample of samples) {
      if (seen.has(sample[key])) problems.push(`${sample.id}: another one has the same ${key}`);
      seen.add(sample[key]);
    }
  }
  for (const sample of samples) {
    try {
      checkSample(sample);
    } catch (error) {
      problems.push(`${sample.id}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const sentences = samples.filter(({ task }) => task === 'describe').map(({ check }) => check);
  for (const { accept, sentence } of sentences) {
    // The kind of a sentence is its first words without names and numbers.
    const foreign = sentences.find(
      (other) => new RegExp(accept, 'u').test(other.sentence) && kindOf(other.sentence) !== kindOf(sentence),
    );
    if (foreign) problems.push(`"${foreign.sentence}" would pass for "${sentence}"`);
  }
  return problems;
}

/** @type {(sentence: string) => string} */
const kindOf = (sentence) => sentence.split(' ').slice(0, 4).join(' ');

/** @param {Sample} sample */
function checkSample(sample) {
  const { task, check, question, answer } = sample;
  must(CHECK_KINDS[task] === check.kind, `a task ${task} is not checked by ${check.kind}`);
  if (task === 'other') {
    must(answer === check.sentence && !answer.includes('\n'), 'the answer is not the one sentence');
    return;
  }
  const code = codeOf(question);
  const lines = code.split('\n');
  must(lines.length >= 3 && lines.length <= 10, `${lines.length} lines`);
  must(
    lines.every((line) => line === line.trimEnd()),
    'white space at a line end',
  );
  switch (check.kind) {
    case 'output':
      must(
        answer === `It prints:\n\n\`\`\`\n${check.lines.join('\n')}\n\`\`\``,
        'the answer is not what is checked',
      );
      checkTrace(code, check.lines);
      return;
    case 'line': {
      const form = /^Line (\d+) is wrong: [^\n]+ It should be:\n\n```(\w*)\n(.*)\n```$/u.exec(answer);
      must(form, 'the answer has another form');
      must(form[2] === tagOf(question), 'the answer has another language tag than the question');
      must(Number(form[1]) === check.line && form[3] === check.fixed, 'the answer is not what is checked');
      checkBug(lines, check);
      return;
    }
    case 'sentence':
      must(/^It [^\n]+\.$/u.test(answer) && answer === check.sentence, 'the answer is not the sentence');
      must(new RegExp(check.accept, 'u').test(check.sentence), 'what is accepted leaves the sentence out');
      return;
    default: {
      const block = /^```(\w*)\n([^]*)\n```$/u.exec(answer);
      must(block && block[2] === check.code, 'the answer is not what is checked');
      must(block[1] === tagOf(question), 'the answer has another language tag than the question');
      must(check.code !== code, 'nothing is to do');
      for (const right of [check.code, ...(check.also ?? [])]) checkRefactoring(task, code, right, question);
    }
  }
}

/** @param {string} question */
const tagOf = (question) => /^```(\w*)\n/mu.exec(question)?.[1] ?? '';

/**
 * The code in a question: inside its fence, or all but the paragraph that asks.
 * @param {string} question
 */
function codeOf(question) {
  const fenced = /^```\w*\n([^]*?)\n```$/mu.exec(question);
  if (fenced) return fenced[1] ?? '';
  const paragraphs = question.split('\n\n');
  const found = [paragraphs.slice(1), paragraphs.slice(0, -1)]
    .map((rest) => rest.join('\n\n'))
    .filter((text) => text !== '' && syntaxErrors(text) === 0);
  must(found.length === 1, 'the code cannot be told from the question');
  return found[0] ?? '';
}

/**
 * @param {string} code
 * @param {readonly string[]} lines
 */
function checkTrace(code, lines) {
  const [all] = behaviour(code);
  must(all === JSON.stringify([lines]), `it does ${all}`);
  must(lines.length >= 1 && lines.length <= 6, `${lines.length} lines of output`);
  must(
    lines
      .join(' ')
      .match(/\d+/gu)
      ?.every((digits) => digits.length <= 3) ?? true,
    'a number of more than three digits',
  );
}

/**
 * @param {readonly string[]} lines
 * @param {{ line: number, fixed: string, also?: string[] }} check
 */
function checkBug(lines, { line, fixed, also = [] }) {
  const wrong = lines[line - 1];
  must(wrong !== undefined && wrong.trim() !== fixed.trim(), 'the line is not wrong');
  const repaired = (/** @type {string} */ text) => lines.with(line - 1, text).join('\n');
  const [before, after] = [lines.join('\n'), repaired(fixed)];
  must(syntaxErrors(after) === 0, 'the fixed program does not parse');
  const probes = probesOf(after);
  const right = behaviour(after, probes);
  must(
    right.some((each, i) => each !== behaviour(before, probes)[i]),
    'the mistake changes nothing',
  );
  for (const text of also) {
    const same = JSON.stringify(behaviour(repaired(text), probes)) === JSON.stringify(right);
    must(same, `"${text}" does not do the same as "${fixed}"`);
  }
}

/**
 * @param {string} task
 * @param {string} before
 * @param {string} after
 * @param {string} question
 */
function checkRefactoring(task, before, after, question) {
  must(syntaxErrors(before) === 0 && syntaxErrors(after) === 0, 'it does not parse');
  const asked = question.replace(before, '');
  switch (task) {
    case 'rename':
      must(renamed(before, after, asked) === after, 'the language service renames otherwise');
      break;
    case 'const':
      must(withConstAndLet(before) === after, `expected\n${withConstAndLet(before)}`);
      break;
    case 'equality':
      must(withStrictEquality(before) === after, `expected\n${withStrictEquality(before)}`);
      break;
    case 'forOf':
      must(
        !allNodes(after).some(ts.isForStatement) && allNodes(after).some(ts.isForOfStatement),
        'there is no for-of loop',
      );
      break;
    case 'guard':
      must(
        !allNodes(after).some(
          (node) => ts.isIfStatement(node) && (node.elseStatement || ancestors(node).some(ts.isIfStatement)),
        ),
        'there are ifs in ifs',
      );
      break;
    case 'template':
      must(!allNodes(after).some(isConcatenation), 'a concatenation is left');
      break;
    case 'constant':
      must(withoutConstant(after, asked) === before, 'it differs by more than the constant');
      break;
    case 'deadCode':
      checkDeadCode(before, after);
      break;
    default:
      throw new Error(`nobody knows the task ${task}`);
  }
  const [old, now] = [functionsOf(before), functionsOf(after)];
  // A function that was dead is gone; a renamed one is at the same place.
  const called = probesOf(before)
    .map((probe) => ({ probe, name: probe.slice(0, probe.indexOf('(')) }))
    .filter(({ name }) => task !== 'deadCode' || now.includes(name));
  const probes = called.map(({ probe }) => probe);
  const probesAfter = called.map(({ probe, name }) =>
    task === 'rename' ? probe.replace(name, now[old.indexOf(name)] ?? name) : probe,
  );
  const [was, is] = [behaviour(before, probes), behaviour(after, probesAfter)];
  const different = was.findIndex((each, i) => each !== is[i]);
  must(
    different < 0,
    `${probes[different - 1] ?? 'the program'} gave ${was[different]}, now ${is[different]}`,
  );
  must(
    probes.length === 0 || was.slice(1).some((each) => !each.includes('Error')),
    `every probe fails: ${probes[0]} gives ${was[1]}`,
  );
}

/** @param {string | URL} file */
export function samplesIn(file) {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => /** @type {Sample} */ (JSON.parse(line)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const samples = samplesIn(process.argv[2] ?? new URL('../evaluation/second.jsonl', import.meta.url));
  const problems = problemsOf(samples);
  for (const problem of problems) console.error(problem);
  console.log(`${samples.length} samples, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
