"""Samples as token arrays: python -m glassbox_nano.data.build --seed 1 --samples 300000 --out DIR

Writes for `train` and `validation`: SPLIT.tokens.npy (uint16, the conversations one after another),
SPLIT.lossmask.npy (uint8, 1 where the token is to be predicted), SPLIT.offsets.npy (int64, where each begins); and
eval.jsonl, report.json (token statistics) and tokenizer.json (the one that was used).
"""

import argparse
import json
import time
from collections import defaultdict
from multiprocessing import Pool
from pathlib import Path
from random import Random

import numpy as np
from tokenizers import Tokenizer

from .generate import identity, samples
from .sample import Sample
from .tasks.registry import TASKS
from .teacher import Teacher
from .tokenizer import ASSISTANT, BOS, EOS, THINK, THOUGHT_END, USER, load

LONGEST = 512
VALIDATION_SAMPLES = 2000
EVAL_SAMPLES_PER_TASK = 200
_ANSWER_ONLY = 0.12
_TWO_TURNS = 0.06
_CHUNK = 5000
# Validation numbers continue behind evaluation's, so that no sample is in both.
_FIRST_EVAL = 1_000_000


def turn(question: str, thought: str, answer: str) -> str:
    return f"{USER}{question}{ASSISTANT}{THINK}\n{thought}\n{THOUGHT_END}\n\n{answer}{EOS}"


def earlier_turn(sample: Sample) -> str:
    """A turn that was answered before: its thought is gone, as the chat template drops it."""
    return f"{USER}{sample.question}{ASSISTANT}{sample.answer}{EOS}"


def conversation(rng: Random, sample: Sample, earlier: Sample | None) -> str:
    thinks = sample.task == "other" or rng.random() >= _ANSWER_ONLY
    before = earlier_turn(earlier) if earlier is not None and rng.random() < _TWO_TURNS else ""
    return BOS + before + turn(sample.question, sample.thought if thinks else "", sample.answer)


def _loss_mask(ids: list[int], think: int, thought_end: int) -> np.ndarray:
    """From behind `<think>\\n`; where nothing is thought, from behind `</think>\\n\\n`."""
    mask = np.zeros(len(ids), dtype=np.uint8)
    opened = len(ids) - 1 - ids[::-1].index(think)
    first = opened + 4 if ids[opened + 2] == thought_end else opened + 2
    mask[first:] = 1
    return mask


def encode(tokenizer: Tokenizer, batch: list[tuple[int, Sample]], seed: int):
    """Token ids and masks of a batch; those that are too long are left out."""
    texts = []
    for at, (index, sample) in enumerate(batch):
        earlier = batch[at - 1][1] if at > 0 else None
        texts.append(conversation(Random(f"{seed} conversation {index}"), sample, earlier))
    think, thought_end = tokenizer.token_to_id(THINK), tokenizer.token_to_id(THOUGHT_END)
    for (_, sample), encoding in zip(batch, tokenizer.encode_batch(texts, add_special_tokens=False)):
        ids = encoding.ids
        if len(ids) <= LONGEST:
            yield sample.task, np.array(ids, dtype=np.uint16), _loss_mask(ids, think, thought_end)


def _chunk(job: tuple[int, str, int, int]):
    seed, split, first, count = job
    tokenizer = load()
    with Teacher() as teacher:
        batch = list(samples(teacher, seed, split, iter(range(first, first + count))))
    encoded = list(encode(tokenizer, batch, seed))
    lengths = np.array([len(ids) for _, ids, _ in encoded], dtype=np.int64)
    tokens = np.concatenate([ids for _, ids, _ in encoded])
    mask = np.concatenate([mask for _, _, mask in encoded])
    return [task for task, _, _ in encoded], lengths, tokens, mask


def write_split(pool, out: Path, seed: int, split: str, first: int, count: int) -> dict:
    jobs = [(seed, split, at, min(_CHUNK, first + count - at)) for at in range(first, first + count, _CHUNK)]
    tasks, lengths, tokens, masks = [], [], [], []
    for chunk_tasks, chunk_lengths, chunk_tokens, chunk_mask in pool.imap(_chunk, jobs):
        tasks += chunk_tasks
        lengths.append(chunk_lengths)
        tokens.append(chunk_tokens)
        masks.append(chunk_mask)
    sizes = np.concatenate(lengths)
    _save(out / f"{split}.tokens.npy", np.concatenate(tokens))
    _save(out / f"{split}.lossmask.npy", np.concatenate(masks))
    _save(out / f"{split}.offsets.npy", np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64))
    learned = int(sum(int(mask.sum()) for mask in masks))
    return _statistics(tasks, sizes, count, learned)


def _save(path: Path, array: np.ndarray) -> None:
    """Takes the old file's place at once: a training that has it mapped keeps the old one."""
    new = path.with_suffix(".new.npy")
    np.save(new, array)
    new.replace(path)


def _statistics(tasks: list[str], sizes: np.ndarray, asked: int, learned: int) -> dict:
    by_task: dict[str, list[int]] = defaultdict(list)
    for task, size in zip(tasks, sizes):
        by_task[task].append(int(size))

    def summary(values: list[int]) -> dict:
        array = np.array(values)
        return {
            "samples": len(array),
            "mean": round(float(array.mean()), 1),
            "p95": int(np.percentile(array, 95)),
            "max": int(array.max()),
        }

    return {
        "samples": len(sizes),
        "tooLong": asked - len(sizes),
        "tokens": int(sizes.sum()),
        "learnedTokens": learned,
        "all": summary([int(size) for size in sizes]),
        "tasks": {task: summary(by_task[task]) for task in TASKS if task in by_task},
    }


def write_eval(out: Path, seed: int) -> None:
    with Teacher() as teacher, (out / "eval.jsonl").open("w", encoding="utf-8") as file:
        for task in TASKS:
            indexes = iter(range(_FIRST_EVAL, _FIRST_EVAL + EVAL_SAMPLES_PER_TASK))
            for index, sample in samples(teacher, seed, "eval", indexes, task):
                file.write(json.dumps(sample.record(identity(sample, index)), ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the corpus: token arrays and the evaluation set.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with Pool(options.processes) as pool:
        report = {
            "train": write_split(pool, options.out, options.seed, "train", 0, options.samples),
            "validation": write_split(pool, options.out, options.seed, "validation", 0, VALIDATION_SAMPLES),
        }
    write_eval(options.out, options.seed)
    load().save(str(options.out / "tokenizer.json"), pretty=False)
    report["seconds"] = round(time.monotonic() - began, 1)
    report["samplesPerSecond"] = round(options.samples / report["seconds"])
    (options.out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
