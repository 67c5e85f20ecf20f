"""`constant`: a magic number becomes a named constant."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import random_program
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Extract {n} into a constant named {name}.
Extract {n} into a constant `{name}`.
Extract {n} to a constant called {name}.
Extract the number {n} into a constant named {name}.
Extract the magic number {n} into a constant `{name}`.
Extract the magic number {n} as {name}.
Extract the constant {name} for {n}.
Replace {n} with a constant named {name}.
Replace {n} with a named constant `{name}`.
Replace the magic number {n} with {name}.
Replace the magic number {n} with a constant `{name}`.
Introduce a constant {name} for {n}.
Make {n} a constant named {name}.
Turn {n} into a constant called {name}.
Use a constant {name} instead of {n}.
Give the number {n} a name: {name}
Name the number {n} `{name}`.
Move {n} to a constant {name}.""".split("\n")
_MOST_LINES = 9
_MOST_PLACES = 3


def draft(rng: Random, words: Vocabulary) -> Sample | None:
    style = draw_style(rng)
    program = random_program(rng, words, uses_var=False)
    numbers = [node.value for node in s.walk(program) if type(node) is s.Num]
    magic = sorted({number for number in numbers if number > 1 and numbers.count(number) <= _MOST_PLACES})
    if not magic:
        return None
    # Large numbers are what people extract.
    number = magic[-1] if rng.random() < 0.6 else rng.choice(magic)
    name = words.constant_name()
    before = s.code_of(program, style)
    if before.count("\n") >= _MOST_LINES:
        return None
    s.replace(program, lambda part: s.Name(name) if type(part) is s.Num and part.value == number else part)
    after = f"const {name} = {number}{style.semicolon}\n{s.code_of(program, style)}"
    phrase = rng.choice(_PHRASES).format(n=number, name=name)
    return refactored(rng, words, "constant", style, phrase, before, f"{number} becomes {name}", after)
