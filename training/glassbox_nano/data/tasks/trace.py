"""`trace`: what a program prints, from what it really printed."""

from random import Random

from .. import syntax as s
from ..instrument import instrument
from ..names import Vocabulary
from ..narrate import NotNarratable, narrate
from ..programs import random_program
from ..question import ask, draw_style, language_of, vary
from ..sample import Draft, Sample

_PHRASES = (
    ["What does this print?"] * 4
    + ["What is the output?", "What does this program print?", "Trace this program."] * 2
    + """What does this code print?
What does this output?
What will this print?
What is printed?
What is the output of this code?
What is the output of this program?
What gets logged?
What does this log to the console?
Trace this program
Trace this code.
Trace it step by step.
Run this in your head. What does it print?
Predict the output.
Show me the output of this program.
Step through this code and tell me what it prints.
What would node print here?
Execute this code step by step.""".split("\n")
)
_MOST_LINES = 12
_MOST_THOUGHT = 900
_LONGEST_STEP = 110


def draft(rng: Random, words: Vocabulary) -> Draft:
    style = draw_style(rng)
    program = random_program(rng, words)
    code = s.code_of(program, style)
    asked = ask(rng, words, style, vary(rng, rng.choice(_PHRASES)), code)
    instrumented = instrument(program)
    functions = {node.name: node for node in program if type(node) is s.Func}

    def finish(reply: dict) -> Sample | None:
        lines = reply.get("lines")
        if not lines or len(lines) > 6:
            return None
        try:
            thought = narrate(instrumented, functions, reply["events"])
        except NotNarratable:
            return None
        text = "\n".join(thought)
        if len(text) > _MOST_THOUGHT or any(len(line) > _LONGEST_STEP for line in thought):
            return None
        answer = "It prints:\n\n```\n" + "\n".join(lines) + "\n```"
        return Sample("trace", language_of(style), asked.question, text, answer, {"kind": "output", "lines": lines}, code)

    return Draft(instrumented.code, finish, code)
