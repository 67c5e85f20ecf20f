"""The teacher: node runs our programs in batches and says what they did."""

import json
import subprocess
from pathlib import Path


class Teacher:
    """One node process; `close` it, or use it in a `with`."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("teacher.mjs")
        self._node = subprocess.Popen(
            ["node", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def run(self, programs: list[str], record: bool = False) -> list[dict]:
        """`{"lines", "events"}` or `{"error"}` for each program; events only for instrumented ones (`record`)."""
        if not programs:
            return []
        node = self._node
        requests = "".join(json.dumps({"code": code, "record": record}) + "\n" for code in programs)
        node.stdin.write(requests + "\n")
        node.stdin.flush()
        replies = []
        for _ in programs:
            line = node.stdout.readline()
            if line == "":
                raise RuntimeError("The node process of the teacher ended. Is node on the PATH?")
            replies.append(json.loads(line))
        return replies

    def close(self) -> None:
        self._node.stdin.close()
        self._node.wait()
        self._node.stdout.close()

    def __enter__(self) -> "Teacher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
