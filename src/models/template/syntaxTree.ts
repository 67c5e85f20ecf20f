import type { Interpreter } from '@huggingface/jinja';

/**
 * The parts of the Jinja interpreter's syntax tree that Glassbox looks at. The library exports the type of a node
 * but not of its kinds, so they are described here, by the fields that are read.
 */
export type TemplateNode = NonNullable<Parameters<Interpreter['evaluate']>[0]>;
export type TemplateValue = ReturnType<Interpreter['evaluate']>;
export type TemplateFunction = Extract<TemplateValue, { value: (...args: never[]) => unknown }>;

/** A node that stands for a value already computed, so that it can be looked at before it is used. */
export interface ValueNode extends TemplateNode {
  readonly templateValue: TemplateValue;
}
/** `operand | name(args)`, or `{% filter name(args) %}body{% endfilter %}`. */
export interface FilterNode extends TemplateNode {
  readonly operand?: TemplateNode;
  readonly body?: TemplateNode[];
  readonly filter: TemplateNode;
}
export interface CallNode extends TemplateNode {
  readonly callee: TemplateNode & { readonly value?: unknown };
  readonly args: readonly TemplateNode[];
}
/** `object.property` and `object[property]`. */
export interface MemberNode extends TemplateNode {
  readonly object: TemplateNode;
}
/** `name=value`, `*argument` and `**argument` in a call. */
export interface ArgumentNode extends TemplateNode {
  readonly value?: TemplateNode;
  readonly argument?: TemplateNode;
}

export function valueNode(templateValue: TemplateValue): ValueNode {
  return { type: 'GlassboxValue', templateValue };
}

export function isValueNode(node: TemplateNode): node is ValueNode {
  return node.type === 'GlassboxValue';
}

export function isFilterNode(node: TemplateNode): node is FilterNode {
  return node.type === 'FilterExpression' || node.type === 'FilterStatement';
}

export function isCallNode(node: TemplateNode): node is CallNode {
  return node.type === 'CallExpression';
}

export function isMemberNode(node: TemplateNode): node is MemberNode {
  return node.type === 'MemberExpression';
}

export function isFunctionValue(value: TemplateValue): value is TemplateFunction {
  return typeof value.value === 'function';
}

/** The nodes of a program whose value becomes text where they stand: everything in the body of a block. */
export function writtenNodes(program: TemplateNode): WeakSet<object> {
  const written = new WeakSet<object>();
  const pending: object[] = [program];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const [key, child] of Object.entries(node)) {
      const isBlock = key === 'body' || key === 'alternate' || key === 'defaultBlock';
      const children: unknown[] =
        child instanceof Map ? [...child].flat() : Array.isArray(child) ? child : [child];
      for (const element of children) {
        if (typeof element !== 'object' || element === null) continue;
        if (isBlock) written.add(element);
        pending.push(element);
      }
    }
  }
  return written;
}
