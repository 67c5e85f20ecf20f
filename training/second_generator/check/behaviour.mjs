import vm from 'node:vm';
import ts from 'typescript';
import { parsed } from './syntax.mjs';

/** Only an endless loop takes as long, also on a machine that is busy. */
const TIME_LIMIT_MS = 20_000;
const PROBES = 40;

const TYPES = { compilerOptions: { target: ts.ScriptTarget.ES2022 } };

/** @param {string} code */
function asJavaScript(code) {
  try {
    new vm.Script(code);
    return code;
  } catch {
    return ts.transpileModule(code, TYPES).outputText;
  }
}

/** @type {string[]} */
let printed = [];
const console_ = {
  log: (/** @type {unknown[]} */ ...values) => void printed.push(values.map(String).join(' ')),
};
const world = vm.createContext({ console: console_ });

/**
 * @template T
 * @param {() => T} work
 * @returns {[printed: string[], result: T | string]} for an error its name
 */
function outcomeOf(work) {
  printed = [];
  try {
    return [printed, work()];
  } catch (error) {
    return [printed, /** @type {Error} */ (error).name];
  }
}

/**
 * What a program does: what it prints, and what each of its functions gives for many arguments.
 * @param {string} code
 * @param {readonly Probe[]} probes
 * @returns {string[]} of the program, then of each probe
 */
export function behaviour(code, probes = []) {
  const calls = probes.map((probe) => `() => JSON.stringify(${probe})`).join(',');
  const script = `(() => {${asJavaScript(code)}\n;return [${calls}];})()`;
  const whole = outcomeOf(
    () => /** @type {(() => string)[]} */ (vm.runInContext(script, world, { timeout: TIME_LIMIT_MS })),
  );
  const [lines, ready] = whole;
  if (typeof ready === 'string') return [JSON.stringify(whole)];
  return [JSON.stringify([lines]), ...ready.map((call) => JSON.stringify(outcomeOf(call)))];
}

/**
 * A call of a function of the program, with arguments of the kinds that its parameters are used as.
 * @typedef {string} Probe
 * @param {string} code
 * @returns {Probe[]}
 */
