"""The programs we write: their syntax tree and how it reads as JavaScript or TypeScript."""

from dataclasses import dataclass
from typing import Optional, Union


@dataclass(eq=False)
class Num:
    value: int


@dataclass(eq=False)
class Str:
    value: str


@dataclass(eq=False)
class Bool:
    value: bool


@dataclass(eq=False)
class Name:
    name: str


@dataclass(eq=False)
class Bin:
    op: str
    left: "Expr"
    right: "Expr"


@dataclass(eq=False)
class Not:
    value: "Expr"


@dataclass(eq=False)
class Arr:
    items: list


@dataclass(eq=False)
class Index:
    of: Name
    at: "Expr"


@dataclass(eq=False)
class Length:
    of: Name


@dataclass(eq=False)
class Method:
    of: "Expr"
    name: str
    args: list


@dataclass(eq=False)
class Call:
    name: str
    args: list


@dataclass(eq=False)
class Choice:
    test: "Expr"
    yes: "Expr"
    no: "Expr"


@dataclass(eq=False)
class Template:
    """Strings and expressions in turn."""

    parts: list


Expr = Union[Num, Str, Bool, Name, Bin, Not, Arr, Index, Length, Method, Call, Choice, Template]


@dataclass(eq=False)
class Let:
    kind: str
    name: str
    value: Optional[Expr]
    type: str = "number"


@dataclass(eq=False)
class Assign:
    """`target op value`; `op` is `=`, `+=`, …, and `++` or `--` without a value."""

    target: Union[Name, Index]
    op: str
    value: Optional[Expr] = None


@dataclass(eq=False)
class Push:
    list: str
    value: Expr


@dataclass(eq=False)
class Log:
    args: list


@dataclass(eq=False)
class Do:
    value: Expr


@dataclass(eq=False)
class If:
    test: Expr
    yes: list
    no: Optional[list] = None
    short: bool = False


@dataclass(eq=False)
class For:
    init: Let
    test: Expr
    update: Assign
    body: list


@dataclass(eq=False)
class While:
    test: Expr
    body: list


@dataclass(eq=False)
class ForOf:
    kind: str
    name: str
    over: Name
    body: list


@dataclass(eq=False)
class Func:
    name: str
    params: list  # of (name, type)
    body: list
    returns: str = "number"
    # "block" or "expression" (of a single return) for an arrow function in a constant.
    arrow: str = ""


@dataclass(eq=False)
class Return:
    value: Optional[Expr] = None


@dataclass(eq=False)
class Leave:
    """`break` or `continue`."""

    word: str


@dataclass(eq=False)
class Comment:
    text: str


@dataclass(frozen=True)
class Style:
    typescript: bool = False
    indent: str = "  "
    quote: str = "'"
    semicolon: str = ";"
    # `const total: number = 0` where most people write `const total = 0`.
    types_variables: bool = False


PLAIN = Style()

