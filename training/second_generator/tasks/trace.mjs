/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

export const asks = [
  'What does this print?',
  'What gets logged here?',
  'Tell me what ends up on the console.',
  'I run this. What do I see?',
  'Work out the output of this snippet.',
  'output?',
  'Go through it step by step and give me what it logs.',
  'Which values does this code log?',
  'Please predict the console output.',
  'What would node print for this?',
  'Trace this for me, what comes out?',
  'Execute this in your head: what is printed?',
];

/** @type {readonly ((pen: Pen) => Lines)[]} */
export const shapes = [
  function reassigned(pen) {
    const { draw } = pen;
    const [a, b] = [pen.amount(), pen.amount()];
    return [
      `let ${a} = ${draw.int(2, 9)};`,
      `const ${b} = ${a} ${draw.pick(['*', '+'])} ${draw.int(2, 6)};`,
      `${a} = ${b} - ${draw.pick([a, '1', '4'])};`,
      `console.log(${a});`,
      `console.log(${a} + ${b});`,
    ];
  },
  function countedLoop(pen) {
    const { draw } = pen;
    const [sum, i] = [pen.sum(), pen.index()];
    const begin = draw.int(0, 3);
    return [
      `let ${sum} = ${draw.int(0, 12)};`,
      pen.counting(i, begin, begin + draw.int(2, 4), draw.pick(['<', '<='])),
      [`${sum} += ${draw.pick([i, `${i} * ${draw.int(2, 4)}`, `${i} + ${draw.int(1, 3)}`])};`],
      '}',
      `console.log(${sum});`,
    ];
  },
  function runningDown(pen) {
    const { draw } = pen;
    const [left, trips] = [pen.amount(), pen.amount()];
    const each = draw.int(2, 4);
    const stop = draw.int(0, 3);
    return [
      `let ${left} = ${stop + each * draw.int(2, 4) - draw.int(0, 1)};`,
      `let ${trips} = 0;`,
      `while (${left} > ${stop}) {`,
      [`${left} -= ${each};`, `${pen.style.step(trips)};`],
      '}',
      `console.log(${left}, ${trips});`,
    ];
  },
  function someOfAList(pen) {
    const { draw } = pen;
    const [all, one] = pen.things();
    const sum = pen.sum();
    const test = draw.pick([
      `${one} % 2 === 0`,
      `${one} > ${draw.int(4, 9)}`,
      `${one} !== ${draw.int(1, 9)}`,
    ]);
    return [
      `const ${all} = ${pen.array(draw.ints(draw.int(3, 5), 1, 14))};`,
      `let ${sum} = 0;`,
      `for (const ${one} of ${all}) {`,
      [`if (${test}) ${sum} += ${one};`],
      '}',
      `console.log(${sum});`,
    ];
  },
  function branchesOfAFunction(pen) {
    const { draw } = pen;
    const name = pen.action();
    const n = pen.amount();
    const [low, high] = [draw.int(3, 6), draw.int(8, 14)];
    return [
      ...pen.function(name, [[n, 'number']], 'number', [
        `if (${n} < ${low}) return ${draw.int(0, 2)};`,
        `if (${n} < ${high}) return ${n} + ${draw.int(1, 5)};`,
        `return ${n} * 2;`,
      ]),
      `console.log(${name}(${draw.int(low - 1, low)}));`,
      `console.log(${name}(${draw.int(high - 1, high + 2)}));`,
    ];
  },
  function ladderOfConditions(pen) {
    const { draw } = pen;
    const [n, text] = [pen.amount(), pen.amount()];
    const middle = draw.int(5, 10);
    return [
      `const ${n} = ${draw.int(middle - 3, middle + 6)};`,
      `let ${text} = ${pen.quoted(pen.word())};`,
      `if (${n} > ${middle + 3}) {`,
      [`${text} = ${pen.quoted(pen.word())};`],
      `} else if (${n} >= ${middle}) {`,
      [`${text} = ${pen.quoted(pen.word())};`],
      '}',
      `console.log(${text});`,
    ];
  },
  function piecesOfAText(pen) {
    const { draw } = pen;
    const n = pen.amount();
    const word = pen.word();
    return [
      `const ${n} = ${pen.quoted(word)};`,
      `console.log(${n}.length);`,
      draw.pick([
        `console.log(${n}[${draw.int(0, 1)}] + ${n}[${draw.int(2, 3)}]);`,
        `console.log(${n}.slice(${draw.int(0, 1)}, ${draw.int(2, 4)}));`,
        `console.log(${n}.charAt(${draw.int(1, 3)}).toUpperCase());`,
        `console.log(${n}.indexOf(${pen.quoted(word.charAt(draw.int(1, 3)))}));`,
      ]),
      `console.log(${n}.toUpperCase());`,
    ];
  },
  function endsOfAList(pen) {
    const { draw } = pen;
    const [all, one] = pen.things();
    return [
      `const ${all} = ${pen.array(draw.ints(3, 1, 15))};`,
      `${all}.push(${draw.int(2, 18)});`,
      `const ${one} = ${all}.${draw.pick(['shift', 'pop'])}();`,
      `console.log(${one});`,
      `console.log(${all}.length);`,
      `console.log(${all}.join(${pen.quoted(draw.pick([' ', '-', ',']))}));`,
    ];
  },
  function chained(pen) {
    const { draw } = pen;
    const [all, one] = pen.things();
    const kept = pen.amount();
    const end = draw.pick([
      `console.log(${kept}.join(${pen.quoted(' ')}));`,
      `console.log(${kept}.length, ${kept}[0]);`,
      `console.log(${kept}.reduce((a, b) => a + b, 0));`,
    ]);
    const step = draw.pick([
      `.map(${pen.callback(one, `${one} * ${draw.int(2, 3)}`)})`,
      `.map(${pen.callback(one, `${one} + ${draw.int(1, 6)}`)})`,
      `.filter(${pen.callback(one, `${one} > ${draw.int(3, 6)}`)})`,
    ]);
    return [
      `const ${all} = ${pen.array(draw.ints(draw.int(3, 4), 1, 12).map((n, i) => (i === 0 ? 8 : n)))};`,
      `const ${kept} = ${all}${step};`,
      end,
    ];
  },
  function loopInALoop(pen) {
    const { draw } = pen;
    const sum = pen.sum();
    const [outer, inner] = [draw.int(2, 3), draw.int(2, 3)];
    return [
      `let ${sum} = 0;`,
      pen.counting('i', 1, outer, '<='),
      [pen.counting('j', 0, inner), [`${sum} += ${draw.pick(['i', 'j', 'i * j', 'i + j', '2'])};`], '}'],
      '}',
      `console.log(${sum});`,
    ];
  },
  function partsOfAnObject(pen) {
    const { draw } = pen;
    const [, one] = pen.things();
    const [a, b] = /** @type {[string, string]} */ (
      draw.some(['size', 'rank', 'seats', 'price', 'level'], 2)
    );
    return [
      `const ${one} = { ${a}: ${draw.int(2, 9)}, ${b}: ${draw.int(1, 12)} };`,
      `${one}.${a} += ${draw.int(1, 6)};`,
      draw.pick([`${one}.${b} = ${one}.${a} * 2;`, `${one}.${b} -= 1;`]),
      `console.log(${one}.${a}, ${one}.${b});`,
    ];
  },
  function skippingAndLeaving(pen) {
    const { draw } = pen;
    const i = pen.index();
    const skipped = draw.int(1, 3);
    return [
      pen.counting(i, 0, 5),
      [
        `if (${i} === ${skipped}) ${draw.pick(['continue', 'break'])};`,
        `console.log(${draw.pick([i, `${i} + ${draw.int(2, 9)}`, `${i} * 3`])});`,
      ],
      '}',
    ];
  },
  function swapped(pen) {
    const { draw } = pen;
    const [a, b] = [pen.amount(), pen.amount()];
    const [low, high] = [draw.int(1, 8), draw.int(9, 19)];
    return draw.chance(0.5)
      ? [
          `let ${a} = ${low};`,
          `let ${b} = ${high};`,
          `const old = ${a};`,
          `${a} = ${b};`,
          `${b} = old;`,
          `console.log(${a} - ${b});`,
        ]
      : [
          `const [${a}, ${b}] = ${pen.array([low, high])};`,
          `console.log(${b}, ${a});`,
          `console.log(${a} < ${b});`,
        ];
  },
  function truths(pen) {
    const { draw } = pen;
    const [a, b] = [pen.flag(), pen.flag()];
    return [
      `const ${a} = ${draw.int(1, 9)} > ${draw.int(1, 9)};`,
      `const ${b} = ${draw.pick(['', '!'])}${a} && ${draw.int(1, 5)} < ${draw.int(2, 6)};`,
      `console.log(${a});`,
      `console.log(${b} || ${draw.pick(['', '!'])}${a});`,
    ];
  },
  function remainders(pen) {
    const { draw } = pen;
    const [n, whole] = [pen.amount(), pen.amount()];
    const by = draw.int(3, 6);
    return [
      `const ${n} = ${draw.int(7, 20)};`,
      `const ${whole} = Math.floor(${n} / ${by});`,
      `console.log(${whole});`,
      `console.log(${n} % ${by});`,
    ];
  },
  function recursive(pen) {
    const { draw } = pen;
    const [name, n] = [pen.verb(), pen.amount()];
    const step = draw.pick([`${n} + ${name}(${n} - 1)`, `${n} * ${name}(${n} - 1)`, `2 + ${name}(${n} - 1)`]);
    return [
      ...pen.function(name, [[n, 'number']], 'number', [`if (${n} <= 1) return 1;`, `return ${step};`]),
      `console.log(${name}(${draw.int(3, 4)}));`,
    ];
  },
  function switched(pen) {
    const { draw } = pen;
    const n = pen.amount();
    const at = draw.int(1, 3);
    return [
      `const ${n} = ${at};`,
      `switch (${n}) {`,
      [
        'case 1:',
        [`console.log(${pen.quoted(pen.word())});`, ...(draw.chance(0.5) ? ['break;'] : [])],
        'case 2:',
        [`console.log(${pen.quoted(pen.word())});`, 'break;'],
        'default:',
        [`console.log(${pen.quoted(pen.word())});`],
      ],
      '}',
    ];
  },
  function letterByLetter(pen) {
    const { draw } = pen;
    const [made, one] = [pen.sum(), draw.pick(['ch', 'letter', 'c'])];
    const word = draw.pick(['moss', 'salt', 'dusk', 'fig', 'oak', 'plum', 'rye']);
    return [
      `let ${made} = ${pen.quoted('')};`,
      `for (const ${one} of ${pen.quoted(word)}) {`,
      [`${made} = ${draw.pick([`${one} + ${made}`, `${made} + ${one} + ${one}`])};`],
      '}',
      `console.log(${made});`,
    ];
  },
  function placesOfAList(pen) {
    const { draw } = pen;
    const [all] = pen.things();
    return [
      `const ${all} = ${pen.array(draw.ints(3, 1, 9))};`,
      `${all}[${draw.int(0, 2)}] = ${all}[0] ${draw.pick(['+', '*'])} ${all}[${draw.int(1, 2)}];`,
      `${all}[1] -= ${draw.int(1, 3)};`,
      `console.log(${all}.join(${pen.quoted(' ')}));`,
    ];
  },
  function remembering(pen) {
    const { draw } = pen;
    const [maker, next, n] = [pen.verb(), pen.verb(), pen.amount()];
    const by = draw.int(2, 5);
    return [
      ...pen.function(maker, [], '() => number', [
        `let ${n} = ${draw.int(0, 9)};`,
        `return () => (${n} += ${by});`,
      ]),
      `const ${next} = ${maker}();`,
      `console.log(${next}());`,
      `console.log(${next}());`,
    ];
  },
  function countingDown(pen) {
    const { draw } = pen;
    const i = pen.index();
    const from = draw.int(3, 6);
    return [
      `for (let ${i} = ${from}; ${i} > ${from - draw.int(2, 3)}; ${i}--) {`,
      [`console.log(${draw.pick([i, `${i} * ${i}`, `${i} - 1`])});`],
      '}',
      `console.log(${pen.quoted(pen.word())});`,
    ];
  },
  function eitherOr(pen) {
    const { draw } = pen;
    const [name, n] = [pen.action(), pen.amount()];
    const edge = draw.int(4, 12);
    const [yes, no] = [pen.quoted(pen.word()), pen.quoted(pen.word())];
    return [
      ...pen.function(name, [[n, 'number']], 'string', [`return ${n} >= ${edge} ? ${yes} : ${no};`]),
      `console.log(${name}(${edge}));`,
      `console.log(${name}(${draw.int(edge - 3, edge + 3)}));`,
    ];
  },
  function oneFunctionInAnother(pen) {
    const { draw } = pen;
    const [inner, outer, n] = [pen.verb(), pen.verb(), pen.amount()];
    return [
      ...pen.function(inner, [[n, 'number']], 'number', [
        `return ${n} ${draw.pick(['+', '*'])} ${draw.int(2, 5)};`,
      ]),
      ...pen.function(outer, [[n, 'number']], 'number', [`return ${inner}(${n}) - ${draw.int(1, 4)};`]),
      `console.log(${outer}(${draw.int(2, 9)}));`,
    ];
  },
  function testedAfterwards(pen) {
    const { draw } = pen;
    const n = pen.amount();
    const start = draw.int(1, 3);
    return [
      `let ${n} = ${start};`,
      'do {',
      [`${n} *= 2;`, `console.log(${n});`],
      `} while (${n} < ${start * draw.pick([3, 5, 8])});`,
    ];
  },
  function theMost(pen) {
    const { draw } = pen;
    const [all, one] = pen.things();
    const best = pen.amount();
    return [
      `const ${all} = ${pen.array(draw.ints(4, 1, 19))};`,
      `let ${best} = ${all}[0];`,
      `for (const ${one} of ${all}) {`,
      [`if (${one} ${draw.pick(['<', '>'])} ${best}) ${best} = ${one};`],
      '}',
      `console.log(${best});`,
    ];
  },
  function foundInAList(pen) {
    const { draw } = pen;
    const [all] = pen.things();
    const words = [pen.word(), pen.word(), pen.word()];
    return [
      `const ${all} = ${pen.array(words)};`,
      `console.log(${all}.indexOf(${pen.quoted(draw.pick(words))}));`,
      `console.log(${all}.includes(${pen.quoted(draw.chance(0.5) ? pen.word() : draw.pick(words))}));`,
      `console.log(${all}[${draw.int(1, 2)}].length);`,
    ];
  },
  function defaulted(pen) {
    const { draw } = pen;
    const [name, a, b] = [pen.action(), pen.amount(), pen.amount()];
    return [
      `const ${name} = (${a}, ${b} = ${draw.int(2, 6)}) => ${a} ${draw.pick(['*', '+', '-'])} ${b};`,
      `console.log(${name}(${draw.int(4, 12)}));`,
      `console.log(${name}(${draw.int(4, 9)}, ${draw.int(1, 4)}));`,
    ];
  },
  function inPlace(pen) {
    const { draw } = pen;
    const n = pen.amount();
    return [
      `let ${n} = ${draw.int(3, 12)};`,
      `${n} *= ${draw.int(2, 4)};`,
      `${n} -= ${draw.int(1, 9)};`,
      `${n} %= ${draw.int(4, 9)};`,
      `console.log(${n});`,
    ];
  },
  function filledIn(pen) {
    const { draw } = pen;
    const [all, one] = pen.things();
    const n = draw.int(2, 15);
    return [
      `const ${one} = ${pen.quoted(pen.word())};`,
      `const ${all} = ${n};`,
      `console.log(\`\${${all}} ${draw.pick(['x', 'times', 'of'])} \${${one}}\`);`,
      `console.log(\`${draw.pick(['half', 'rest'])}: \${${all} - ${draw.int(1, 2)}}\`);`,
    ];
  },
  function eachWithItsPlace(pen) {
    const { draw } = pen;
    const [all, one] = pen.things();
    const i = pen.index();
    return [
      `const ${all} = ${pen.array(draw.ints(3, 2, 12))};`,
      `${all}.forEach((${one}, ${i}) => {`,
      [`console.log(${draw.pick([`${one} + ${i}`, `${one} * ${i}`, `${i}, ${one}`])});`],
      '});',
    ];
  },
];
