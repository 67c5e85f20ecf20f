/** @typedef {import('../program.mjs').Pen} Pen */

export const asks = [
  'Replace every `var` by `const` or `let`.',
  'Get rid of var: const where it never changes, let where it does.',
  'modernize the variable declarations (no more var)',
  'No `var` please. Use `const` if possible, otherwise `let`.',
  'Turn the vars into const and let.',
  'Can you swap var for let/const here?',
  'Our linter forbids var. Fix the declarations.',
  'use const and let instead of var',
];

/**
 * `code` writes the program; `fixed` and `changing` are the keywords of variables that are set once or more often.
 * @type {readonly ((pen: Pen) => (fixed: string, changing: string) => import('../program.mjs').Lines)[]}
 */
export const shapes = [
  function aSum(pen) {
    const [all, one] = pen.things();
    const [name, sum, i] = [pen.action(all), pen.sum(), pen.index()];
    const start = pen.draw.int(0, 9);
    return (fixed, changing) =>
      pen.function(name, [[all, 'number[]']], 'number', [
        `${changing} ${sum} = ${start};`,
        `for (${changing} ${i} = 0; ${i} < ${all}.length; ${pen.style.step(i)}) {`,
        [`${fixed} ${one} = ${all}[${i}];`, `${sum} += ${one};`],
        '}',
        `return ${sum};`,
      ]);
  },
  function straight(pen) {
    const [a, b, c] = [pen.amount(), pen.amount(), pen.amount()];
    const [m, n] = [pen.draw.int(2, 9), pen.draw.int(3, 18)];
    return (fixed, changing) => [
      `${fixed} ${a} = ${n};`,
      `${changing} ${b} = ${a} * ${m};`,
      `${b} = ${b} - ${m};`,
      `${fixed} ${c} = ${b} + ${a};`,
      `console.log(${c});`,
    ];
  },
  function allFixed(pen) {
    const [a, b, text] = [pen.amount(), pen.amount(), pen.amount()];
    const [, one] = pen.things();
    const name = pen.action(one);
    const k = pen.draw.int(2, 9);
    const word = pen.word();
    return (fixed) =>
      pen.function(
        name,
        [
          [a, 'number'],
          [b, 'number'],
        ],
        'string',
        [
          `${fixed} ${one} = ${a} * ${b} + ${k};`,
          `${fixed} ${text} = ${pen.quoted(`${word} `)};`,
          `return ${text} + ${one};`,
        ],
      );
  },
  function listThatIsFilled(pen) {
    const [all, one] = pen.things();
    const i = pen.index();
    const [out, end] = [pen.amount(), pen.draw.int(2, 5)];
    const [k] = [pen.draw.int(2, 7)];
    return (fixed, changing) => [
      `${fixed} ${all} = [];`,
      `for (${changing} ${i} = 0; ${i} < ${end}; ${pen.style.step(i)}) {`,
      [`${fixed} ${one} = ${i} * ${k};`, `${all}.push(${one});`],
      '}',
      `${fixed} ${out} = ${all}.join(${pen.quoted('-')});`,
      `console.log(${out});`,
    ];
  },
  function objectThatIsChanged(pen) {
    const [, one] = pen.things();
    const [k, n] = [pen.draw.int(2, 9), pen.draw.int(1, 12)];
    const property = pen.draw.pick(['size', 'rank', 'seats', 'price']);
    const other = pen.amount();
    return (fixed, changing) => [
      `${fixed} ${one} = { ${property}: ${n} };`,
      `${one}.${property} += ${k};`,
      `${changing} ${other} = ${one}.${property};`,
      `${pen.style.step(other)};`,
      `console.log(${other});`,
    ];
  },
  function declaredWithoutAValue(pen) {
    const [n, text] = [pen.amount(), pen.amount()];
    const name = pen.action();
    const edge = pen.draw.int(4, 16);
    const [yes, no] = [pen.word(), pen.word()];
    return (fixed, changing) =>
      pen.function(name, [[n, 'number']], 'string', [
        `${fixed} edge = ${edge};`,
        `${changing} ${text};`,
        `if (${n} > edge) ${text} = ${pen.quoted(yes)};`,
        `else ${text} = ${pen.quoted(no)};`,
        `return ${text};`,
      ]);
  },
  function aWhileLoop(pen) {
    const [left, trips, each] = [pen.amount(), pen.amount(), pen.amount()];
    const [n, k] = [pen.draw.int(8, 16), pen.draw.int(3, 5)];
    return (fixed, changing) => [
      `${fixed} ${each} = ${k};`,
      `${changing} ${left} = ${n};`,
      `${changing} ${trips} = 0;`,
      `while (${left} > ${each}) {`,
      [`${left} -= ${each};`, `${pen.style.step(trips)};`],
      '}',
      `console.log(${trips});`,
    ];
  },
  function theMost(pen) {
    const [all, one] = pen.things();
    const [name, best] = [pen.action(all), pen.amount()];
    return (fixed, changing) =>
      pen.function(name, [[all, 'number[]']], 'number', [
        `${changing} ${best} = ${all}[0];`,
        `for (${fixed} ${one} of ${all}) {`,
        [`if (${one} > ${best}) ${best} = ${one};`],
        '}',
        `return ${best};`,
      ]);
  },
  function aFunctionInAVariable(pen) {
    const [name, n, out] = [pen.verb(), pen.amount(), pen.amount()];
    const [k, m] = [pen.draw.int(2, 6), pen.draw.int(3, 15)];
    return (fixed, changing) => [
      `${fixed} ${name} = function (${n}) {`,
      [`return ${n} + ${k};`],
      '};',
      `${changing} ${out} = ${name}(${m});`,
      `${out} = ${name}(${out});`,
      `console.log(${out});`,
    ];
  },
];
