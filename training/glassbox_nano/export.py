"""A checkpoint as a GGUF file: `python -m glassbox_nano.export CHECKPOINT FILE [--type Q8_0]`.

Keys and tensors are those of ../gguf-layout.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
from torch import Tensor

from .checkpoint import load_model
from .config import Config
from .data.tokenizer import ASSISTANT, BOS, EOS, PAD, SPECIAL_TOKENS, THINK, THOUGHT_END, USER
from .model import DenseFeedForward, Layer, Nano

TYPES = {kind.name: kind for kind in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.Q8_0,
                                      gguf.GGMLQuantizationType.Q5_1, gguf.GGMLQuantizationType.Q4_1,
                                      gguf.GGMLQuantizationType.Q4_0)}

# As DeepSeek-R1's: the thought is opened for the model, and thoughts of earlier answers are left out.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}"
    "{% elif message['role'] == 'user' %}{{ '" + USER + "' + message['content'] }}"
    "{% else %}{{ '" + ASSISTANT + "' + message['content'].split('" + THOUGHT_END + "')[-1].strip() + '" + EOS + "' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '" + ASSISTANT + THINK + "\\n' }}{% endif %}"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--type", choices=sorted(TYPES), default="Q8_0")
    parser.add_argument("--experts-type", choices=sorted(TYPES), help="of the routed experts; absent: --type")
    options = parser.parse_args()
    kind = TYPES[options.type]
    export(load_model(options.checkpoint), options.file, kind, TYPES[options.experts_type or options.type])


def export(model: Nano, file: Path, kind: gguf.GGMLQuantizationType, experts: gguf.GGMLQuantizationType) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(file, "deepseek2")
    write_keys(writer, model.config)
    write_tokenizer(writer, Path(__file__).parent / "data" / "tokenizer.json")
    TensorWriter(writer, kind, experts).write_model(model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_keys(writer: gguf.GGUFWriter, c: Config) -> None:
    key = "deepseek2."
    writer.add_name("glassbox-nano")
    writer.add_license("mit")
    for name, number in {
        "block_count": c.layers + c.draft_layers,
        "context_length": c.context,
        "embedding_length": c.width,
        "feed_forward_length": c.dense_inner,
        "leading_dense_block_count": c.dense_layers,
        "attention.head_count": c.heads,
        "attention.head_count_kv": 1,
        "attention.q_lora_rank": c.query_rank,
        "attention.kv_lora_rank": c.latent_rank,
        "attention.key_length": c.latent_rank + c.rotary_dim,
        "attention.value_length": c.latent_rank,
        "attention.key_length_mla": c.head_dim,
        "attention.value_length_mla": c.value_dim,
        "rope.dimension_count": c.rotary_dim,
        "expert_count": c.experts,
        "expert_used_count": c.top_k,
        "expert_feed_forward_length": c.expert_inner,
        "expert_shared_count": c.shared_inner // c.expert_inner,
        "expert_gating_func": 2,
        "vocab_size": c.vocabulary,
    }.items():
        writer.add_uint32(key + name, number)
    if c.draft_layers:
        writer.add_uint32(key + "nextn_predict_layers", c.draft_layers)
    writer.add_float32(key + "attention.layer_norm_rms_epsilon", c.norm_epsilon)
    writer.add_float32(key + "rope.freq_base", c.rope_base)
    writer.add_float32(key + "expert_weights_scale", c.weight_scale)
    writer.add_bool(key + "expert_weights_norm", True)


def write_tokenizer(writer: gguf.GGUFWriter, path: Path) -> None:
    parts = json.loads(path.read_text())
    added = {entry["id"]: entry["content"] for entry in parts["added_tokens"]}
    by_id = {number: token for token, number in parts["model"]["vocab"].items()} | added
    tokens = [by_id[number] for number in range(len(by_id))]
    kinds = [token_type(token) for token in tokens]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in parts["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index(BOS))
    writer.add_eos_token_id(tokens.index(EOS))
    writer.add_pad_token_id(tokens.index(PAD))
    writer.add_add_bos_token(True)
    writer.add_chat_template(CHAT_TEMPLATE)
    # Greedy: what it can do has one right answer. Glassbox reads these as the model's recommended values.
    writer.add_float32("general.sampling.temp", 0.0)


def token_type(token: str) -> gguf.TokenType:
    if token in (THINK, THOUGHT_END):
        return gguf.TokenType.USER_DEFINED
    return gguf.TokenType.CONTROL if token in SPECIAL_TOKENS else gguf.TokenType.NORMAL


class TensorWriter:
    def __init__(self, writer: gguf.GGUFWriter, kind: gguf.GGMLQuantizationType, experts: gguf.GGMLQuantizationType):
        self.writer, self.kind, self.experts = writer, kind, experts

    def write_model(self, model: Nano) -> None:
        self.matrix("token_embd.weight", model.embedding.weight)
        self.vector("output_norm.weight", model.output_norm.weight)
        self.matrix("output.weight", model.output.weight)
        for index, layer in enumerate(model.layers):
            self.layer(f"blk.{index}.", layer, model.config)
        if model.draft is not None:
            name = f"blk.{len(model.layers)}."
            self.layer(name, model.draft.layer, model.config)
            self.vector(f"{name}nextn.enorm.weight", model.draft.embedding_norm.weight)
            self.vector(f"{name}nextn.hnorm.weight", model.draft.hidden_norm.weight)
            self.matrix(f"{name}nextn.eh_proj.weight", model.draft.projection.weight)
            self.vector(f"{name}nextn.shared_head_norm.weight", model.draft.output_norm.weight)

    def layer(self, name: str, layer: Layer, c: Config) -> None:
        attention = layer.attention
        self.vector(f"{name}attn_norm.weight", layer.attention_norm.weight)
        self.matrix(f"{name}attn_q_a.weight", attention.query_down.weight)
        self.vector(f"{name}attn_q_a_norm.weight", attention.query_norm.weight)
        self.matrix(f"{name}attn_q_b.weight", attention.query_up.weight)
        self.matrix(f"{name}attn_kv_a_mqa.weight", attention.latent.weight)
        self.vector(f"{name}attn_kv_a_norm.weight", attention.latent_norm.weight)
        key_up = attention.key_up.weight.view(c.heads, c.plain_dim, c.latent_rank).transpose(1, 2)
        # In floats: on a processor with AMX llama.cpp aborts over other types of the one and is wrong with the other.
        self.vector(f"{name}attn_k_b.weight", key_up)
        self.vector(f"{name}attn_v_b.weight", attention.value_up.weight.view(c.heads, c.value_dim, c.latent_rank))
        self.matrix(f"{name}attn_output.weight", attention.output.weight)
        self.vector(f"{name}ffn_norm.weight", layer.feed_forward_norm.weight)
        feed_forward = layer.feed_forward
        if isinstance(feed_forward, DenseFeedForward):
            self.dense(name, "", feed_forward)
            return
        routed = feed_forward.routed
        self.vector(f"{name}ffn_gate_inp.weight", routed.router)
        self.vector(f"{name}exp_probs_b.bias", routed.bias)
        gate, up = routed.gate_up.chunk(2, 1)
        self.matrix(f"{name}ffn_gate_exps.weight", gate, self.experts)
        self.matrix(f"{name}ffn_up_exps.weight", up, self.experts)
        self.matrix(f"{name}ffn_down_exps.weight", routed.down, self.experts)
        self.dense(name, "_shexp", feed_forward.shared)

    def dense(self, name: str, suffix: str, feed_forward: DenseFeedForward) -> None:
        gate, up = feed_forward.gate_up.weight.chunk(2, 0)
        self.matrix(f"{name}ffn_gate{suffix}.weight", gate)
        self.matrix(f"{name}ffn_up{suffix}.weight", up)
        self.matrix(f"{name}ffn_down{suffix}.weight", feed_forward.down.weight)

    def vector(self, name: str, values: Tensor) -> None:
        """In floats. Also for routers, whose choice must not depend on rounding."""
        self.writer.add_tensor(name, as_array(values))

    def matrix(self, name: str, values: Tensor, kind: gguf.GGMLQuantizationType | None = None) -> None:
        kind = kind or self.kind
        self.writer.add_tensor(name, gguf.quants.quantize(as_array(values), kind), raw_dtype=kind)


def as_array(values: Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().float().numpy())


if __name__ == "__main__":
    main()
