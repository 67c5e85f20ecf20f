"""The sizes of a model. `NANO` is the one that Glassbox carries."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Config:
    """DeepSeek-V3's architecture (arXiv 2412.19437) in small. Block types need row lengths that are multiples of 32."""

    vocabulary: int = 2048
    context: int = 1024
    width: int = 192
    layers: int = 6
    # The first layers have one dense feed-forward instead of experts.
    dense_layers: int = 1
    dense_inner: int = 384
    heads: int = 6
    query_rank: int = 96
    latent_rank: int = 64
    plain_dim: int = 32
    rotary_dim: int = 16
    value_dim: int = 32
    rope_base: float = 10000.0
    experts: int = 16
    top_k: int = 2
    expert_inner: int = 96
    shared_inner: int = 96
    weight_scale: float = 2.0
    norm_epsilon: float = 1e-6
    # Layers that predict the token after the next one; 0 or 1.
    draft_layers: int = 1

    @property
    def head_dim(self) -> int:
        return self.plain_dim + self.rotary_dim

    def to_dict(self) -> dict:
        return asdict(self)


NANO = Config()
