/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

export const asks = [
  'Remove the dead code.',
  'Delete what can never run or is never used.',
  'Is there something unused in here? Take it out.',
  'clean up: drop unused code',
  'Please strip everything that has no effect.',
  'Throw out unreachable and unused lines.',
  'Remove what nobody needs, leave the rest.',
  'no dead code please',
];

/**
 * `code` writes the program; what is given to `dead` is only in the first version.
 * @type {readonly ((pen: Pen) => (dead: (...lines: Line[]) => Lines) => Lines)[]}
 * @typedef {import('../program.mjs').Line} Line
 */
const programs = [
  function afterReturn(pen) {
    const [n, name, k] = [pen.amount(), pen.action(), pen.draw.int(2, 12)];
    const line = pen.draw.pick([`console.log(${n});`, `${n} = ${n} + 1;`, `return ${n};`]);
    return (dead) =>
      pen.function(name, [[n, 'number']], 'number', [
        `if (${n} > ${k}) return ${k};`,
        `return ${n} * 2;`,
        ...dead(line),
      ]);
  },
  function neverRead(pen) {
    const [n, unused, name] = [pen.amount(), pen.amount(), pen.action()];
    const out = pen.sum();
    const [k, m] = [pen.draw.int(2, 9), pen.draw.int(1, 19)];
    return (dead) =>
      pen.function(name, [[n, 'number']], 'number', [
        ...dead(`const ${unused} = ${n} + ${m};`),
        `const ${out} = ${n} * ${k};`,
        `return ${out} - 1;`,
      ]);
  },
  function neverTrue(pen) {
    const [n, k] = [pen.amount(), pen.draw.int(2, 19)];
    const [word, other] = [pen.word(), pen.word()];
    return (dead) => [
      `const ${n} = ${k};`,
      ...dead('if (false) {', [`console.log(${pen.quoted(word)});`], '}'),
      `console.log(${n} + 1);`,
      `console.log(${pen.quoted(other)});`,
    ];
  },
  function afterContinue(pen) {
    const [all, one] = pen.things();
    const numbers = pen.draw.ints(4, 1, 15);
    const k = pen.draw.int(2, 9);
    return (dead) => [
      `const ${all} = ${pen.array(numbers)};`,
      `for (const ${one} of ${all}) {`,
      [
        `if (${one} > ${k}) {`,
        ['continue;', ...dead(`console.log(${one} - 1);`)],
        '}',
        `console.log(${one});`,
      ],
      '}',
    ];
  },
  function afterBreak(pen) {
    const [n, k] = [pen.amount(), pen.draw.int(2, 4)];
    const word = pen.word();
    const start = pen.draw.int(7, 15);
    return (dead) => [
      `let ${n} = ${start};`,
      `while (${n} > 0) {`,
      [`${n} -= ${k};`, `if (${n} < ${k + 2}) {`, ['break;', ...dead(`${n} = 0;`)], '}'],
      '}',
      `console.log(${pen.quoted(word)}, ${n});`,
    ];
  },
  function breakAfterReturn(pen) {
    const [all, one] = pen.things();
    const [name, k] = [pen.action(one), pen.draw.int(2, 12)];
    const line = pen.draw.pick(['break;', `console.log(${one});`]);
    return (dead) =>
      pen.function(name, [[all, 'number[]']], 'number', [
        `for (const ${one} of ${all}) {`,
        [`if (${one} > ${k}) {`, [`return ${one};`, ...dead(line)], '}'],
        '}',
        'return -1;',
      ]);
  },
  function unusedInAProgram(pen) {
    const [all, one] = pen.things();
    const [unused, k] = [pen.amount(), pen.draw.int(2, 9)];
    const numbers = pen.draw.ints(3, 1, 15);
    return (dead) => [
      `const ${all} = ${pen.array(numbers)};`,
      ...dead(`const ${unused} = ${k};`),
      `for (const ${one} of ${all}) {`,
      [`console.log(${one} * 2);`],
      '}',
    ];
  },
  function assignedButNeverRead(pen) {
    const [n, unused, name, k] = [pen.amount(), pen.amount(), pen.action(), pen.draw.int(2, 15)];
    const [yes, no, never] = [pen.word(), pen.word(), pen.word()];
    return (dead) =>
      pen.function(name, [[n, 'number']], 'string', [
        ...dead(`let ${unused} = ${pen.quoted(never)};`),
        `if (${n} > ${k}) {`,
        [...dead(`${unused} = ${pen.quoted(yes)};`), `return ${pen.quoted(yes)};`],
        '}',
        `return ${pen.quoted(no)};`,
      ]);
  },
  function countedForNothing(pen) {
    const [all, one] = pen.things();
    const [name, sum, unused] = [pen.action(all), pen.sum(), pen.amount()];
    return (dead) =>
      pen.function(name, [[all, 'number[]']], 'number', [
        `let ${sum} = 0;`,
        ...dead(`let ${unused} = 0;`),
        `for (const ${one} of ${all}) {`,
        [`${sum} += ${one};`, ...dead(`${unused} += 1;`)],
        '}',
        `return ${sum};`,
      ]);
  },
];

/** @type {readonly ((pen: Pen) => import('../samples.mjs').Refactoring)[]} */
export const shapes = programs.map((program) => (pen) => {
  const code = program(pen);
  return {
    ask: pen.draw.pick(asks),
    before: code((...lines) => lines),
    after: code(() => []),
  };
});
