// node training/second_generator/check.mjs [FILE]: verifies a set without the generator that made it. Programs are run,
// refactorings are derived once more from the syntax tree and from what both versions do.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import ts from 'typescript';

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

/** Only an endless loop takes as long, also on a machine that is busy. */
const TIME_LIMIT_MS = 20_000;
const PROBES = 40;

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

/** @type {(holds: unknown, otherwise: string) => asserts holds} */
function must(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

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

/** @param {string} code */
const parsed = (code) => ts.createSourceFile('code.ts', code, ts.ScriptTarget.ES2022, true);

/** @param {string} code */
const syntaxErrors = (code) =>
  // Not part of the public type, but of every source file.
  /** @type {any} */ (parsed(code)).parseDiagnostics.length;

/**
 * @param {ts.Node} node
 * @returns {ts.Node[]} itself and everything below
 */
function nodesOf(node) {
  const nodes = [node];
  node.forEachChild((child) => void nodes.push(...nodesOf(child)));
  return nodes;
}

/** @param {string} code */
const allNodes = (code) => nodesOf(parsed(code));

// --- running -------------------------------------------------------------------------------------------------------

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
function behaviour(code, probes = []) {
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
function probesOf(code) {
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

// --- tasks ---------------------------------------------------------------------------------------------------------

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
  const functions = (/** @type {string} */ code) =>
    parsed(code).statements.flatMap((each) => functionOf(each)?.name ?? []);
  const [old, now] = [functions(before), functions(after)];
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

/** @param {ts.Node} node */
function ancestors(node) {
  /** @type {ts.Node[]} */
  const found = [];
  for (let at = node.parent; at; at = at.parent) found.push(at);
  return found;
}

/**
 * @param {string} code
 * @returns {ts.LanguageService}
 */
function languageService(code) {
  const options = {
    noUnusedLocals: true,
    allowUnreachableCode: false,
    target: ts.ScriptTarget.ES2022,
    noLib: true,
  };
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => ['code.ts'],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => (name === 'code.ts' ? ts.ScriptSnapshot.fromString(code) : undefined),
    getCurrentDirectory: () => '',
    getDefaultLibFileName: () => 'lib.d.ts',
    fileExists: (name) => name === 'code.ts',
    readFile: () => undefined,
  });
}

/**
 * @param {string} before
 * @param {string} after
 * @param {string} asked
 */
function renamed(before, after, asked) {
  const identifiers = (/** @type {string} */ code) => allNodes(code).filter(ts.isIdentifier);
  const pairs = identifiers(before).map((node, i) => /** @type {const} */ ([node, identifiers(after)[i]]));
  const [node, to] = pairs.find(([a, b]) => a.text !== b?.text) ?? [];
  must(node && to, 'no name has changed');
  for (const name of [node.text, to.text])
    must(new RegExp(`\\b${name}\\b`, 'u').test(asked), `nobody asked for ${name}`);
  must(!identifiers(before).some((each) => each.text === to.text), `${to.text} is taken`);
  const places =
    languageService(before).findRenameLocations('code.ts', node.getStart(), false, false, {}) ?? [];
  return [...places]
    .sort((a, b) => b.textSpan.start - a.textSpan.start)
    .reduce(
      (code, { textSpan, prefixText = '', suffixText = '' }) =>
        code.slice(0, textSpan.start) +
        prefixText +
        to.text +
        suffixText +
        code.slice(textSpan.start + textSpan.length),
      before,
    );
}

/** @param {string} code */
function withConstAndLet(code) {
  const nodes = allNodes(code);
  /** @type {(name: string) => boolean} */
  const isWritten = (name) =>
    nodes.some(
      (node) =>
        (ts.isBinaryExpression(node) &&
          node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
          node.operatorToken.kind <= ts.SyntaxKind.LastAssignment &&
          node.left.getText() === name) ||
        ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
          (node.operator === ts.SyntaxKind.PlusPlusToken ||
            node.operator === ts.SyntaxKind.MinusMinusToken) &&
          node.operand.getText() === name),
    );
  return nodes
    .filter(ts.isVariableDeclarationList)
    .filter((list) => list.getText().startsWith('var '))
    .map((list) => ({
      at: list.getStart(),
      keyword: list.declarations.some((each) => isWritten(each.name.getText())) ? 'let' : 'const',
    }))
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, keyword }) => text.slice(0, at) + keyword + text.slice(at + 'var'.length), code);
}

