"""Routed experts with sigmoid gates, balanced by a bias that only selects (arXiv 2408.15664)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Config


class Reorder(torch.autograd.Function):
    """Rows in another order. The gradient is a gather too, where indexing's own would be a slow scatter."""

    @staticmethod
    def forward(context, x: Tensor, order: Tensor, inverse: Tensor) -> Tensor:
        context.inverse = inverse
        return x.index_select(0, order)

    @staticmethod
    def backward(context, gradient: Tensor):
        return gradient.index_select(0, context.inverse), None, None


class Repeat(torch.autograd.Function):
    """Each row K times, then in another order: `[N, W]` -> `[N * K, W]`."""

    @staticmethod
    def forward(context, x: Tensor, order: Tensor, inverse: Tensor, count: int) -> Tensor:
        context.inverse, context.count = inverse, count
        return x.index_select(0, order // count)

    @staticmethod
    def backward(context, gradient: Tensor):
        together = gradient.index_select(0, context.inverse)
        return together.view(-1, context.count, gradient.shape[-1]).sum(1), None, None, None


class ExpertProducts(torch.autograd.Function):
    """Rows sorted by expert, each expert's rows times its own matrix: `[M, in]`, `[E, out, in]` -> `[M, out]`."""

    @staticmethod
    def forward(context, x: Tensor, weight: Tensor, counts: list[int]) -> Tensor:
        weight = weight.to(x.dtype)
        context.save_for_backward(x, weight)
        context.counts = counts
        out = x.new_empty(x.shape[0], weight.shape[1])
        start = 0
        for expert, count in enumerate(counts):
            if count:
                torch.mm(x[start : start + count], weight[expert].t(), out=out[start : start + count])
            start += count
        return out

    @staticmethod
    def backward(context, gradient: Tensor):
        x, weight = context.saved_tensors
        gradient = gradient.contiguous()
        to_x = torch.empty_like(x)
        to_weight = torch.zeros(weight.shape, dtype=torch.float32)
        start = 0
        for expert, count in enumerate(context.counts):
            if count:
                rows = slice(start, start + count)
                torch.mm(gradient[rows], weight[expert], out=to_x[rows])
                to_weight[expert] = torch.mm(gradient[rows].t(), x[rows]).float()
            start += count
        return to_x, to_weight, None


class Experts(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        count, width, inner = config.experts, config.width, config.expert_inner
        self.router = nn.Parameter(torch.empty(count, width))
        self.gate_up = nn.Parameter(torch.empty(count, 2 * inner, width))
        self.down = nn.Parameter(torch.empty(count, width, inner))
        self.register_buffer("bias", torch.zeros(count))
        # Tokens per expert since `balance`.
        self.register_buffer("load", torch.zeros(count), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        shape = x.shape
        x = x.reshape(-1, shape[-1])
        scores, chosen = self.choose(x)
        weights = scores.gather(1, chosen)
        weights = weights / weights.sum(1, keepdim=True) * self.config.weight_scale
        counts = torch.bincount(chosen.flatten(), minlength=self.config.experts)
        if self.training:
            self.load += counts
        order = chosen.flatten().argsort(stable=True)
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(order.numel())
        sizes = counts.tolist()
        rows = Repeat.apply(x, order, inverse, self.config.top_k)
        gate, up = ExpertProducts.apply(rows, self.gate_up, sizes).chunk(2, -1)
        out = ExpertProducts.apply(F.silu(gate) * up, self.down, sizes)
        out = Reorder.apply(out, inverse, order).view(-1, self.config.top_k, shape[-1])
        return (out * weights.unsqueeze(-1).to(out.dtype)).sum(1).view(shape)

    def choose(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`[N, W]` -> scores `[N, E]` and the chosen experts `[N, K]`, in float32 whatever the rest runs in."""
        with torch.autocast("cpu", enabled=False):
            scores = torch.sigmoid(x.float() @ self.router.t())
        chosen = (scores.detach() + self.bias).topk(self.config.top_k, 1).indices
        return scores, chosen

    @torch.no_grad()
    def balance(self, speed: float) -> Tensor:
        """Moves the bias towards equal load, and returns the load since the last call, `[E]`."""
        load = self.load.clone()
        self.bias += speed * torch.sign(load.mean() - load)
        self.load.zero_()
        return load
