"""A program that reports each statement's values while it runs (`teacher.mjs` has the other end).

Each statement and condition is `$e($b(id), value)`, each reading or computing of a value within it `$v(id, value)`. Ids
are positions in `Instrumented.nodes`, so that what is reported is found again in the tree.
"""

from dataclasses import dataclass

from . import syntax as s

_KINDS_READ = (s.Name, s.Bin, s.Not, s.Index, s.Length, s.Method, s.Call, s.Choice, s.Template)


@dataclass
class Instrumented:
    code: str
    nodes: list


class _Writer:
    def __init__(self) -> None:
        self.nodes: list = []

    def _id(self, node) -> int:
        # The same name may stand in several places of the tree.
        known = getattr(node, "id", None)
        if known is not None and known < len(self.nodes) and self.nodes[known] is node:
            return known
        self.nodes.append(node)
        node.id = len(self.nodes) - 1
        return node.id

    def expression(self, expr) -> str:
        text = self._plain(expr)
        if isinstance(expr, _KINDS_READ):
            return f"$v({expr.id},{text})"
        return text

    def _plain(self, expr) -> str:
        kind = type(expr)
        if kind in _KINDS_READ:
            self._id(expr)
        if kind is s.Name:
            return expr.name
        if kind is s.Bin:
            return f"({self.expression(expr.left)} {expr.op} {self.expression(expr.right)})"
        if kind is s.Not:
            return f"!{self.expression(expr.value)}"
        if kind is s.Arr:
            return "[" + ",".join(self.expression(item) for item in expr.items) + "]"
        if kind is s.Index:
            return f"{expr.of.name}[{self.expression(expr.at)}]"
        if kind is s.Length:
            return f"{self.expression(expr.of)}.length"
        if kind is s.Method:
            return f"{self.expression(expr.of)}.{expr.name}({','.join(self.expression(arg) for arg in expr.args)})"
        if kind is s.Call:
            return f"{expr.name}(...$q({expr.id},[{','.join(self.expression(arg) for arg in expr.args)}]))"
        if kind is s.Choice:
            return f"({self.expression(expr.test)} ? {self.expression(expr.yes)} : {self.expression(expr.no)})"
        if kind is s.Template:
            return "`" + "".join(p if isinstance(p, str) else "${" + self.expression(p) + "}" for p in expr.parts) + "`"
        return s.expression(expr)

    def _step(self, node, value: str) -> str:
        return f"$e($b({self._id(node)}),{value})"

    def block(self, statements: list) -> str:
        return "".join(self.statement(statement) for statement in statements)

    def _assign(self, statement: s.Assign) -> str:
        target = s.expression(statement.target)
        value = statement.computed = computed_value(statement)
        if type(statement.target) is s.Index:
            at = self.expression(statement.target.at)
            return f"$e($b({self._id(statement)}),({statement.target.of.name}[{at}] = {self.expression(value)}, {statement.target.of.name}))"
        return f"{target} = {self._step(statement, self.expression(value))}"

    def statement(self, statement) -> str:
        kind = type(statement)
        if kind is s.Let:
            if statement.value is None:
                return f"{statement.kind} {statement.name};"
            return f"{statement.kind} {statement.name} = {self._step(statement, self.expression(statement.value))};"
        if kind is s.Assign:
            return self._assign(statement) + ";"
        if kind is s.Push:
            return self._step(statement, f"({statement.list}.push({self.expression(statement.value)}),{statement.list})") + ";"
        if kind is s.Log:
            args = ",".join(self.expression(arg) for arg in statement.args)
            step = self._step(statement, f"[{args}]")
            return f"$p({statement.id},{step});"
        if kind is s.Do:
            return self._step(statement, self.expression(statement.value)) + ";"
        if kind is s.Return:
            return "return;" if statement.value is None else f"return {self._step(statement, self.expression(statement.value))};"
        if kind is s.Leave:
            return f"{statement.word};"
        if kind is s.If:
            no = "" if statement.no is None else f"else {{{self.block(statement.no)}}}"
            return f"if ({self._step(statement, self.expression(statement.test))}) {{{self.block(statement.yes)}}} {no}\n"
        if kind is s.While:
            return f"while ({self._step(statement, self.expression(statement.test))}) {{{self.block(statement.body)}}}\n"
        if kind is s.For:
            init = self.statement(statement.init)
            test = self._step(statement, self.expression(statement.test))
            return f"for ({init} {test}; {self._assign(statement.update)}) {{{self.block(statement.body)}}}\n"
        if kind is s.ForOf:
            own = self._id(statement)
            name = statement.name
            body = f"$e($b({own}),{name});{self.block(statement.body)}"
            return f"for ({statement.kind} {name} of $n({own},{statement.over.name})) {{{body}}}\n"
        if kind is s.Func:
            params = ",".join(name for name, _ in statement.params)
            return f"function {statement.name}({params}) {{{self.block(statement.body)}}}\n"
        if kind is s.Comment:
            return ""
        raise TypeError(kind)


def computed_value(statement: s.Assign):
    """What an assignment computes: `a + b` for `a += b`."""
    if statement.op == "=":
        return statement.value
    if statement.value is None:
        return s.Bin(statement.op[0], statement.target, s.Num(1))
    return s.Bin(statement.op[0], statement.target, statement.value)


def instrument(statements: list) -> Instrumented:
    writer = _Writer()
    code = writer.block(statements)
    return Instrumented(code, writer.nodes)
