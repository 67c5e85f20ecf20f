interface Properties {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (Node | string)[];
}

/** A new element. There are no styles and no handlers as attributes: the CSP refuses both. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  if (properties.class !== undefined) created.className = properties.class;
  if (properties.text !== undefined) created.textContent = properties.text;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) created.setAttribute(name, value);
  created.append(...(properties.children ?? []));
  return created;
}

/** Sets the text only when it changed, so that selections and screen readers are left in peace. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

let lastId = 0;
/** An id for `aria-controls` and its kin, unique in this page. */
export function uniqueId(prefix: string): string {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
