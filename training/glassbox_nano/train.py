"""Supervised training on the teacher's thoughts: `python -m glassbox_nano.train --corpus DIR --out DIR`.

Continues from the newest checkpoint in --out. The learning rate is warmed up, stays, and falls to zero over the last
steps, so that a run can be lengthened: only the fall belongs to its end.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .checkpoint import load_newest, save
from .config import NANO
from .corpus import Corpus
from .model import Nano, causal_mask
from .muon import Muon

WARMUP_STEPS = 50
DRAFT_WEIGHT = 0.2
SAVE_EVERY = 100
REPORT_EVERY = 25
VALIDATE_EVERY = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--fall", type=int, required=True, help="steps at the end in which the learning rate falls")
    parser.add_argument("--until", type=int, help="stop after this step, amid the fall; absent: --steps")
    parser.add_argument("--batch-tokens", type=int, default=8192)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--balance", type=float, default=5e-3, help="speed of the load-balancing bias; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    train(parser.parse_args())


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    model = Nano(NANO)
    model.initialize(torch.Generator().manual_seed(options.seed))
    optimizers = make_optimizers(model, options.lr)
    corpus, validation = Corpus(options.corpus, "train"), Corpus(options.corpus, "validation")
    state = load_newest(options.out, model, optimizers)
    step, epoch, seconds = state.step, state.epoch, state.seconds
    until = options.until or options.steps
    log_path = options.out / "log.jsonl"
    loss_sum, draft_sum, token_sum, mark = 0.0, 0.0, 0, time.monotonic()
    model.train()
    while step < until:
        skip = state.batch
        for index, (tokens, learned) in enumerate(corpus.batches(options.seed, epoch, options.batch_tokens)):
            if index < skip:
                continue
            set_learning_rate(optimizers, options.lr, step, options.steps, options.fall)
            loss, draft_loss = losses(model, tokens, learned)
            (loss + DRAFT_WEIGHT * draft_loss).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            loads = [layer.balance(options.balance) for layer in model.expert_layers()]
            step += 1
            loss_sum, draft_sum = loss_sum + loss.item(), draft_sum + draft_loss.item()
            token_sum += tokens.numel()
            if step % REPORT_EVERY == 0:
                elapsed = time.monotonic() - mark
                seconds += elapsed
                entry = {
                    "step": step,
                    "epoch": epoch,
                    "loss": round(loss_sum / REPORT_EVERY, 4),
                    "draftLoss": round(draft_sum / REPORT_EVERY, 4),
                    "tokensPerSecond": round(token_sum / elapsed),
                    "seconds": round(seconds),
                    "loadCv": [round((load.std(correction=0) / load.mean()).item(), 3) for load in loads],
                }
                if step % VALIDATE_EVERY == 0:
                    entry["validation"] = round(validate(model, validation, options), 4)
                print(json.dumps(entry), flush=True)
                with log_path.open("a") as log:
                    print(json.dumps(entry), file=log)
                loss_sum, draft_sum, token_sum, mark = 0.0, 0.0, 0, time.monotonic()
            if step % SAVE_EVERY == 0 or step == until:
                save(options.out, model, optimizers, step=step, epoch=epoch, batch=index + 1, seconds=seconds)
            if step == until:
                return
        epoch += 1
        state.batch = 0


def losses(model: Nano, tokens: Tensor, learned: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of the learned tokens, and of the same tokens drafted from one position earlier."""
    mask = causal_mask(tokens.shape[1], torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.hidden(tokens, mask)
        at = learned[:, 1:].nonzero(as_tuple=True)
        logits = model.output(hidden[:, :-1][at])
        loss = F.cross_entropy(logits.float(), tokens[:, 1:][at])
        if model.draft is None:
            return loss, torch.zeros(())
        # A quarter of the rows: the draft learns fast, and its layer costs as much as any other.
        rows = max(1, tokens.shape[0] // 4)
        tokens, learned, hidden = tokens[:rows], learned[:rows], hidden[:rows]
        drafted = model.draft(hidden[:, :-1], model.embedding(tokens[:, 1:]), mask[:-1, :-1])
        at = learned[:, 2:].nonzero(as_tuple=True)
        draft_logits = model.output(drafted[:, :-1][at])
        return loss, F.cross_entropy(draft_logits.float(), tokens[:, 2:][at])


@torch.no_grad()
def validate(model: Nano, validation: Corpus, options: argparse.Namespace) -> float:
    model.eval()
    total = count = 0.0
    for index, (tokens, learned) in enumerate(validation.batches(0, 0, options.batch_tokens)):
        if index == 12:
            break
        loss, _ = losses(model, tokens, learned)
        total += loss.item() * learned.sum().item()
        count += learned.sum().item()
    model.train()
    return total / count


def make_optimizers(model: Nano, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices between hidden states, Adam for embedding, output, routers and vectors."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        is_end = name in ("embedding.weight", "output.weight") or name.endswith("router")
        (others if parameter.dim() < 2 or is_end else matrices).append(parameter)
    return [
        Muon(matrices, lr=lr),
        torch.optim.AdamW(others, lr=lr, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0, fused=True),
    ]


def set_learning_rate(
    optimizers: list[torch.optim.Optimizer], lr: float, step: int, steps: int, fall: int
) -> None:
    factor = min(1.0, (step + 1) / WARMUP_STEPS, (steps - step) / max(1, fall))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr * factor


if __name__ == "__main__":
    main()
