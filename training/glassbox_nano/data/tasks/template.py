"""`template`: concatenations become template literals."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import Writer
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Use a template literal.
Use a template literal
Use template literals.
Use template literals instead of concatenation.
Use a template literal instead of concatenation.
Convert the concatenation to a template literal.
Convert to a template literal.
Replace the string concatenation with a template literal.
Replace + with a template literal.
Turn the concatenation into a template literal.
Use a template string.
Use template strings instead of +.
Use backticks instead of concatenation.
Rewrite the string with a template literal.""".split("\n")


def draft(rng: Random, words: Vocabulary) -> Sample:
    style = draw_style(rng)
    program = _program(Writer(rng, words, uses_var=False))
    after = s.code_of(program, style)
    thought = "\n".join(s.expression(node, style) for node in s.walk(program) if type(node) is s.Template)
    s.replace(program, lambda part: _concatenated(part) if type(part) is s.Template else part)
    return refactored(rng, words, "template", style, rng.choice(_PHRASES), s.code_of(program, style), thought, after)


def _concatenated(template: s.Template):
    joined = None
    for part in template.parts:
        piece = s.Str(part) if isinstance(part, str) else part
        joined = piece if joined is None else s.Bin("+", joined, piece)
    return joined


def _text(writer: Writer, values: list) -> s.Template:
    """Strings and values in turn, as people put them together; a string is among the first two."""
    pick, words = writer.pick, writer.words
    parts: list = []
    if len(values) == 1 or writer.chance(0.6):
        parts.append(_opening(writer))
    for at, value in enumerate(values):
        parts.append(value)
        if at < len(values) - 1:
            parts.append(pick(" ", ", ", " and ", "-", ": ", "/", " x ", f" {words.short_word()} "))
    if writer.chance(0.45) or len(parts) == 1:
        parts.append(pick("!", ".", "!", "?", f" {words.short_word()}", f" {words.short_word()}.", "%", ")"))
    return s.Template(parts)


def _opening(writer: Writer) -> str:
    word = writer.words.short_word()
    if writer.chance(0.5):
        word = word.capitalize()
    if writer.chance(0.25):
        word += f" {writer.words.short_word()}"
    return word + writer.pick(" ", ": ", ", ", "=", "-", " ")


def _value(writer: Writer, name: str, type_: str):
    value = s.Name(name)
    chance = writer.rng.random()
    if type_ == "number" and chance < 0.18:
        return s.Bin(writer.pick("*", "+", "-"), value, s.Num(writer.rng.randint(2, 9)))
    if type_ == "string" and chance < 0.15:
        return s.Length(value)
    if type_ == "string" and chance < 0.25:
        return s.Method(value, "toUpperCase", [])
    if type_ == "number[]":
        return s.Length(value) if chance < 0.5 else s.Index(value, s.Num(writer.pick(0, 0, 1)))
    return value


def _program(writer: Writer) -> list:
    words, rng = writer.words, writer.rng
    typed = [(words.name("nxab"), rng.choice(["string", "string", "number", "number", "number[]"])) for _ in range(rng.choices([1, 2, 3], [45, 45, 10])[0])]
    text = _text(writer, [_value(writer, *one) for one in typed])
    shape = rng.random()
    if shape < 0.45:
        body = [s.Return(text)]
        if writer.chance(0.3):
            name = words.name()
            body = [s.Let(writer.keyword(False), name, text, "string"), s.Return(s.Name(name))]
        elif writer.chance(0.2):
            body = [s.If(s.Bin(">", s.Length(s.Name(typed[0][0])), s.Num(rng.randint(0, 9))), [s.Return(_text(writer, [s.Name(typed[0][0])]))], short=True), *body] if typed[0][1] == "string" else body
        return [writer.function(typed, body, "string")]
    if shape < 0.6:
        return [writer.function(typed, [s.Log([text])], "void")]
    values = {"string": writer.word, "number": writer.number, "number[]": writer.list_of_numbers}
    given = [s.Let(writer.keyword(False), name, values[type_](), type_) for name, type_ in typed]
    if shape < 0.85:
        more = [s.Log([_text(writer, [_value(writer, *rng.choice(typed))])])] if writer.chance(0.2) else []
        return [*given, s.Log([text]), *more]
    name = words.name()
    return [*given, s.Let(writer.keyword(False), name, text, "string"), s.Log([s.Name(name)])]
