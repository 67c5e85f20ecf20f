"""Thoughts about a run: one short line per executed step, from what the teacher recorded.

`name:value` is what a name holds when it is read, `name=value` what it becomes. Every step of a computation is written
out, so that each token follows from few others: the code's next line, the latest mention of a name, one operation.
"""

from . import syntax as s
from .instrument import Instrumented

_COMPARISONS = frozenset(["===", "!==", "==", "!=", "<", ">", "<=", ">="])


class NotNarratable(Exception):
    """The run has values that these programs should not have."""


def value_text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -999 <= value <= 999:
            raise NotNarratable("number")
        return str(value)
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, list):
        return "[" + ",".join(value_text(item) for item in value) + "]"
    raise NotNarratable(type(value).__name__)


def _operations(expr, found: list) -> None:
    """The binary operations in order of execution."""
    if type(expr) is s.Bin:
        _operations(expr.left, found)
        _operations(expr.right, found)
        found.append(expr)


class _Frame:
    """One execution of one statement's expression."""

    def __init__(self, values: dict) -> None:
        self._values = values

    def text(self, expr, done: set) -> str:
        """The expression with what its names hold; operations in `done` as their results."""
        kind = type(expr)
        values = self._values
        if kind is s.Bin:
            if expr in done:
                return value_text(values[expr.id])
            own = s.PRECEDENCE[expr.op]
            left, right = self.text(expr.left, done), self.text(expr.right, done)
            if expr.left not in done and s.precedence(expr.left) < own:
                left = f"({left})"
            if expr.right not in done and s.precedence(expr.right) <= own:
                right = f"({right})"
            return f"{left}{expr.op}{right}"
        if kind in (s.Num, s.Str, s.Bool):
            return value_text(expr.value)
        if kind is s.Arr:
            return "[" + ",".join(self.text(item, done) for item in expr.items) + "]"
        value = value_text(values[expr.id])
        if done:
            return value
        if kind is s.Name:
            return f"{expr.name}:{value}"
        if kind is s.Call:
            return value
        if kind is s.Index:
            return f"{expr.of.name}[{self.text(expr.at, done)}]:{value}"
        if kind is s.Length:
            held = values[expr.of.id]
            if isinstance(held, str):
                # Letters are counted one by one: tokens do not show how many they hold.
                counted = "".join(f"{letter}{at}" for at, letter in enumerate(held, 1))
                return f"{expr.of.name}:{value_text(held)} {counted} {value}"
            return f"{expr.of.name}.length:{value}"
        if kind is s.Method:
            args = ",".join(self.text(arg, done) for arg in expr.args)
            return f"{self.text(expr.of, done)}.{expr.name}({args}):{value}"
        raise TypeError(kind)

    def steps(self, expr) -> list[str]:
        """The computation, one operation at a time; its result is left to the caller."""
        kind = type(expr)
        if kind in (s.Num, s.Str, s.Bool, s.Call):
            return []
        if kind is s.Choice:
            branch = expr.yes if self._values[expr.test.id] else expr.no
            return [self.condition(expr.test), *self.steps(branch)]
        if is_condition(expr):
            return [self.condition(expr)]
        if kind is s.Arr:
            return [] if all(type(item) in (s.Num, s.Str, s.Bool) for item in expr.items) else [self.text(expr, set())]
        if kind is s.Template:
            return [step for part in expr.parts if not isinstance(part, str) for step in self.steps(part)]
        operations: list = []
        _operations(expr, operations)
        done: set = set()
        texts = [self.text(expr, done)]
        for operation in operations[:-1]:
            done.add(operation)
            texts.append(self.text(expr, done))
        return texts

    def condition(self, expr) -> str:
        kind = type(expr)
        if kind is s.Bin and expr.op in ("&&", "||"):
            left = self.condition(expr.left)
            reached = expr.right.id in self._values if hasattr(expr.right, "id") else True
            return f"{left},{self.condition(expr.right)}" if reached else left
        answer = "yes" if self._values[expr.id] else "no"
        if kind is s.Not:
            return f"!{self.text(expr.value, set())} {answer}"
        if kind is s.Bin:
            return ",".join(self._compared(expr)) + f" {answer}"
        return f"{self.text(expr, set())} {answer}"

    def _compared(self, expr: s.Bin) -> list[str]:
        operations: list = []
        _operations(expr, operations)
        done: set = set()
        texts = [self.text(expr, done)]
        for operation in operations[:-1]:
            done.add(operation)
            texts.append(self.text(expr, done))
        return texts


def is_condition(expr) -> bool:
    if type(expr) is s.Not:
        return True
    return type(expr) is s.Bin and (expr.op in _COMPARISONS or expr.op in ("&&", "||"))


def _ends_with(steps: list[str], end: str) -> str:
    return ",".join([*steps, end])


def narrate(program: Instrumented, functions: dict[str, s.Func], events: list) -> list[str]:
    """The thought's lines. Throws NotNarratable for values that do not belong in one."""
    lines: list[str] = []
    rounds: dict[int, int] = {}
    for event, at, result, values in events:
        node = program.nodes[at]
        kind = type(node)
        frame = _Frame(dict(values))
        if event == "p":
            lines[-1] = lines[-1] + ",print " + result if lines[-1] else "print " + result
            continue
        if event == "n":
            lines.append(f"{node.over.name}[{rounds.pop(at, 0)}] end")
            continue
        if event == "q":
            steps = [step for arg in node.args for step in frame.steps(arg)]
            params = [f"{name}={value_text(value)}" for (name, _), value in zip(functions[node.name].params, result)]
            lines.append(f"{node.name}({','.join(steps)}) {','.join(params)}")
            continue
        if kind is s.Let:
            lines.append(_ends_with(frame.steps(node.value), f"{node.name}={value_text(result)}"))
        elif kind is s.Assign:
            lines.append(_assignment(node, frame, result))
        elif kind is s.Push:
            lines.append(_ends_with(frame.steps(node.value), f"{node.list}={value_text(result)}"))
        elif kind is s.Log:
            value_text(result)
            lines.append(",".join(step for arg in node.args for step in frame.steps(arg)))
        elif kind in (s.If, s.While, s.For):
            lines.append(frame.condition(node.test))
        elif kind is s.Return:
            lines.append(_ends_with(frame.steps(node.value), f"return {value_text(result)}"))
        elif kind is s.ForOf:
            index = rounds.get(at, 0)
            rounds[at] = index + 1
            lines.append(f"{node.over.name}[{index}]:{value_text(result)},{node.name}={value_text(result)}")
        elif kind is not s.Do:
            raise TypeError(kind)
    return lines


def _assignment(node: s.Assign, frame: _Frame, result) -> str:
    if type(node.target) is s.Index:
        at = frame.text(node.target.at, set())
        return _ends_with([f"[{at}]", *frame.steps(node.computed)], f"{node.target.of.name}={value_text(result)}")
    if node.value is None and getattr(node, "in_head", False):
        return f"{node.target.name}={value_text(result)}"
    return _ends_with(frame.steps(node.computed), f"{node.target.name}={value_text(result)}")
