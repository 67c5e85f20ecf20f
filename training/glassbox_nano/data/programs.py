"""Small random programs: three to nine lines, one or two things happening, then printed."""

from random import Random

from . import syntax as s
from .names import Vocabulary


class Writer:
    """Writes one program; knows which of its variables hold what."""

    def __init__(self, rng: Random, words: Vocabulary, uses_var: bool | None = None) -> None:
        self.rng = rng
        self.words = words
        self.uses_var = rng.random() < 0.08 if uses_var is None else uses_var
        # Code with `var` is older than they are.
        self.arrows = not self.uses_var
        self.numbers: list[str] = []
        # Numbers that may be assigned to.
        self.changing: list[str] = []

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, *choices):
        return self.rng.choice(choices)

    def keyword(self, changes: bool) -> str:
        if self.uses_var:
            return "var"
        return "let" if changes or self.chance(0.25) else "const"

    def small(self) -> s.Num:
        return s.Num(self.rng.randint(1, 5))

    def number(self, low: int = 0, high: int = 20) -> s.Num:
        return s.Num(self.words.number(low, high))

    def function(self, params: list, body: list, returns: str = "number", name: str = "") -> s.Func:
        """`params` with their types. Now and then an arrow function."""
        function = s.Func(name or self.words.function_name(), params, body, returns)
        if self.arrows and self.chance(0.16):
            function.arrow = "expression" if len(body) == 1 and type(body[0]) is s.Return and self.chance(0.7) else "block"
        return function

    def let(self, value, changes: bool = False, type_: str = "number", name: str = "") -> s.Let:
        name = name or (self.words.list_name() if type_.endswith("[]") else self.words.name())
        statement = s.Let(self.keyword(changes), name, value, type_)
        if type_ == "number":
            self.numbers.append(name)
            if changes:
                self.changing.append(name)
        return statement

    def any_number(self) -> s.Name:
        return s.Name(self.rng.choice(self.numbers))

    def operand(self):
        return self.any_number() if self.numbers and self.chance(0.55) else self.number()

    def operation(self, left=None, deep: float = 0.25):
        """One or two operations on numbers."""
        left = left or (self.any_number() if self.numbers else self.number())
        op = self.rng.choices(["+", "-", "*", "%"], [45, 25, 22, 8])[0]
        if op in "*%":
            right = s.Num(self.rng.randint(2, 5))
        else:
            right = self.operand()
        first = s.Bin(op, left, right)
        if self.chance(deep):
            second = self.rng.choice(["+", "-", "*"])
            other = s.Num(self.rng.randint(2, 4)) if second == "*" else self.operand()
            return s.Bin(second, first, other) if self.chance(0.6) else s.Bin(self.pick("+", "-"), self.operand(), first)
        return first

    def test(self, subject=None):
        """A condition on a number."""
        subject = subject or self.any_number()
        chance = self.rng.random()
        if chance < 0.25:
            return s.Bin(self.pick("===", "===", "!=="), s.Bin("%", subject, s.Num(self.pick(2, 2, 2, 3))), s.Num(self.pick(0, 0, 0, 1)))
        op = self.rng.choices([">", "<", ">=", "<=", "===", "!=="], [30, 25, 15, 12, 12, 6])[0]
        test = s.Bin(op, subject, self.number(1, 20))
        if self.chance(0.08):
            return s.Bin(self.pick("&&", "||"), test, s.Bin(self.pick(">", "<"), self.operand_name(subject), self.number(1, 20)))
        return test

    def operand_name(self, but):
        others = [name for name in self.numbers if not (type(but) is s.Name and name == but.name)]
        return s.Name(self.rng.choice(others)) if others else but

    def change(self, name: str, by=None) -> s.Assign:
        """An assignment to a number."""
        by = by or self.operand()
        chance = self.rng.random()
        if chance < 0.5:
            return s.Assign(s.Name(name), "+=", by)
        if chance < 0.62:
            return s.Assign(s.Name(name), "-=", by)
        if chance < 0.72:
            return s.Assign(s.Name(name), "*=", s.Num(self.rng.randint(2, 3)))
        if chance < 0.84:
            return s.Assign(s.Name(name), self.pick("++", "++", "--"))
        return s.Assign(s.Name(name), "=", s.Bin(self.pick("+", "-", "*"), s.Name(name), by if self.chance(0.6) else self.small()))

    def list_of_numbers(self, low: int = 2, high: int = 4) -> s.Arr:
        return s.Arr([self.number(0, 20 if self.chance(0.5) else 9) for _ in range(self.rng.randint(low, high))])

    def word(self) -> s.Str:
        return s.Str(self.words.short_word())

    def log(self, *values) -> s.Log:
        if len(values) == 1 and self.chance(0.08):
            return s.Log([s.Str(self.words.short_word()), values[0]])
        return s.Log(list(values))

    def log_numbers(self) -> list:
        """One or two of the program's numbers, those that changed first."""
        chosen = [self.rng.choice(self.changing or self.numbers)]
        others = [name for name in self.numbers if name not in chosen]
        if others and self.chance(0.3):
            chosen.append(self.rng.choice(others))
        if len(chosen) == 2 and self.chance(0.5):
            return [s.Log([s.Name(name) for name in chosen])]
        if len(chosen) == 1 and self.chance(0.12):
            return [s.Log([self.operation(s.Name(chosen[0]), deep=0)])]
        return [self.log(s.Name(name)) for name in chosen]

    def maybe_short(self, test, statement) -> s.If:
        return s.If(test, [statement], short=self.chance(0.3))

    # What a program can be about.

    def straight(self) -> list:
        out = [self.let(self.number(), changes=self.chance(0.7)) for _ in range(self.rng.randint(1, 2))]
        for _ in range(self.rng.randint(1, 4)):
            if self.changing and self.chance(0.55):
                out.append(self.change(self.rng.choice(self.changing)))
            else:
                out.append(self.let(self.operation(), changes=self.chance(0.3)))
        return out + self.log_numbers()

    def _update(self, name: str, op: str, by: int = 1) -> s.Assign:
        update = s.Assign(s.Name(name), op * 2) if by == 1 else s.Assign(s.Name(name), op + "=", s.Num(by))
        update.in_head = True
        return update

    def _head(self, bound=None):
        """The head of a counting loop of one to five rounds: init, test, update."""
        name = self.words.loop_name()
        keyword = "var" if self.uses_var else "let"
        chance = self.rng.random()
        if bound is not None:
            return s.Let(keyword, name, s.Num(0)), s.Bin("<", s.Name(name), bound), self._update(name, "+")
        if chance < 0.75:
            first = self.pick(0, 0, 0, 1, 1, 2, 3)
            rounds = self.rng.randint(1, 4)
            op = self.pick("<", "<", "<=")
            last = first + rounds - (op == "<=")
            return s.Let(keyword, name, s.Num(first)), s.Bin(op, s.Name(name), s.Num(last)), self._update(name, "+")
        if chance < 0.9:
            rounds = self.rng.randint(2, 4)
            op, last = self.pick((">", 0), (">=", 1), (">=", 0), (">", 1))
            first = last + rounds - (op == ">=")
            return s.Let(keyword, name, s.Num(first)), s.Bin(op, s.Name(name), s.Num(last)), self._update(name, "-")
        return s.Let(keyword, name, s.Num(self.pick(0, 1))), s.Bin("<", s.Name(name), s.Num(self.rng.randint(3, 8))), self._update(name, "+", 2)

    def _round(self, element: str, total: str) -> list:
        """What a loop does with its element."""
        value = s.Name(element)
        chance = self.rng.random()
        if chance < 0.35:
            by = value
        elif chance < 0.55:
            by = s.Bin("*", value, s.Num(self.rng.randint(2, 4)))
        elif chance < 0.65:
            by = s.Bin(self.pick("+", "-"), value, self.small())
        else:
            by = None
        if by is not None and self.chance(0.75):
            add = s.Assign(s.Name(total), self.pick("+=", "+=", "+=", "-="), by)
        elif by is not None:
            add = s.Assign(s.Name(total), "=", s.Bin(self.pick("+", "+", "-"), s.Name(total), by))
        else:
            add = self.pick(s.Assign(s.Name(total), "++"), s.Assign(s.Name(total), "+=", self.number(1, 9)), s.Assign(s.Name(total), "*=", s.Num(2)))
        return [add]

    def _loop_body(self, element: str, total: str) -> list:
        body = self._round(element, total)
        chance = self.rng.random()
        if chance < 0.25:
            test = self.test(s.Name(element))
            if self.chance(0.25):
                return [s.If(test, body, self._round(element, total))]
            return [self.maybe_short(test, body[0])]
        if chance < 0.32:
            return [self.maybe_short(self.test(s.Name(element)), s.Leave("continue")), *body]
        if chance < 0.38:
            return [*body, self.maybe_short(s.Bin(">", s.Name(total), self.number(3, 20)), s.Leave("break"))]
        if chance < 0.55:
            return [*body, s.Log([s.Name(self.pick(total, element))])]
        return body

    def counting(self) -> list:
        out = [self.let(self.number(0, 9) if self.chance(0.5) else s.Num(self.pick(0, 0, 1)), changes=True)]
        total = self.changing[0]
        if self.chance(0.15):
            self.numbers = []
            init, test, update = self._head()
            return [s.For(init, test, update, [s.Log([self.pick(s.Name(init.name), self.operation(s.Name(init.name), 0))])])]
        bound = None
        if self.chance(0.2):
            out.append(self.let(s.Num(self.rng.randint(2, 4))))
            bound = s.Name(self.numbers[-1])
        init, test, update = self._head(bound)
        out.append(s.For(init, test, update, self._loop_body(init.name, total)))
        if not _logs(out[-1].body) or self.chance(0.5):
            out += self.log_numbers()
        return out

    def repeating(self) -> list:
        """A while loop."""
        if self.chance(0.5):
            first = self.let(self.number(2, 20), changes=True)
            name = first.name
            out = [first]
            if self.chance(0.6):
                out.append(self.let(s.Num(self.pick(0, 0, 1)), changes=True))
            step = self.rng.randint(1, 6)
            test = s.Bin(self.pick(">", ">", ">="), s.Name(name), self.number(0, 9))
            body = [s.Assign(s.Name(name), "-=", s.Num(step)) if step > 1 else s.Assign(s.Name(name), "--")]
        else:
            first = self.let(s.Num(self.rng.randint(1, 5)), changes=True)
            name = first.name
            out = [first]
            if self.chance(0.5):
                out.append(self.let(s.Num(self.pick(0, 0, 1)), changes=True))
            test = s.Bin(self.pick("<", "<", "<="), s.Name(name), self.number(5, 40))
            body = [self.pick(s.Assign(s.Name(name), "*=", s.Num(2)), s.Assign(s.Name(name), "+=", s.Num(self.rng.randint(2, 7))), s.Assign(s.Name(name), "=", s.Bin("*", s.Name(name), s.Num(self.pick(2, 3)))))]
        if len(out) == 2:
            body += self.pick([s.Assign(s.Name(out[1].name), "++")], [s.Assign(s.Name(out[1].name), "+=", s.Name(name))])
            self.rng.shuffle(body)
        elif self.chance(0.4):
            body.insert(self.pick(0, 1), s.Log([s.Name(name)]))
        out.append(s.While(test, body))
        if not _logs(body) or self.chance(0.5):
            out += self.log_numbers()
        return out

    def over_list(self) -> list:
        """for…of."""
        values = self.let(self.list_of_numbers(), type_="number[]")
        total = self.let(s.Num(self.pick(0, 0, 0, 1, self.words.number(0, 20))), changes=True)
        element = self.words.name()
        self.numbers.append(element)
        body = self._loop_body(element, total.name)
        self.numbers.remove(element)
        out = [values, total] if self.chance(0.7) else [total, values]
        out.append(s.ForOf("const" if not self.uses_var else "var", element, s.Name(values.name), body))
        if not _logs(body) or self.chance(0.6):
            out.append(self.log(s.Name(total.name)))
        return out

    def over_indexes(self) -> list:
        values = self.let(self.list_of_numbers(2, 4), type_="number[]")
        index = self.words.loop_name()
        init = s.Let("var" if self.uses_var else "let", index, s.Num(0))
        head = (init, s.Bin("<", s.Name(index), s.Length(s.Name(values.name))), self._update(index, "+"))
        at = s.Index(s.Name(values.name), s.Name(index))
        if self.chance(0.25):
            by = self.pick(at, s.Bin("*", at, s.Num(2)), s.Bin("+", at, s.Name(index)))
            return [values, s.For(*head, [s.Log([by])])]
        total = self.let(s.Num(self.pick(0, 0, 0, 1)), changes=True)
        add = s.Assign(s.Name(total.name), "+=", self.pick(at, at, s.Bin("*", at, s.Name(index)), s.Bin("*", at, s.Num(2))))
        body = [add]
        chance = self.rng.random()
        if chance < 0.3:
            body = [self.maybe_short(s.Bin(self.pick(">", "<"), s.Index(s.Name(values.name), s.Name(index)), self.number(2, 15)), self.pick(add, s.Assign(s.Name(total.name), "++")))]
        elif chance < 0.45:
            one = self.words.name()
            body = [s.Let(self.keyword(False), one, at), s.Assign(s.Name(total.name), "+=", s.Name(one))]
        return [values, total, s.For(*head, body), self.log(s.Name(total.name))]

    def branching(self) -> list:
        out = [self.let(self.number()) for _ in range(self.rng.randint(1, 2))]
        subject = s.Name(self.numbers[0])
        if self.chance(0.5):
            result = self.let(self.number(), changes=True)
            out.append(result)
            yes, no = [self.change(result.name)], [self.change(result.name)]
            after = [self.log(s.Name(result.name))]
        else:
            values = [self.word(), self.word(), self.word()] if self.chance(0.6) else [self.any_number(), self.number(), self.number()]
            yes, no = [s.Log([values[0]])], [s.Log([values[1]])]
            after = []
        chance = self.rng.random()
        if chance < 0.2:
            out.append(s.If(self.test(subject), yes, None, short=self.chance(0.4)))
            after = after or [self.log(subject)]
        elif chance < 0.65:
            out.append(s.If(self.test(subject), yes, no))
        elif chance < 0.85:
            middle = [self.change(out[-1].name)] if after else [s.Log([self.word()])]
            out.append(s.If(self.test(subject), yes, [s.If(self.test(subject), middle, no)]))
        else:
            pick = s.Choice(self.test(subject), self.operand(), self.number())
            return [*[st for st in out if st.name in (subject.name, *self._read(pick))], s.Let(self.keyword(False), name := self.words.name(), pick), self.log(s.Name(name))]
        return out + after

    def _read(self, choice: s.Choice) -> set[str]:
        return {name for name in self.numbers if f" {name} " in f" {s.expression(choice)} "}

    def calling(self) -> list:
        """A function and a call or two."""
        function = self.words.function_name()
        params = [self.words.name("abnxy") for _ in range(self.rng.choices([1, 2], [55, 45])[0])]
        outer, self.numbers = self.numbers, list(params)
        outer_changing, self.changing = self.changing, []
        chance = self.rng.random()
        if chance < 0.45:
            body = [s.Return(self.operation(s.Name(params[0])))]
        elif chance < 0.65:
            body = [self.maybe_short(self.test(s.Name(params[0])), s.Return(self.operand())), s.Return(self.operation(s.Name(params[0]), 0))]
        elif chance < 0.85:
            local = self.let(self.operation(s.Name(params[0])), changes=True)
            body = [local]
            if self.chance(0.5):
                body.append(self.change(local.name))
            body.append(s.Return(s.Name(local.name) if len(body) > 1 or self.chance(0.3) else self.operation(s.Name(local.name), 0)))
        else:
            total = self.let(s.Num(self.pick(0, 1)), changes=True)
            index = self.words.loop_name()
            update = self._update(index, "+")
            body = [total, s.For(s.Let("let", index, s.Num(self.pick(0, 1))), s.Bin(self.pick("<", "<="), s.Name(index), s.Name(params[0])), update, self._round(index, total.name)), s.Return(s.Name(total.name))]
        looping = type(body[1]) is s.For if len(body) > 1 else False
        self.numbers, self.changing = outer, outer_changing
        typed = [(name, "number") for name in params]

        def call(*first):
            args = list(first) + [s.Num(self.rng.randint(2, 4)) if looping else self.number(0, 15) for _ in params[len(first):]]
            return s.Call(function, args)

        out = [self.function(typed, body, name=function)]
        how = self.rng.random()
        if how < 0.35:
            return [*out, s.Log([call()])]
        if how < 0.55:
            result = self.let(call())
            return [*out, result, self.log(s.Name(result.name) if self.chance(0.6) else self.operation(s.Name(result.name), 0))]
        if how < 0.7 and not looping:
            return [*out, s.Log([call()]), s.Log([call()])]
        if how < 0.85:
            before = self.let(s.Num(self.rng.randint(2, 4)) if looping else self.number(0, 15))
            return [*out, before, s.Log([call(s.Name(before.name))])]
        if looping:
            return [*out, s.Log([call()])]
        return [*out, s.Log([call(call())])]

    def listing(self) -> list:
        """What can be done to a list."""
        values = self.let(self.list_of_numbers(1, 3), type_="number[]")
        name = values.name
        out = [values]
        for _ in range(self.rng.randint(1, 3)):
            size = len(values.value.items)
            chance = self.rng.random()
            if chance < 0.4:
                out.append(s.Push(name, self.number() if self.chance(0.7) or not size else s.Bin("+", s.Index(s.Name(name), s.Num(0)), self.small())))
            elif chance < 0.65:
                at = s.Index(s.Name(name), s.Num(self.rng.randrange(size)))
                out.append(s.Assign(at, self.pick("=", "+=", "="), self.number(1, 20)))
            elif chance < 0.85:
                out.append(self.let(self.pick(s.Index(s.Name(name), s.Num(self.rng.randrange(size))), s.Length(s.Name(name)), s.Bin("+", s.Index(s.Name(name), s.Num(0)), s.Index(s.Name(name), s.Num(size - 1))))))
            else:
                out.append(s.Log([s.Length(s.Name(name))]))
        last = self.rng.random()
        if last < 0.35:
            out.append(s.Log([s.Name(name)]))
        elif last < 0.55:
            out.append(s.Log([s.Length(s.Name(name))]))
        elif last < 0.7:
            out.append(s.Log([s.Index(s.Name(name), s.Num(self.rng.randrange(len(values.value.items))))]))
        elif self.numbers:
            out.append(s.Log([s.Name(self.numbers[-1])]))
        else:
            out.append(s.Log([s.Method(s.Name(name), "join", [s.Str(self.pick(", ", "-", " "))])]))
        return out

    def speaking(self) -> list:
        """Strings."""
        first = self.let(self.word(), type_="string")
        out = [first]
        chance = self.rng.random()
        name = s.Name(first.name)
        if chance < 0.3:
            joined = self._joined(name)
            if self.chance(0.5):
                return [first, s.Log([joined])]
            result = s.Let(self.keyword(False), self.words.name(), joined, "string")
            return [first, result, s.Log([s.Name(result.name)])]
        if chance < 0.45:
            number = self.let(self.number())
            return [first, number, s.Log([s.Bin("+", s.Bin("+", name, s.Str(self.pick(" ", ": ", "-"))), s.Name(number.name))])]
        if chance < 0.6:
            first.value = s.Str(first.value.value[:5])
            result = self.let(s.Length(name))
            return [first, result, s.Log([s.Name(result.name) if self.chance(0.5) else s.Bin("*", s.Name(result.name), s.Num(2))])]
        if chance < 0.72:
            first.value = s.Str(first.value.value[:5])
            return [first, s.Log([s.Method(name, "toUpperCase", [])])]
        if chance < 0.86:
            result = s.Let("var" if self.uses_var else "let", self.words.name(), s.Str("" if self.chance(0.4) else self.words.short_word()), "string")
            init, test, update = self._head()
            return [result, s.For(init, test, update, [s.Assign(s.Name(result.name), "+=", self.pick(s.Name(init.name), self.word()))]), s.Log([s.Name(result.name)])]
        number = self.let(self.number())
        text = [s.Name(first.name), self.pick(" ", ": ", " = ", "-"), s.Name(number.name)]
        return [first, number, s.Log([s.Template([text[0], text[1], text[2]])])]

    def _joined(self, name: s.Name):
        if self.chance(0.4):
            return s.Bin("+", s.Str(self.words.short_word() + self.pick(" ", ": ", "-", ", ")), name)
        return s.Bin("+", s.Bin("+", name, s.Str(self.pick(" ", "-", ", "))), s.Str(self.words.short_word()))

    def program(self) -> list:
        write = self.rng.choices(
            [self.straight, self.counting, self.repeating, self.over_list, self.over_indexes, self.branching, self.calling, self.listing, self.speaking],
            [10, 19, 11, 12, 11, 13, 15, 8, 9],
        )[0]
        return write()


def _logs(body: list) -> bool:
    return any(type(statement) is s.Log for statement in body)


def random_program(rng: Random, words: Vocabulary, uses_var: bool | None = None) -> list:
    return Writer(rng, words, uses_var).program()
