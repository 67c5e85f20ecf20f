"""The ways people hand over code: attached in the panel, piped in the terminal, typed into the box."""

from dataclasses import dataclass
from random import Random

from .names import Vocabulary
from .syntax import Style


@dataclass(frozen=True)
class Asked:
    question: str
    # The fence's tag, which the answer's fences repeat.
    tag: str

    def block(self, code: str) -> str:
        return f"```{self.tag}\n{code}\n```"


def draw_style(rng: Random, typescript_share: float = 0.2) -> Style:
    return Style(
        typescript=rng.random() < typescript_share,
        indent=rng.choices(["  ", "    ", "\t"], [75, 20, 5])[0],
        quote=rng.choices(["'", '"'], [65, 35])[0],
        semicolon="" if rng.random() < 0.08 else ";",
        types_variables=rng.random() < 0.6,
    )


def language_of(style: Style) -> str:
    return "typescript" if style.typescript else "javascript"


def ask(rng: Random, words: Vocabulary, style: Style, phrase: str, code: str) -> Asked:
    """The user's turn, as `renderQuestion` and `composeQuestion` build it."""
    language = language_of(style)
    short = "ts" if style.typescript else "js"
    chance = rng.random()
    if chance < 0.4:
        path = _path(rng, words, short)
        place = _place(rng, words, code) if rng.random() < 0.4 else ""
        return Asked(f"`{path}`{place}:\n\n```{language}\n{code}\n```\n\n{phrase}", language)
    if chance < 0.62:
        return Asked(f"{phrase}\n\n```\n{code}\n```", "")
    if chance < 0.95:
        tag = rng.choices([short, language, ""], [50, 35, 15])[0]
        fence = f"```{tag}\n{code}\n```"
        order = rng.random()
        if order < 0.4:
            text = f"{phrase}\n\n{fence}"
        elif order < 0.75:
            text = f"{phrase}\n{fence}"
        elif order < 0.9:
            text = f"{fence}\n\n{phrase}"
        else:
            text = f"{fence}\n{phrase}"
        return Asked(text, tag)
    between = rng.choice(["\n\n", "\n"])
    return Asked(f"{phrase}{between}{code}" if rng.random() < 0.7 else f"{code}{between}{phrase}", "")


def _path(rng: Random, words: Vocabulary, extension: str) -> str:
    name = rng.choice([words.word, words.word, lambda: rng.choice(["index", "main", "app", "test", "demo"])])()
    folder = rng.choices(["", "src/", "lib/", f"{words.word()}/", "src/app/"], [40, 30, 10, 15, 5])[0]
    return f"{folder}{name}.{extension}"


def _place(rng: Random, words: Vocabulary, code: str) -> str:
    count = code.count("\n") + 1
    for _ in range(20):
        first = words.number(1, 99)
        last = first + count - 1
        if words.allows(last):
            return f", line {first}" if count == 1 else f", lines {first} to {last}"
    return ""


def vary(rng: Random, phrase: str) -> str:
    """The same words as people type them: a small letter first, a full stop, "please", nothing at the end."""
    chance = rng.random()
    if chance < 0.12:
        phrase = phrase[0].lower() + phrase[1:]
    if chance < 0.06 or 0.9 < chance < 0.95:
        phrase = phrase.rstrip("?.")
    elif chance > 0.95 and not phrase.endswith("?"):
        phrase = "Please " + phrase[0].lower() + phrase[1:]
    return phrase
