/**
 * Makes the children of `target` equal to those of `source`, keeping the nodes that already fit: a text that
 * only grew keeps its node, so a selection in it survives the next token.
 */
export function morphChildren(target: Node, source: Node): void {
  let current = target.firstChild;
  let wanted = source.firstChild;
  while (wanted) {
    const nextWanted: ChildNode | null = wanted.nextSibling;
    if (!current) {
      target.appendChild(wanted);
    } else {
      const nextCurrent: ChildNode | null = current.nextSibling;
      if (!morphNode(current, wanted)) target.replaceChild(wanted, current);
      current = nextCurrent;
    }
    wanted = nextWanted;
  }
  while (current) {
    const next: ChildNode | null = current.nextSibling;
    current.remove();
    current = next;
  }
}

function morphNode(current: ChildNode, wanted: ChildNode): boolean {
  if (current instanceof Text && wanted instanceof Text) {
    if (wanted.data.startsWith(current.data)) current.appendData(wanted.data.slice(current.data.length));
    else current.data = wanted.data;
    return true;
  }
  if (current instanceof HTMLElement && wanted instanceof HTMLElement && current.tagName === wanted.tagName) {
    for (const { name } of [...current.attributes]) {
      if (!wanted.hasAttribute(name)) current.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      if (current.getAttribute(name) !== value) current.setAttribute(name, value);
    }
    morphChildren(current, wanted);
    return true;
  }
  return current.isEqualNode(wanted);
}
