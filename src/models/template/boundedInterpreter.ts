import { type Environment, Interpreter } from '@huggingface/jinja';
import {
  type ArgumentNode,
  type CallNode,
  type FilterNode,
  isCallNode,
  isFilterNode,
  isFunctionValue,
  isMemberNode,
  isValueNode,
  type MemberNode,
  type TemplateNode,
  type TemplateValue,
  valueNode,
} from './syntaxTree.ts';
import { TemplateLimitError } from './templateErrors.ts';
import type { TemplateLimits } from './templateLimits.ts';
import { jsonCharacters, ValueSizes } from './valueSizes.ts';

/** Filters whose result can be larger than their inputs by more than a sum. */
const expanding: ReadonlySet<string> = new Set(['join', 'indent', 'replace', 'tojson']);

/**
 * Jinja with a meter. Every expression and statement of a template passes through `evaluate`, so steps and sizes
 * are counted there and nothing can loop or grow unseen. The few operations that multiply sizes in a single step
 * are measured before they run.
 */
export class BoundedInterpreter extends Interpreter {
  private steps = 0;
  private depth = 0;
  private produced = 0;
  private readonly sizes: ValueSizes;
  private readonly guarded = new WeakSet<object>();

  constructor(
    environment: Environment,
    private readonly limits: TemplateLimits,
    /** From `writtenNodes`. */
    private readonly written: WeakSet<object>,
  ) {
    super(environment);
    this.sizes = new ValueSizes(limits.valueCharacters);
  }

  override evaluate(node: TemplateNode | undefined, environment: Environment): TemplateValue {
    if (++this.steps > this.limits.steps) {
      throw new TemplateLimitError(`took more than ${String(this.limits.steps)} steps`);
    }
    // Before the call stack ends: the library takes an overflow inside a look-up for an undefined variable.
    if (this.depth >= this.limits.depth) throw new TemplateLimitError('nests too deeply');
    this.depth++;
    let value: TemplateValue;
    try {
      value = this.evaluateMeasured(node, environment);
    } finally {
      this.depth--;
    }
    const size = this.sizes.of(value);
    this.allow(size);
    // Text is charged wherever it appears; lists in full where they are written out, else where they are made.
    if (typeof value.value === 'string') this.charge(size);
    else if (node !== undefined && this.written.has(node)) this.charge(size);
    else if (Array.isArray(value.value) && node?.type !== 'Identifier') this.charge(value.value.length);
    return value;
  }

  private evaluateMeasured(node: TemplateNode | undefined, environment: Environment): TemplateValue {
    if (node === undefined) return super.evaluate(node, environment);
    if (isValueNode(node)) return node.templateValue;
    if (isMemberNode(node)) return this.evaluateMember(node, environment);
    if (isFilterNode(node)) {
      const { filter } = node;
      const name = isCallNode(filter) ? filter.callee.value : undefined;
      if (isCallNode(filter) && typeof name === 'string' && expanding.has(name)) {
        return this.evaluateExpanding(node, filter, name, environment);
      }
    }
    return super.evaluate(node, environment);
  }

  private evaluateExpanding(
    node: FilterNode,
    filter: CallNode,
    name: string,
    environment: Environment,
  ): TemplateValue {
    const block = { type: 'Program', body: node.body };
    const operand = this.evaluate(node.body === undefined ? node.operand : block, environment);
    const values: unknown[] = [];
    const args = filter.args.map((argument: ArgumentNode) => {
      const key = argument.type === 'KeywordArgumentExpression' ? 'value' : 'argument';
      const inner = isWrapped(argument) ? argument[key] : argument;
      const value = this.evaluate(inner, environment);
      values.push(...plainValues(value));
      return isWrapped(argument) ? { ...argument, [key]: valueNode(value) } : valueNode(value);
    });
    this.allow(this.expandedSize(name, operand, values));
    const measured: FilterNode = {
      type: 'FilterExpression',
      operand: valueNode(operand),
      filter: { ...filter, args } as CallNode,
    };
    return super.evaluate(measured, environment);
  }

  /** Methods of a string may be kept in a variable and called later, so they carry their check with them. */
  private evaluateMember(node: MemberNode, environment: Environment): TemplateValue {
    const object = this.evaluate(node.object, environment);
    const member: MemberNode = { ...node, object: valueNode(object) };
    const method = super.evaluate(member, environment);
    const text = object.value;
    if (typeof text !== 'string' || !isFunctionValue(method) || this.guarded.has(method)) return method;
    this.guarded.add(method);
    const call = method.value;
    const isSplit = object.builtins.get('split') === method;
    method.value = (args, scope) => {
      const values = args.flatMap(plainValues);
      if (isSplit) this.allowElements(partCount(text, values[0]));
      else this.allow(this.expandedSize('replace', object, values));
      return call(args, scope);
    };
    return method;
  }

  /** At least the characters of the result. */
  private expandedSize(name: string, operand: TemplateValue, args: readonly unknown[]): number {
    const text = typeof operand.value === 'string' ? operand.value : '';
    const strings = args.filter((arg) => typeof arg === 'string');
    const number = Math.max(0, ...args.filter((arg) => typeof arg === 'number'));
    const longest = Math.max(0, ...strings.map((string) => string.length));
    switch (name) {
      case 'replace':
        return text.length + (partCount(text, strings[0] ?? '') - 1) * (strings[1] ?? '').length;
      case 'join': {
        const count = Array.isArray(operand.value) ? operand.value.length : text.length;
        return this.sizes.of(operand) + count * longest;
      }
      case 'indent':
        return text.length + partCount(text, '\n') * number;
      default:
        return jsonCharacters(operand, number + longest, this.limits.valueCharacters);
    }
  }

  private allow(characters: number): void {
    if (characters > this.limits.valueCharacters) {
      throw new TemplateLimitError(
        `made a value of more than ${String(this.limits.valueCharacters)} characters`,
      );
    }
  }

  private allowElements(elements: number): void {
    if (elements > this.limits.elements) {
      throw new TemplateLimitError(`made a list of more than ${String(this.limits.elements)} elements`);
    }
  }

  private charge(characters: number): void {
    this.produced += characters;
    if (this.produced > this.limits.producedCharacters) {
      throw new TemplateLimitError(
        `produced more than ${String(this.limits.producedCharacters)} characters on its way`,
      );
    }
  }
}

function isWrapped(argument: ArgumentNode): boolean {
  return ['KeywordArgumentExpression', 'SpreadExpression', 'KeywordSpreadExpression'].includes(argument.type);
}

/** The strings and numbers of an argument, one level into lists and keyword arguments. */
function plainValues(argument: TemplateValue): unknown[] {
  const value: unknown = argument.value;
  if (value instanceof Map) return Array.from(value.values(), contentOf);
  return Array.isArray(value) ? value.map(contentOf) : [value];
}

function contentOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined;
}

/** How many parts `text` has between occurrences of `separator`; at white space when that is no string. */
function partCount(text: string, separator: unknown): number {
  if (separator === '') return text.length + 2;
  let parts = 1;
  if (typeof separator === 'string') {
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + separator.length))
      parts++;
    return parts;
  }
  for (const _ of text.matchAll(/\s+/gu)) parts++;
  return parts;
}
