"""Token arrays as `glassbox_nano.data.build` writes them, cut into batches of rows of like length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# Rows are padded to a multiple of this, which keeps the number of shapes small.
LENGTH_STEP = 32
# So many samples are sorted by length at once: enough that rows of a batch are alike, few enough to stay random.
SORT_WINDOW = 4096


class Corpus:
    def __init__(self, folder: Path, split: str):
        self.tokens = np.load(folder / f"{split}.tokens.npy", mmap_mode="r")
        self.learned = np.load(folder / f"{split}.lossmask.npy", mmap_mode="r")
        offsets = np.load(folder / f"{split}.offsets.npy")
        self.starts = offsets if offsets[-1] < len(self.tokens) else offsets[:-1]
        self.ends = np.append(self.starts[1:], len(self.tokens))

    def __len__(self) -> int:
        return len(self.starts)

    def batches(self, seed: int, epoch: int, batch_tokens: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every sample once: tokens and loss mask, both `[B, T]`. The same seed and epoch give the same batches."""
        random = np.random.default_rng((seed, epoch))
        order = random.permutation(len(self))
        lengths = self.ends - self.starts
        for first in range(0, len(order), SORT_WINDOW):
            window = order[first : first + SORT_WINDOW]
            window = window[np.argsort(lengths[window], kind="stable")[::-1]]
            groups: list[np.ndarray] = []
            at = 0
            while at < len(window):
                width = padded(int(lengths[window[at]]))
                rows = max(1, batch_tokens // width)
                groups.append(window[at : at + rows])
                at += rows
            random.shuffle(groups)
            for group in groups:
                yield self.rows(group)

    def rows(self, samples: np.ndarray) -> tuple[Tensor, Tensor]:
        width = padded(int((self.ends[samples] - self.starts[samples]).max()))
        tokens = np.zeros((len(samples), width), dtype=np.int64)
        learned = np.zeros((len(samples), width), dtype=bool)
        for row, sample in enumerate(samples):
            span = slice(int(self.starts[sample]), int(self.ends[sample]))
            length = span.stop - span.start
            tokens[row, :length] = self.tokens[span]
            learned[row, :length] = self.learned[span]
        return torch.from_numpy(tokens), torch.from_numpy(learned)


def padded(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP
