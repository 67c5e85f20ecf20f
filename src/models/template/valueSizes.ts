import type { TemplateValue } from './syntaxTree.ts';

/** What a number, a boolean, a key or a bracket counts for. */
const SMALL = 16;

/**
 * How long values are when they are written out. A list may hold the same list twice, which may hold another
 * twice: small in memory, without end on paper.
 */
export class ValueSizes {
  /** Of lists and mappings that cannot change any more. Namespaces can, and so can what holds one. */
  private readonly known = new WeakMap<object, number>();

  constructor(private readonly limit: number) {}

  /** Characters of `value`; beyond the limit counting stops, and the result is some number above it. */
  of(value: TemplateValue): number {
    return this.measure(value).size;
  }

  private measure(value: TemplateValue): { readonly size: number; readonly fixed: boolean } {
    const content: unknown = value.value;
    if (typeof content === 'string') return { size: content.length, fixed: true };
    const children = childValues(value);
    if (children === undefined) return { size: SMALL, fixed: true };
    const known = this.known.get(value);
    if (known !== undefined) return { size: known, fixed: true };
    let size = SMALL;
    let fixed = value.type !== 'NamespaceValue';
    for (const [key, child] of children) {
      const part = this.measure(child);
      size += key.length + SMALL + part.size;
      fixed = fixed && part.fixed;
      if (size > this.limit) break;
    }
    if (fixed) this.known.set(value, size);
    return { size, fixed };
  }
}

/** Characters of `value` as JSON with `indent` characters a level; counting stops beyond `limit`. */
export function jsonCharacters(value: TemplateValue, indent: number, limit: number): number {
  let total = 0;
  const visit = (node: TemplateValue, depth: number): void => {
    // Six characters is the longest escape of one.
    total += typeof node.value === 'string' ? 6 * node.value.length : SMALL;
    for (const [key, child] of childValues(node) ?? []) {
      total += 6 * key.length + SMALL + indent * (depth + 2);
      if (total > limit) return;
      visit(child, depth + 1);
    }
  };
  visit(value, 0);
  return total;
}

function childValues(value: TemplateValue): Iterable<readonly [string, TemplateValue]> | undefined {
  const content: unknown = value.value;
  if (isValueMap(content)) return content;
  return isValueList(content) ? content.map((child) => ['', child] as const) : undefined;
}

function isValueMap(content: unknown): content is Map<string, TemplateValue> {
  return content instanceof Map;
}

function isValueList(content: unknown): content is TemplateValue[] {
  return Array.isArray(content);
}
