/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

/** `{wish}` is what the code is for. */
export const asks = [
  'This should {wish}, but it does not. Which line is wrong?',
  'I want this to {wish}. Where is the mistake?',
  'It is meant to {wish}. Find the bug.',
  'why does this not {wish}?',
  'One line is wrong: it should {wish}. Which one, and why?',
  'There is a bug in here. The code has to {wish}.',
  'Supposed to {wish}. What is broken?',
  'Please find the error. Expected: to {wish}.',
];

/**
 * `code` writes the program around one line, `right` and `wrong` are that line, `also` other ways to write it right.
 * `expected` is the result of the function `name` for any `examples`, or what the program prints.
 * @typedef {object} Bug
 * @property {string} wish
 * @property {(line: string) => Lines} code
 * @property {string} right
 * @property {string} wrong
 * @property {readonly string[]} [also]
 * @property {string} why
 * @property {string} [name]
 * @property {readonly (readonly unknown[])[]} [examples]
 * @property {(...values: any[]) => unknown} expected
 */

const LISTS = [[[3, 8, 5]], [[7]], [[2, 9, 4, 6]], [[12, 1, 11, 3]]];
const NUMBERS = [[0], [1], [4], [7], [10], [13], [18]];
const PAIRS = [
  [3, 8],
  [9, 2],
  [5, 5],
  [12, 7],
];
const WORDS = [['moss'], ['cedar'], ['a'], ['dusk']];

/** @type {(values: number[]) => number} */
const sumOf = (values) => values.reduce((sum, each) => sum + each, 0);

