"""Writes samples as JSON lines: python -m glassbox_nano.data.generate --seed 1 --count 100 --split train --out samples.jsonl"""

import argparse
import json
from collections.abc import Iterator
from itertools import islice
from random import Random

from .held_out import is_held_out_program
from .names import Vocabulary
from .sample import Draft, Sample
from .tasks.registry import TASKS
from .teacher import Teacher

SPLITS = ("train", "validation", "eval")
_BATCH = 1000
_MOST_ATTEMPTS = 400


def _attempt(seed: int, split: str, index: int, attempt: int, only: str | None):
    """A sample or a draft; nothing where the program belongs to the other side of the split."""
    # The task is drawn once a sample, so that tasks whose drafts fail more often keep their share.
    task = only or Random(f"{seed} {split} {index}").choices(list(TASKS), [entry.share for entry in TASKS.values()])[0]
    rng = Random(f"{seed} {split} {task} {index} {attempt}")
    held_out = split != "train"
    made = TASKS[task].draft(rng, Vocabulary(rng, held_out))
    if made is None or (made.code and is_held_out_program(made.code) != held_out):
        return None
    return made


def _draw(seed: int, split: str, index: int, attempt: int, only: str | None):
    for number in range(attempt, _MOST_ATTEMPTS):
        made = _attempt(seed, split, index, number, only)
        if made is not None:
            return made, number
    raise RuntimeError(f"No sample for {split} {index} in {_MOST_ATTEMPTS} attempts (task {only}).")


def samples(teacher: Teacher, seed: int, split: str, indexes: Iterator[int], only: str | None = None) -> Iterator[tuple[int, Sample]]:
    """The samples with these numbers, in order. The same seed, split and number always give the same sample."""
    indexes = iter(indexes)
    while batch := list(islice(indexes, _BATCH)):
        done: dict[int, Sample] = {}
        waiting = [(index, 0) for index in batch]
        while waiting:
            drafts: list[tuple[int, int, Draft]] = []
            for index, attempt in waiting:
                made, number = _draw(seed, split, index, attempt, only)
                if isinstance(made, Sample):
                    done[index] = made
                else:
                    drafts.append((index, number, made))
            replies = teacher.run([draft.program for _, _, draft in drafts], record=True)
            waiting = []
            for (index, number, draft), reply in zip(drafts, replies):
                sample = draft.finish(reply)
                if sample is None:
                    waiting.append((index, number + 1))
                else:
                    done[index] = sample
        for index in batch:
            yield index, done[index]


def identity(sample: Sample, index: int) -> str:
    return f"{sample.task}-{index:06d}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write samples as JSON lines.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--task", choices=list(TASKS), help="only this task")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    with Teacher() as teacher, open(options.out, "w", encoding="utf-8") as out:
        for index, sample in samples(teacher, options.seed, options.split, iter(range(options.count)), options.task):
            out.write(json.dumps(sample.record(identity(sample, index)), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
