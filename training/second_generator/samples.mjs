import { Draw } from './draw.mjs';
import { layout, Pen, drawStyle } from './program.mjs';
import { fenced, userTurn } from './question.mjs';
import { called, printedLines } from './run.mjs';
import * as bug from './tasks/bug.mjs';
import * as const_ from './tasks/const.mjs';
import * as constant from './tasks/constant.mjs';
import * as deadCode from './tasks/deadCode.mjs';
import * as describe from './tasks/describe.mjs';
import * as equality from './tasks/equality.mjs';
import * as forOf from './tasks/forOf.mjs';
import * as guard from './tasks/guard.mjs';
import * as other from './tasks/other.mjs';
import * as rename from './tasks/rename.mjs';
import * as template from './tasks/template.mjs';
import * as trace from './tasks/trace.mjs';

/** @typedef {import('./program.mjs').Lines} Lines */

/**
 * A program before and after; `also` are other right ways to write it afterwards.
 * @typedef {object} Refactoring
 * @property {string} ask
 * @property {Lines} before
 * @property {Lines} after
 * @property {readonly Lines[]} [also]
 */

/**
 * The contract's sample. Its fields are described in training/tasks.md; `also` and `accept` are
 * of this set alone (see README.md here).
 * @typedef {object} Sample
 * @property {string} id
 * @property {string} task
 * @property {string} language
 * @property {string} question
 * @property {string} thought
 * @property {string} answer
 * @property {object} check
 */

/**
 * @typedef {object} Draft
 * @property {string} question
 * @property {string} answer
 * @property {object} check
 * @property {string} [code]
 */

/** What a model of ten million parameters is trained for. */
const LIMITS = { fewestLines: 3, mostLines: 10, tokens: 110, outputLines: 6, number: 999 };

/** @typedef {(pen: Pen, index: number) => Draft} Task */

/** @type {(make: (pen: Pen, index: number) => Refactoring) => Task} */
const refactoring = (make) => (pen, index) => {
  const { ask, before, after, also = [] } = make(pen, index);
  const { draw, style } = pen;
  const code = layout(before, style);
  const expected = layout(after, style);
  const others = new Set(also.map((lines) => layout(lines, style)));
  others.delete(expected);
  const { question, tag } = userTurn(draw, { ask, code, language: pen.language });
  return {
    code,
    question,
    answer: fenced(expected, tag),
    check: { kind: 'code', code: expected, ...(others.size === 0 ? {} : { also: [...others] }) },
  };
};

/** @type {<T>(list: readonly T[], index: number) => T} */
const inTurn = (list, index) => /** @type {any} */ (list[index % list.length]);

