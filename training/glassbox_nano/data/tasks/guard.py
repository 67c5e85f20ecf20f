"""`guard`: nested ifs become guard clauses."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import Writer
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Use guard clauses.
Use guard clauses
Use guard clauses instead of nested ifs.
Replace the nested ifs with guard clauses.
Replace nested ifs with guard clauses.
Convert the nested ifs to guard clauses.
Use early returns.
Use early returns
Use early returns instead of nesting.
Return early instead of nesting.
Flatten the nested ifs.
Flatten this function with guard clauses.
Reduce the nesting.
Turn the nested if into a guard clause.
Refactor to guard clauses.""".split("\n")
_OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "===": "!==", "!==": "==="}


def draft(rng: Random, words: Vocabulary) -> Sample | None:
    style = draw_style(rng)
    writer = Writer(rng, words, uses_var=False)
    params = [(words.name("nxyab"), rng.choice(["number", "number", "number", "boolean", "string", "number[]"])) for _ in range(rng.choice([1, 2, 2]))]
    levels = rng.choices([1, 2], [45, 55])[0]
    tests = [_test(writer, *params[min(level, len(params) - 1)], second=level >= len(params)) for level in range(levels)]
    if levels == 2 and s.expression(tests[0]).lstrip("!") == s.expression(tests[1]).lstrip("!"):
        return None
    kind = rng.random()
    if kind < 0.3:
        body, flat, returns = _doing(writer, params, tests)
    else:
        body, flat, returns = _returning(writer, params, tests, with_else=kind < 0.55)
    first = []
    if rng.random() < 0.15:
        number = next((name for name, type_ in params if type_ == "number"), None)
        if number:
            first = [s.Let("const", words.name(), s.Bin(rng.choice("+*-"), s.Name(number), writer.small()))]
    function = writer.function(params, [*first, *body], returns)
    before = s.code_of([function], style)
    function.body = [*first, *flat]
    guards = [statement for statement in flat if type(statement) is s.If]
    thought = "\n".join(f"{s.expression(test, style)}: {s.lines_of([guard], style)[0]}" for test, guard in zip(tests, guards))
    return refactored(rng, words, "guard", style, rng.choice(_PHRASES), before, thought, s.code_of([function], style))


def _test(writer: Writer, name: str, type_: str, second: bool):
    value = s.Name(name)
    if type_ == "boolean":
        return s.Not(value) if second or writer.chance(0.25) else value
    if type_ == "string":
        if writer.chance(0.3):
            return s.Bin(">", s.Length(value), s.Num(writer.rng.randint(0, 5)))
        return s.Bin(writer.pick("===", "!=="), value, writer.word())
    if type_ == "number[]":
        return s.Bin(writer.pick(">", ">", "==="), s.Length(value), s.Num(writer.rng.randint(0, 4)))
    if writer.chance(0.15):
        return s.Bin(writer.pick("===", "!=="), s.Bin("%", value, s.Num(writer.pick(2, 3))), s.Num(0))
    return s.Bin(writer.pick(">", ">", "<", ">=", "<=", "===", "!=="), value, writer.number(0, 20))


def _opposite(test):
    if type(test) is s.Not:
        return test.value
    if type(test) is s.Name:
        return s.Not(test)
    return s.Bin(_OPPOSITE[test.op], test.left, test.right)


def _guard(test, value) -> s.If:
    return s.If(_opposite(test), [s.Return(value)], short=True)


def _steps(writer: Writer, params: list, count: int) -> list:
    """What happens when all conditions hold."""
    writer.numbers = [name for name, type_ in params if type_ == "number"]
    steps: list = []
    for _ in range(count):
        subject = s.Name(writer.rng.choice(params)[0])
        if writer.numbers and writer.chance(0.3):
            subject = writer.operation(s.Name(writer.numbers[0]), 0)
        if writer.chance(0.75):
            steps.append(s.Log([writer.word(), subject] if writer.chance(0.25) else [writer.word() if writer.chance(0.3) else subject]))
        else:
            steps.append(s.Do(s.Call(writer.words.function_name(), [subject])))
    return steps


def _doing(writer: Writer, params: list, tests: list):
    steps = _steps(writer, params, writer.rng.choice([1, 1, 2]))
    nested = steps
    for test in reversed(tests):
        nested = [s.If(test, nested)]
    return nested, [*(_guard(test, None) for test in tests), *steps], "void"


def _returning(writer: Writer, params: list, tests: list, with_else: bool):
    writer.numbers = [name for name, type_ in params if type_ == "number"]
    if writer.chance(0.6):
        returns = "number"
        good = writer.operation(s.Name(writer.numbers[0]), 0) if writer.numbers else writer.number()
        bad = lambda: writer.pick(s.Num(0), s.Num(0), writer.number(), *map(s.Name, writer.numbers))  # noqa: E731
    elif writer.chance(0.5):
        returns, good, bad = "string", writer.word(), writer.word
    else:
        returns, good, bad = "boolean", s.Bool(True), lambda: s.Bool(False)
    extra = _steps(writer, params, 1) if writer.chance(0.2) else []
    end = [*extra, s.Return(good)]
    if with_else:
        values = [bad() for _ in tests]
        nested = end
        for test, value in zip(reversed(tests), reversed(values)):
            nested = [s.If(test, nested, [s.Return(value)])]
        return nested, [*(_guard(test, value) for test, value in zip(tests, values)), *end], returns
    value = bad()
    nested = end
    for test in reversed(tests):
        nested = [s.If(test, nested)]
    return [*nested, s.Return(value)], [*(_guard(test, value) for test in tests), *end], returns
