/** @typedef {import('../program.mjs').Pen} Pen */
/** @typedef {import('../program.mjs').Lines} Lines */

export const asks = [
  'Use guard clauses instead of the nesting.',
  'Flatten this with early returns.',
  'Too deeply nested. Return early instead.',
  'rewrite with guard clauses',
  'Can you turn the nested ifs into guards?',
  'Please invert the conditions and leave early.',
  'Get rid of the pyramid, use early exits.',
  'Unnest these ifs.',
];

/**
 * @typedef {object} Condition
 * @property {string} text
 * @property {string} inverse with the opposite operator
 * @property {string} negated with `!`
 */

/** @type {(left: string, operator: '<' | '>' | '<=' | '>=' | '===' | '!==', right: string | number) => Condition} */
const comparison = (left, operator, right) => {
  const opposite = { '<': '>=', '>': '<=', '<=': '>', '>=': '<', '===': '!==', '!==': '===' };
  return {
    text: `${left} ${operator} ${right}`,
    inverse: `${left} ${opposite[operator]} ${right}`,
    negated: `!(${left} ${operator} ${right})`,
  };
};

/** @type {(expression: string) => Condition} */
const truth = (expression) => ({ text: expression, inverse: `!${expression}`, negated: `!${expression}` });

/** @type {(expression: string) => Condition} */
const falsehood = (expression) => ({ text: `!${expression}`, inverse: expression, negated: expression });

/**
 * A test of a number parameter.
 * @param {Pen} pen
 * @param {string} name
 */
const numeric = (pen, name) =>
  comparison(name, pen.draw.pick(['<', '>', '<=', '>=', '===', '!==']), pen.draw.int(0, 18));

/**
 * A test of a yes or no.
 * @param {Pen} pen
 * @param {string} name
 */
const boolean = (pen, name) => (pen.draw.chance(0.7) ? truth(name) : falsehood(name));

/**
 * @typedef {object} Nested
 * @property {string} name
 * @property {readonly (readonly [string, string])[]} parameters
 * @property {string} result
 * @property {readonly string[]} [first] before the first condition
 * @property {readonly { condition: Condition, otherwise?: string }[]} levels outermost first; `otherwise` is what is
 *   done when the condition does not hold, and is left out where it is what follows the whole nest
 * @property {readonly string[]} inner when all conditions hold
 * @property {string} [last] after the nest; without it the function ends there
 */

