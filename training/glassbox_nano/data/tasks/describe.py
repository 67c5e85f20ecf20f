"""`describe`: what a function does, in one sentence."""

from random import Random

from ..functions import PURPOSES
from ..names import Vocabulary
from ..question import ask, draw_style, language_of, vary
from ..sample import Sample
from .functions_written import call_line, chosen, draw_names

_PHRASES = """What does this function do?
What does this function do?
What does this function do?
Explain this function.
Explain this function
Explain this code.
Describe this function.
Describe what this function does.
What is this function for?
What does this code do?
Explain what this does.
Summarize this function in one sentence.
Tell me what this function does.
What does `{f}` do?
Explain `{f}`.""".split("\n")


def draft(rng: Random, words: Vocabulary) -> Sample:
    style = draw_style(rng)
    purpose, implementation = chosen(rng, PURPOSES)
    drawn = draw_names(rng, words, purpose, implementation.code, style, speaking=rng.random() < 0.3)
    code = drawn.code(implementation.code)
    if rng.random() < 0.15:
        code += "\n" + call_line(rng, words, purpose, drawn)
    phrase = drawn.text(rng.choice(_PHRASES))
    asked = ask(rng, words, style, vary(rng, phrase), code)
    sentence = drawn.text(purpose.sentence)
    thought = "\n".join(_clues(code, drawn.names))
    return Sample("describe", language_of(style), asked.question, thought, sentence, {"kind": "sentence", "sentence": sentence}, code)


def _clues(code: str, names: dict[str, str]) -> list[str]:
    """The lines that show what it does: all but heads of loops, braces and plain returns."""
    lines = [line.strip().rstrip(";{ ") for line in code.split("\n")]
    plain = {f"return {name}" for name in names.values()}
    telling = [line for line in lines[1:] if line not in ("", "}") and line not in plain and not line.startswith(("for (", "console.log", "const "))]
    return telling or [lines[1]]
