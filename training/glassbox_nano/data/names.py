"""Names, words and numbers for one program, all from one side of the split."""

from functools import lru_cache
from pathlib import Path
from random import Random

from .held_out import FIRST_SPLIT_NUMBER, is_held_out_number, is_held_out_word

_RESERVED = frozenset(
    """break case catch class const continue debugger default delete do else enum export extends false finally for
    function if implements import in instanceof interface let new null of package private protected public return static
    super switch this throw true try typeof var void while with yield await async get set undefined number string boolean
    type any console Math length log push as is keyof""".split()
)
_CONSONANTS = "bcdfghjklmnprstvwz"
_VOWELS = "aeiou"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=None)
def _pool(held_out: bool) -> tuple[str, ...]:
    words = (Path(__file__).parent / "words.txt").read_text().split()
    return tuple(word for word in dict.fromkeys(words) if len(word) > 2 and is_held_out_word(word) == held_out)


@lru_cache(maxsize=None)
def _short_pool(held_out: bool) -> tuple[str, ...]:
    return tuple(word for word in _pool(held_out) if len(word) <= 5)


@lru_cache(maxsize=None)
def _large_numbers(held_out: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    numbers = [n for n in range(10, 100) if is_held_out_number(n) == held_out]
    return tuple(n for n in numbers if n <= 25), tuple(numbers)


class Vocabulary:
    """Draws what one program is made of; no name twice."""

    def __init__(self, rng: Random, held_out: bool) -> None:
        self._rng = rng
        self.held_out = held_out
        self.taken: set[str] = set()

    def word(self) -> str:
        """A word of the pool, or (about one in three) one nobody has seen."""
        if self._rng.random() < 0.35:
            return self._invented()
        return self._rng.choice(_pool(self.held_out))

    def short_word(self) -> str:
        """For string literals."""
        if self._rng.random() < 0.3:
            return self._invented(longest=5)
        return self._rng.choice(_short_pool(self.held_out))

    def _invented(self, longest: int = 8) -> str:
        rng = self._rng
        while True:
            if rng.random() < 0.7:
                word = "".join(
                    rng.choice(_CONSONANTS) + rng.choice(_VOWELS) + (rng.choice(_CONSONANTS) if rng.random() < 0.3 else "")
                    for _ in range(rng.randint(1, 3))
                )
            else:
                word = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(3, 6)))
            if 3 <= len(word) <= longest and word not in _RESERVED and is_held_out_word(word) == self.held_out:
                return word

    def _camel(self, words: list[str]) -> str:
        return words[0] + "".join(word.capitalize() for word in words[1:])

    def _claim(self, draw) -> str:
        while True:
            name = draw()
            if name not in self.taken and name not in _RESERVED:
                self.taken.add(name)
                return name

    def name(self, letters: str = "abcdmnpqrstuvwxyz") -> str:
        """A variable's name; now and then one of `letters`."""
        rng = self._rng

        def draw() -> str:
            chance = rng.random()
            if chance < 0.14 and letters:
                return rng.choice(letters)
            if chance < 0.62:
                name = self.word()
            elif chance < 0.93:
                name = self._camel([self.word(), self.word()])
            elif chance < 0.95:
                name = self._camel([self.word(), self.word(), self.word()])
            else:
                return f"{self.word()}_{self.word()}"
            return f"{name}{rng.randint(1, 9)}" if rng.random() < 0.05 else name

        return self._claim(draw)

    def list_name(self) -> str:
        rng = self._rng

        def draw() -> str:
            if rng.random() < 0.1:
                return rng.choice("abcsxyz")
            return self.name("") + rng.choice(["s", "s", "s", "List", ""])

        return self._claim(draw)

    def loop_name(self) -> str:
        rng = self._rng
        return self._claim(lambda: rng.choice("iiiiiijjkkn") if rng.random() < 0.92 else self.word())

    def function_name(self) -> str:
        rng = self._rng

        def draw() -> str:
            chance = rng.random()
            if chance < 0.1:
                return rng.choice("fgh")
            if chance < 0.4:
                return self.word()
            if chance < 0.75:
                verb = rng.choice("get make compute calc run update check show handle process build create apply add count find".split())
                return self._camel([verb, self.word()])
            return self._camel([self.word(), self.word()])

        return self._claim(draw)

    def constant_name(self) -> str:
        rng = self._rng
        return self._claim(lambda: "_".join(self.word().upper() for _ in range(rng.choice([1, 2, 2]))))

    def number(self, low: int = 0, high: int = 20) -> int:
        rng = self._rng
        if high < 10 or rng.random() < 0.6:
            return rng.randint(low, min(9, high))
        near, all_numbers = _large_numbers(self.held_out)
        pool = near if high <= 25 else all_numbers
        return rng.choice(pool)

    def allows(self, number: int) -> bool:
        return number < FIRST_SPLIT_NUMBER or is_held_out_number(number) == self.held_out

    def purpose_name(self, names: tuple[str, ...]) -> str:
        """One of `names`, which say what something is for; with one more word where all are taken."""
        free = [name for name in names if name not in self.taken and name not in _RESERVED]
        if not free:
            return self.name("")
        name = self._rng.choice(free)
        self.taken.add(name)
        return name


def pool_words() -> frozenset[str]:
    return frozenset(_pool(False) + _pool(True))
