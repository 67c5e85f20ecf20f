"""`const`: `var` to `const`, and to `let` where the variable changes."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import random_program
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Use const and let instead of var.
Use const and let instead of var.
Use const and let instead of var
Use let and const instead of var.
Replace var with const and let.
Replace var with let or const.
Replace `var` with `const` or `let`.
Convert var to const and let.
Change var to let and const.
Change every var to const or let.
Modernize the variable declarations.
No var please, use const or let.
Get rid of var.
Turn var into const or let.""".split("\n")
_MOST_LINES = 10


def draft(rng: Random, words: Vocabulary) -> Sample | None:
    style = draw_style(rng)
    program = random_program(rng, words, uses_var=True)
    declarations = [node for node in s.walk(program) if type(node) in (s.Let, s.ForOf)]
    variables = [node for node in declarations if node.kind == "var"]
    if not variables or (len(variables) == 1 and rng.random() < 0.7):
        return None
    if len(variables) > 2 and rng.random() < 0.1:
        # Some of it was modern already.
        declarations[-1].kind = "let"
        variables = [node for node in declarations if node.kind == "var"]
    if rng.random() < 0.3:
        program = [statement for statement in program if type(statement) is not s.Log] or program
    before = s.code_of(program, style)
    if before.count("\n") >= _MOST_LINES:
        return None
    changed = s.assigned_again(program)
    for node in variables:
        node.kind = "let" if node.name in changed else "const"
    thought = "\n".join(f"{node.name}{changed[node.name]} let" if node.name in changed else f"{node.name} const" for node in variables)
    return refactored(rng, words, "const", style, rng.choice(_PHRASES), before, thought, s.code_of(program, style))