/** @type {readonly ((pen: Pen) => Bug)[]} */
export const shapes = [
  function oneTooFar(pen) {
    const [all] = pen.things();
    const [name, sum, i] = [pen.action(all), pen.sum(), pen.index()];
    return {
      wish: pen.draw.pick([`add up the ${all}`, `return the total of ${all}`]),
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${sum} = 0;`,
          line,
          [`${sum} += ${all}[${i}];`],
          '}',
          `return ${sum};`,
        ]),
      right: pen.counting(i, 0, `${all}.length`),
      wrong: pen.counting(i, 0, `${all}.length`, '<='),
      why: `the last round reads past the end of \`${all}\`.`,
      name,
      examples: LISTS,
      expected: sumOf,
    };
  },
  function startsTooLate(pen) {
    const [all] = pen.things();
    const [name, found, i, k] = [pen.action(all), pen.sum(), pen.index(), pen.draw.int(1, 6)];
    return {
      wish: `count the ${all} over ${k}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${found} = 0;`,
          line,
          [`if (${all}[${i}] > ${k}) ${pen.style.step(found)};`],
          '}',
          `return ${found};`,
        ]),
      right: pen.counting(i, 0, `${all}.length`),
      wrong: pen.counting(i, 1, `${all}.length`),
      why: 'the loop leaves the first element out.',
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.filter((each) => each > k).length,
    };
  },
  function productOfNothing(pen) {
    const [all, one] = pen.things();
    const [name, product] = [pen.action(all), pen.amount()];
    return {
      wish: `multiply the ${all}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          line,
          `for (const ${one} of ${all}) {`,
          [`${product} *= ${one};`],
          '}',
          `return ${product};`,
        ]),
      right: `let ${product} = 1;`,
      wrong: `let ${product} = 0;`,
      why: 'a product that starts at 0 stays 0.',
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.reduce((product, each) => product * each, 1),
    };
  },
  function wrongWayRound(pen) {
    const [all, one] = pen.things();
    const [name, best] = [pen.action(all), pen.amount()];
    const largest = pen.draw.chance(0.5);
    const [right, wrong] = largest ? ['>', '<'] : ['<', '>'];
    return {
      wish: `return the ${largest ? 'largest' : 'smallest'} of the ${all}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${best} = ${all}[0];`,
          `for (const ${one} of ${all}) {`,
          [line],
          '}',
          `return ${best};`,
        ]),
      right: `if (${one} ${right} ${best}) ${best} = ${one};`,
      wrong: `if (${one} ${wrong} ${best}) ${best} = ${one};`,
      also: [`if (${best} ${wrong} ${one}) ${best} = ${one};`],
      why: `it keeps the ${largest ? 'smaller' : 'larger'} one.`,
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => (largest ? Math.max(...values) : Math.min(...values)),
    };
  },
  function pastTheLast(pen) {
    const [all, one] = pen.things();
    const name = pen.action(one);
    return {
      wish: `return the last of the ${all}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `if (${all}.length === 0) return -1;`,
          line,
          `return ${one};`,
        ]),
      right: `const ${one} = ${all}[${all}.length - 1];`,
      wrong: `const ${one} = ${all}[${all}.length];`,
      also: [`const ${one} = ${all}.at(-1);`],
      why: 'the last index is one less than the length.',
      name,
      examples: [...LISTS, [[]]],
      expected: (/** @type {number[]} */ values) => values.at(-1) ?? -1,
    };
  },
  function addsInsteadOfCounting(pen) {
    const [all, one] = pen.things();
    const [name, found, k] = [pen.action(all), pen.sum(), pen.draw.int(3, 6)];
    return {
      wish: `count the ${all} above ${k}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${found} = 0;`,
          `for (const ${one} of ${all}) {`,
          [`if (${one} > ${k}) {`, [line], '}'],
          '}',
          `return ${found};`,
        ]),
      right: `${pen.style.step(found)};`,
      wrong: `${found} += ${one};`,
      also: [`${found}++;`, `${found} += 1;`],
      why: 'it adds the value instead of one.',
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.filter((each) => each > k).length,
    };
  },
  function oddForEven(pen) {
    const [n, name] = [pen.amount(), pen.action()];
    const even = pen.draw.chance(0.5);
    const [right, wrong] = even ? ['===', '!=='] : ['!==', '==='];
    return {
      wish: `tell whether ${n} is ${even ? 'even' : 'odd'}`,
      code: (line) => pen.function(name, [[n, 'number']], 'boolean', [`const rest = ${n} % 2;`, line]),
      right: `return rest ${right} 0;`,
      wrong: `return rest ${wrong} 0;`,
      why: `the rest of an ${even ? 'even number is' : 'odd number is not'} 0.`,
      name,
      examples: NUMBERS,
      expected: (/** @type {number} */ n) => (n % 2 === 0) === even,
    };
  },
  function assigns(pen) {
    const [n, name, k] = [pen.amount(), pen.action(), pen.draw.pick([4, 7, 10])];
    const [yes, no] = [pen.word(), pen.word()];
    return {
      wish: `return "${yes}" only for ${k}`,
      code: (line) =>
        pen.function(name, [[n, 'number']], 'string', [
          line,
          [`return ${pen.quoted(yes)};`],
          '}',
          `return ${pen.quoted(no)};`,
        ]),
      right: `if (${n} === ${k}) {`,
      wrong: `if (${n} = ${k}) {`,
      also: [`if (${n} == ${k}) {`],
      why: `a single = assigns ${k} to \`${n}\`, so it is always true.`,
      name,
      examples: NUMBERS,
      expected: (/** @type {number} */ n) => (n === k ? yes : no),
    };
  },
  function givesBackTheWrongOne(pen) {
    const [a, b, out] = [pen.amount(), pen.amount(), pen.sum()];
    const [name, k] = [pen.action(), pen.draw.int(2, 5)];
    return {
      wish: `return ${k} times ${a} plus ${b}`,
      code: (line) =>
        pen.function(
          name,
          [
            [a, 'number'],
            [b, 'number'],
          ],
          'number',
          [`let ${out} = ${a} * ${k};`, `${out} += ${b};`, line],
        ),
      right: `return ${out};`,
      wrong: `return ${pen.draw.pick([a, b])};`,
      why: `it returns a parameter instead of \`${out}\`.`,
      name,
      examples: PAIRS,
      expected: (/** @type {number} */ a, /** @type {number} */ b) => k * a + b,
    };
  },
  function neverChanges(pen) {
    const [n, k, m] = [pen.amount(), pen.draw.int(2, 12), pen.draw.int(1, 6)];
    return {
      wish: `print ${k + m}`,
      code: (line) => [line, `${n} += ${m};`, `console.log(${n});`],
      right: `let ${n} = ${k};`,
      wrong: `const ${n} = ${k};`,
      also: [`var ${n} = ${k};`],
      why: `\`${n}\` is changed later, and a const cannot be.`,
      expected: () => [`${k + m}`],
    };
  },
  function addsInsteadOfTakingAway(pen) {
    const [a, b, name] = [pen.amount(), pen.amount(), pen.action()];
    return {
      wish: `return ${a} without ${b}, at least 0`,
      code: (line) =>
        pen.function(
          name,
          [
            [a, 'number'],
            [b, 'number'],
          ],
          'number',
          [line, 'if (rest < 0) return 0;', 'return rest;'],
        ),
      right: `const rest = ${a} - ${b};`,
      wrong: `const rest = ${a} + ${b};`,
      why: `it adds \`${b}\` instead of subtracting it.`,
      name,
      examples: PAIRS,
      expected: (/** @type {number} */ a, /** @type {number} */ b) => Math.max(0, a - b),
    };
  },
  function nameAsText(pen) {
    const [, one] = pen.things();
    const [name, word] = [pen.action(one), pen.word()];
    return {
      wish: `return "${word}" and the given ${one}`,
      code: (line) =>
        pen.function(name, [[one, 'string']], 'string', [`const start = ${pen.quoted(`${word} `)};`, line]),
      right: `return start + ${one};`,
      wrong: `return start + ${pen.quoted(one)};`,
      also: [`return \`\${start}\${${one}}\`;`],
      why: `\`${one}\` is in quotes, so it is a text and not the variable.`,
      name,
      examples: WORDS,
      expected: (/** @type {string} */ text) => `${word} ${text}`,
    };
  },
  function orForAnd(pen) {
    const [n, name] = [pen.amount(), pen.action()];
    const [low, high] = [pen.draw.int(2, 4), pen.draw.int(10, 13)];
    return {
      wish: `tell whether ${n} is from ${low} to ${high}`,
      code: (line) =>
        pen.function(name, [[n, 'number']], 'boolean', [
          `const low = ${low};`,
          `const high = ${high};`,
          line,
        ]),
      right: `return ${n} >= low && ${n} <= high;`,
      wrong: `return ${n} >= low || ${n} <= high;`,
      also: [`return low <= ${n} && ${n} <= high;`],
      why: 'both have to hold, so it needs && and not ||.',
      name,
      examples: NUMBERS,
      expected: (/** @type {number} */ n) => n >= low && n <= high,
    };
  },
  function theOthers(pen) {
    const [all, one] = pen.things();
    const [name, k, kept] = [pen.action(all), pen.draw.int(3, 6), pen.sum()];
    return {
      wish: `keep the ${all} that are at least ${k}`,
      code: (line) => pen.function(name, [[all, 'number[]']], 'number[]', [line, `return ${kept};`]),
      right: `const ${kept} = ${all}.filter(${pen.callback(one, `${one} >= ${k}`)});`,
      wrong: `const ${kept} = ${all}.filter(${pen.callback(one, `${one} < ${k}`)});`,
      why: 'the condition keeps the ones that should go.',
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.filter((each) => each >= k),
    };
  },
  function notReversed(pen) {
    const [, one] = pen.things();
    const [name, out, letter] = [pen.action(one), pen.sum(), pen.draw.pick(['ch', 'letter'])];
    return {
      wish: `return the ${one} backwards`,
      code: (line) =>
        pen.function(name, [[one, 'string']], 'string', [
          `let ${out} = ${pen.quoted('')};`,
          `for (const ${letter} of ${one}) {`,
          [line],
          '}',
          `return ${out};`,
        ]),
      right: `${out} = ${letter} + ${out};`,
      wrong: `${out} = ${out} + ${letter};`,
      why: 'each letter has to go before the others.',
      name,
      examples: WORDS,
      expected: (/** @type {string} */ text) => [...text].reverse().join(''),
    };
  },
  function smallerForLarger(pen) {
    const [a, b, name] = [pen.amount(), pen.amount(), pen.action()];
    const larger = pen.draw.chance(0.5);
    const [right, wrong] = larger ? ['max', 'min'] : ['min', 'max'];
    return {
      wish: `return the ${larger ? 'larger' : 'smaller'} of ${a} and ${b}, doubled`,
      code: (line) =>
        pen.function(
          name,
          [
            [a, 'number'],
            [b, 'number'],
          ],
          'number',
          [line, 'return one * 2;'],
        ),
      right: `const one = Math.${right}(${a}, ${b});`,
      wrong: `const one = Math.${wrong}(${a}, ${b});`,
      why: `Math.${wrong} gives the ${larger ? 'smaller' : 'larger'} one.`,
      name,
      examples: PAIRS,
      expected: (/** @type {number} */ a, /** @type {number} */ b) => 2 * Math[larger ? 'max' : 'min'](a, b),
    };
  },
  function theWholeList(pen) {
    const [all, one] = pen.things();
    const [name, out, k] = [pen.action(all), pen.sum(), pen.draw.int(2, 4)];
    return {
      wish: `return each of the ${all} times ${k}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number[]', [
          `const ${out} = [];`,
          `for (const ${one} of ${all}) {`,
          [line],
          '}',
          `return ${out};`,
        ]),
      right: `${out}.push(${one} * ${k});`,
      wrong: `${out}.push(${one} + ${k});`,
      also: [`${out}.push(${k} * ${one});`],
      why: `it adds ${k} instead of multiplying.`,
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.map((each) => each * k),
    };
  },
  function forgottenReturn(pen) {
    const [a, b, name] = [pen.amount(), pen.amount(), pen.action()];
    const k = pen.draw.int(2, 9);
    return {
      wish: `return the sum of ${a} and ${b} plus ${k}`,
      code: (line) =>
        pen.function(
          name,
          [
            [a, 'number'],
            [b, 'number'],
          ],
          'number',
          [`const both = ${a} + ${b};`, line],
        ),
      right: `return both + ${k};`,
      wrong: `both + ${k};`,
      why: 'the return is missing.',
      name,
      examples: PAIRS,
      expected: (/** @type {number} */ a, /** @type {number} */ b) => a + b + k,
    };
  },
  function wrongStart(pen) {
    const [all] = pen.things();
    const name = pen.action(all);
    const [k] = [pen.draw.int(1, 2)];
    return {
      wish: `return the ${all} without the first${k === 2 ? ' two' : ''}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number[]', [`if (${all}.length === 0) return [];`, line]),
      right: `return ${all}.slice(${k});`,
      wrong: `return ${all}.slice(${k - 1});`,
      why: `slice(${k - 1}) still holds ${k === 2 ? 'the second' : 'the first'}.`,
      name,
      examples: [...LISTS, [[]]],
      expected: (/** @type {number[]} */ values) => values.slice(k),
    };
  },
  function averageOfOneLess(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.action(all), pen.sum()];
    return {
      wish: `return the average of the ${all}`,
      code: (line) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `let ${sum} = 0;`,
          `for (const ${one} of ${all}) ${sum} += ${one};`,
          line,
        ]),
      right: `return ${sum} / ${all}.length;`,
      wrong: `return ${sum} / ${pen.draw.pick([`(${all}.length - 1)`, '2', `(${all}.length + 1)`])};`,
      why: 'an average divides by the number of elements.',
      name,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => sumOf(values) / values.length,
    };
  },
];
