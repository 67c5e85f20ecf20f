"""One function of the table with its names and numbers drawn."""

import re
from dataclasses import dataclass
from random import Random

from ..functions import Implementation, Purpose
from ..names import Vocabulary
from ..syntax import Style

_PLACEHOLDER = re.compile(r"\{([a-zA-Z]\d?)\}")
_ANNOTATION = re.compile(r": (?:number|string|boolean)(?:\[\])?(?=[,)= {;])")
_FUNCTION = re.compile(r"\Afunction (\w+)\(([^)]*)\)([^\n]*) \{(.*\n)\}", re.DOTALL)


@dataclass(frozen=True)
class Drawn:
    names: dict[str, str]
    style: Style
    arrow: bool

    def text(self, template: str) -> str:
        """The template with what was drawn; prose or code."""
        return _PLACEHOLDER.sub(lambda match: self.names[match[1]], template)

    def code(self, template: str) -> str:
        style = self.style
        text = self.text(template if style.typescript else _ANNOTATION.sub("", template))
        if self.arrow:
            text = _FUNCTION.sub(r"const \1 = (\2)\3 => {\4};", text)
        if not style.semicolon:
            text = re.sub(r";$", "", text, flags=re.MULTILINE)
        text = text.replace("''", style.quote * 2)
        return re.sub(r"^(?:  )+", lambda match: style.indent * (len(match[0]) // 2), text, flags=re.MULTILINE)


def draw_names(rng: Random, words: Vocabulary, purpose: Purpose, code: str, style: Style, speaking: bool) -> Drawn:
    """`speaking`: the function is called after its purpose."""
    quote = style.quote
    low = words.number(0, 9)
    draws = {
        "f": lambda: _speaking_name(rng, words, purpose) if speaking else words.function_name(),
        "l": words.list_name,
        "e": lambda: words.name("enxv"),
        "w": lambda: words.name("sw"),
        "x": lambda: words.name("nxa"),
        "y": lambda: words.name("myb"),
        "t": lambda: words.name("rst") if rng.random() < 0.6 else words.purpose_name(("result", "total", "sum", "count")),
        "i": words.loop_name,
        "S": lambda: str(rng.randint(2, 5)),
        "S2": lambda: str(rng.randint(2, 3)),
        "Q": lambda: quote + words.short_word() + quote,
        "A": lambda: str(low),
        "B": lambda: str(_above(words, low)),
        "C": lambda: str(words.number(0, 20)),
    }
    used = dict.fromkeys(_PLACEHOLDER.findall(code + purpose.call + purpose.goal))
    return Drawn({name: draws[name]() for name in used}, style, arrow=rng.random() < 0.14)


def _above(words: Vocabulary, low: int) -> int:
    while (number := words.number(1, 25)) <= low:
        pass
    return number


def _speaking_name(rng: Random, words: Vocabulary, purpose: Purpose) -> str:
    return words.purpose_name(purpose.names)


def call_line(rng: Random, words: Vocabulary, purpose: Purpose, drawn: Drawn) -> str:
    """A line that calls the function."""
    call = drawn.text("{f}(" + purpose.call + ")")
    end = drawn.style.semicolon
    if rng.random() < 0.75:
        return f"console.log({call}){end}"
    return f"const {words.name()} = {call}{end}"


def chosen(rng: Random, purposes: tuple[Purpose, ...]) -> tuple[Purpose, Implementation]:
    purpose = rng.choice(purposes)
    return purpose, rng.choice(purpose.implementations)
