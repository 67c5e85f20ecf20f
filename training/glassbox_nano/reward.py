"""Rule-based rewards, as R1 had them (arXiv 2501.12948, section 2.2.2): the form of the reply and a correct answer."""

from __future__ import annotations

import re

_FENCED = re.compile(r"^([^`]*)```[a-z]*\n(.*?)\n?```\s*$", re.DOTALL)
_BUG = re.compile(r"^Line (\d+) is wrong: .+ It should be:$", re.DOTALL)

FORM_REWARD = 0.2


def split_reply(reply: str) -> tuple[str, str] | None:
    """Thought and answer of a reply that began inside the thought; nothing when it has no such form."""
    thought, closed, answer = reply.partition("\n</think>\n\n")
    if not closed or "<think>" in reply or "</think>" in answer or not thought.strip() or not answer.strip():
        return None
    return thought, answer


def is_correct(answer: str, check: dict) -> bool:
    """As `npm run eval -- nano` grades: the fenced block or the sentence, with white space at line ends removed."""
    if check["kind"] == "sentence":
        return answer.strip() == check["sentence"]
    parts = _FENCED.match(answer.strip())
    if parts is None:
        return False
    lead, block = parts[1].strip(), trimmed(parts[2])
    if check["kind"] == "output":
        return lead == "It prints:" and block == trimmed("\n".join(check["lines"]))
    if check["kind"] == "line":
        named = _BUG.match(lead)
        return named is not None and int(named[1]) == check["line"] and block.strip() == check["fixed"].strip()
    return lead == "" and block == trimmed(check["code"])


def reward(reply: str, check: dict) -> float:
    parts = split_reply(reply)
    if parts is None:
        return 0.0
    return FORM_REWARD + float(is_correct(parts[1], check))


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))
