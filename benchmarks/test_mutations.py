"""Edits of ``mutation_kinds``: neutral ones change no result, the others change some."""

from __future__ import annotations

import ast
import itertools
import random
import unittest

import gate
import mutation_kinds as kinds

CODE = '''
import math

LIMIT = 10


def answer(a, b=3, *, words=("x", "y")):
    """What is answered."""
    seen = []
    if a > 5 and b > 2:
        seen.append("both")
    total = a + b
    if total == 7:
        return {"total": total, "seen": seen}
    if not words:
        raise ValueError(404)
    else:
        for word in words:
            if word == "y" or total > LIMIT:
                seen.append(word)
                seen.extend(["more", word])
    size = math.floor(total / 2)
    result = {"total": total, "size": size, "seen": seen}
    return result
'''


def source() -> kinds.Source:
    function = next(node for node in ast.parse(CODE).body if isinstance(node, ast.FunctionDef))
    return kinds.Source(CODE, function)


def outcomes(text: str) -> list[str]:
    found = []
    for a, b, words in itertools.product((0, 3, 4, 5, 6, 9), (None, 1, 2, 3, 4), ((), ("x", "y"), ("z",))):
        names: dict = {}
        exec(compile(text, "code", "exec"), names)
        try:
            given = {} if b is None else {"b": b}
            found.append(repr(names["answer"](a, words=words, **given)))
        except Exception as error:
            found.append(repr(error))
    return found


class Edits(unittest.TestCase):
    def test_neutral_edits_change_no_result(self):
        before = outcomes(CODE)
        made = 0
        for maker in kinds.NEUTRAL:
            for edit in maker(source()):
                if edit.files:
                    continue
                made += 1
                with self.subTest(edit.kind, old=edit.old, new=edit.new):
                    self.assertNotEqual(edit.text, CODE)
                    self.assertEqual(outcomes(edit.text), before)
        self.assertGreater(made, 10)

    def test_other_edits_change_some_result(self):
        before = outcomes(CODE)
        made = set()
        for maker in kinds.ALTERING:
            for edit in maker(source()):
                # That the argument of an exception changes shows in its text only.
                made.add(edit.kind)
                with self.subTest(edit.kind, old=edit.old, new=edit.new):
                    self.assertNotEqual(outcomes(edit.text), before)
        self.assertGreater(len(made), 8)

    def test_an_edit_is_picked_at_random_and_parses(self):
        picked = {kinds.pick(source(), kinds.ALTERING, random.Random(seed)).kind for seed in range(40)}
        self.assertGreater(len(picked), 4)


class Patches(unittest.TestCase):
    def test_a_patch_is_one_that_git_reads(self):
        patch = gate.Patch("name", {"a.py": ("x = 1\n", "x = 2"), "new.py": ("", "y\n"), "gone.py": ("z\n", "")})
        text = patch.text()
        self.assertIn("--- a/a.py\n+++ b/a.py\n", text)
        self.assertIn("\\ No newline at end of file", text)
        self.assertIn("new file mode 100644\n--- /dev/null\n+++ b/new.py\n", text)
        self.assertIn("deleted file mode 100644\n--- a/gone.py\n+++ /dev/null\n", text)


if __name__ == "__main__":
    unittest.main()
