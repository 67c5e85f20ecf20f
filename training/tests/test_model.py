"""The model against plainer forms of itself. Tolerances: float32 sums of at most 512 terms near 1 differ by 1e-5."""

import argparse
import dataclasses
import math
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from glassbox_nano.checkpoint import load_model
from glassbox_nano.config import NANO
from glassbox_nano.experts import Experts
from glassbox_nano.model import LatentCache, Nano, causal_mask
from glassbox_nano.sample import generate
from glassbox_nano.train import train

SMALL = dataclasses.replace(NANO, vocabulary=64, layers=2, width=32, heads=2, query_rank=32, latent_rank=32, experts=4)


def small_model() -> Nano:
    model = Nano(SMALL)
    model.initialize(torch.Generator().manual_seed(3))
    return model.eval()


class AttentionTest(unittest.TestCase):
    @torch.no_grad()
    def test_absorbed_form_with_a_cache_equals_materialised_form_over_the_whole_row(self):
        model = small_model()
        tokens = torch.randint(0, 64, (2, 9), generator=torch.Generator().manual_seed(1))
        whole = model.hidden(tokens, causal_mask(9))
        caches = [LatentCache() for _ in model.layers]
        first = model.hidden(tokens[:, :5], causal_mask(5), caches)
        torch.testing.assert_close(first, whole[:, :5], atol=1e-5, rtol=1e-5)
        for position in range(5, 9):
            mask = torch.zeros(2, 1, 1, position + 1)
            one = model.hidden(tokens[:, position : position + 1], mask, caches)
            torch.testing.assert_close(one[:, 0], whole[:, position], atol=1e-5, rtol=1e-5)


class ExpertsTest(unittest.TestCase):
    def test_each_token_gets_its_chosen_experts_by_their_scores_and_gradients_follow(self):
        experts = Experts(SMALL)
        with torch.no_grad():
            for parameter in experts.parameters():
                parameter.normal_(0, 0.3, generator=torch.Generator().manual_seed(parameter.numel()))
            experts.bias.copy_(torch.tensor([0.3, 0.0, -0.3, 0.1]))
        x = torch.randn(7, 32, generator=torch.Generator().manual_seed(5), requires_grad=True)
        plain_x = x.detach().clone().requires_grad_()
        out = experts(x)
        out.square().sum().backward()
        gradients = {name: p.grad.clone() for name, p in experts.named_parameters()}
        experts.zero_grad()

        scores = torch.sigmoid(plain_x @ experts.router.t())
        chosen = (scores + experts.bias).topk(SMALL.top_k, 1).indices
        rows = []
        for token in range(7):
            weights = scores[token, chosen[token]]
            weights = weights / weights.sum() * SMALL.weight_scale
            total = torch.zeros(32)
            for weight, expert in zip(weights, chosen[token], strict=True):
                gate, up = (experts.gate_up[expert] @ plain_x[token]).chunk(2)
                total = total + weight * (experts.down[expert] @ (F.silu(gate) * up))
            rows.append(total)
        plain = torch.stack(rows)
        plain.square().sum().backward()
        torch.testing.assert_close(out, plain, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(x.grad, plain_x.grad, atol=1e-4, rtol=1e-4)
        for name, parameter in experts.named_parameters():
            torch.testing.assert_close(gradients[name], parameter.grad, atol=1e-4, rtol=1e-4)

    def test_balancing_moves_the_bias_against_the_load(self):
        experts = Experts(SMALL)
        experts.load.copy_(torch.tensor([9.0, 1.0, 4.0, 6.0]))
        experts.balance(0.5)
        self.assertEqual(experts.bias.tolist(), [-0.5, 0.5, 0.5, -0.5])
        self.assertEqual(experts.load.sum(), 0)


class SampleTest(unittest.TestCase):
    def test_prompts_of_different_lengths_together_give_what_each_gives_alone(self):
        model = small_model()
        prompts = [[1, 2, 3, 4, 5, 6], [7, 8], [9, 10, 11]]
        together = generate(model, prompts, end=0, longest=6)
        alone = [generate(model, [prompt], end=0, longest=6)[0] for prompt in prompts]
        self.assertEqual(together, alone)


class TrainTest(unittest.TestCase):
    def test_an_interrupted_run_goes_on_as_if_it_had_not_been(self):
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "corpus"
            write_corpus(corpus)
            once, twice = Path(folder) / "once", Path(folder) / "twice"
            train(options(corpus, once, steps=4))
            # Falls from the same step on, whichever way the four steps are cut.
            train(options(corpus, twice, steps=2, fall=-1))
            train(options(corpus, twice, steps=4))
            first, second = load_model(once).state_dict(), load_model(twice).state_dict()
            for name, values in first.items():
                self.assertTrue(torch.equal(values, second[name]), name)


def options(corpus: Path, out: Path, steps: int, fall: int = 1) -> argparse.Namespace:
    return argparse.Namespace(
        corpus=corpus,
        out=out,
        steps=steps,
        fall=fall,
        until=None,
        batch_tokens=128,
        lr=1e-3,
        balance=1e-3,
        seed=1,
        threads=1,
    )


def write_corpus(folder: Path) -> None:
    folder.mkdir()
    random = np.random.default_rng(0)
    for split in ("train", "validation"):
        lengths = random.integers(10, 30, 40)
        np.save(folder / f"{split}.tokens.npy", random.integers(0, 64, lengths.sum()).astype(np.uint16))
        np.save(folder / f"{split}.lossmask.npy", np.ones(lengths.sum(), np.uint8))
        np.save(folder / f"{split}.offsets.npy", np.concatenate([[0], np.cumsum(lengths)[:-1]]))


class MaskTest(unittest.TestCase):
    def test_no_position_sees_a_later_one(self):
        mask = causal_mask(3)
        self.assertEqual(mask[0].tolist(), [0, -math.inf, -math.inf])
        self.assertEqual(mask[2].tolist(), [0, 0, 0])


if __name__ == "__main__":
    unittest.main()
