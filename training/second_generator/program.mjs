import { AMOUNTS, FLAGS, LETTERS, SUMS, TEXTS, THINGS, VERBS, capitalized } from './words.mjs';

/**
 * A line of code without its indentation, or the lines one step further in. Statements end with `;` here; a style
 * without semicolons drops it where it ends a line.
 * @typedef {string | Lines} Line
 * @typedef {readonly Line[]} Lines
 */

/**
 * @typedef {object} Style
 * @property {boolean} typed functions are annotated, as TypeScript
 * @property {string} indentation
 * @property {string} quote
 * @property {boolean} semicolons
 * @property {boolean} arrows functions are arrow functions
 * @property {boolean} bareParameter `x => …` rather than `(x) => …`
 * @property {boolean} expressionBodies an arrow function that only returns has no braces
 * @property {(name: string) => string} step how a counter is raised by one
 */

/**
 * @param {import('./draw.mjs').Draw} draw
 * @returns {Style}
 */
export function drawStyle(draw) {
  return {
    typed: draw.chance(0.12),
    indentation: draw.chance(0.45) ? '    ' : '  ',
    quote: draw.chance(0.5) ? "'" : '"',
    semicolons: !draw.chance(0.15),
    arrows: draw.chance(0.5),
    bareParameter: draw.chance(0.3),
    expressionBodies: draw.chance(0.7),
    step: draw.pick([
      (/** @type {string} */ name) => `${name}++`,
      (/** @type {string} */ name) => `${name}++`,
      (/** @type {string} */ name) => `${name} += 1`,
    ]),
  };
}

/**
 * @param {Lines} lines
 * @param {Style} style
 * @returns {string}
 */
export function layout(lines, style) {
  /** @type {(lines: Lines, depth: number) => string[]} */
  const render = (some, depth) =>
    some.flatMap((line) => {
      if (typeof line !== 'string') return render(line, depth + 1);
      const text = style.semicolons ? line : line.replace(/;$/u, '');
      return text === '' ? '' : style.indentation.repeat(depth) + text;
    });
  return render(lines, 0).join('\n');
}

/** What a program is made of: draws, a style, and names of which none is given twice. */
export class Pen {
  #taken = new Set();
  #annotated = false;

  /**
   * @param {import('./draw.mjs').Draw} draw
   * @param {Style} style
   */
  constructor(draw, style) {
    this.draw = draw;
    this.style = style;
  }

  /** What the program turned out to be: without an annotation it is JavaScript in any case. */
  get language() {
    return this.#annotated ? 'typescript' : 'javascript';
  }

  /** @param {readonly string[]} list */
  #fresh(list) {
    const free = list.filter((word) => !this.#taken.has(word));
    const word = this.draw.pick(free);
    this.#taken.add(word);
    return word;
  }

  /** @returns {[plural: string, singular: string]} */
  things() {
    const plural = this.#fresh(THINGS.map(([many]) => many));
    const pair = THINGS.find(([many]) => many === plural);
    if (!pair) throw new Error(`no thing is called ${plural}`);
    this.#taken.add(pair[1]);
    return [pair[0], pair[1]];
  }

  /** A name for a number: mostly a word, sometimes a letter. */
  amount() {
    return this.#fresh(this.draw.chance(0.2) ? LETTERS : AMOUNTS);
  }

  sum() {
    return this.#fresh(SUMS);
  }

  flag() {
    return this.#fresh(FLAGS);
  }

  verb() {
    return this.#fresh(VERBS);
  }

  word() {
    return this.#fresh(TEXTS);
  }

  index() {
    return this.#fresh(['i', 'i', 'j', 'k', 'idx', 'at']);
  }

  /** `packCrates` or `pack`. @param {string} [noun] */
  action(noun) {
    const verb = this.verb();
    return noun === undefined || this.draw.chance(0.3) ? verb : verb + capitalized(noun);
  }

  /** A string literal. @param {string} text */
  quoted(text) {
    const { quote } = this.style;
    return text.includes(quote) ? JSON.stringify(text) : `${quote}${text}${quote}`;
  }

  /**
   * A function in the style of the program.
   * @param {string} name
   * @param {readonly (readonly [name: string, type: string])[]} parameters
   * @param {string} result its type
   * @param {Lines} body
   * @returns {Lines}
   */
  function(name, parameters, result, body) {
    const typed = this.style.typed;
    this.#annotated ||= typed;
    const list = parameters.map(([each, type]) => (typed ? `${each}: ${type}` : each)).join(', ');
    const type = typed ? `: ${result}` : '';
    if (!this.style.arrows) return [`function ${name}(${list})${type} {`, body, '}'];
    const [only] = body;
    const returns = body.length === 1 && typeof only === 'string' && only.startsWith('return ');
    if (returns && this.style.expressionBodies) {
      return [`const ${name} = ${this.#arrowHead(list, type)} => ${only.slice('return '.length)}`];
    }
    return [`const ${name} = ${this.#arrowHead(list, type)} => {`, body, '};'];
  }

  /**
   * A callback of one parameter.
   * @param {string} parameter
   * @param {string} expression
   */
  callback(parameter, expression) {
    return `${this.style.bareParameter ? parameter : `(${parameter})`} => ${expression}`;
  }

  /**
   * @param {string} list
   * @param {string} type
   */
  #arrowHead(list, type) {
    return this.style.bareParameter && type === '' && /^\w+$/u.test(list) ? list : `(${list})${type}`;
  }

  /**
   * `for (let i = 0; i < end; i++) {`
   * @param {string} name
   * @param {number | string} begin
   * @param {number | string} end
   * @param {string} [comparison]
   */
  counting(name, begin, end, comparison = '<') {
    return `for (let ${name} = ${begin}; ${name} ${comparison} ${end}; ${this.style.step(name)}) {`;
  }

  /** @param {readonly (number | string)[]} values */
  array(values) {
    return `[${values.map((each) => (typeof each === 'number' ? each : this.quoted(each))).join(', ')}]`;
  }
}
