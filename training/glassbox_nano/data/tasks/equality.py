"""`equality`: `==` to `===` and `!=` to `!==`."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import Writer
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Replace == with ===.
Replace == with ===
Replace == with === and != with !==.
Use === instead of ==.
Use === and !== instead of == and !=.
Use strict equality.
Use strict equality
Use strict equality everywhere.
Change == to ===.
Convert == to ===.
Make the comparisons strict.
Turn loose equality into strict equality.
Replace `==` with `===`.
Fix the loose comparisons.""".split("\n")
_MOST_LINES = 10
_LOOSE = {"===": "==", "!==": "!="}


def draft(rng: Random, words: Vocabulary) -> Sample | None:
    style = draw_style(rng)
    writer = Writer(rng, words)
    program = _comparing(writer) if rng.random() < 0.5 else writer.program()
    comparisons = [node for node in s.walk(program) if type(node) is s.Bin]
    equalities = [node for node in comparisons if node.op in _LOOSE]
    if not equalities:
        return None
    after = s.code_of(program, style)
    if after.count("\n") >= _MOST_LINES:
        return None
    loose = [node for node in equalities if rng.random() < 0.9] or equalities[:1]
    thought = "\n".join(s.expression(node, style) for node in loose)
    for node in loose:
        node.op = _LOOSE[node.op]
    return refactored(rng, words, "equality", style, rng.choice(_PHRASES), s.code_of(program, style), thought, after)


def _comparing(writer: Writer) -> list:
    """A function or a branch that compares."""
    pick, words = writer.pick, writer.words
    name = words.name()
    value = s.Name(name)

    def equal():
        other = pick(writer.number(), writer.number(), writer.word(),)
        subject = s.Bin("%", value, s.Num(pick(2, 3, 5))) if type(other) is s.Num and writer.chance(0.4) else value
        return s.Bin(pick("===", "===", "!=="), subject, s.Num(0) if type(subject) is s.Bin else other)

    test = equal()
    if writer.chance(0.25):
        test = s.Bin(pick("&&", "||"), test, equal())
    type_ = "string" if any(type(node) is s.Str for node in s.walk(test)) else "number"
    results = pick((s.Bool(True), s.Bool(False)), (writer.number(), writer.number()), (writer.word(), writer.word()))
    returns = {s.Bool: "boolean", s.Num: "number", s.Str: "string"}[type(results[0])]
    shape = writer.rng.random()
    if shape < 0.3:
        return [writer.function([(name, type_)], [s.Return(test)], "boolean")]
    if shape < 0.6:
        body = [s.If(test, [s.Return(results[0])], short=writer.chance(0.4)), s.Return(results[1])]
        return [writer.function([(name, type_)], body, returns)]
    start = writer.word() if type_ == "string" else writer.number()
    if shape < 0.85:
        branch = s.If(test, [s.Log([results[0]])], [s.Log([results[1]])] if writer.chance(0.6) else None)
        return [s.Let(writer.keyword(False), name, start, type_), branch]
    chosen = s.Let(writer.keyword(False), words.name(), s.Choice(test, *results), returns)
    return [s.Let(writer.keyword(False), name, start, type_), chosen, s.Log([s.Name(chosen.name)])]
