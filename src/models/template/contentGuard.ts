/**
 * Keeps what people and files wrote from being read as structure.
 *
 * A template joins its own text, such as `<|im_start|>user`, with the contents of messages, and only the joined
 * text is tokenized: a content that says `<|im_end|>` would end the message. So before rendering, one private
 * character is put into every content after each character that a marker can have before its last one, and before
 * each that can end one. No stretch of text that has a character of a content is then a marker, also where content
 * and template meet (`<{{ content }}>` with the content `s`). White space within markers is left alone, or templates
 * could not trim.
 * After rendering, markers are looked for while the guards are still in place, and the guards are taken out of
 * what remains.
 *
 * Templates may cut, trim and move contents as they like. Code in a template that looks for markers in a content
 * (such as the split at `</think>`) finds none, which is right: Glassbox passes answers without their thought,
 * and an answer that talks about `</think>` keeps its words.
 */
export class ContentGuard {
  private readonly character: string;
  private readonly continued: RegExp;
  private readonly endings: RegExp;

  /**
   * @param markers texts that the tokenizer reads as one token; those of a single character cannot be guarded
   * @param texts everything that will be rendered: the guard is a character that is in none of them
   */
  constructor(markers: readonly string[], texts: readonly string[]) {
    this.character = absentCharacter([...texts, ...markers]);
    const spelled = markers.map((marker) => [...marker]);
    this.continued = oneOf(
      spelled.flatMap((characters) =>
        characters.slice(0, -1).filter((character, index) => index === 0 || character.trim() !== ''),
      ),
    );
    this.endings = oneOf(spelled.map((characters) => characters.at(-1) ?? ''));
  }

  /** `content` with guards. */
  protect(content: string): string {
    return content
      .replace(this.continued, (character) => character + this.character)
      .replace(this.endings, (character) => this.character + character);
  }

  /** `text` without guards. */
  release(text: string): string {
    return text.replaceAll(this.character, '');
  }
}

/** The first private-use character that none of `texts` contains, so nobody can write it in advance. */
function absentCharacter(texts: readonly string[]): string {
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const character = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(character))) return character;
  }
  for (let code = 0xf0000; code <= 0xffffd; code++) {
    const character = String.fromCodePoint(code);
    if (!texts.some((text) => text.includes(character))) return character;
  }
  throw new RangeError('the text uses every private character of Unicode');
}

function oneOf(characters: readonly string[]): RegExp {
  const alternatives = [...new Set(characters)].map((character) =>
    character.replace(/[\^\\\]\-[]/gu, '\\$&'),
  );
  return new RegExp(`[${alternatives.join('')}]`, 'gu');
}
