"""The rules of the reinforcement stage: only the right form with the right answer gets the whole reward."""

import unittest

from glassbox_nano.reward import reward

OUTPUT = {"kind": "output", "lines": ["3", "4"]}
LINE = {"kind": "line", "line": 2, "fixed": "  i++;"}
CODE = {"kind": "code", "code": "const a = 1;\n"}
GOOD = "a=3\n</think>\n\nIt prints:\n\n```\n3\n4\n```"


class RewardTest(unittest.TestCase):
    def test_the_whole_reward_for_form_and_answer(self):
        self.assertEqual(reward(GOOD, OUTPUT), 1.2)
        self.assertEqual(reward("x\n</think>\n\nLine 2 is wrong: why. It should be:\n\n```js\n  i++;\n```", LINE), 1.2)
        self.assertEqual(reward("x\n</think>\n\n```ts\nconst a = 1;\n```", CODE), 1.2)

    def test_the_form_alone_earns_little(self):
        self.assertEqual(reward(GOOD.replace("4", "5"), OUTPUT), 0.2)
        self.assertEqual(reward("x\n</think>\n\nLine 3 is wrong: why. It should be:\n\n```js\n  i++;\n```", LINE), 0.2)
        self.assertEqual(reward("x\n</think>\n\nHere you are:\n\n```ts\nconst a = 1;\n```", CODE), 0.2)

    def test_no_reward_without_the_form(self):
        for reply in (
            "a=3",
            GOOD.replace("a=3", ""),
            GOOD + "</think>",
            "<think>" + GOOD,
            "a=3\n</think>\n\n",
        ):
            self.assertEqual(reward(reply, OUTPUT), 0.0, reply)


if __name__ == "__main__":
    unittest.main()
