"""Writes answers, many at once: for the reinforcement stage and for a look at what a checkpoint can do."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .model import LatentCache, Nano


@torch.no_grad()
def generate(
    model: Nano,
    prompts: list[list[int]],
    end: int,
    longest: int,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """Continues every prompt until `end` (kept) or for `longest` tokens. Temperature 0 takes the likeliest."""
    width = max(len(prompt) for prompt in prompts)
    # Prompts end together, so that new tokens stand in one column; rotary positions only matter relative to each other.
    tokens = torch.zeros(len(prompts), width, dtype=torch.int64)
    hidden_from = torch.zeros(len(prompts), width + longest, dtype=torch.bfloat16)
    for row, prompt in enumerate(prompts):
        tokens[row, width - len(prompt) :] = torch.tensor(prompt)
        hidden_from[row, : width - len(prompt)] = -math.inf
    written: list[list[int]] = [[] for _ in prompts]
    alive = torch.arange(len(prompts))
    caches = [LatentCache() for _ in model.layers]
    # Positions before a prompt see themselves, or their softmax would be 0/0.
    causal = torch.full((width, width), -math.inf, dtype=torch.bfloat16).triu(1)
    mask = (hidden_from[:, None, None, :width] + causal).clamp_min(-1e30)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.hidden(tokens, mask, caches)[:, -1:]
        for count in range(1, longest + 1):
            chosen = choose(model.output(hidden[:, -1]).float(), temperature, generator)
            for row, token in zip(alive.tolist(), chosen.tolist(), strict=True):
                written[row].append(token)
            goes_on = (chosen != end).nonzero().flatten()
            if goes_on.numel() == 0 or count == longest:
                break
            if goes_on.numel() < alive.numel():
                alive = alive[goes_on]
                chosen = chosen[goes_on]
                for cache in caches:
                    cache.keep(goes_on)
            seen = hidden_from[alive, None, None, : width + count]
            hidden = model.hidden(chosen[:, None], seen, caches)
    return written


def choose(logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator).flatten()
