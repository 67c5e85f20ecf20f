/** @type {(holds: unknown, otherwise: string) => asserts holds} */
export function must(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}