export function probesOf(code) {
  const numbers = [...code.matchAll(/\b\d+\b/gu)].map(([digits]) => Number(digits));
  const texts = [...code.matchAll(/(['"])(.*?)\1/gu)].map(([, , text]) => text ?? '');
  let state = 12345;
  const draw = (/** @type {readonly unknown[]} */ pool) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return pool[(state >>> 8) % pool.length];
  };
  const number = () =>
    draw([...numbers, ...numbers.map((n) => n + 1), ...numbers.map((n) => n - 1), 0, 1, 2, 5, 8, -4, 30]);
  const text = () => draw([...texts, 'level', 'ab', 'x', 'Fig leaf', '']);
  /** @type {(kind: Kind) => unknown} */
  const value = (kind) => {
    switch (kind.is) {
      case 'number':
        return number();
      case 'text':
        return text();
      case 'truth':
        return draw([true, false]);
      case 'list':
        return Array.from({ length: Number(draw([0, 1, 2, 3, 4])) }, () => value(kind.of));
      case 'object':
        return Object.fromEntries(kind.properties.map((name) => [name, number()]));
    }
  };
  return parsed(code).statements.flatMap((statement) => {
    const found = functionOf(statement);
    if (!found) return [];
    const kinds = found.parameters.map((name) => kindOfUse(found.body, name));
    return Array.from(
      { length: PROBES },
      () => `${found.name}(${kinds.map((kind) => JSON.stringify(value(kind))).join(', ')})`,
    );
  });
}

/**
 * @param {string} code
 * @returns {string[]} the names of its functions
 */
export const functionsOf = (code) => parsed(code).statements.flatMap((each) => functionOf(each)?.name ?? []);

/**
 * @param {ts.Statement} statement
 * @returns {{ name: string, parameters: string[], body: ts.Node } | undefined}
 */
function functionOf(statement) {
  const named = (
    /** @type {ts.SignatureDeclaration & { body?: ts.Node }} */ node,
    /** @type {string} */ name,
  ) => node.body && { name, parameters: node.parameters.map((each) => each.name.getText()), body: node.body };
  if (ts.isFunctionDeclaration(statement)) return named(statement, statement.name?.text ?? '');
  if (!ts.isVariableStatement(statement)) return undefined;
  const [declaration] = statement.declarationList.declarations;
  const made = declaration?.initializer;
  return made && (ts.isArrowFunction(made) || ts.isFunctionExpression(made))
    ? named(made, declaration.name.getText())
    : undefined;
}

/**
 * @typedef {{ is: 'number' } | { is: 'text' } | { is: 'truth' } | { is: 'list', of: Kind }
 *   | { is: 'object', properties: string[] }} Kind
 */

/**
 * What a name stands for, from how it is used.
 * @param {ts.Node} body
 * @param {string} name
 * @returns {Kind}
 */
function kindOfUse(body, name) {
  const source = body.getText();
  const used = (/** @type {string} */ pattern) =>
    new RegExp(pattern.replaceAll('NAME', `\\b${name}\\b`), 'u').test(source);
  if (
    used('NAME\\.(?:split|slice\\(1\\)|toUpperCase|trim)') &&
    used('NAME\\.(?:split|toUpperCase|trim)|NAME\\[0\\]\\.toUpperCase')
  )
    return { is: 'text' };
  if (used('const (?:ch|letter|c) of NAME')) return { is: 'text' };
  const element = new RegExp(
    `const (\\w+) of ${name}\\b|var (\\w+) of ${name}\\b|(\\w+) = ${name}\\[\\w+\\]`,
    'u',
  ).exec(source);
  const callback = new RegExp(`\\b${name}\\.(?:map|filter)\\(\\(?(\\w+)`, 'u').exec(source);
  if (
    element ||
    callback ||
    used('NAME\\.(?:reduce|includes|push)|NAME\\[|\\.\\.\\.NAME|NAME\\.length === 0')
  ) {
    const one = element?.slice(1).find((each) => each !== undefined) ?? callback?.[1];
    if (used(`NAME\\[\\w+\\]\\.(?!length|toUpperCase)\\w+`))
      return { is: 'list', of: { is: 'object', properties: propertiesIn(source) } };
    const ofTexts = new RegExp(`\\+= (?:${one}|${name}\\[\\w+\\]) \\+ ['"\`]|\\$\\{${one}\\}`, 'u').test(
      source,
    );
    return {
      is: 'list',
      of:
        one !== undefined && !ofTexts && usesProperty(source, one)
          ? { is: 'object', properties: propertiesIn(source) }
          : { is: ofTexts ? 'text' : 'number' },
    };
  }
  if (used('NAME\\.length')) return { is: 'text' };
  if (used('NAME\\.\\w+')) return { is: 'object', properties: propertiesIn(source) };
  if (used('NAME (?:[-*/%<>]|[=!]==? \\d|[-+*]=)|[-*/%<>] NAME|Math\\.\\w+\\([^)]*NAME|-NAME'))
    return { is: 'number' };
  if (used(`NAME [=!]==? ['"]|['"\`] \\+ NAME|NAME \\+ ['"]|\\$\\{NAME\\}|start \\+ NAME`))
    return { is: 'text' };
  if (used('if \\(!?NAME\\)')) return { is: 'truth' };
  return { is: 'number' };
}

/** @type {(source: string) => string[]} */
const propertiesIn = (source) => [
  ...new Set([...source.matchAll(/\w\]?\.([a-z]+)\b(?!\()/gu)].map(([, name]) => name ?? '')),
];

/** @type {(source: string, name: string) => boolean} */
const usesProperty = (source, name) => new RegExp(`\\b${name}\\.(?!length)\\w+`, 'u').test(source);
