"""The whole recipe: `python -m glassbox_nano.recipe --work DIR`. Started again, it goes on where it was interrupted.

corpus -> supervised training -> reinforcement -> GGUF files. The times that each stage took are in DIR/times.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MEDIA = Path(__file__).resolve().parents[2] / "media" / "model" / "glassbox-nano.gguf"

SAMPLES = 300_000
# As `train` has them: --steps, --fall, --until. The first round made a model to build the engine with; the second raises
# the rate again and goes on from it; the third lets the rate fall faster from where the second was broken off.
ROUNDS = ((1350, 450, 1350), (4100, 2000, 3200), (3700, 1111, 3700))
QUESTIONS = 6000
REINFORCED_STEPS = 30


@dataclass(frozen=True)
class Stage:
    name: str
    command: list[str]
    # Is there when the stage is done.
    result: Path


def stages(work: Path, seed: int) -> list[Stage]:
    corpus, supervised, reinforced = work / "corpus", work / "supervised", work / "reinforced"
    questions, exports = work / "questions.jsonl", work / "exports"
    numbered = ["--seed", str(seed)]
    supervised_end = supervised / f"step-{ROUNDS[-1][0]:06d}.pt"
    reinforced_end = reinforced / f"step-{REINFORCED_STEPS:06d}.pt"
    return [
        Stage(
            "corpus",
            ["data.build", *numbered, "--samples", str(SAMPLES), "--out", str(corpus)],
            corpus / "eval.jsonl",
        ),
        # An earlier round's last checkpoint goes in time; its command then finds a newer one and has nothing to do.
        *(
            Stage(
                f"supervised, round {number}",
                ["train", *numbered, "--corpus", str(corpus), "--out", str(supervised)]
                + ["--steps", str(steps), "--fall", str(fall), "--until", str(until)],
                supervised_end,
            )
            for number, (steps, fall, until) in enumerate(ROUNDS, 1)
        ),
        Stage(
            "questions",
            ["data.generate", "--seed", str(seed + 1), "--count", str(QUESTIONS), "--out", str(questions)],
            questions,
        ),
        Stage(
            "reinforced",
            ["reinforce", *numbered, "--start", str(supervised_end), "--samples", str(questions)]
            + ["--out", str(reinforced), "--steps", str(REINFORCED_STEPS)],
            reinforced_end,
        ),
        *(
            Stage(f"export {name}", ["export", str(checkpoint), str(file), "--type", kind], file)
            for name, checkpoint, file, kind in (
                ("before reinforcement", supervised_end, exports / "supervised.gguf", "Q8_0"),
                ("in floats", reinforced_end, exports / "float.gguf", "F32"),
                ("glassbox-nano", reinforced_end, MEDIA, "Q8_0"),
            )
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="gigabytes of corpus and checkpoints; keep it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", help="the last stage to run")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    times_file = options.work / "times.json"
    times: dict[str, float] = json.loads(times_file.read_text()) if times_file.exists() else {}
    for stage in stages(options.work, options.seed):
        # The model in the repository is written again by every run that gets so far.
        if not stage.result.exists() or stage.result == MEDIA:
            print(f"== {stage.name}", flush=True)
            began = time.monotonic()
            subprocess.run([sys.executable, "-m", f"glassbox_nano.{stage.command[0]}", *stage.command[1:]], check=True)
            times[stage.name] = round(times.get(stage.name, 0) + time.monotonic() - began, 1)
            times_file.write_text(json.dumps(times, indent=1))
        if stage.name == options.until:
            break


if __name__ == "__main__":
    main()
