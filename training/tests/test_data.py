"""The generators keep the contract of tasks.md. Run in `training/`: python -m unittest discover tests"""

import re
import sys
import unittest
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from glassbox_nano.data.generate import samples
from glassbox_nano.data.held_out import (
    FIRST_SPLIT_NUMBER,
    PURPOSE_WORDS,
    is_held_out_number,
    program_shape,
    words_of,
)
from glassbox_nano.data.sample import Sample
from glassbox_nano.data.tasks.registry import TASKS
from glassbox_nano.data.teacher import Teacher

REFACTORINGS = ("rename", "const", "equality", "forOf", "guard", "template", "constant", "deadCode")
_ANNOTATION = re.compile(r": (?:number|string|boolean|void)(?:\[\])?(?=[,)= {;\n])")
_FUNCTION = re.compile(r"^(?:function (?=\w+\()|const (?=\w+ = \())(\w+)(?: = )?\(([^)]*)\)", re.MULTILINE)
_CALLED = re.compile(r"(?<![.\w])([a-zA-Z_]\w*)\(")
_ARGUMENTS = {"number": ("0", "3", "14"), "string": ("''", "'ab'"), "boolean": ("true", "false"), "number[]": ("[]", "[4, 9, 2]")}
_LANGUAGE = frozenset("const let var function return if else for of while break continue true false console log length push to upper lower case join void boolean string number".split())


def drawn(teacher: Teacher, split: str, count: int, task: str | None = None, seed: int = 7) -> list[Sample]:
    return [sample for _, sample in samples(teacher, seed, split, iter(range(count)), task)]


def without_types(code: str) -> str:
    return _ANNOTATION.sub("", code)


def words_of_program(code: str) -> set[str]:
    words = {word for word in words_of(re.sub(r"//[^\n]*", "", code)) if len(word) > 2}
    return words - PURPOSE_WORDS - _LANGUAGE


def calls(code: str) -> list[str]:
    """Calls that show what the functions do, from the types of their parameters."""
    lines = []
    for name, parameters in _FUNCTION.findall(code):
        types = [parameter.split(": ")[1] for parameter in parameters.split(", ") if parameter]
        for arguments in product(*(_ARGUMENTS[type_] for type_ in types)):
            lines.append(f"console.log({name}({', '.join(arguments)}))")
    return lines


def stubs(code: str) -> str:
    """Functions that a snippet calls and does not have."""
    known = {name for name, _ in _FUNCTION.findall(code)} | {"if", "for", "while", "function"}
    return "\n".join(f"function {name}(...values) {{ console.log('{name}', ...values); }}" for name in sorted(set(_CALLED.findall(code)) - known))


class TestData(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.teacher = Teacher()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.teacher.close()

    def test_the_same_seed_gives_the_same_samples_alone_and_in_a_batch(self) -> None:
        batch = drawn(self.teacher, "train", 80)
        alone = [sample for _, sample in samples(self.teacher, 7, "train", iter([50]))]
        self.assertEqual(batch, drawn(self.teacher, "train", 80))
        self.assertEqual([batch[50]], alone)
        self.assertNotEqual(batch, drawn(self.teacher, "train", 80, seed=8))

    def test_no_word_of_an_evaluation_program_is_in_training_text(self) -> None:
        training = {word for sample in drawn(self.teacher, "train", 2500) for word in words_of(f"{sample.question} {sample.thought} {sample.answer}")}
        for task in TASKS:
            for sample in drawn(self.teacher, "eval", 60, task):
                self.assertEqual(set(), words_of_program(sample.code) & training, sample.code)

    def test_large_numbers_of_programs_are_on_their_side(self) -> None:
        for split in ("train", "eval"):
            for sample in drawn(self.teacher, split, 1200):
                numbers = [int(number) for number in re.findall(r"(?<![\w.])\d+", sample.code)]
                sides = {is_held_out_number(number) for number in numbers if number >= FIRST_SPLIT_NUMBER}
                self.assertLessEqual(sides, {split == "eval"}, sample.code)

    def test_no_evaluation_program_is_a_training_program_with_other_names(self) -> None:
        training = {program_shape(sample.code) for sample in drawn(self.teacher, "train", 2500) if sample.code}
        evaluation = {program_shape(sample.code) for sample in drawn(self.teacher, "eval", 600) if sample.code}
        self.assertEqual(set(), training & evaluation)

    def test_node_prints_what_a_trace_expects(self) -> None:
        traces = drawn(self.teacher, "train", 400, "trace")
        replies = self.teacher.run([without_types(sample.code) for sample in traces])
        for sample, reply in zip(traces, replies):
            self.assertEqual(sample.check["lines"], reply.get("lines"), f"{sample.code}\n{reply}")

    def test_refactored_programs_do_the_same(self) -> None:
        for task in REFACTORINGS:
            drafts = drawn(self.teacher, "train", 150, task)
            programs = []
            for sample in drafts:
                for code in (sample.code, sample.check["code"]):
                    # Only TypeScript says what its functions may be called with.
                    shown = calls(code) if sample.language == "typescript" and task != "rename" else []
                    programs.append(without_types("\n".join([stubs(code), code, *shown])))
            replies = self.teacher.run(programs)
            for sample, before, after in zip(drafts, replies[::2], replies[1::2]):
                self.assertNotEqual(sample.code, sample.check["code"])
                self.assertNotIn("error", before, f"{before} {sample.code}")
                self.assertEqual(before, after, f"{sample.code}\n{sample.check['code']}")

    def test_a_bug_is_one_line_and_its_correction_runs(self) -> None:
        bugs = drawn(self.teacher, "train", 400, "bug")
        fixed_programs = []
        for sample in bugs:
            lines = sample.code.split("\n")
            wrong = lines[sample.check["line"] - 1]
            self.assertNotEqual(wrong, sample.check["fixed"])
            lines[sample.check["line"] - 1] = sample.check["fixed"]
            fixed_programs.append(without_types("\n".join(lines)))
        for sample, reply in zip(bugs, self.teacher.run(fixed_programs)):
            self.assertNotIn("error", reply, sample.code)


if __name__ == "__main__":
    unittest.main()
