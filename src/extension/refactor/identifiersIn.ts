/** A name in a text, where it stands first. */
export interface FoundIdentifier {
  readonly name: string;
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
}

/** Words of the languages that Glassbox checks; nobody defines them. */
const keywords = new Set(
  (
    'abstract and any as assert async auto await bool boolean break byte case catch chan char class const constructor continue ' +
    'crate debugger def default defer del delete do double elif else end ensure enum except export extends extern false final ' +
    'finally float fn for foreach from func function get global go goto if impl implements import in include int interface is ' +
    'lambda let long loop map match mod module mut namespace new next nil None nonlocal not null number object of or override ' +
    'package pass private protected pub public raise range readonly ref require rescue return self set short signed sizeof static ' +
    'str string struct super switch then this throw throws trait true True False try type typedef typeof undefined union unknown ' +
    'unless unsafe unsigned until use using var virtual void volatile when where while with yield'
  ).split(' '),
);

/**
 * The names that a piece of code uses, each where it stands first, those at the beginning first. Strings and comments are not
 * told apart: a word in them has no definition, and asking for it costs little.
 * @param most so many at most
 */
export function identifiersIn(code: string, most: number): readonly FoundIdentifier[] {
  const found = new Map<string, FoundIdentifier>();
  for (const match of code.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
    const [name] = match;
    if (found.size >= most) break;
    if (name.length > 1 && !keywords.has(name) && !found.has(name))
      found.set(name, { name, offset: match.index });
  }
  return [...found.values()];
}
