import { capitalized } from '../words.mjs';

/** @typedef {import('../program.mjs').Pen} Pen */

export const asks = [
  'Rename `{from}` to `{to}`.',
  'Please call `{from}` `{to}` instead.',
  'rename {from} to {to}',
  'The name {from} says nothing. Change it to {to} everywhere.',
  'Can you give `{from}` the name `{to}`?',
  'I want {from} to be named {to}.',
  'Use the name `{to}` in place of `{from}`.',
  'Change the identifier {from} to {to}, nothing else.',
];

/**
 * `code` writes the program with a name for the symbol; strings that merely hold the same word stay.
 * @type {readonly ((pen: Pen) => { from: string, to: string, code: (name: string) => import('../program.mjs').Lines })[]}
 */
export const shapes = [
  function aParameter(pen) {
    const [all, one] = pen.things();
    const [name, k, to] = [pen.action(one), pen.draw.int(2, 9), pen.amount()];
    const sum = pen.sum();
    return {
      from: all,
      to: `${one}${capitalized(to)}s`,
      code: (list) =>
        pen.function(name, [[list, 'number[]']], 'number', [
          `let ${sum} = ${k};`,
          `for (const ${one} of ${list}) {`,
          [`${sum} += ${one} * ${list}.length;`],
          '}',
          `return ${sum};`,
        ]),
    };
  },
  function aLocal(pen) {
    const [n, from, to] = [pen.amount(), pen.sum(), pen.amount()];
    const name = pen.action();
    const [a, b] = [pen.draw.int(2, 9), pen.draw.int(10, 20)];
    return {
      from,
      to: `${to}${capitalized(from)}`,
      code: (local) =>
        pen.function(name, [[n, 'number']], 'number', [
          `let ${local} = ${n} * ${a};`,
          `if (${local} > ${b}) {`,
          [`${local} -= ${n};`],
          '}',
          `return ${local} + 1;`,
        ]),
    };
  },
  function aFunction(pen) {
    const [n, from] = [pen.amount(), pen.verb()];
    const to = pen.action(n);
    const [a, b] = [pen.draw.int(2, 9), pen.draw.int(1, 9)];
    return {
      from,
      to,
      code: (name) => [
        ...pen.function(name, [[n, 'number']], 'number', [`const twice = ${n} * 2;`, `return twice + ${a};`]),
        '',
        `console.log(${name}(${b}));`,
        `console.log(${name}(${name}(1)));`,
      ],
    };
  },
  function aTextThatLooksAlike(pen) {
    const [, from] = pen.things();
    const [, to] = pen.things();
    const name = pen.verb();
    const word = pen.word();
    return {
      from,
      to,
      code: (thing) =>
        pen.function(name, [[thing, 'string']], 'string', [
          `if (${thing} === ${pen.quoted(word)}) {`,
          [`return ${pen.quoted(`no ${from}`)};`],
          '}',
          `return ${pen.quoted(`${from}: `)} + ${thing};`,
        ]),
    };
  },
  function aLongerNameThatBeginsAlike(pen) {
    const [all, from] = pen.things();
    const [, to] = pen.things();
    const name = pen.verb();
    const k = pen.draw.int(2, 12);
    return {
      from,
      to,
      code: (thing) =>
        pen.function(name, [[all, 'number[]']], 'number', [
          `const ${from}Count = ${all}.length;`,
          `const ${thing} = ${all}[0];`,
          `return ${thing} + ${from}Count * ${k};`,
        ]),
    };
  },
  function aPropertyOfTheSameName(pen) {
    const [, one] = pen.things();
    const from = pen.draw.pick(['size', 'rank', 'level', 'price']);
    const [name, to] = [pen.verb(), pen.amount()];
    const k = pen.draw.int(2, 9);
    return {
      from,
      to,
      code: (local) =>
        pen.function(name, [[one, `{ ${from}: number }`]], 'number', [
          `const ${local} = ${one}.${from} + ${k};`,
          `return ${local} * ${local};`,
        ]),
    };
  },
  function aTopLevelVariable(pen) {
    const [from, to] = [pen.amount(), pen.amount()];
    const [a, b, c] = [pen.draw.int(2, 9), pen.draw.int(2, 12), pen.draw.int(10, 20)];
    const word = pen.word();
    return {
      from,
      to,
      code: (value) => [
        `let ${value} = ${a};`,
        `${value} += ${b};`,
        `if (${value} > ${c}) {`,
        [`console.log(${pen.quoted(word)});`],
        '}',
        `console.log(${value});`,
      ],
    };
  },
  function aLoopVariable(pen) {
    const [all, one] = pen.things();
    const [name, to] = [pen.action(all), pen.amount()];
    const out = pen.sum();
    const edge = pen.draw.int(3, 12);
    const from = pen.draw.pick(['x', 'e', 'it', one]);
    return {
      from,
      to: from === one ? to : one,
      code: (each) =>
        pen.function(name, [[all, 'number[]']], 'number[]', [
          `const ${out} = [];`,
          `for (const ${each} of ${all}) {`,
          [`if (${each} > ${edge}) ${out}.push(${each});`],
          '}',
          `return ${out};`,
        ]),
    };
  },
  function aCallbackParameter(pen) {
    const [all, one] = pen.things();
    const from = pen.draw.pick(['x', 'v', 'n']);
    const out = pen.amount();
    const numbers = pen.draw.ints(4, 1, 15);
    const k = pen.draw.int(2, 9);
    return {
      from,
      to: one,
      code: (each) => [
        `const ${all} = ${pen.array(numbers)};`,
        `const ${out} = ${all}.filter(${pen.callback(each, `${each} > ${k} && ${each} % 2 === 0`)});`,
        `console.log(${out}.length);`,
      ],
    };
  },
  function oneOfTwoParameters(pen) {
    const [a, b, to] = [pen.amount(), pen.amount(), pen.amount()];
    const name = pen.action();
    const k = pen.draw.int(2, 9);
    return {
      from: b,
      to,
      code: (second) =>
        pen.function(
          name,
          [
            [a, 'number'],
            [second, 'number'],
          ],
          'number',
          [`if (${second} === 0) return ${a};`, `return ${a} % ${second} + ${k};`],
        ),
    };
  },
];
