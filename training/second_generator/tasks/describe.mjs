/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

export const asks = [
  'What does this function do?',
  'Describe this in one sentence.',
  'what is this for',
  'Summarize the function, please.',
  'Say in a sentence what this returns.',
  'Can you tell me what that does?',
  'I found this in our code. What is it good for?',
  'One line summary?',
  'Explain briefly what the function gives back.',
];

/**
 * What a function does, in this generator's words, and a regular expression of the other words that say the same.
 * `expected` is its result for each of `examples`.
 * @typedef {object} Described
 * @property {Lines} code
 * @property {string} name
 * @property {string} sentence
 * @property {string} accept without its anchors and the final full stop
 * @property {readonly (readonly unknown[])[]} examples
 * @property {(...values: any[]) => unknown} expected
 */

const NUMBERS = [[0], [1], [4], [7], [10], [-3], [18]];
const PAIRS = [
  [3, 8],
  [9, 2],
  [5, 5],
  [12, 7],
];
const LISTS = [[[3, 8, 5]], [[7]], [[2, 9, 4, 6]], [[12, 1, 11, -3]]];
const WORDS = [['moss'], ['cedar'], ['level'], ['d']];

/**
 * Ways to write down a list, a number, a text: with or without its name.
 * @type {(name: string) => string}
 */
const list = (name) =>
  `(?:(?:the |an |its |all )?(?:given |input |passed )?(?:array|list)(?: of (?:numbers|${name}))?(?: \`?${name}\`?)?|(?:all )?(?:the |its )?(?:given )?\`?${name}\`?)`;
/** @type {(name: string) => string} */
const elements = (name) =>
  `(?:(?:all )?(?:the |its )?(?:numbers|values|elements|items|entries)(?: (?:in|of|from) ${list(name)})?|${list(name)})`;
/** @type {(name: string) => string} */
const number = (name) =>
  `(?:(?:the |a |its )?(?:given |input )?(?:number|value|argument|parameter|input)(?: \`?${name}\`?)?|(?:the )?\`?${name}\`?|it)`;
/** @type {(name: string) => string} */
const text = (name) =>
  `(?:(?:the |a |its )?(?:given |input )?(?:string|text|word|value|input)(?: \`?${name}\`?)?|(?:the )?\`?${name}\`?)`;
/** @type {(a: string, b: string) => string} */
const both = (a, b) =>
  `(?:(?:the |its )?(?:two )?(?:numbers|values|arguments|parameters|inputs)|(?:the )?\`?${a}\`? and (?:the )?\`?${b}\`?)`;

const WHETHER = '(?:returns|checks|tells|says) (?:whether|if|true (?:if|when))';
const COUNT = '(?:returns (?:how many|the (?:number|count) of)|counts(?: how many)?)';

/** @type {(values: number[]) => number} */
const sumOf = (values) => values.reduce((sum, each) => sum + each, 0);

