"""Every task with its share of the samples."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..names import Vocabulary
from ..sample import Draft, Sample
from . import trace


@dataclass(frozen=True)
class Task:
    share: float
    draft: Callable[[Random, Vocabulary], Sample | Draft | None]


TASKS: dict[str, Task] = {
    "trace": Task(25, trace.draft),
}
