"""Reinforcement with rule-based rewards and group-relative advantages (GRPO, arXiv 2402.03300, as R1 used it):

    python -m glassbox_nano.reinforce --start CHECKPOINT --samples train.jsonl --out DIR --steps 40

Each step asks some questions several times, rewards each reply by rule, and makes those likelier that did better than
the others of their group. Every batch is used for one update, so policy and sampler are the same model and no ratio
needs clipping; a penalty keeps the model near the one it began with. Continues from the newest checkpoint in --out.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .accuracy import prompt
from .checkpoint import load_model, load_newest, save
from .data.tokenizer import EOS, load
from .model import Nano, causal_mask
from .reward import reward
from .sample import generate

BETA = 0.02
SAVE_EVERY = 10
MICRO_BATCH_TOKENS = 12288


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--questions", type=int, default=32)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--longest", type=int, default=260)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    reinforce(parser.parse_args())


def reinforce(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    reference = load_model(options.start)
    model = load_model(options.start)
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    state = load_newest(options.out, model, [optimizer])
    tokenizer = load()
    end = tokenizer.token_to_id(EOS)
    samples = [json.loads(line) for line in options.samples.open()]
    for step in range(state.step, options.steps):
        began = time.monotonic()
        random = np.random.default_rng((options.seed, step))
        generator = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        chosen = [samples[i] for i in random.integers(len(samples), size=options.questions)]
        prompts = [tokenizer.encode(prompt(sample["question"])).ids for sample in chosen]
        repeated = [each for each in prompts for _ in range(options.group)]
        model.eval()
        replies = generate(model, repeated, end, options.longest, 1.0, generator)
        texts = tokenizer.decode_batch([[i for i in ids if i != end] for ids in replies], skip_special_tokens=False)
        rewards = torch.tensor(
            [reward(text, chosen[index // options.group]["check"]) for index, text in enumerate(texts)]
        ).view(-1, options.group)
        spread = rewards.std(1, keepdim=True, correction=0)
        advantages = ((rewards - rewards.mean(1, keepdim=True)) / (spread + 1e-4)).flatten()
        # A group whose replies are all alike teaches nothing.
        useful = [index for index in range(len(replies)) if spread[index // options.group] > 0]
        divergence = update(model, reference, optimizer, repeated, replies, advantages, useful) if useful else 0.0
        entry = {
            "step": step + 1,
            "reward": round(rewards.mean().item(), 4),
            "correct": round((rewards > 1).float().mean().item(), 4),
            "wellFormed": round((rewards > 0).float().mean().item(), 4),
            "usefulGroups": int((spread > 0).sum()),
            "divergence": round(divergence, 5),
            "meanLength": round(sum(map(len, replies)) / len(replies), 1),
            "seconds": round(time.monotonic() - began, 1),
        }
        print(json.dumps(entry), flush=True)
        with (options.out / "log.jsonl").open("a") as log:
            print(json.dumps(entry), file=log)
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == options.steps:
            save(options.out, model, [optimizer], step=step + 1)


def update(
    model: Nano,
    reference: Nano,
    optimizer: torch.optim.Optimizer,
    prompts: list[list[int]],
    replies: list[list[int]],
    advantages: Tensor,
    useful: list[int],
) -> float:
    """One step up the gradient; returns the mean divergence from the reference per token, in nats."""
    useful = sorted(useful, key=lambda index: len(prompts[index]) + len(replies[index]))
    total = sum(len(replies[index]) for index in useful)
    divergences = 0.0
    while useful:
        batch = [useful.pop()]
        width = len(prompts[batch[0]]) + len(replies[batch[0]])
        while useful and (len(batch) + 1) * width <= MICRO_BATCH_TOKENS:
            batch.append(useful.pop())
        tokens = torch.zeros(len(batch), width, dtype=torch.int64)
        written = torch.zeros(len(batch), width, dtype=torch.bool)
        for row, index in enumerate(batch):
            whole = prompts[index] + replies[index]
            tokens[row, : len(whole)] = torch.tensor(whole)
            written[row, len(prompts[index]) : len(whole)] = True
        at = written[:, 1:].nonzero(as_tuple=True)
        with torch.no_grad():
            before = log_probabilities(reference, tokens, at)
        now = log_probabilities(model, tokens, at)
        difference = before - now
        # Unbiased and never negative (Schulman, "Approximating KL divergence").
        divergence = difference.exp() - difference - 1
        gain = advantages[batch][at[0]] * now
        ((BETA * divergence - gain).sum() / total).backward()
        divergences += divergence.sum().item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return divergences / total


def log_probabilities(model: Nano, tokens: Tensor, at: tuple[Tensor, Tensor]) -> Tensor:
    """Of the tokens behind the positions `at`."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.hidden(tokens, causal_mask(tokens.shape[1], torch.bfloat16))
        logits = model.output(hidden[:, :-1][at])
    return -F.cross_entropy(logits.float(), tokens[:, 1:][at], reduction="none")


if __name__ == "__main__":
    main()
