"""What the refactoring tasks share: a question about some code, and the whole code as it should be."""

from random import Random

from ..names import Vocabulary
from ..question import ask, language_of, vary
from ..sample import Sample
from ..syntax import Style


def refactored(rng: Random, words: Vocabulary, task: str, style: Style, phrase: str, before: str, thought: str, after: str) -> Sample:
    asked = ask(rng, words, style, vary(rng, phrase), before)
    return Sample(task, language_of(style), asked.question, thought, asked.block(after), {"kind": "code", "code": after}, before)