PRECEDENCE = {
    "||": 1, "&&": 2, "===": 3, "!==": 3, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_ATOM = 9


def precedence(expr: Expr) -> int:
    if isinstance(expr, Bin):
        return PRECEDENCE[expr.op]
    if isinstance(expr, Choice):
        return 0
    if isinstance(expr, Not):
        return 8
    return _ATOM


def expression(expr: Expr, style: Style = PLAIN) -> str:
    kind = type(expr)
    if kind is Name:
        return expr.name
    if kind is Num:
        return str(expr.value)
    if kind is Str:
        return style.quote + expr.value + style.quote
    if kind is Bool:
        return "true" if expr.value else "false"
    if kind is Bin:
        own = PRECEDENCE[expr.op]
        left = expression(expr.left, style)
        right = expression(expr.right, style)
        if precedence(expr.left) < own:
            left = f"({left})"
        if precedence(expr.right) <= own:
            right = f"({right})"
        return f"{left} {expr.op} {right}"
    if kind is Not:
        inner = expression(expr.value, style)
        return f"!({inner})" if precedence(expr.value) < _ATOM else f"!{inner}"
    if kind is Arr:
        return "[" + ", ".join(expression(item, style) for item in expr.items) + "]"
    if kind is Index:
        return f"{expr.of.name}[{expression(expr.at, style)}]"
    if kind is Length:
        return f"{expr.of.name}.length"
    if kind is Method:
        args = ", ".join(expression(arg, style) for arg in expr.args)
        return f"{expression(expr.of, style)}.{expr.name}({args})"
    if kind is Call:
        return f"{expr.name}({', '.join(expression(arg, style) for arg in expr.args)})"
    if kind is Choice:
        return f"{expression(expr.test, style)} ? {expression(expr.yes, style)} : {expression(expr.no, style)}"
    if kind is Template:
        return "`" + "".join(part if isinstance(part, str) else "${" + expression(part, style) + "}" for part in expr.parts) + "`"
    raise TypeError(kind)


def _head(statement, style: Style, in_loop: bool = False) -> str:
    """A statement on one line, without its semicolon."""
    kind = type(statement)
    if kind is Let:
        # Nobody annotates the index of a loop; an empty list has to be.
        empty = type(statement.value) is Arr and not statement.value.items
        typed = f": {statement.type}" if style.typescript and not in_loop and (style.types_variables or empty) else ""
        value = "" if statement.value is None else f" = {expression(statement.value, style)}"
        return f"{statement.kind} {statement.name}{typed}{value}"
    if kind is Assign:
        target = expression(statement.target, style)
        if statement.value is None:
            return target + statement.op
        return f"{target} {statement.op} {expression(statement.value, style)}"
    if kind is Push:
        return f"{statement.list}.push({expression(statement.value, style)})"
    if kind is Log:
        return f"console.log({', '.join(expression(arg, style) for arg in statement.args)})"
    if kind is Do:
        return expression(statement.value, style)
    if kind is Return:
        return "return" if statement.value is None else f"return {expression(statement.value, style)}"
    if kind is Leave:
        return statement.word
    raise TypeError(kind)


def lines_of(statements: list, style: Style = PLAIN, depth: int = 0) -> list[str]:
    lines: list[str] = []
    pad = style.indent * depth
    for statement in statements:
        kind = type(statement)
        if kind is If:
            _if_lines(statement, style, depth, lines, pad + "if")
        elif kind is For:
            head = f"{_head(statement.init, style, in_loop=True)}; {expression(statement.test, style)}; {_head(statement.update, style)}"
            _block(lines, f"{pad}for ({head}) {{", statement.body, style, depth)
        elif kind is While:
            _block(lines, f"{pad}while ({expression(statement.test, style)}) {{", statement.body, style, depth)
        elif kind is ForOf:
            head = f"{statement.kind} {statement.name} of {expression(statement.over, style)}"
            _block(lines, f"{pad}for ({head}) {{", statement.body, style, depth)
        elif kind is Func:
            typed = style.typescript
            params = ", ".join(f"{name}: {type_}" if typed else name for name, type_ in statement.params)
            returns = f": {statement.returns}" if typed else ""
            if statement.arrow == "expression":
                value = expression(statement.body[0].value, style)
                lines.append(f"{pad}const {statement.name} = ({params}){returns} => {value}{style.semicolon}")
            elif statement.arrow == "block":
                _block(lines, f"{pad}const {statement.name} = ({params}){returns} => {{", statement.body, style, depth)
                lines[-1] += style.semicolon
            else:
                _block(lines, f"{pad}function {statement.name}({params}){returns} {{", statement.body, style, depth)
        elif kind is Comment:
            lines.append(f"{pad}// {statement.text}")
        else:
            lines.append(pad + _head(statement, style) + style.semicolon)
    return lines


def _block(lines: list[str], head: str, body: list, style: Style, depth: int) -> None:
    lines.append(head)
    lines.extend(lines_of(body, style, depth + 1))
    lines.append(style.indent * depth + "}")


def _if_lines(statement: If, style: Style, depth: int, lines: list[str], head: str) -> None:
    pad = style.indent * depth
    test = f"{head} ({expression(statement.test, style)})"
    if statement.short:
        lines.append(f"{test} {_head(statement.yes[0], style)}{style.semicolon}")
        return
    lines.append(test + " {")
    lines.extend(lines_of(statement.yes, style, depth + 1))
    no = statement.no
    if no is None:
        lines.append(pad + "}")
    elif len(no) == 1 and type(no[0]) is If and not no[0].short:
        _if_lines(no[0], style, depth, lines, pad + "} else if")
    else:
        lines.append(pad + "} else {")
        lines.extend(lines_of(no, style, depth + 1))
        lines.append(pad + "}")


def code_of(statements: list, style: Style = PLAIN) -> str:
    return "\n".join(lines_of(statements, style))


# What of each kind of node is a part of the tree, in the order of the text.
_PARTS = {
    Bin: ("left", "right"),
    Not: ("value",),
    Arr: ("items",),
    Index: ("of", "at"),
    Length: ("of",),
    Method: ("of", "args"),
    Call: ("args",),
    Choice: ("test", "yes", "no"),
    Template: ("parts",),
    Let: ("value",),
    Assign: ("target", "value"),
    Push: ("value",),
    Log: ("args",),
    Do: ("value",),
    If: ("test", "yes", "no"),
    For: ("init", "test", "update", "body"),
    While: ("test", "body"),
    ForOf: ("over", "body"),
    Func: ("body",),
    Return: ("value",),
}
_NO_PARTS = ()


def walk(tree) -> list:
    """Every node of a tree or of a list of trees, in the order of the text."""
    found: list = []
    _collect(tree, found)
    return found


def _collect(tree, found: list) -> None:
    if type(tree) is list:
        for part in tree:
            _collect(part, found)
    elif tree is not None and type(tree) is not str:
        found.append(tree)
        for name in _PARTS.get(type(tree), _NO_PARTS):
            _collect(getattr(tree, name), found)


def replace(tree, put) -> None:
    """Replaces every part of the tree by `put(part)`, in place."""
    for node in walk(tree):
        for field_name in _PARTS.get(type(node), _NO_PARTS):
            value = getattr(node, field_name)
            setattr(node, field_name, [put(part) for part in value] if type(value) is list else put(value))


def substitute(tree, name: str, make) -> None:
    """Puts `make()` where the name stands."""
    replace(tree, lambda part: make() if type(part) is Name and part.name == name else part)


def names_read(tree) -> set[str]:
    """The names whose values are used; an assignment alone does not use its target."""
    targets = {id(node.target) for node in walk(tree) if type(node) is Assign}
    return {node.name for node in walk(tree) if type(node) is Name and id(node) not in targets} | {
        node.list for node in walk(tree) if type(node) is Push
    }


def assigned_again(statements: list) -> dict[str, str]:
    """The variables that change after their declaration, with the first operator that changes each."""
    changed: dict[str, str] = {}
    for node in walk(statements):
        if type(node) is Assign and type(node.target) is Name:
            changed.setdefault(node.target.name, node.op)
    return changed


def declared(statements: list) -> list[str]:
    """The names that a program gives, in the order of the text."""
    names: list[str] = []
    for node in walk(statements):
        kind = type(node)
        if kind in (Let, ForOf, Func):
            names.append(node.name)
        if kind is Func:
            names.extend(name for name, _ in node.params)
    return names


def rename(statements: list, old: str, new: str) -> None:
    """Renames in place. The programs give each name once, so scopes need no care."""
    for node in walk(statements):
        kind = type(node)
        if kind in (Name, Let, ForOf, Func, Call) and node.name == old:
            node.name = new
        if kind is Push and node.list == old:
            node.list = new
        if kind is Func:
            node.params = [(new if name == old else name, type_) for name, type_ in node.params]
