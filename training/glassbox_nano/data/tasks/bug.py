"""`bug`: a function whose purpose is said, with one line that is wrong."""

from random import Random

from ..functions import PURPOSES
from ..names import Vocabulary
from ..question import ask, draw_style, language_of, vary
from ..sample import Sample
from .functions_written import call_line, chosen, draw_names

_PHRASES = """Which line is wrong?
Which line is wrong?
Which line is wrong?
Which line is wrong, and why?
Find the bug.
Find the bug
Find the bug.
Find the bug in this function.
Find the bug in this code.
What is wrong with this code?
What is wrong here?
Where is the bug?
Which line has the bug?
There is a bug in this code. Which line is it?
This function does not work. Which line is wrong?
Check this code for a bug.
Why is this wrong?
Spot the mistake.""".split("\n")
_LEADS = ("returns ", "returns ", "Returns ", "", "should return ", "must return ")


def draft(rng: Random, words: Vocabulary) -> Sample:
    style = draw_style(rng)
    purpose, implementation = chosen(rng, PURPOSES)
    told = rng.random()
    commented, speaking = told < 0.65, told > 0.4
    drawn = draw_names(rng, words, purpose, implementation.code, style, speaking)
    bug = rng.choice(implementation.bugs)
    right = implementation.code.split("\n")
    at = next(i for i, line in enumerate(right) if bug.right.strip("\n") in line)
    wrong = right[at].replace(bug.right.strip("\n"), bug.wrong.strip("\n"), 1)
    fixed = drawn.code(right[at])
    lines = drawn.code("\n".join([*right[:at], wrong, *right[at + 1 :]])).split("\n")
    if commented:
        lines.insert(0, f"// {rng.choice(_LEADS)}{drawn.text(purpose.goal)}")
        at += 1
    if rng.random() < 0.2:
        lines.append(call_line(rng, words, purpose, drawn))
    code = "\n".join(lines)
    asked = ask(rng, words, style, vary(rng, rng.choice(_PHRASES)), code)
    why = drawn.text(bug.why)
    thought = "\n".join(
        [f"goal: {drawn.text(purpose.goal)}"]
        + [f"{number}: {'comment' if line.startswith('//') else line.strip()} ok" for number, line in enumerate(lines[:at], 1)]
        + [f"{at + 1}: {lines[at].strip()} wrong, {why}"]
    )
    answer = f"Line {at + 1} is wrong: {why} It should be:\n\n{asked.block(fixed)}"
    return Sample("bug", language_of(style), asked.question, thought, answer, {"kind": "line", "line": at + 1, "fixed": fixed}, code)
