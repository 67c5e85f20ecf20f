"""glassbox-nano: latent attention, routed experts and a multi-token-prediction layer, for training on a CPU.

Shapes: B rows, T positions, N = B * T tokens, W width, H heads, E experts, K experts per token.
Keys and values are materialised here, which is cheaper for whole rows; the engine runs the absorbed form of the same
weights (arXiv 2405.04434, section 2.1.2).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Config
from .experts import Experts


class RmsNorm(nn.Module):
    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.epsilon)


class Rotary:
    """Rotates pairs (0,1), (2,3), ... as files of the family deepseek2 expect it."""

    def __init__(self, config: Config):
        pairs = config.rotary_dim // 2
        inverse = config.rope_base ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
        angles = torch.arange(config.context, dtype=torch.float64)[:, None] * inverse
        self.cos = angles.cos().float()
        self.sin = angles.sin().float()

    def __call__(self, x: Tensor, start: int = 0) -> Tensor:
        """x: `[B, T, heads, rotary_dim]`, whose first position is `start`."""
        length = x.shape[1]
        cos = self.cos[start : start + length, None, :].to(x.dtype)
        sin = self.sin[start : start + length, None, :].to(x.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class LatentAttention(nn.Module):
    def __init__(self, config: Config, rotary: Rotary):
        super().__init__()
        c = self.config = config
        self.rotary = rotary
        self.query_down = nn.Linear(c.width, c.query_rank, bias=False)
        self.query_norm = RmsNorm(c.query_rank, c.norm_epsilon)
        self.query_up = nn.Linear(c.query_rank, c.heads * c.head_dim, bias=False)
        self.latent = nn.Linear(c.width, c.latent_rank + c.rotary_dim, bias=False)
        self.latent_norm = RmsNorm(c.latent_rank, c.norm_epsilon)
        self.key_up = nn.Linear(c.latent_rank, c.heads * c.plain_dim, bias=False)
        self.value_up = nn.Linear(c.latent_rank, c.heads * c.value_dim, bias=False)
        self.output = nn.Linear(c.heads * c.value_dim, c.width, bias=False)

    def forward(self, x: Tensor, mask: Tensor, cache: LatentCache | None = None) -> Tensor:
        """x: `[B, T, W]`; mask: `[T, S]` or `[B, 1, T, S]`, added to the scores of S positions (with a cache: the latter)."""
        c = self.config
        rows, length, _ = x.shape
        start = cache.length if cache else 0
        query = self.query_up(self.query_norm(self.query_down(x))).view(rows, length, c.heads, c.head_dim)
        plain, rotated = query.split((c.plain_dim, c.rotary_dim), -1)
        query = torch.cat((plain, self.rotary(rotated, start)), -1).transpose(1, 2)
        latent, shared_key = self.latent(x).split((c.latent_rank, c.rotary_dim), -1)
        latent = self.latent_norm(latent)
        shared_key = self.rotary(shared_key[:, :, None], start)
        if cache:
            latent, shared_key = cache.extend(latent, shared_key)
            if length == 1:
                return self.output(self.absorbed(plain, query, latent, shared_key, mask))
        seen = latent.shape[1]
        key = self.key_up(latent).view(rows, seen, c.heads, c.plain_dim)
        key = torch.cat((key, shared_key.expand(-1, -1, c.heads, -1)), -1).transpose(1, 2)
        value = self.value_up(latent).view(rows, seen, c.heads, c.value_dim).transpose(1, 2)
        # Plain products: several times as fast here as the fused kernel for rows this short.
        scores = torch.matmul(query * c.head_dim**-0.5, key.transpose(2, 3)) + mask
        attended = torch.matmul(scores.softmax(-1), value)
        return self.output(attended.transpose(1, 2).reshape(rows, length, -1))


    def absorbed(self, plain: Tensor, query: Tensor, latent: Tensor, shared_key: Tensor, mask: Tensor) -> Tensor:
        """One position against all earlier ones without making their keys and values: the form that the engine runs."""
        c = self.config
        rows = plain.shape[0]
        key_up = self.key_up.weight.to(plain.dtype).view(c.heads, c.plain_dim, c.latent_rank)
        in_latent = torch.einsum("bhp,hpl->bhl", plain[:, 0], key_up)
        both = torch.cat((in_latent, query[:, :, 0, c.plain_dim :]), -1)
        keys = torch.cat((latent, shared_key[:, :, 0]), -1)
        scores = torch.matmul(both * c.head_dim**-0.5, keys.transpose(1, 2)) + mask[:, :, 0]
        attended = torch.matmul(scores.softmax(-1), latent)
        value_up = self.value_up.weight.to(plain.dtype).view(c.heads, c.value_dim, c.latent_rank)
        return torch.einsum("bhl,hdl->bhd", attended, value_up).reshape(rows, 1, -1)


class LatentCache:
    """What attention keeps of earlier positions, for sampling: latents and shared keys, nothing per head."""

    def __init__(self) -> None:
        self.latent: Tensor | None = None
        self.shared_key: Tensor | None = None

    @property
    def length(self) -> int:
        return 0 if self.latent is None else self.latent.shape[1]

    def extend(self, latent: Tensor, shared_key: Tensor) -> tuple[Tensor, Tensor]:
        if self.latent is not None and self.shared_key is not None:
            latent = torch.cat((self.latent, latent), 1)
            shared_key = torch.cat((self.shared_key, shared_key), 1)
        self.latent, self.shared_key = latent, shared_key
        return latent, shared_key

    def keep(self, rows: Tensor) -> None:
        """Forgets all rows but these."""
        if self.latent is not None and self.shared_key is not None:
            self.latent, self.shared_key = self.latent[rows], self.shared_key[rows]


class DenseFeedForward(nn.Module):
    def __init__(self, width: int, inner: int):
        super().__init__()
        self.gate_up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, -1)
        return self.down(F.silu(gate) * up)


class ExpertFeedForward(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.routed = Experts(config)
        self.shared = DenseFeedForward(config.width, config.shared_inner)

    def forward(self, x: Tensor) -> Tensor:
        return self.routed(x) + self.shared(x)


class Layer(nn.Module):
    def __init__(self, config: Config, rotary: Rotary, dense: bool):
        super().__init__()
        self.attention_norm = RmsNorm(config.width, config.norm_epsilon)
        self.attention = LatentAttention(config, rotary)
        self.feed_forward_norm = RmsNorm(config.width, config.norm_epsilon)
        self.feed_forward = (
            DenseFeedForward(config.width, config.dense_inner) if dense else ExpertFeedForward(config)
        )

    def forward(self, x: Tensor, mask: Tensor, cache: LatentCache | None = None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), mask, cache)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Draft(nn.Module):
    """Predicts the token after the next one from the hidden state and the next token (arXiv 2412.19437, 2.2)."""

    def __init__(self, config: Config, rotary: Rotary):
        super().__init__()
        self.embedding_norm = RmsNorm(config.width, config.norm_epsilon)
        self.hidden_norm = RmsNorm(config.width, config.norm_epsilon)
        self.projection = nn.Linear(2 * config.width, config.width, bias=False)
        self.layer = Layer(config, rotary, dense=False)
        self.output_norm = RmsNorm(config.width, config.norm_epsilon)

    def forward(self, hidden: Tensor, next_embedding: Tensor, mask: Tensor) -> Tensor:
        both = torch.cat((self.embedding_norm(next_embedding), self.hidden_norm(hidden)), -1)
        return self.output_norm(self.layer(self.projection(both), mask))


class Nano(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        rotary = Rotary(config)
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(
            Layer(config, rotary, dense=index < config.dense_layers) for index in range(config.layers)
        )
        self.output_norm = RmsNorm(config.width, config.norm_epsilon)
        self.output = nn.Linear(config.width, config.vocabulary, bias=False)
        self.draft = Draft(config, rotary) if config.draft_layers else None

    def initialize(self, generator: torch.Generator) -> None:
        """Every matrix normal with the deviation of its fan-in; what writes to the residual stream begins small."""
        depth = (2 * self.config.layers) ** -0.5
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.dim() < 2:
                    continue
                deviation = parameter.shape[-1] ** -0.5
                if name == "embedding.weight":
                    deviation = 0.5
                elif name == "output.weight":
                    deviation *= 0.5
                elif name.endswith(("attention.output.weight", "down.weight", "routed.down")) and "_down" not in name:
                    deviation *= depth
                elif name.endswith("router"):
                    deviation *= 0.5
                parameter.normal_(0.0, deviation, generator=generator)

    def hidden(self, tokens: Tensor, mask: Tensor, caches: list[LatentCache] | None = None) -> Tensor:
        """`[B, T]` -> the last layer's normed residual stream, `[B, T, W]`: what the output and the draft read."""
        x = self.embedding(tokens)
        for index, layer in enumerate(self.layers):
            x = layer(x, mask, caches[index] if caches else None)
        return self.output_norm(x)

    def expert_layers(self) -> list[Experts]:
        """Of the layers and then of the draft."""
        return [module for module in self.modules() if isinstance(module, Experts)]


def causal_mask(length: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """`[T, T]`, to be added to scores."""
    return torch.full((length, length), -math.inf, dtype=dtype).triu(1)
