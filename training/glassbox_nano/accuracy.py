"""What a checkpoint can do, quickly: `python -m glassbox_nano.accuracy CHECKPOINT SAMPLES.jsonl`.

For the trainer's eyes. The published figures are those of `npm run eval -- nano`, which asks the quantized file through
Glassbox itself.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

from .checkpoint import load_model
from .data.tokenizer import ASSISTANT, BOS, EOS, THINK, USER, load
from .reward import is_correct, split_reply
from .sample import generate

BATCH = 64
LONGEST = 360


def prompt(question: str, thinks: bool = True) -> str:
    opening = f"{BOS}{USER}{question}{ASSISTANT}{THINK}\n"
    return opening if thinks else f"{opening}\n</think>\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--limit", type=int, default=40, help="samples of each task")
    parser.add_argument("--answer-only", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="failures of each task to print")
    options = parser.parse_args()
    torch.set_num_threads(2)
    model, tokenizer = load_model(options.checkpoint), load()
    by_task: dict[str, list[dict]] = defaultdict(list)
    for line in options.samples.open():
        sample = json.loads(line)
        if len(by_task[sample["task"]]) < options.limit:
            by_task[sample["task"]].append(sample)
    for task, samples in by_task.items():
        right = 0
        shown = 0
        for first in range(0, len(samples), BATCH):
            batch = samples[first : first + BATCH]
            prompts = [tokenizer.encode(prompt(s["question"], not options.answer_only)).ids for s in batch]
            replies = generate(model, prompts, tokenizer.token_to_id(EOS), LONGEST)
            for sample, ids in zip(batch, replies, strict=True):
                text = tokenizer.decode([i for i in ids if i != tokenizer.token_to_id(EOS)], skip_special_tokens=False)
                parts = ("", text) if options.answer_only else split_reply(text)
                correct = parts is not None and is_correct(parts[1], sample["check"])
                right += correct
                if not correct and shown < options.show:
                    shown += 1
                    print(f"=== {task}\n{sample['question']}\n--- wanted\n{sample['thought']}\n---\n{sample['answer']}\n--- got\n{text}")
        print(f"{task:10} {right}/{len(samples)} = {right / len(samples):.2f}", flush=True)


if __name__ == "__main__":
    main()
