"""Muon (Jordan et al. 2024; scaled as in arXiv 2502.16982): momentum made orthogonal, for matrices."""

from __future__ import annotations

import torch
from torch import Tensor

# The quintic whose iteration pushes all singular values towards 1.
A, B, C = 3.4445, -4.7750, 2.0315
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Parameters are `[out, in]` or `[experts, out, in]`. Those of one shape are treated together."""

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.05):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            by_shape: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = {}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"]
                momentum.lerp_(parameter.grad, 1 - group["momentum"])
                # Nesterov's look ahead.
                update = parameter.grad.lerp(momentum, group["momentum"])
                by_shape.setdefault(tuple(parameter.shape[-2:]), []).append((parameter, update))
            for (rows, columns), members in by_shape.items():
                stacked = torch.cat([update.view(-1, rows, columns) for _, update in members])
                scale = 0.2 * max(rows, columns) ** 0.5 * group["lr"]
                direction = orthogonal(stacked).float()
                at = 0
                for parameter, _ in members:
                    count = parameter.numel() // (rows * columns)
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.sub_(direction[at : at + count].view_as(parameter), alpha=scale)
                    at += count


def orthogonal(matrices: Tensor) -> Tensor:
    """`[n, rows, columns]`: each with its singular values near 1, by Newton and Schulz, in bfloat16."""
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(ITERATIONS):
        square = x @ x.transpose(1, 2)
        x = A * x + (B * square + C * (square @ square)) @ x
    return x.transpose(1, 2) if tall else x
