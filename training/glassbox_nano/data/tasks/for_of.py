"""`forOf`: a loop over indexes becomes a loop over the elements."""

from random import Random

from .. import syntax as s
from ..names import Vocabulary
from ..programs import Writer
from ..question import draw_style
from ..sample import Sample
from .refactored import refactored

_PHRASES = """Use for...of.
Use for...of
Use for...of instead of the index loop.
Use a for...of loop.
Use a for...of loop instead of the index.
Convert the loop to for...of.
Convert this loop to for...of.
Convert the for loop to for of.
Convert to for...of
Rewrite the loop with for...of.
Turn the index loop into a for...of loop.
Replace the for loop with a for...of loop.
Change the loop to for...of.
Make this a for-of loop.
Loop over the elements instead of the indexes.""".split("\n")
_NAMING = ("Name the element `{name}`.", "Name the element {name}.", "Call the element `{name}`.", "Call each element {name}.", "Use the name `{name}` for the element.")
# What the element is called where nobody says.
_DEFAULT_NAME = "item"


def draft(rng: Random, words: Vocabulary) -> Sample:
    style = draw_style(rng)
    writer = Writer(rng, words, uses_var=False)
    items = words.list_name()
    named_in_body = rng.random() < 0.4
    told = not named_in_body and rng.random() < 0.45
    name = words.name() if named_in_body or told else _DEFAULT_NAME
    words.taken.add(name)
    keyword = "let" if named_in_body and rng.random() < 0.12 else "const"
    loop = s.ForOf(keyword, name, s.Name(items), [])
    program = _around(writer, items, name, loop)
    after = s.code_of(program, style)
    index = words.loop_name()
    if named_in_body:
        loop.body.insert(0, s.Let(keyword, name, s.Index(s.Name(items), s.Name(index))))
        thought = f"{name} is {items}[{index}]"
    else:
        s.substitute(loop.body, name, lambda: s.Index(s.Name(items), s.Name(index)))
        thought = f"{items}[{index}] becomes {name}"
    head = s.Let("let", index, s.Num(0)), s.Bin("<", s.Name(index), s.Length(s.Name(items))), s.Assign(s.Name(index), "++")
    before = s.code_of(_with(program, loop, s.For(*head, loop.body)), style)
    phrase = rng.choice(_PHRASES)
    if told:
        naming = rng.choice(_NAMING).format(name=name)
        phrase = f"{phrase.rstrip('.')}. {naming}" if rng.random() < 0.7 else f"{naming.rstrip('.')}. {phrase}"
    return refactored(rng, words, "forOf", style, phrase, before, thought, after)


def _with(statements: list, old, new) -> list:
    """The statements with one of them replaced; looks into functions."""
    for statement in statements:
        if type(statement) is s.Func:
            statement.body = _with(statement.body, old, new)
    return [new if statement is old else statement for statement in statements]


def _around(writer: Writer, items: str, name: str, loop: s.ForOf) -> list:
    """A program about the loop; fills the loop's body."""
    pick, words = writer.pick, writer.words
    element = lambda: s.Name(name)  # noqa: E731
    value = pick(element(), element(), s.Bin("*", element(), writer.small()), s.Bin("+", element(), writer.small()))
    chance = writer.rng.random()
    if chance < 0.2:
        loop.body += [s.Log([value])]
        if writer.chance(0.3):
            loop.body = [s.If(writer.test(element()), loop.body, short=writer.chance(0.3))]
        return _listed(writer, items, [], [loop], None)
    total = words.name()
    if chance < 0.65:
        start = s.Let("let", total, s.Num(pick(0, 0, 0, 1)))
        change = pick(
            s.Assign(s.Name(total), "+=", value),
            s.Assign(s.Name(total), "+=", value),
            s.Assign(s.Name(total), "=", s.Bin("+", s.Name(total), value)),
            s.Assign(s.Name(total), pick("-=", "*="), element()),
        )
        returns = "number"
    elif chance < 0.8:
        start = s.Let("let", total, s.Num(0))
        change = s.Assign(s.Name(total), "++")
        returns = "number"
    else:
        start = s.Let("const", total, s.Arr([]), "number[]")
        change = s.Push(total, value)
        returns = "number[]"
    body = [change]
    if writer.chance(0.35) or (type(change) is s.Assign and change.op == "++"):
        body = [s.If(writer.test(element()), body, short=writer.chance(0.4))]
    if writer.chance(0.12):
        body.insert(0, s.Log([element()]))
    loop.body += body
    return _listed(writer, items, [start], [loop], (total, returns))


def _listed(writer: Writer, items: str, before: list, loop: list, result: tuple[str, str] | None) -> list:
    """As a function of the list, or with the list above."""
    if writer.chance(0.5):
        end = [s.Return(s.Name(result[0]))] if result else []
        function = writer.function([(items, "number[]")], [*before, *loop, *end], result[1] if result else "void")
        return [function]
    values = s.Let(writer.keyword(False), items, writer.list_of_numbers(), "number[]")
    end = [s.Log([s.Name(result[0])])] if result and writer.chance(0.85) else []
    return [values, *before, *loop, *end]
