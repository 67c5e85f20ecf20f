/** @typedef {import('../program.mjs').Pen} Pen */

export const asks = [
  'Use strict equality.',
  'Change == to === and != to !==.',
  'make the comparisons strict',
  'eqeqeq complains about this code, please fix it.',
  'Replace the loose comparisons by strict ones.',
  'I only want === and !== in here.',
  'Please use triple equals.',
  'Compare without type coercion.',
];

/**
 * `code` writes the program with its two operators.
 * @type {readonly ((pen: Pen) => (same: string, other: string) => import('../program.mjs').Lines)[]}
 */
export const shapes = [
  function twoAnswers(pen) {
    const [n, name] = [pen.amount(), pen.action()];
    const k = pen.draw.int(0, 20);
    const [yes, no] = [pen.word(), pen.word()];
    return (same) =>
      pen.function(name, [[n, 'number']], 'string', [
        `if (${n} ${same} ${k}) {`,
        [`return ${pen.quoted(yes)};`],
        '}',
        `return ${pen.quoted(no)};`,
      ]);
  },
  function counting(pen) {
    const [all, one] = pen.things();
    const [name, found, k] = [pen.action(all), pen.sum(), pen.draw.int(0, 15)];
    const negated = pen.draw.chance(0.4);
    return (same, other) =>
      pen.function(name, [[all, 'number[]']], 'number', [
        `let ${found} = 0;`,
        `for (const ${one} of ${all}) {`,
        [`if (${one} ${negated ? other : same} ${k}) ${pen.style.step(found)};`],
        '}',
        `return ${found};`,
      ]);
  },
  function bothOperators(pen) {
    const [a, b, name] = [pen.amount(), pen.amount(), pen.action()];
    const [k, m] = [pen.draw.int(0, 9), pen.draw.int(1, 20)];
    return (same, other) =>
      pen.function(
        name,
        [
          [a, 'number'],
          [b, 'number'],
        ],
        'boolean',
        [`if (${a} ${other} ${k}) {`, [`return ${b} ${same} ${m};`], '}', `return ${a} >= ${b};`],
      );
  },
  function aFilter(pen) {
    const [all, one] = pen.things();
    const [name, k, rest] = [pen.action(all), pen.draw.int(2, 4), pen.draw.int(0, 1)];
    return (same) =>
      pen.function(name, [[all, 'number[]']], 'number[]', [
        `return ${all}.filter(${pen.callback(one, `${one} % ${k} ${same} ${rest}`)});`,
      ]);
  },
  function textAndLength(pen) {
    const [, one] = pen.things();
    const [name, word, k] = [pen.action(one), pen.word(), pen.draw.int(1, 6)];
    return (same, other) =>
      pen.function(name, [[one, 'string']], 'boolean', [
        `if (${one}.length ${same} ${k}) return true;`,
        `if (${one}.length <= 2) return false;`,
        `return ${one} ${other} ${pen.quoted(word)};`,
      ]);
  },
  function anArrowBetween(pen) {
    const [name, a, b] = [pen.verb(), pen.amount(), pen.amount()];
    const [k, m] = [pen.draw.int(3, 12), pen.draw.int(3, 12)];
    const word = pen.word();
    return (same) => [
      `const ${name} = (${a}, ${b}) => ${a} ${same} ${b};`,
      `console.log(${name}(${k}, ${m}));`,
      `console.log(${name}(${k}, ${k}));`,
      `console.log(${pen.quoted(word)});`,
    ];
  },
  function oneIsAlreadyStrict(pen) {
    const [n, name] = [pen.amount(), pen.action()];
    const [a, b] = [pen.draw.int(1, 9), pen.draw.int(10, 20)];
    return (same) =>
      pen.function(name, [[n, 'number']], 'number', [
        `if (${n} === ${a}) return ${b};`,
        `if (${n} ${same} ${b}) return ${a};`,
        `return ${n};`,
      ]);
  },
  function whileItDiffers(pen) {
    const [n, trips] = [pen.amount(), pen.amount()];
    const k = pen.draw.int(2, 4);
    const rounds = pen.draw.int(2, 4);
    return (same, other) => [
      `let ${n} = ${k * rounds};`,
      `let ${trips} = 0;`,
      `while (${n} ${other} 0) {`,
      [`${n} -= ${k};`, `${pen.style.step(trips)};`],
      '}',
      `console.log(${trips} ${same} ${rounds});`,
    ];
  },
  function eitherOr(pen) {
    const [a, b, name] = [pen.amount(), pen.amount(), pen.action()];
    const [yes, no] = [pen.word(), pen.word()];
    const k = pen.draw.int(0, 9);
    return (same, other) =>
      pen.function(
        name,
        [
          [a, 'number'],
          [b, 'number'],
        ],
        'string',
        [
          `const both = ${a} ${same} ${k} && ${b} ${other} ${k};`,
          `return both ? ${pen.quoted(yes)} : ${pen.quoted(no)};`,
        ],
      );
  },
];
