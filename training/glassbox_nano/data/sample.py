"""What the tasks produce: one sample, and drafts that the teacher still has to run."""

from dataclasses import asdict, dataclass
from typing import Callable, Optional


@dataclass
class Sample:
    task: str
    language: str
    question: str
    thought: str
    answer: str
    check: dict
    # The program as asked about, for the split by shape; empty where there is none.
    code: str = ""

    def record(self, identity: str) -> dict:
        fields = asdict(self)
        del fields["code"]
        return {"id": identity, **fields}


@dataclass
class Draft:
    """A sample whose thought and answer come from running `program` (instrumented)."""

    program: str
    # From the teacher's reply; nothing where the run is no good example.
    finish: Callable[[dict], Optional[Sample]]
    code: str
