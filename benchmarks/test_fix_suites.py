"""The comparison of test suites notices what it is there to notice."""

from __future__ import annotations

import unittest

import fix_suites
import suite_results as results

DOCUMENT = """<?xml version="1.0"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.test_books" name="test_list[1]" time="0.1"/>
<testcase classname="tests.test_books" name="test_add"><failure message="assert 1 == 2">text</failure></testcase>
<testcase classname="tests.test_books" name="test_mail"><skipped type="pytest.skip" message="no server"/></testcase>
<testcase classname="tests.test_books" name="test_later"><skipped type="pytest.xfail" message=""/></testcase>
<testcase classname="tests.test_books" name="test_shelf"/>
<testcase classname="tests.test_books" name="test_shelf"><error message="failed on teardown">text</error></testcase>
<testcase classname="" name="tests.test_broken"><error message="collection failure">text</error></testcase>
</testsuite></testsuites>
"""

BEFORE = """from fastapi import Depends, FastAPI

app = FastAPI()


def get_limit():
    return 3


@app.get("/books")
def books(
    limit: int = Depends(get_limit),
):
    def inner():
        return limit

    return inner()


@app.get("/authors")
def authors():
    return []
"""


class Results(unittest.TestCase):
    def test_outcomes_are_read(self):
        self.assertEqual(results.read_outcomes(DOCUMENT), {
            "tests.test_books::test_add": ["failed"],
            "tests.test_books::test_later": ["expected failure"],
            "tests.test_books::test_list[1]": ["passed"],
            "tests.test_books::test_mail": ["skipped"],
            "tests.test_books::test_shelf": ["error", "passed"],
            "tests.test_broken": ["error"],
        })

    def test_only_what_passed_and_nothing_else_counts_as_passed(self):
        self.assertEqual(results.count(results.read_outcomes(DOCUMENT), "passed"), 1)

    def test_a_run_without_tests_is_no_result(self):
        for document in ("", "<testsuites/>"):
            with self.assertRaises(results.NoResult):
                results.read_outcomes(document)

    def test_equal_runs_do_not_differ(self):
        outcomes = results.read_outcomes(DOCUMENT)
        self.assertEqual(results.compare(outcomes, outcomes, dict(outcomes)), results.Comparison())

    def test_every_change_of_an_outcome_is_told(self):
        before = {"a": ["passed"], "b": ["failed"], "c": ["passed"], "d": ["skipped"]}
        after = {"a": ["error", "passed"], "b": ["passed"], "d": ["skipped"], "e": ["passed"]}
        found = results.compare(before, before, after)
        self.assertEqual(found.unsteady, [])
        self.assertEqual(found.different, ["a: passed is now error and passed", "b: failed is now passed",
                                           "c: passed is now absent", "e: absent is now passed"])

    def test_what_differs_by_itself_is_named_and_not_blamed_on_the_fixes(self):
        found = results.compare({"a": ["passed"], "b": ["passed"]}, {"a": ["failed"], "b": ["passed"]},
                                {"a": ["failed"], "b": ["failed"]})
        self.assertEqual((found.unsteady, found.different), (["a"], ["b: passed is now failed"]))

    def test_cases_that_are_named_by_chance_are_compared_by_their_order(self):
        first = {"a[key7]": ["passed"], "a[key8]": ["failed"], "b[x]": ["passed"]}
        second = {"a[key1]": ["passed"], "a[key2]": ["failed"], "b[x]": ["passed"]}
        after = {"a[key4]": ["passed"], "a[key3]": ["passed"], "b[y]": ["passed"]}
        found = results.compare(first, second, after)
        self.assertEqual((found.unsteady, found.different),
                         ([], ["a[case 2]: failed is now passed", "b[x]: passed is now absent", "b[y]: absent is now passed"]))


class ChangedFunctions(unittest.TestCase):
    def test_a_signature_belongs_to_its_function(self):
        after = BEFORE.replace("limit: int = Depends(get_limit)", "limit: Annotated[int, Depends(get_limit)]")
        after = "from typing import Annotated\n\n" + after
        found = results.changed_functions("books.py", BEFORE, after)
        self.assertEqual([(function.name, function.body) for function in found], [("books", range(14, 18))])

    def test_the_innermost_function_counts(self):
        found = results.changed_functions("books.py", BEFORE, BEFORE.replace("return limit", "return limit + 0"))
        self.assertEqual([function.name for function in found], ["inner"])

    def test_what_is_added_belongs_to_the_function_it_stands_in(self):
        found = results.changed_functions("books.py", BEFORE, BEFORE.replace("    return []", "    log()\n    return []"))
        self.assertEqual([function.name for function in found], ["authors"])

    def test_called_means_that_the_body_ran(self):
        (function,) = results.changed_functions("books.py", BEFORE, BEFORE.replace("def books(", "async def books("))
        self.assertFalse(results.was_called(function, {10, 11, 12, 21}))
        self.assertTrue(results.was_called(function, {11, 17}))


class Projects(unittest.TestCase):
    def test_each_project_has_its_lock_and_a_pinned_distribution(self):
        for project in fix_suites.projects():
            with self.subTest(project.name):
                self.assertTrue(project.lock.is_file(), project.lock)
                self.assertRegex(project.distribution, r"^[\w.-]+==[\w.]+$")
                self.assertTrue(project.render or len(project.sha256) == 64)
                self.assertTrue(all(left["why"] for left in project.left_out))


if __name__ == "__main__":
    unittest.main()