/** @type {Readonly<Record<string, Task>>} */
const TASKS = {
  trace(pen, index) {
    const code = layout(inTurn(trace.shapes, index)(pen), pen.style);
    const lines = printedLines(code);
    if (lines.length > LIMITS.outputLines) throw new Unfit('too much output');
    if (
      lines
        .join(' ')
        .match(/\d+/gu)
        ?.some((number) => Number(number) > LIMITS.number)
    ) {
      throw new Unfit('a large number');
    }
    const ask = pen.draw.pick(trace.asks);
    return {
      code,
      question: userTurn(pen.draw, { ask, code, language: pen.language }).question,
      answer: `It prints:\n\n${fenced(lines.join('\n'), '')}`,
      check: { kind: 'output', lines },
    };
  },

  bug(pen, index) {
    const made = inTurn(bug.shapes, index)(pen);
    const { draw, style } = pen;
    const write = (/** @type {string} */ line) => layout(made.code(line), style);
    const results = (/** @type {string} */ line) => {
      const { name, examples = [[]] } = made;
      try {
        if (name === undefined) return JSON.stringify([printedLines(write(line))]);
        return JSON.stringify(examples.map((values) => called(write(line), name, values)));
      } catch (error) {
        return String(error);
      }
    };
    const wanted = JSON.stringify((made.examples ?? [[]]).map((values) => made.expected(...values)));
    for (const line of [made.right, ...(made.also ?? [])]) {
      if (results(line) !== wanted)
        throw new Error(`"${line}" is not right: ${results(line)}, not ${wanted}`);
    }
    if (results(made.wrong) === wanted) throw new Unfit('the mistake does not show');
    const code = write(made.wrong);
    const right = write(made.right).split('\n');
    const at = code.split('\n').findIndex((line, i) => line !== right[i]);
    const fixed = right[at] ?? '';
    const others = new Set((made.also ?? []).map((line) => write(line).split('\n')[at] ?? ''));
    others.delete(fixed);
    const ask = draw.pick(bug.asks).replace('{wish}', made.wish);
    const { question, tag } = userTurn(draw, { ask, code, language: pen.language });
    return {
      code,
      question,
      answer: `Line ${at + 1} is wrong: ${made.why} It should be:\n\n${fenced(fixed, tag)}`,
      check: { kind: 'line', line: at + 1, fixed, ...(others.size === 0 ? {} : { also: [...others] }) },
    };
  },

  rename: refactoring((pen, index) => {
    const { from, to, code } = inTurn(rename.shapes, index)(pen);
    const ask = pen.draw.pick(rename.asks).replace('{from}', from).replace('{to}', to);
    return { ask, before: code(from), after: code(to) };
  }),

  const: refactoring((pen, index) => {
    const code = inTurn(const_.shapes, index)(pen);
    return { ask: pen.draw.pick(const_.asks), before: code('var', 'var'), after: code('const', 'let') };
  }),

  equality: refactoring((pen, index) => {
    const code = inTurn(equality.shapes, index)(pen);
    return { ask: pen.draw.pick(equality.asks), before: code('==', '!='), after: code('===', '!==') };
  }),

  forOf: refactoring((pen, index) => inTurn(forOf.shapes, index)(pen)),
  guard: refactoring((pen, index) => inTurn(guard.shapes, index)(pen)),
  template: refactoring((pen, index) => inTurn(template.shapes, index)(pen)),
  constant: refactoring((pen, index) => inTurn(constant.shapes, index)(pen)),
  deadCode: refactoring((pen, index) => inTurn(deadCode.shapes, index)(pen)),

  describe(pen, index) {
    const { code: lines, name, sentence, accept, examples, expected } = inTurn(describe.shapes, index)(pen);
    const { draw, style } = pen;
    const code = layout(lines, style);
    for (const values of examples) {
      const [result, wanted] = [called(code, name, values), expected(...values)];
      if (JSON.stringify(result) !== JSON.stringify(wanted)) {
        throw new Error(`"${sentence}" is not true of\n${code}\nfor ${JSON.stringify(values)}`);
      }
    }
    return {
      code,
      question: userTurn(draw, { ask: draw.pick(describe.asks), code, language: pen.language }).question,
      answer: sentence,
      check: { kind: 'sentence', sentence, accept: `^(?:${accept})\\.$` },
    };
  },

  other(_pen, index) {
    const question = other.questions[index];
    if (question === undefined) throw new Error('there are no more questions of this kind');
    return { question, answer: other.SENTENCE, check: { kind: 'sentence', sentence: other.SENTENCE } };
  },
};

/** A draft that breaks the limits: another draw may do. */
class Unfit extends Error {}

/**
 * @param {string} seed
 * @param {number} perTask
 * @returns {Sample[]} none with the same question or code as another
 */
export function makeSamples(seed, perTask) {
  /** @type {Set<string>} */
  const seen = new Set();
  return Object.entries(TASKS).flatMap(([task, make]) =>
    Array.from({ length: perTask }, (_, index) => {
      const number = String(index + 1).padStart(3, '0');
      for (let attempt = 0; attempt < 200; attempt++) {
        const draw = new Draw(`${seed}/${task}/${index}/${attempt}`);
        const pen = new Pen(draw, drawStyle(draw));
        try {
          const { question, answer, check, code } = make(pen, index);
          if (code !== undefined) fit(code);
          const same = [question, ...(code === undefined ? [] : [code])];
          if (same.some((text) => seen.has(text))) throw new Unfit('seen before');
          for (const text of same) seen.add(text);
          const language = code === undefined ? 'plaintext' : pen.language;
          return { id: `second-${task}-${number}`, task, language, question, thought: '', answer, check };
        } catch (error) {
          if (!(error instanceof Unfit)) throw new Error(`${task} ${index}: ${error}`, { cause: error });
        }
      }
      throw new Error(`${task} ${index} never fits`);
    }),
  );
}

/** @param {string} code */
function fit(code) {
  const lines = code.split('\n').length;
  if (lines < LIMITS.fewestLines || lines > LIMITS.mostLines) throw new Unfit(`${lines} lines`);
  if (tokens(code) > LIMITS.tokens) throw new Unfit(`${tokens(code)} tokens`);
}

/** About as a byte-level BPE of code counts: words, digits, runs of punctuation, line breaks with what indents. */
export function tokens(/** @type {string} */ code) {
  const words = code.replaceAll(/([a-z])([A-Z])/gu, '$1 $2');
  return words.match(/[A-Za-z]+|\d|\n\s*|[^\sA-Za-z\d]{1,2}/gu)?.length ?? 0;
}
