"""Every task with its share of the samples."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..names import Vocabulary
from ..sample import Draft, Sample
from . import bug, const, constant, dead_code, describe, equality, for_of, guard, other, rename, template, trace


@dataclass(frozen=True)
class Task:
    share: float
    draft: Callable[[Random, Vocabulary], Sample | Draft | None]


TASKS: dict[str, Task] = {
    "trace": Task(25, trace.draft),
    "bug": Task(14, bug.draft),
    "rename": Task(9, rename.draft),
    "const": Task(8, const.draft),
    "equality": Task(6, equality.draft),
    "forOf": Task(7, for_of.draft),
    "guard": Task(7, guard.draft),
    "template": Task(6, template.draft),
    "constant": Task(6, constant.draft),
    "deadCode": Task(5, dead_code.draft),
    "describe": Task(5, describe.draft),
    "other": Task(2, other.draft),
}
