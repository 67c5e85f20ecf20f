/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

/** What the user says when the code has no name for an element, and gives one. */
export const asksWithAName = [
  'Rewrite the loop with for...of and call each element `{name}`.',
  'Use a for-of loop here; name the element {name}.',
  'Turn this into for (const {name} of …).',
  'I do not need the index. Loop with for…of, with `{name}` as the element.',
];

/** What the user says when the name is in the code, or nowhere: then the contract says `item`. */
export const asks = [
  'Use for...of instead of the index.',
  'Rewrite the loop as a for-of loop.',
  'Convert to for…of',
  'We do not need the counter, please use for (… of …).',
  'Make this loop iterate over the elements directly.',
  'no index loop please, for of',
];

/** As good a name as `item` where nobody gave one, but not the contract's. */
const OTHER_NAMES = ['element', 'value'];

/**
 * `body` writes the program around a loop: `head` is its first line, `element` what stands for an element. `named`
 * is the name that the body itself gives the element in its first line.
 * @type {readonly ((pen: Pen) => {
 *   list: string, singular: string, named?: string,
 *   body: (loop: { head: string, element: string, naming: readonly string[] }) => Lines,
 * })[]}
 */
const programs = [
  function sum(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.action(all), pen.sum()];
    const k = pen.draw.int(0, 9);
    return {
      list: all,
      singular: one,
      body: ({ head, element }) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${sum} = ${k};`,
          head,
          [`${sum} += ${element};`],
          '}',
          `return ${sum};`,
        ]),
    };
  },
  function namedSum(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.action(all), pen.sum()];
    const k = pen.draw.int(2, 9);
    return {
      list: all,
      singular: one,
      named: one,
      body: ({ head, element, naming }) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${sum} = 0;`,
          head,
          [...naming, `if (${element} > ${k}) ${sum} += ${element};`],
          '}',
          `return ${sum};`,
        ]),
    };
  },
  function printing(pen) {
    const [all, one] = pen.things();
    const words = [pen.word(), pen.word(), pen.word()];
    return {
      list: all,
      singular: one,
      body: ({ head, element }) => [
        `const ${all} = ${pen.array(words)};`,
        head,
        [`console.log(${element}.length);`],
        '}',
      ],
    };
  },
  function namedPrinting(pen) {
    const [all, one] = pen.things();
    const numbers = pen.draw.ints(4, 0, 19);
    const k = pen.draw.int(2, 9);
    return {
      list: all,
      singular: one,
      named: pen.draw.pick([one, 'current', 'entry']),
      body: ({ head, element, naming }) => [
        `const ${all} = ${pen.array(numbers)};`,
        head,
        [...naming, `console.log(${element} + ${k});`, `console.log(${element} * 2);`],
        '}',
      ],
    };
  },
  function collecting(pen) {
    const [all, one] = pen.things();
    const [name, out, k] = [pen.action(all), pen.sum(), pen.draw.int(2, 9)];
    return {
      list: all,
      singular: one,
      body: ({ head, element }) =>
        pen.function(name, [[all, 'number[]']], 'number[]', [
          `const ${out} = [];`,
          head,
          [`${out}.push(${element} * ${k});`],
          '}',
          `return ${out};`,
        ]),
    };
  },
  function counting(pen) {
    const [all, one] = pen.things();
    const [name, found, k] = [pen.action(all), pen.sum(), pen.draw.int(2, 15)];
    return {
      list: all,
      singular: one,
      body: ({ head, element }) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${found} = 0;`,
          head,
          [`if (${element} === ${k}) {`, [`${pen.style.step(found)};`], '}'],
          '}',
          `return ${found};`,
        ]),
    };
  },
  function finding(pen) {
    const [all, one] = pen.things();
    const [name, k] = [pen.action(one), pen.draw.int(2, 15)];
    return {
      list: all,
      singular: one,
      named: one,
      body: ({ head, element, naming }) =>
        pen.function(name, [[all, 'number[]']], 'boolean', [
          head,
          [...naming, `if (${element} % ${k} === 0) return true;`],
          '}',
          'return false;',
        ]),
    };
  },
  function theMost(pen) {
    const [all, one] = pen.things();
    const [name, best] = [pen.action(all), pen.amount()];
    const comparison = pen.draw.pick(['<', '>']);
    return {
      list: all,
      singular: one,
      body: ({ head, element }) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${best} = ${all}[0];`,
          head,
          [`if (${element} ${comparison} ${best}) ${best} = ${element};`],
          '}',
          `return ${best};`,
        ]),
    };
  },
  function joining(pen) {
    const [all, one] = pen.things();
    const [name, text] = [pen.action(all), pen.sum()];
    const between = pen.draw.pick([', ', ' ', '/', '; ']);
    return {
      list: all,
      singular: one,
      named: pen.draw.pick([one, 'part']),
      body: ({ head, element, naming }) =>
        pen.function(name, [[all, 'string[]']], 'string', [
          `let ${text} = ${pen.quoted('')};`,
          head,
          [...naming, `${text} += ${element} + ${pen.quoted(between)};`],
          '}',
          `return ${text};`,
        ]),
    };
  },
  function properties(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.action(all), pen.sum()];
    const [a, b] = /** @type {[string, string]} */ (pen.draw.some(['size', 'rank', 'price', 'seats'], 2));
    return {
      list: all,
      singular: one,
      body: ({ head, element }) =>
        pen.function(name, [[all, `{ ${a}: number; ${b}: number }[]`]], 'number', [
          `let ${sum} = 0;`,
          head,
          [`${sum} += ${element}.${a} * ${element}.${b};`],
          '}',
          `return ${sum};`,
        ]),
    };
  },
];

/** @type {readonly ((pen: Pen) => import('../samples.mjs').Refactoring)[]} */
export const shapes = programs.map((program) => (pen) => {
  const { draw } = pen;
  const { list, singular, named, body } = program(pen);
  const i = pen.index();
  const keyword = draw.chance(0.8) ? 'let' : 'var';
  const head = draw.chance(0.85)
    ? `for (${keyword} ${i} = 0; ${i} < ${list}.length; ${pen.style.step(i)}) {`
    : `for (${keyword} ${i} = 0, end = ${list}.length; ${i} < end; ${pen.style.step(i)}) {`;
  const told = named === undefined && draw.chance(0.5) ? draw.pick([singular, 'each', 'entry']) : undefined;
  const after = (/** @type {string} */ name) =>
    body({ head: `for (const ${name} of ${list}) {`, element: name, naming: [] });
  const isFree = named === undefined && told === undefined;
  return {
    ask: draw.pick(told === undefined ? asks : asksWithAName).replace('{name}', told ?? ''),
    before: body({
      head,
      element: named ?? `${list}[${i}]`,
      naming: named === undefined ? [] : [`const ${named} = ${list}[${i}];`],
    }),
    after: after(named ?? told ?? 'item'),
    also: isFree ? [singular, ...OTHER_NAMES].map(after) : [],
  };
});
