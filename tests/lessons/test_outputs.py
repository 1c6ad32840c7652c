"""What a lesson printed when it was executed for the book is what its notebook says it prints.

The execution is the book's own where its fingerprint is current (`make test` builds the book
first), else the lesson is executed here. The comparison is nbval's (see `test_notebooks`).
"""

import copy
import importlib
import re
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import IPyNbCell, coalesce_streams, get_sanitize_patterns, nocolors

from celltoken import lessons
from celltoken.lessons import executed, execution, notebooks

MASKS = (lessons.ROOT / ".ci" / "nbval_sanitize.cfg").read_text(encoding="utf-8")
SKIPPED = ("metadata", "traceback", "output_type", "name", "execution_count")


class Comparison:
    """nbval's comparison of the outputs of one cell, without a kernel."""

    compare_outputs = IPyNbCell.compare_outputs
    sanitize = IPyNbCell.sanitize
    colors = nocolors
    parent = SimpleNamespace(
        skip_compare=(*SKIPPED, "image/png", "image/jpeg"),
        sanitize_patterns=dict(get_sanitize_patterns(MASKS)),
    )

    def format_output_compare(self, key, left, right):
        self.comparison_traceback += [f"stored: {left}", f"now: {right}"]


def differences(stored, now) -> list[str]:
    """A text for each checked cell whose outputs are not those stored."""
    found = []
    for number, (cell, new) in enumerate(zip(stored.cells, now.cells, strict=True)):
        if notebooks.is_checked(cell):
            comparison = Comparison()
            if not comparison.compare_outputs(
                coalesce_streams(copy.deepcopy(new.outputs)),
                coalesce_streams(copy.deepcopy(cell.outputs)),
            ):
                found.append("\n".join([f"cell {number}", *comparison.comparison_traceback]))
    return found


@pytest.mark.parametrize("name", lessons.reading_order())
def test_a_lesson_prints_what_its_notebook_says(name):
    page, store = f"chapters/{name}", executed.Store()
    if store.outputs(page) is None:
        execution.execute([name], processes=1, store=store)
    stored = nbformat.read(lessons.path_of(name), as_version=4)
    now = store.outputs(page)
    assert [cell.source for cell in stored.cells] == [cell.source for cell in now.cells]
    assert differences(stored, now) == []


# -- and a difference is found ---------------------------------------------------------------------

CLAIM = {"margin": 0.1, "rivals": {"permuted": "permutation", "raw counts": "baseline"}}


def notebook(text):
    outputs = [new_output("stream", text=part) for part in text]
    tagged = {"tags": [notebooks.CHECKED]}
    return new_notebook(cells=[new_code_cell("1", outputs=outputs, metadata=tagged)])


def claim_line(verdict="holds", words=0.5, cells=0.7, rival="permuted"):
    sides = [("words", words), ("cells", cells)]
    line = importlib.import_module("celltoken.claims.check").line
    lines = [line(side, {"value": x, rival: -0.1234 + x}, CLAIM) for side, x in sides]
    return f"C1 {verdict}: " + "; ".join(lines) + "\n"


def test_equal_outputs_pass_however_they_arrive():
    assert differences(notebook(["rank 1\nrank 2\n"]), notebook(["rank 1\n", "rank 2\n"])) == []


@pytest.mark.parametrize("now", ["rank 12.5\n", "rank 12.4\nand more\n", ""])
def test_a_planted_difference_is_found(now):
    found = differences(notebook(["rank 12.4\n"]), notebook([now] if now else []))
    assert len(found) == 1 and found[0].startswith("cell 0")


def test_a_claims_line_is_compared_with_its_numbers_masked():
    stored = notebook(["before 1\n" + claim_line() + claim_line("holds in part (words)")])
    moved = claim_line(words=-0.4, cells=12.0, rival="raw counts")
    moved += claim_line("holds in part (words)", words=0.6)
    assert differences(stored, notebook(["before 1\n" + moved])) == []
    for planted in (
        "before 2\n" + moved,
        "before 1\n" + claim_line("undecided") + claim_line("holds in part (words)"),
        "before 1\n" + claim_line(),
    ):
        assert len(differences(stored, notebook([planted]))) == 1


def test_what_a_null_of_the_readers_gives_is_compared_without_its_numbers():
    line = "my_null: correct (the claim {}: a share is {}, and {} under your null)\n"
    stored = notebook([line.format("stands", "0.89", "-0.60")])
    assert differences(stored, notebook([line.format("stands", "0.88", "0.59")])) == []
    assert len(differences(stored, notebook([line.format("falls", "0.89", "-0.60")]))) == 1


def test_every_verdict_is_recognised_as_a_claims_line():
    pattern, _ = Comparison.parent.sanitize_patterns
    for verdict in ("holds", "does not hold here", "undecided", "not testable", "here"):
        assert re.search(pattern, claim_line(verdict)) and lessons.CLAIM_LINE.search(
            claim_line(verdict)
        )
