/** A function in a document, from the first to behind the last of its UTF-16 units, with what belongs to its declaration. */
export interface EnclosingFunction {
  readonly start: number;
  readonly end: number;
  /** Empty for one without a name. */
  readonly name: string;
}
