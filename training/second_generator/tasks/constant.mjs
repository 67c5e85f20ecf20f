/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

export const asks = [
  'Replace the magic number {number} with a constant called {name}.',
  'Give the {number} a name: `{name}`.',
  'Pull the {number} out into a constant `{name}`.',
  'extract {number} to a const named {name}',
  'The number {number} is unexplained; make it a named constant {name}.',
  'Put {number} into {name} at the top.',
  'Introduce {name} for the literal {number}.',
];

const NAMES = [
  'MAX_LOAD',
  'MIN_DEPTH',
  'HARBOR_FEE',
  'CREW_SIZE',
  'TICKET_PRICE',
  'ROW_LENGTH',
  'LIMIT',
  'SEATS',
  'DAILY_RENT',
  'BREAK_EVEN',
  'SHELF_SPACE',
  'TIDE_MARK',
  'BONUS',
  'STEP_COUNT',
  'FULL_TANK',
  'OVEN_HEAT',
];

/**
 * `code` writes the program with the number, or with what stands for it.
 * @type {readonly ((pen: Pen, number: number) => (value: string) => Lines)[]}
 */
const programs = [
  function limit(pen) {
    const [n, name] = [pen.amount(), pen.action()];
    return (value) =>
      pen.function(name, [[n, 'number']], 'number', [
        `if (${n} > ${value}) {`,
        [`return ${value};`],
        '}',
        `return ${n};`,
      ]);
  },
  function factor(pen) {
    const [n, name, out] = [pen.amount(), pen.action(), pen.amount()];
    // Below the numbers that get a name.
    const k = pen.draw.int(1, 4);
    return (value) =>
      pen.function(name, [[n, 'number']], 'number', [
        `const ${out} = ${n} * ${value};`,
        `return ${out} + ${k};`,
      ]);
  },
  function remainder(pen) {
    const [n, name] = [pen.amount(), pen.action()];
    return (value) => pen.function(name, [[n, 'number']], 'boolean', [`return ${n} % ${value} === 0;`]);
  },
  function ofAList(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.action(all), pen.sum()];
    return (value) =>
      pen.function(name, [[all, 'number[]']], 'number', [
        `let ${sum} = 0;`,
        `for (const ${one} of ${all}) {`,
        [`if (${one} >= ${value}) ${sum} += ${one};`],
        '}',
        `return ${sum};`,
      ]);
  },
  function inATextToo(pen, number) {
    const [n, name] = [pen.amount(), pen.action()];
    const [word, other] = [pen.word(), pen.word()];
    return (value) =>
      pen.function(name, [[n, 'number']], 'string', [
        `if (${n} === ${value}) return ${pen.quoted(`${word} ${number}`)};`,
        `return ${pen.quoted(other)};`,
      ]);
  },
  function program(pen, number) {
    const [n, rest] = [pen.amount(), pen.amount()];
    const start = number * 2 + 1;
    return (value) => [
      `let ${n} = ${start};`,
      `${n} -= ${value};`,
      `const ${rest} = ${n} < ${value};`,
      `console.log(${n}, ${rest});`,
    ];
  },
  function loop(pen) {
    const [i, sum] = [pen.index(), pen.sum()];
    return (value) => [
      `let ${sum} = 0;`,
      `for (let ${i} = 0; ${i} < 3; ${pen.style.step(i)}) {`,
      [`${sum} += ${i} * ${value};`],
      '}',
      `console.log(${sum});`,
    ];
  },
  function filter(pen) {
    const [all, one] = pen.things();
    const name = pen.action(all);
    return (value) =>
      pen.function(name, [[all, 'number[]']], 'number[]', [
        `return ${all}.filter(${pen.callback(one, `${one} < ${value}`)});`,
      ]);
  },
];

/** @type {readonly ((pen: Pen) => import('../samples.mjs').Refactoring)[]} */
export const shapes = programs.map((program) => (pen) => {
  const number = pen.draw.int(5, 20);
  const name = pen.draw.pick(NAMES);
  const code = program(pen, number);
  const after = (/** @type {readonly string[]} */ gap) => [
    `const ${name} = ${number};`,
    ...gap,
    ...code(name),
  ];
  return {
    ask: pen.draw.pick(asks).replace('{number}', String(number)).replace('{name}', name),
    before: code(String(number)),
    after: after([]),
    also: [after([''])],
  };
});
