"""`rename`: one symbol gets another name."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import random_program
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Rename `{old}` to `{new}`.
Rename `{old}` to `{new}`
Rename `{old}` to `{new}`.
Rename {old} to {new}.
Rename {old} to {new}
Rename {kind} `{old}` to `{new}`.
Rename {kind} {old} to {new}.
Rename the {kind} {old} to {new}.
Change the name of {old} to {new}.
Change `{old}` to `{new}`.
Call `{old}` `{new}` instead.
Call it `{new}` instead of `{old}`.
Use the name {new} instead of {old}.
Use `{new}` instead of `{old}`.
Replace the name `{old}` with `{new}`.
{old} should be called {new}.
Give `{old}` the name `{new}`.""".split("\n")
_MOST_LINES = 10


def draft(rng: Random, words: Vocabulary) -> Sample | None:
    style = draw_style(rng)
    program = random_program(rng, words)
    old = rng.choice(s.declared(program))
    kind = _kind(program, old)
    new = words.function_name() if kind == "function" else words.name("abcxyn")
    stays = ""
    if rng.random() < 0.12:
        # The same word as text: it stays.
        logs = [node for node in s.walk(program) if type(node) is s.Log and len(node.args) == 1]
        if logs:
            rng.choice(logs).args.insert(0, s.Str(old))
            stays = ", the text stays"
    elif rng.random() < 0.08:
        program.insert(0, s.Comment(f"{rng.choice(['uses', 'prints', 'changes', 'about'])} {old}"))
        stays = ", the comment stays"
    before = s.code_of(program, style)
    if before.count("\n") >= _MOST_LINES:
        return None
    s.rename(program, old, new)
    phrase = rng.choice(_PHRASES).format(old=old, new=new, kind=kind)
    thought = f"{old} becomes {new}{stays}"
    return refactored(rng, words, "rename", style, phrase, before, thought, s.code_of(program, style))


def _kind(program: list, name: str) -> str:
    for node in s.walk(program):
        if type(node) is s.Func:
            if node.name == name:
                return "function"
            if any(name == param for param, _ in node.params):
                return "parameter"
    return "variable"