/** @type {readonly ((pen: Pen) => Described)[]} */
export const shapes = [
  function sum(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.verb(), pen.sum()];
    const loop = pen.draw.chance(0.5);
    return {
      name,
      code: pen.function(
        name,
        [[all, 'number[]']],
        'number',
        loop
          ? [
              `let ${sum} = 0;`,
              `for (const ${one} of ${all}) {`,
              [`${sum} += ${one};`],
              '}',
              `return ${sum};`,
            ]
          : [`return ${all}.reduce((${sum}, ${one}) => ${sum} + ${one}, 0);`],
      ),
      sentence: `It returns the sum of the ${all}.`,
      accept: `It (?:(?:returns|computes|calculates) the (?:sum|total) of|adds(?: up)?|sums(?: up)?) ${elements(all)}(?: up| together)?`,
      examples: LISTS,
      expected: sumOf,
    };
  },
  function extreme(pen) {
    const [all, one] = pen.things();
    const [name, best] = [pen.verb(), pen.amount()];
    const largest = pen.draw.chance(0.5);
    return {
      name,
      code: pen.draw.chance(0.6)
        ? pen.function(name, [[all, 'number[]']], 'number', [
            `let ${best} = ${all}[0];`,
            `for (const ${one} of ${all}) {`,
            [`if (${one} ${largest ? '>' : '<'} ${best}) ${best} = ${one};`],
            '}',
            `return ${best};`,
          ])
        : pen.function(name, [[all, 'number[]']], 'number', [
            `return Math.${largest ? 'max' : 'min'}(...${all});`,
          ]),
      sentence: `It returns the ${largest ? 'largest' : 'smallest'} of the ${all}.`,
      accept: `It (?:returns|finds) the ${largest ? '(?:largest|biggest|greatest|highest|maximum)' : '(?:smallest|lowest|least|minimum)'}(?: (?:number|value|element|item|one))?(?: (?:in|of|from|among))? ${elements(all)}`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => Math[largest ? 'max' : 'min'](...values),
    };
  },
  function larger(pen) {
    const [a, b, name] = [pen.amount(), pen.amount(), pen.verb()];
    const max = pen.draw.chance(0.5);
    return {
      name,
      code: pen.function(
        name,
        [
          [a, 'number'],
          [b, 'number'],
        ],
        'number',
        pen.draw.chance(0.5)
          ? [`return ${a} ${max ? '>' : '<'} ${b} ? ${a} : ${b};`]
          : [`if (${a} ${max ? '<' : '>'} ${b}) {`, [`return ${b};`], '}', `return ${a};`],
      ),
      sentence: `It returns the ${max ? 'larger' : 'smaller'} of two numbers.`,
      accept: `It returns the ${max ? '(?:larger|bigger|greater|largest|maximum|higher)' : '(?:smaller|lesser|smallest|minimum|lower)'}(?: (?:one|number|value))? of ${both(a, b)}`,
      examples: PAIRS,
      expected: (/** @type {number} */ a, /** @type {number} */ b) => Math[max ? 'max' : 'min'](a, b),
    };
  },
  function even(pen) {
    const [n, name] = [pen.amount(), pen.verb()];
    const isEven = pen.draw.chance(0.6);
    return {
      name,
      code: pen.function(name, [[n, 'number']], 'boolean', [`return ${n} % 2 ${isEven ? '===' : '!=='} 0;`]),
      sentence: `It returns whether ${n} is ${isEven ? 'even' : 'odd'}.`,
      accept: `It ${WHETHER} ${number(n)} is (?:an )?${isEven ? 'even' : 'odd'}(?: number)?`,
      examples: NUMBERS,
      expected: (/** @type {number} */ n) => (n % 2 === 0) === isEven,
    };
  },
  function absolute(pen) {
    const [n, name] = [pen.amount(), pen.verb()];
    return {
      name,
      code: pen.function(
        name,
        [[n, 'number']],
        'number',
        pen.draw.chance(0.5)
          ? [`return ${n} < 0 ? -${n} : ${n};`]
          : [`if (${n} >= 0) return ${n};`, `return -${n};`],
      ),
      sentence: `It returns the absolute value of ${n}.`,
      accept: `It (?:returns|computes|calculates) the (?:absolute value|magnitude) of ${number(n)}`,
      examples: NUMBERS,
      expected: Math.abs,
    };
  },
  function countAbove(pen) {
    const [all, one] = pen.things();
    const [name, found, k] = [pen.verb(), pen.sum(), pen.draw.int(3, 10)];
    return {
      name,
      code: pen.function(name, [[all, 'number[]']], 'number', [
        `let ${found} = 0;`,
        `for (const ${one} of ${all}) {`,
        [`if (${one} > ${k}) ${pen.style.step(found)};`],
        '}',
        `return ${found};`,
      ]),
      sentence: `It returns how many ${all} are greater than ${k}.`,
      accept: `It ${COUNT} ${elements(all)}(?: (?:that )?are| is)? (?:greater than|larger than|bigger than|above|over|more than) ${k}`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.filter((each) => each > k).length,
    };
  },
  function evens(pen) {
    const [all, one] = pen.things();
    const [name, kept] = [pen.verb(), pen.sum()];
    return {
      name,
      code: pen.draw.chance(0.5)
        ? pen.function(name, [[all, 'number[]']], 'number[]', [
            `return ${all}.filter(${pen.callback(one, `${one} % 2 === 0`)});`,
          ])
        : pen.function(name, [[all, 'number[]']], 'number[]', [
            `const ${kept} = [];`,
            `for (const ${one} of ${all}) {`,
            [`if (${one} % 2 === 0) ${kept}.push(${one});`],
            '}',
            `return ${kept};`,
          ]),
      sentence: `It returns the even ${all}.`,
      accept: `It (?:returns|keeps)(?: an array (?:of|with))? (?:only )?(?:all )?(?:the )?even (?:numbers|values|elements|items|entries|ones|\`?${all}\`?)(?: (?:in|of|from) ${list(all)})?`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.filter((each) => each % 2 === 0),
    };
  },
  function multiplied(pen) {
    const [all, one] = pen.things();
    const [name, out, k] = [pen.verb(), pen.sum(), pen.draw.int(2, 5)];
    return {
      name,
      code: pen.draw.chance(0.6)
        ? pen.function(name, [[all, 'number[]']], 'number[]', [
            `return ${all}.map(${pen.callback(one, `${one} * ${k}`)});`,
          ])
        : pen.function(name, [[all, 'number[]']], 'number[]', [
            `const ${out} = [];`,
            `for (const ${one} of ${all}) ${out}.push(${one} * ${k});`,
            `return ${out};`,
          ]),
      sentence: `It returns the ${all}, each multiplied by ${k}.`,
      accept:
        `It (?:returns (?:an array (?:of|with) )?${elements(all)},? ?(?:with )?(?:each )?(?:number |value |element |item )?(?:multiplied by ${k}|times ${k}${k === 2 ? '|doubled' : k === 3 ? '|tripled' : ''})` +
        `|returns (?:an array (?:of|with) )?(?:each|every) (?:number|value|element|item|\`?${one}\`?)(?: (?:in|of) ${list(all)})? (?:multiplied by|times) ${k}` +
        `|(?:multiplies) (?:each (?:number|value|element|item)(?: (?:in|of) ${list(all)})?|${elements(all)}) by ${k}${k === 2 ? `|doubles ${elements(all)}` : k === 3 ? `|triples ${elements(all)}` : ''})`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.map((each) => each * k),
    };
  },
  function firstOrLast(pen) {
    const [all] = pen.things();
    const name = pen.verb();
    const last = pen.draw.chance(0.6);
    return {
      name,
      code: pen.function(name, [[all, 'number[]']], 'number', [
        `return ${all}[${last ? `${all}.length - 1` : 0}];`,
      ]),
      sentence: `It returns the ${last ? 'last' : 'first'} of the ${all}.`,
      accept: `It returns the ${last ? 'last' : 'first'}(?: (?:number|value|element|item|entry|one))? (?:of|in|from) ${elements(all)}`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => values.at(last ? -1 : 0),
    };
  },
  function backwards(pen) {
    const [, one] = pen.things();
    const [name, out] = [pen.verb(), pen.sum()];
    return {
      name,
      code: pen.draw.chance(0.5)
        ? pen.function(name, [[one, 'string']], 'string', [
            `let ${out} = ${pen.quoted('')};`,
            `for (const ch of ${one}) {`,
            [`${out} = ch + ${out};`],
            '}',
            `return ${out};`,
          ])
        : pen.function(name, [[one, 'string']], 'string', [
            `return ${one}.split(${pen.quoted('')}).reverse().join(${pen.quoted('')});`,
          ]),
      sentence: `It returns the ${one} backwards.`,
      accept: `It (?:returns ${text(one)} (?:backwards|reversed|in reverse(?: order)?|with its (?:letters|characters) reversed)|reverses (?:the (?:letters|characters) (?:of|in) )?${text(one)}|returns the reverse(?:d)? (?:of )?${text(one)})`,
      examples: WORDS,
      expected: (/** @type {string} */ word) => [...word].reverse().join(''),
    };
  },
  function factorial(pen) {
    const [n, name, out] = [pen.amount(), pen.verb(), pen.sum()];
    return {
      name,
      code: pen.draw.chance(0.5)
        ? pen.function(name, [[n, 'number']], 'number', [
            `if (${n} <= 1) return 1;`,
            `return ${n} * ${name}(${n} - 1);`,
          ])
        : pen.function(name, [[n, 'number']], 'number', [
            `let ${out} = 1;`,
            `for (let i = 2; i <= ${n}; ${pen.style.step('i')}) ${out} *= i;`,
            `return ${out};`,
          ]),
      sentence: `It returns the factorial of ${n}.`,
      accept: `It (?:returns|computes|calculates) the (?:factorial of ${number(n)}|product of (?:all |the )?(?:whole |natural )?numbers (?:from 1 )?(?:up )?to ${number(n)})`,
      examples: [[1], [3], [5], [0]],
      expected: (/** @type {number} */ n) =>
        Array.from({ length: n }, (_, i) => i + 1).reduce((product, each) => product * each, 1),
    };
  },
  function contains(pen) {
    const [all, one] = pen.things();
    const name = pen.verb();
    const k = pen.draw.int(2, 12);
    return {
      name,
      code: pen.draw.chance(0.5)
        ? pen.function(name, [[all, 'number[]']], 'boolean', [`return ${all}.includes(${k});`])
        : pen.function(name, [[all, 'number[]']], 'boolean', [
            `for (const ${one} of ${all}) {`,
            [`if (${one} === ${k}) return true;`],
            '}',
            'return false;',
          ]),
      sentence: `It returns whether ${k} is among the ${all}.`,
      accept: `It ${WHETHER} (?:${k} is (?:in|among|one of|part of) ${elements(all)}|${list(all)} (?:contains?|includes?|holds?|has) (?:the (?:number|value) )?${k})`,
      examples: [...LISTS, [[k, 1]]],
      expected: (/** @type {number[]} */ values) => values.includes(k),
    };
  },
  function average(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.verb(), pen.sum()];
    return {
      name,
      code: pen.function(name, [[all, 'number[]']], 'number', [
        `let ${sum} = 0;`,
        `for (const ${one} of ${all}) ${sum} += ${one};`,
        `return ${sum} / ${all}.length;`,
      ]),
      sentence: `It returns the average of the ${all}.`,
      accept: `It (?:returns|computes|calculates) the (?:average|mean)(?: value)? of ${elements(all)}`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => sumOf(values) / values.length,
    };
  },
  function between(pen) {
    const [n, name] = [pen.amount(), pen.verb()];
    const [low, high] = [pen.draw.int(1, 6), pen.draw.int(10, 19)];
    return {
      name,
      code: pen.function(name, [[n, 'number']], 'boolean', [`return ${n} >= ${low} && ${n} <= ${high};`]),
      sentence: `It returns whether ${n} is from ${low} to ${high}.`,
      accept: `It ${WHETHER} ${number(n)} (?:is|lies) (?:from ${low} to ${high}|(?:between|in the range) (?:of )?(?:from )?${low} (?:and|to) ${high}(?:,? (?:both )?(?:inclusive|included))?|(?:at least|greater than or equal to) ${low} and (?:at most|less than or equal to) ${high})`,
      examples: [...NUMBERS, [low], [high], [high + 1]],
      expected: (/** @type {number} */ n) => n >= low && n <= high,
    };
  },
  function clamped(pen) {
    const [n, name] = [pen.amount(), pen.verb()];
    const k = pen.draw.int(8, 20);
    return {
      name,
      code: pen.draw.chance(0.5)
        ? pen.function(name, [[n, 'number']], 'number', [`return Math.min(${n}, ${k});`])
        : pen.function(name, [[n, 'number']], 'number', [`if (${n} > ${k}) return ${k};`, `return ${n};`]),
      sentence: `It returns ${n}, but at most ${k}.`,
      accept: `It (?:returns ${number(n)},? (?:but )?(?:at most ${k}|limited to ${k}|capped at ${k}|no more than ${k})|(?:limits|caps) ${number(n)} (?:to|at) ${k}|returns the (?:smaller|minimum|smallest) of ${number(n)} and ${k})`,
      examples: NUMBERS,
      expected: (/** @type {number} */ n) => Math.min(n, k),
    };
  },
  function capital(pen) {
    const [, one] = pen.things();
    const name = pen.verb();
    return {
      name,
      code: pen.function(name, [[one, 'string']], 'string', [
        `const first = ${one}[0].toUpperCase();`,
        `return first + ${one}.slice(1);`,
      ]),
      sentence: `It returns the ${one} with a capital first letter.`,
      accept: `It (?:returns ${text(one)} with (?:a capital first letter|(?:the|its) first (?:letter|character) (?:capitalized|in upper ?case|in capitals|uppercased))|capitali[sz]es (?:the first (?:letter|character) of )?${text(one)}|returns ${text(one)} capitali[sz]ed)`,
      examples: WORDS,
      expected: (/** @type {string} */ word) => word.charAt(0).toUpperCase() + word.slice(1),
    };
  },
  function palindrome(pen) {
    const [, one] = pen.things();
    const name = pen.verb();
    return {
      name,
      code: pen.function(name, [[one, 'string']], 'boolean', [
        `const back = ${one}.split(${pen.quoted('')}).reverse().join(${pen.quoted('')});`,
        `return back === ${one};`,
      ]),
      sentence: `It returns whether the ${one} reads the same backwards.`,
      accept: `It ${WHETHER} ${text(one)} (?:is a palindrome|reads the same (?:forwards and )?backwards(?: and forwards)?)`,
      examples: WORDS,
      expected: (/** @type {string} */ word) => [...word].reverse().join('') === word,
    };
  },
  function positive(pen) {
    const [all, one] = pen.things();
    const [name, sum] = [pen.verb(), pen.sum()];
    return {
      name,
      code: pen.function(name, [[all, 'number[]']], 'number', [
        `let ${sum} = 0;`,
        `for (const ${one} of ${all}) {`,
        [`if (${one} > 0) {`, [`${sum} += ${one};`], '}'],
        '}',
        `return ${sum};`,
      ]),
      sentence: `It returns the sum of the positive ${all}.`,
      accept: `It (?:(?:returns|computes|calculates) the (?:sum|total) of|adds(?: up)?|sums(?: up)?) (?:only )?(?:all )?(?:the )?positive (?:numbers|values|elements|items|entries|ones|\`?${all}\`?)(?: (?:in|of|from) ${list(all)})?`,
      examples: LISTS,
      expected: (/** @type {number[]} */ values) => sumOf(values.filter((each) => each > 0)),
    };
  },
  function empty(pen) {
    const [all] = pen.things();
    const name = pen.verb();
    return {
      name,
      code: pen.function(name, [[all, 'number[]']], 'boolean', [`return ${all}.length === 0;`]),
      sentence: `It returns whether there are no ${all}.`,
      accept: `It ${WHETHER} (?:there are no (?:elements|items|\`?${all}\`?)(?: in ${list(all)})?|${list(all)} (?:is|are) empty|${list(all)} has no (?:elements|items))`,
      examples: [...LISTS, [[]]],
      expected: (/** @type {number[]} */ values) => values.length === 0,
    };
  },
  function power(pen) {
    const [n, name] = [pen.amount(), pen.verb()];
    const cube = pen.draw.chance(0.4);
    return {
      name,
      code: pen.function(name, [[n, 'number']], 'number', [`return ${n} * ${n}${cube ? ` * ${n}` : ''};`]),
      sentence: `It returns the ${cube ? 'cube' : 'square'} of ${n}.`,
      accept: `It (?:(?:returns|computes|calculates) the ${cube ? 'cube' : 'square'} of ${number(n)}|returns ${number(n)} ${cube ? 'cubed' : 'squared'}|${cube ? 'cubes' : 'squares'} ${number(n)}|returns ${number(n)} (?:times|multiplied by) itself${cube ? ' twice' : ''})`,
      examples: NUMBERS,
      expected: (/** @type {number} */ n) => (cube ? n * n * n : n * n),
    };
  },
];
