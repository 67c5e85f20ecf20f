/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

export const asks = [
  'Use a template literal instead of the concatenation.',
  'Turn the string concatenation into a template literal.',
  'rewrite with backticks',
  'Please replace the + by a template string.',
  'prefer-template complains. Fix it.',
  'I would like `${…}` in place of gluing strings together.',
  'Make this a template string.',
  'No plus signs between strings, please.',
];

/**
 * A text that is put together: literal text, or an expression in braces.
 * @typedef {readonly (string | { expression: string, grouped?: boolean })[]} Parts
 */

/** @type {(pen: Pen, parts: Parts) => string} */
const concatenation = (pen, parts) =>
  parts
    .map((part) =>
      typeof part === 'string' ? pen.quoted(part) : part.grouped ? `(${part.expression})` : part.expression,
    )
    .join(' + ');

/** @type {(parts: Parts) => string} */
const templateLiteral = (parts) =>
  `\`${parts.map((part) => (typeof part === 'string' ? part : `\${${part.expression}}`)).join('')}\``;

/**
 * `code` writes the program around its texts.
 * @type {readonly ((pen: Pen) => (text: (parts: Parts) => string) => Lines)[]}
 */
const programs = [
  function greeting(pen) {
    const [, one] = pen.things();
    const [name, word] = [pen.action(one), pen.word()];
    const end = pen.draw.pick(['!', '.', ' again', '?']);
    return (text) =>
      pen.function(name, [[one, 'string']], 'string', [
        `return ${text([`${word} `, { expression: one }, end])};`,
      ]);
  },
  function twoValues(pen) {
    const [a, b] = [pen.amount(), pen.amount()];
    const [name, word] = [pen.action(), pen.word()];
    const middle = pen.draw.pick([' of ', ' and ', '/', ' x ', ' - ']);
    return (text) =>
      pen.function(
        name,
        [
          [a, 'number'],
          [b, 'number'],
        ],
        'string',
        [`const ${word} = ${text([{ expression: a }, middle, { expression: b }])};`, `return ${word};`],
      );
  },
  function printed(pen) {
    const [n, word] = [pen.amount(), pen.word()];
    const [k, m] = [pen.draw.int(2, 20), pen.draw.int(2, 9)];
    return (text) => [
      `const ${n} = ${k};`,
      `console.log(${text([`${word}: `, { expression: n }])});`,
      `console.log(${n} + ${m});`,
    ];
  },
  function grouped(pen) {
    const [a, b] = [pen.amount(), pen.amount()];
    const [name, word] = [pen.action(), pen.word()];
    const operator = pen.draw.pick(['+', '*', '-']);
    return (text) =>
      pen.function(
        name,
        [
          [a, 'number'],
          [b, 'number'],
        ],
        'string',
        [`return ${text([`${word} is `, { expression: `${a} ${operator} ${b}`, grouped: true }])};`],
      );
  },
  function properties(pen) {
    const [, one] = pen.things();
    const name = pen.action(one);
    const [a, b] = /** @type {[string, string]} */ (pen.draw.some(['size', 'rank', 'price', 'seats'], 2));
    const k = pen.draw.int(3, 15);
    return (text) =>
      pen.function(name, [[one, `{ ${a}: number; ${b}: number }`]], 'string', [
        `if (${one}.${a} > ${k}) return ${pen.quoted('')};`,
        `return ${text([{ expression: `${one}.${a}` }, ` ${a}, `, { expression: `${one}.${b}` }, ` ${b}`])};`,
      ]);
  },
  function calls(pen) {
    const [, one] = pen.things();
    const [name, word] = [pen.action(one), pen.word()];
    const call = pen.draw.pick(['.toUpperCase()', '.trim()', '.length']);
    return (text) =>
      pen.function(name, [[one, 'string']], 'string', [
        `const kept = ${one}${call};`,
        `return ${text([`${word}-`, { expression: 'kept' }, '-', { expression: `${one}.length` }])};`,
      ]);
  },
  function inALoop(pen) {
    const [all, one] = pen.things();
    const [a, b, c] = [pen.word(), pen.word(), pen.word()];
    const mark = pen.draw.pick(['* ', '> ', '- ']);
    return (text) => [
      `const ${all} = ${pen.array([a, b, c])};`,
      `for (const ${one} of ${all}) {`,
      [`console.log(${text([mark, { expression: one }, ';'])});`],
      '}',
    ];
  },
  function quotes(pen) {
    const [, one] = pen.things();
    const name = pen.action(one);
    const other = pen.style.quote === "'" ? '"' : "'";
    const end = pen.draw.pick(['now', 'once', 'again']);
    return (text) =>
      pen.function(name, [[one, 'string']], 'string', [
        `return ${text([`say ${other}`, { expression: one }, `${other} ${end}`])};`,
      ]);
  },
  function twoLines(pen) {
    const [, one] = pen.things();
    const [n, word] = [pen.amount(), pen.word()];
    const k = pen.draw.int(1, 12);
    return (text) => [
      `const ${one} = ${pen.quoted(word)};`,
      `const ${n} = ${k};`,
      `console.log(${text([{ expression: one }, '=', { expression: n }])});`,
      `console.log(${text(['no ', { expression: one }])});`,
    ];
  },
];

/** @type {readonly ((pen: Pen) => import('../samples.mjs').Refactoring)[]} */
export const shapes = programs.map((program) => (pen) => {
  const code = program(pen);
  return {
    ask: pen.draw.pick(asks),
    before: code((parts) => concatenation(pen, parts)),
    after: code(templateLiteral),
  };
});