/** @param {string} code */
function withStrictEquality(code) {
  return allNodes(code)
    .filter(ts.isBinaryExpression)
    .map(({ operatorToken }) => operatorToken)
    .filter(
      ({ kind }) => kind === ts.SyntaxKind.EqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsToken,
    )
    .sort((a, b) => b.end - a.end)
    .reduce((text, { end }) => `${text.slice(0, end)}=${text.slice(end)}`, code);
}

/** @param {ts.Node} node */
const isConcatenation = (node) =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind === ts.SyntaxKind.PlusToken &&
  (ts.isStringLiteralLike(node.left) || ts.isStringLiteralLike(node.right));

/**
 * @param {string} code
 * @param {string} asked
 */
function withoutConstant(code, asked) {
  const [statement] = parsed(code).statements;
  must(statement && ts.isVariableStatement(statement), 'it does not begin with the constant');
  const [declaration] = statement.declarationList.declarations;
  const [name, value] = [declaration?.name.getText() ?? '', declaration?.initializer?.getText() ?? ''];
  for (const word of [name, value])
    must(new RegExp(`\\b${word}\\b`, 'u').test(asked), `nobody asked for ${word}`);
  const rest = code.slice(statement.end).trimStart();
  const literals = allNodes(rest).filter(ts.isNumericLiteral);
  must(!literals.some((literal) => literal.text === value), `${value} is still there`);
  return allNodes(rest)
    .filter((node) => ts.isIdentifier(node) && node.text === name)
    .sort((a, b) => b.end - a.end)
    .reduce((text, node) => text.slice(0, node.getStart()) + value + text.slice(node.end), rest);
}

/**
 * @param {string} before
 * @param {string} after
 */
function checkDeadCode(before, after) {
  const kept = after.split('\n');
  let next = 0;
  for (const line of before.split('\n')) if (line === kept[next]) next++;
  must(next === kept.length, 'more has changed than lines that are gone');
  const isProgram = before.includes('console.log(') && parsed(before).statements.length > 1;
  const dead = (/** @type {string} */ code) => {
    // As a module, so that names of the top level can be unused; a lone function is there for others.
    const service = languageService(`${isProgram ? code : `export ${code}`}\nexport {};`);
    return [...service.getSemanticDiagnostics('code.ts'), ...service.getSuggestionDiagnostics('code.ts')]
      .filter(({ code: number }) => number === NEVER_READ || number === UNREACHABLE)
      .map(({ messageText }) => JSON.stringify(messageText))
      .concat(onlyWritten(code));
  };
  must(dead(before).length > 0, 'no dead code is seen');
  must(dead(after).length === 0, `there is still dead code: ${dead(after)[0]}`);
}

/** TypeScript's numbers of what it says. */
const NEVER_READ = 6133;
const UNREACHABLE = 7027;

/**
 * Names that are only counted up or assigned: TypeScript takes `n += 1` for a use of `n`.
 * @param {string} code
 */
function onlyWritten(code) {
  const nodes = allNodes(code);
  const written = (/** @type {ts.Node} */ node) =>
    ts.isExpressionStatement(node.parent.parent) &&
    (!ts.isBinaryExpression(node.parent) || node.parent.left === node);
  return nodes
    .filter(ts.isVariableDeclaration)
    .map(({ name }) => name)
    .filter((name) => {
      const others = nodes.filter(
        (node) => ts.isIdentifier(node) && node !== name && node.text === name.getText(),
      );
      return others.length > 0 && others.every((node) => !ts.isCallExpression(node.parent) && written(node));
    })
    .map((name) => name.getText());
}

// --- at the terminal -----------------------------------------------------------------------------------------------

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
