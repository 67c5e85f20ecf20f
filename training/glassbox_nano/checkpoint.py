"""Checkpoints that survive an interruption at any moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from .config import Config
from .model import Nano

KEPT = 3


@dataclass
class Progress:
    step: int = 0
    epoch: int = 0
    # Batches of the epoch that are done.
    batch: int = 0
    seconds: float = 0.0


def save(folder: Path, model: Nano, optimizers: list[torch.optim.Optimizer], **progress: float) -> Path:
    """Writes beside the file and renames, so that a checkpoint is whole or not there."""
    path = folder / f"step-{progress['step']:06d}.pt"
    unfinished = path.with_suffix(".unfinished")
    torch.save(
        {
            "config": model.config.to_dict(),
            "model": model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
            "progress": progress,
        },
        unfinished,
    )
    os.replace(unfinished, path)
    for old in sorted(folder.glob("step-*.pt"))[:-KEPT]:
        old.unlink()
    return path


def load_newest(folder: Path, model: Nano, optimizers: list[torch.optim.Optimizer]) -> Progress:
    found = sorted(folder.glob("step-*.pt"))
    if not found:
        return Progress()
    state = torch.load(found[-1], weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return Progress(**state["progress"])


def load_model(path: Path) -> Nano:
    """The model of a checkpoint file, or of the newest one in a folder."""
    if path.is_dir():
        path = max(path.glob("step-*.pt"))
    state = torch.load(path, weights_only=True)
    model = Nano(Config(**state["config"]))
    model.load_state_dict(state["model"])
    return model.eval()
