"""`deadCode`: what never runs and what nothing reads is removed."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import Writer
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Remove the dead code.
Remove the dead code
Remove dead code.
Remove dead code
Delete the dead code.
Delete dead code.
Remove the unused code.
Remove what is not used.
Remove the code that is not needed.
Remove unreachable and unused code.
Clean up the dead code.
Clean up: remove dead code.
Get rid of the dead code.
Drop the dead code.
Strip the dead code.
Take out the dead code.""".split("\n")
_MOST_LINES = 11


def draft(rng: Random, words: Vocabulary) -> Sample | None:
    style = draw_style(rng)
    writer = Writer(rng, words, uses_var=False)
    program = _without_unread(writer.program())
    if not any(type(node) is s.Log for node in s.walk(program)) or _is_odd(program):
        return None
    for node in program:
        if type(node) is s.Func and node.arrow:
            # There must be room for dead statements.
            node.arrow = "block"
    after = s.code_of(program, style)
    notes: list[str] = []
    for _ in range(1 if rng.random() < 0.75 else 2):
        put = rng.choices([_unread_variable, _never_true, _unreachable], [40, 25, 35])[0]
        note = put(writer, program)
        if note is None:
            return None
        notes.append(note)
    before = s.code_of(program, style)
    if before.count("\n") >= _MOST_LINES:
        return None
    return refactored(rng, words, "deadCode", style, rng.choice(_PHRASES), before, "\n".join(dict.fromkeys(notes)), after)


def _without_unread(program: list) -> list:
    """The program without variables that nothing reads, so that what is put in is all that is dead."""
    while True:
        read = s.names_read(program)
        unread = {node.name for node in s.walk(program) if type(node) is s.Let and node.name not in read}
        if not unread:
            return program
        program = _dropping(program, unread)


def _dropping(statements: list, names: set[str]) -> list:
    kept = []
    for statement in statements:
        kind = type(statement)
        if kind is s.Let and statement.name in names:
            continue
        if kind is s.Assign and type(statement.target) is s.Name and statement.target.name in names:
            continue
        for part in ("body", "yes", "no"):
            inner = getattr(statement, part, None)
            if inner is not None:
                setattr(statement, part, _dropping(inner, names))
        kept.append(statement)
    return kept


def _is_odd(program: list) -> bool:
    """Names that nothing reads and empty blocks, which are left for another day: are they dead code?"""
    read = s.names_read(program)
    for node in s.walk(program):
        kind = type(node)
        if kind is s.ForOf and node.name not in read:
            return True
        if kind is s.Func and any(name not in read for name, _ in node.params):
            return True
        if [] in (getattr(node, "body", None), getattr(node, "yes", None), getattr(node, "no", None)):
            return True
    return False


def _blocks(program: list) -> list[list]:
    return [program, *(node.body for node in program if type(node) is s.Func)]


def _names_above(block: list, at: int) -> list[str]:
    return [statement.name for statement in block[:at] if type(statement) is s.Let]


def _place(writer: Writer, program: list) -> tuple[list, int]:
    """Somewhere between the statements, never behind a return."""
    block = writer.rng.choice(_blocks(program))
    last = next((at for at, statement in enumerate(block) if type(statement) is s.Return), len(block))
    return block, writer.rng.randint(0, last)


def _harmless(writer: Writer, above: list[str]) -> list:
    """Statements that could stand anywhere."""
    chance = writer.rng.random()
    if chance < 0.4 and above:
        return [s.Log([s.Name(writer.rng.choice(above))])]
    if chance < 0.8:
        return [s.Log([writer.pick(writer.word, writer.number)()])]
    name = writer.words.name()
    return [s.Let("const", name, writer.number()), s.Log([s.Name(name)])]


def _unread_variable(writer: Writer, program: list) -> str:
    block, at = _place(writer, program)
    name = writer.words.name()
    above = [statement.name for statement in block[:at] if type(statement) is s.Let and statement.type == "number"]
    changes = writer.chance(0.2)
    if above and writer.chance(0.4):
        value, type_ = s.Bin(writer.pick("+", "-", "*"), s.Name(writer.rng.choice(above)), writer.small()), "number"
    else:
        value, type_ = writer.pick((writer.number(), "number"), (writer.number(), "number"), (writer.word(), "string"), (s.Bool(True), "boolean"))
        changes = changes and type_ == "number"
    block.insert(at, s.Let("let" if changes or writer.chance(0.25) else "const", name, value, type_))
    if changes:
        later = next((i for i in range(at + 1, len(block)) if type(block[i]) is s.Return), len(block))
        block.insert(writer.rng.randint(at + 1, later), s.Assign(s.Name(name), writer.pick("+=", "="), writer.small()))
    return f"{name} is never read"


def _never_true(writer: Writer, program: list) -> str:
    block, at = _place(writer, program)
    block.insert(at, s.If(s.Bool(False), _harmless(writer, _names_above(block, at))))
    return "if (false) never runs"


def _unreachable(writer: Writer, program: list) -> str | None:
    """Behind a return, break or continue; nothing where the program has none."""
    blocks = [*(node.body for node in s.walk(program) if type(node) in (s.Func, s.For, s.ForOf, s.While))]
    blocks += [node.yes for node in s.walk(program) if type(node) is s.If and not node.short]
    ending = [block for block in blocks if type(block[-1]) in (s.Return, s.Leave)]
    if not ending:
        return None
    block = writer.rng.choice(ending)
    word = "return" if type(block[-1]) is s.Return else block[-1].word
    block.extend(_harmless(writer, _names_above(block, len(block))))
    return f"nothing runs after {word}"
