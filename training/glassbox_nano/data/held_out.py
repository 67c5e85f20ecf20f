"""What evaluation programs may use and training programs may not, decided by hashes so that no list has to be kept."""

import re
import zlib

# One word or program in so many is for evaluation.
_WORD_SIDES = 8
_NUMBER_SIDES = 5
_PROGRAM_SIDES = 10
# Below this a number is too common to be held out.
FIRST_SPLIT_NUMBER = 10
# Names this short (`i`, `n`, `dx`) are in both.
_LONGEST_EXEMPT_WORD = 2

# What functions are for: the closed vocabulary of the `bug` and `describe` tasks, in training and evaluation alike.
PURPOSE_WORDS = frozenset(
    """sum total count max min largest smallest find first last index of is has all any every some even odd positive
    negative double square cube half average mean add subtract multiply product difference power factorial reverse join
    repeat append prepend clamp between inside range contains includes filter keep drop map scale shift increase
    decrease distance abs absolute sign longest shortest upper lower shout greet full name swap countdown digits
    fibonacci gcd prime divisor multiple bigger smaller get set make compute calc the and or to from with in by item
    value list array text word words number numbers result empty length above below equal same copy unique
    each up larger biggest run main update check test show handle process build create apply""".split()
)

# Words of our own sentences and of JavaScript, on the evaluation side by hash: in both, so never held out.
_COMMON_WORDS = frozenset(
    """another answered asked black blocks bonjour boolean bored brazil business canada cat change code constant cron
    cryptography css day decorators demo design discord equality evening false files fills fix for force glassbox going
    hash hauptstadt have here hola important inflation job kubernetes left literal login long lose move names never news
    nice only operating operations order other page parameter patterns per predict prompt python reduce refactoring
    remove renames rest resume rust seen sit spaces spain stock story svg switch taken thank them theory think todo
    typeof used virus webpack whether why won work workers""".split()
)

_WORDS_OF_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def words_of(text: str) -> list[str]:
    """The words of names and prose: camelCase is taken apart, all in lower case."""
    return [word.lower() for word in _WORDS_OF_NAME.findall(text)]


def is_held_out_word(word: str) -> bool:
    word = word.lower()
    if len(word) <= _LONGEST_EXEMPT_WORD or word in PURPOSE_WORDS or word in _COMMON_WORDS:
        return False
    return zlib.crc32(word.encode()) % _WORD_SIDES == 0


def is_held_out_number(number: int) -> bool:
    return number >= FIRST_SPLIT_NUMBER and zlib.crc32(f"#{number}".encode()) % _NUMBER_SIDES == 0


_LEXEME = re.compile(r"//[^\n]*|`[^`]*`|'[^'\n]*'|\"[^\"\n]*\"|[A-Za-z_$][\w$]*|\d+|[^\s\w]+")
# What is part of the language rather than of one program.
_LANGUAGE_WORDS = frozenset(
    """const let var function return if else for of while break continue true false null undefined console log length push
    toUpperCase toLowerCase join Math max min floor number string boolean void includes slice""".split()
)


def program_shape(code: str) -> str:
    """The program with its identifiers and literals numbered, without comments and white space."""
    numbers: dict[str, str] = {}
    shape = []
    for lexeme in _LEXEME.findall(code):
        if lexeme.startswith("//"):
            continue
        first = lexeme[0]
        if first in "'\"`":
            kind = "S"
        elif first.isdigit():
            kind = "N"
        elif (first.isalpha() or first in "_$") and lexeme not in _LANGUAGE_WORDS:
            kind = "I"
        else:
            shape.append(lexeme)
            continue
        shape.append(numbers.setdefault(kind + lexeme, f"{kind}{len(numbers)}"))
    return " ".join(shape)


def is_held_out_program(code: str) -> bool:
    return zlib.crc32(program_shape(code).encode()) % _PROGRAM_SIDES == 0


def is_held_out_text(text: str) -> bool:
    """For questions without a program."""
    return zlib.crc32(text.encode()) % _PROGRAM_SIDES == 0
