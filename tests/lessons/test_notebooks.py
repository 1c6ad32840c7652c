"""What nbval finds and what it lets pass, shown on a tiny notebook; `test_outputs` holds the
lessons to its comparison, and ``pytest --nbval-lax chapters`` runs them under it."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from celltoken.lessons import notebooks


def tiny(checked='print("rank", 12.4)', stored="rank 12.4\n", before="x = 1"):
    outputs = [new_output("stream", text=stored)] if stored else []
    cells = [
        new_code_cell(before),
        new_code_cell(
            checked, outputs=outputs, execution_count=1, metadata={"tags": [notebooks.CHECKED]}
        ),
    ]
    return new_notebook(cells=cells)


@pytest.fixture
def nbval(tmp_path):
    """Run nbval as the tests do; return its exit code and what it says."""

    def run(notebook, strip=True):
        file = tmp_path / "lesson.ipynb"
        nbformat.write(notebooks.strip(notebook) if strip else notebook, file)
        command = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "-c", "/dev/null", "--color=no", str(file)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_recorded_output_passes(nbval):
    assert nbval(tiny())[0] == 0


def test_one_changed_digit_fails_and_names_the_cell(nbval):
    code, said = nbval(tiny(stored="rank 12.5\n"))
    assert code == 1
    assert "lesson.ipynb::Cell 1" in said and 'print("rank", 12.4)' in said
    assert "rank 12.5" in said and "rank 12.4" in said


def test_a_changed_computation_fails(nbval):
    assert nbval(tiny(checked='print("rank", 12.4 + x)'))[0] == 1


def test_an_error_in_a_cell_that_is_not_checked_fails_and_names_it(nbval):
    code, said = nbval(tiny(before="1 / 0"))
    assert code == 1 and "lesson.ipynb::Cell 0" in said and "ZeroDivisionError" in said


def test_a_failed_claim_fails_with_its_sentence(nbval):
    check = 'claims.check("C1", {"words": {"value": 0, "x": 0}, "cells": {"value": 0, "x": 0}})'
    code, said = nbval(tiny(f"from celltoken import claims\n{check}", "C1 holds\n"))
    assert code == 1 and re.search("C1 measures a rival 'x' for words that the record", said)


def test_noise_beside_a_checked_line_fails(nbval):
    noisy = 'import sys\nprint("rank", 12.4)\nprint("look out", file=sys.stderr)'
    assert nbval(tiny(checked=noisy))[0] == 1


def test_what_is_not_checked_may_differ(nbval):
    assert nbval(tiny(before="import time\nprint(time.time())"))[0] == 0


def test_nbval_itself_passes_a_checked_cell_without_output(nbval):
    """Why `stored_outputs` of celltoken lint refuses such a cell."""
    assert nbval(tiny(stored=""))[0] == 0
