"""The tokenizer: byte-level BPE of 2048 entries under llama.cpp's `qwen2` pre-tokenizer.

    python -m glassbox_nano.data.tokenizer --seed 1 --samples 40000 --out tokenizer.json

Ids: the special tokens first (padding is 0), then the 256 bytes, then the merges in order. A name is the same tokens
wherever it stands, so that copying one is copying its tokens: no merge joins a letter with what is before its word. The
exceptions are words of JavaScript and of our sentences, which come with their space or dot (` const`, `.length`).
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .generate import samples
from .names import pool_words
from .sample import Sample
from .teacher import Teacher

VOCABULARY = 2048
PAD, BOS, EOS, USER, ASSISTANT, THINK, THOUGHT_END = SPECIAL_TOKENS = (
    "<｜▁pad▁｜>",
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<think>",
    "</think>",
)
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# The same without the character before a word, for learning merges that leave it out.
_WORDS_ALONE = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)(?!\p{L})|\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_PREFIXED_WORDS = 165
_SPACE = "Ġ"


def _pre_tokenizer(pattern: str):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _texts(batch: Iterable[Sample]) -> Iterator[str]:
    for sample in batch:
        yield f"{sample.question}\n{sample.thought}\n{sample.answer}"


def train(texts: list[str]) -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = _pre_tokenizer(_WORDS_ALONE)
    merges_wanted = VOCABULARY - len(SPECIAL_TOKENS) - len(alphabet) - _PREFIXED_WORDS
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + merges_wanted, initial_alphabet=alphabet, special_tokens=[], show_progress=False
    )
    learner.train_from_iterator(texts, trainer)
    learned = json.loads(learner.to_str())["model"]
    merges = [tuple(merge) for merge in learned["merges"]]
    known = {left + right for left, right in merges} | set(alphabet)
    merges += _prefixed(texts, known)
    return assemble(alphabet, merges)


def _prefixed(texts: list[str], known: set[str]) -> list[tuple[str, str]]:
    """The most frequent words with what stands before them, names apart."""
    split = pre_tokenizers.Split(Regex(QWEN2), behavior="isolated", invert=False)
    names = pool_words()
    counts: Counter[str] = Counter()
    for text in texts[:20000]:
        counts.update(piece for piece, _ in split.pre_tokenize_str(text))
    found: list[tuple[str, str]] = []
    for piece, _ in counts.most_common():
        prefix, word = piece[0], piece[1:]
        if len(word) < 2 or not word.isascii() or not word.isalpha() or prefix.isalpha() or word.lower() in names:
            continue
        if word in known and prefix in " .(":
            found.append((_SPACE if prefix == " " else prefix, word))
            if len(found) == _PREFIXED_WORDS:
                return found
    raise RuntimeError("Too few words; train on more samples.")


def assemble(alphabet: list[str], merges: list[tuple[str, str]]) -> Tokenizer:
    vocabulary = {token: at for at, token in enumerate([*SPECIAL_TOKENS, *alphabet, *(a + b for a, b in merges)])}
    if len(vocabulary) != VOCABULARY:
        raise RuntimeError(f"The vocabulary has {len(vocabulary)} entries, not {VOCABULARY}.")
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = _pre_tokenizer(QWEN2)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    return tokenizer


def load() -> Tokenizer:
    return Tokenizer.from_file(str(Path(__file__).with_name("tokenizer.json")))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the tokenizer on training samples.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=40000)
    parser.add_argument("--out", default=str(Path(__file__).with_name("tokenizer.json")))
    options = parser.parse_args()
    with Teacher() as teacher:
        texts = list(_texts(sample for _, sample in samples(teacher, options.seed, "train", iter(range(options.samples)))))
    train(texts).save(options.out, pretty=False)


if __name__ == "__main__":
    main()