/** @type {readonly ((pen: Pen) => Nested)[]} */
const functions = [
  function twoLevelsOneDefault(pen) {
    const [a, b] = [pen.amount(), pen.amount()];
    return {
      name: pen.action(),
      parameters: [
        [a, 'number'],
        [b, 'number'],
      ],
      result: 'number',
      levels: [{ condition: numeric(pen, a) }, { condition: numeric(pen, b) }],
      inner: [`return ${a} ${pen.draw.pick(['+', '*', '-'])} ${b};`],
      last: `return ${pen.draw.int(0, 3)};`,
    };
  },
  function twoLevelsTwoAnswers(pen) {
    const [a, flag] = [pen.amount(), pen.flag()];
    return {
      name: pen.action(),
      parameters: [
        [flag, 'boolean'],
        [a, 'number'],
      ],
      result: 'string',
      levels: [
        { condition: boolean(pen, flag) },
        { condition: numeric(pen, a), otherwise: `return ${pen.quoted(pen.word())};` },
      ],
      inner: [`return ${pen.quoted(pen.word())};`],
      last: `return ${pen.quoted(pen.word())};`,
    };
  },
  function printing(pen) {
    const [a, flag] = [pen.amount(), pen.flag()];
    return {
      name: pen.action(),
      parameters: [
        [a, 'number'],
        [flag, 'boolean'],
      ],
      result: 'void',
      levels: [{ condition: boolean(pen, flag) }, { condition: numeric(pen, a) }],
      inner: [`console.log(${pen.quoted(pen.word())}, ${a});`],
    };
  },
  function oneLevel(pen) {
    const [all, one] = pen.things();
    const sum = pen.sum();
    return {
      name: pen.action(all),
      parameters: [[all, 'number[]']],
      result: 'number',
      levels: [{ condition: comparison(`${all}.length`, '>', pen.draw.int(0, 3)) }],
      inner: [`let ${sum} = 0;`, `for (const ${one} of ${all}) ${sum} += ${one};`, `return ${sum};`],
      last: `return ${pen.draw.pick(['0', '-1', 'null'])};`,
    };
  },
  function threeFlags(pen) {
    const [a, b, c] = [pen.flag(), pen.flag(), pen.flag()];
    return {
      name: pen.action(),
      parameters: [
        [a, 'boolean'],
        [b, 'boolean'],
        [c, 'boolean'],
      ],
      result: 'boolean',
      levels: [
        { condition: boolean(pen, a) },
        { condition: boolean(pen, b) },
        { condition: boolean(pen, c) },
      ],
      inner: ['return true;'],
      last: 'return false;',
    };
  },
  function computedFirst(pen) {
    const [a, b] = [pen.amount(), pen.amount()];
    return {
      name: pen.action(),
      parameters: [[a, 'number']],
      result: 'number',
      first: [`const ${b} = ${a} * ${pen.draw.int(2, 4)};`],
      levels: [{ condition: numeric(pen, a) }, { condition: comparison(b, '<', pen.draw.int(10, 20)) }],
      inner: [`return ${b} - ${a};`],
      last: `return ${pen.draw.int(0, 9)};`,
    };
  },
  function ofAnObject(pen) {
    const [, one] = pen.things();
    const [a, b] = /** @type {[string, string]} */ (pen.draw.some(['size', 'rank', 'price', 'seats'], 2));
    return {
      name: pen.action(one),
      parameters: [[one, `{ ${a}: number; ${b}: number }`]],
      result: 'number',
      levels: [{ condition: numeric(pen, `${one}.${a}`) }, { condition: numeric(pen, `${one}.${b}`) }],
      inner: [`return ${one}.${a} + ${one}.${b};`],
      last: 'return 0;',
    };
  },
  function oneLevelWithElse(pen) {
    const [a, b] = [pen.amount(), pen.amount()];
    return {
      name: pen.action(),
      parameters: [
        [a, 'number'],
        [b, 'number'],
      ],
      result: 'number',
      levels: [{ condition: numeric(pen, b), otherwise: `return ${a};` }],
      inner: [`const rest = ${a} - ${b};`, `return rest * ${pen.draw.int(2, 6)};`],
    };
  },
];

/**
 * @param {Nested} function_
 * @param {number} [level]
 * @returns {Lines}
 */
function nest(function_, level = 0) {
  const at = function_.levels[level];
  if (!at) return function_.inner;
  return [
    `if (${at.condition.text}) {`,
    nest(function_, level + 1),
    ...(at.otherwise === undefined ? ['}'] : ['} else {', [at.otherwise], '}']),
  ];
}

/**
 * @param {Nested} function_
 * @param {'inverse' | 'negated'} negation
 * @param {boolean} braces
 * @returns {Lines}
 */
function guards(function_, negation, braces) {
  return [
    ...function_.levels.flatMap(({ condition, otherwise }) => {
      const leave = otherwise ?? function_.last ?? 'return;';
      return braces
        ? [`if (${condition[negation]}) {`, [leave], '}']
        : [`if (${condition[negation]}) ${leave}`];
    }),
    ...function_.inner,
  ];
}

/** @type {readonly ((pen: Pen) => import('../samples.mjs').Refactoring)[]} */
export const shapes = functions.map((make) => (pen) => {
  const made = make(pen);
  const { name, parameters, result, first = [], last } = made;
  const around = (/** @type {Lines} */ body) => pen.function(name, parameters, result, [...first, ...body]);
  return {
    ask: pen.draw.pick(asks),
    before: around([...nest(made), ...(last === undefined ? [] : [last])]),
    after: around(guards(made, 'inverse', false)),
    also: [
      around(guards(made, 'inverse', true)),
      around(guards(made, 'negated', true)),
      around(guards(made, 'negated', false)),
    ],
  };
});
