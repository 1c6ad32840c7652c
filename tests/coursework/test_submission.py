"""A readable notebook is read, whatever an editor, a download or a student's mouse has done to it.

Each case is one kind of damage to a right submission: after it every answer is still there, and
what was put right is remarked. What cannot be read is refused with a reason.
"""

import contextlib
import copy
import json
import re
from unittest import mock

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from celltoken.coursework import assignment, submission


def given(source, **details):
    kind = "code" if details.get("grade_id", "open") != "open" else "markdown"
    metadata = {"nbgrader": details} if details else {}
    return {"cell_type": kind, "metadata": metadata, "source": source}


def hidden(text):
    return f"### BEGIN SOLUTION\n    {text}\n    ### END SOLUTION"


def asked(name, number):
    yield given(f"## {number}. Words and cells\n\nWrite `{name}(x)`.")
    yield given(f"def {name}(x):\n    {hidden('return 3')}", grade_id=name, solution=True)
    check = {"grade_id": f"{name}_seen", "grade": True, "locked": True, "points": 2}
    yield given(f"checks.a.{name}({name}, seed=seed)", **check)


OPEN = "**Your answer:**\n\n<!-- ### BEGIN SOLUTION -->\nWise.\n<!-- ### END SOLUTION -->"
CELLS = [
    given("# Exercises\n\nRead."),
    given("seed = 0", grade_id="parameters", locked=True),
    *asked("first", 1),
    *asked("second", 2),
    given("## 3. Both\n\nWrite 200 words."),
    given(OPEN, grade_id="open", grade=True, solution=True, points=4),
]
MASTER = {"nbformat": 4, "cells": CELLS}
ANSWERS = {"first": "def first(x):\n    y = x\n    return y", "second": "second = lambda x: 2"}
PROSE = "**Your answer:**\n\nIt depends."


def right():
    notebook = copy.deepcopy(MASTER)
    notebook["metadata"] = {"celltoken": {"seed": 0}}
    for cell in notebook["cells"]:
        cell["source"] = assignment.cleared(cell["source"], assignment.CODE_STUB)
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = ANSWERS.get(name, PROSE if name == "open" else cell["source"])
    return notebook


def place(notebook, name):
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
    return ids.index(name)


def rebuilt(notebook):
    master = assignment.SourceAssignment("a", json.dumps(MASTER))
    raw = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    return submission.rebuild(master, submission.lean(raw))


def added(kind, source, **more):
    return {"cell_type": kind, "metadata": {}, "source": source} | more


def change(cell=None, at=None):
    """A damage: each cell as `cell` leaves it, then the list as `at` does."""

    def damage(notebook):
        for each in notebook["cells"]:
            if cell:
                cell(each)
        if at:
            at(notebook["cells"])
        return notebook

    return damage


def moved(name, to, mark=False):
    def damage(notebook):
        cell = notebook["cells"].pop(place(notebook, name))
        if not mark:
            cell["metadata"] = {}
        notebook["cells"].insert(len(notebook["cells"]) if to is None else to, cell)
        return notebook

    return damage


def split(name, *sources, marks=True, leave=None):
    """A cell in pieces; with ``leave`` the given cell keeps that text and the pieces follow it."""

    def damage(notebook):
        at = place(notebook, name)
        given = notebook["cells"][at]
        pieces = []
        for number, source in enumerate(sources):
            piece = copy.deepcopy(given) | {"source": source}
            if not marks and (number or leave is not None):
                piece["metadata"] = {}
            pieces.append(piece)
        if leave is not None:
            pieces.insert(0, given | {"source": leave})
        notebook["cells"][at : at + 1] = pieces
        return notebook

    return damage


def into_statement(notebook):
    """The answer stands below the question, in its cell."""
    at = place(notebook, "open")
    notebook["cells"][at - 1]["source"] += "\n\nIt depends."
    notebook["cells"][at]["source"] = "**Your answer:**\n\nYour answer here."
    return notebook


def as_code(source):
    def damage(notebook):
        at = place(notebook, "open")
        notebook["cells"][at]["source"] = "**Your answer:**"
        notebook["cells"].append(added("code", source))
        return notebook

    return damage


def together(where):
    """All answers stand in one cell, and the others are as they were given out, or gone."""

    def damage(notebook):
        for name in ANSWERS:
            notebook["cells"][place(notebook, name)]["source"] = STUB.replace("first", name)
        code = "\n\n".join(ANSWERS.values())
        if where == "new":
            notebook["cells"].insert(1, added("code", code))
        else:
            at = place(notebook, "first" if where == "alone" else where)
            notebook["cells"][at]["source"] = code
        if where == "alone":
            notebook["cells"].pop(place(notebook, "second"))
        return notebook

    return damage


def turned_to_code(source):
    """The cell of the open answer became one of code."""

    def damage(notebook):
        notebook["cells"][place(notebook, "open")] |= {"cell_type": "code", "source": source}
        return notebook

    return damage


def within_statement(notebook):
    """The answer stands between two paragraphs of the question."""
    at = place(notebook, "open")
    cell = notebook["cells"][at - 1]
    cell["source"] = cell["source"].replace("\n\n", "\n\nIt depends.\n\n")
    notebook["cells"][at]["source"] = "**Your answer:**\n\nYour answer here."
    return notebook


STUB = "def first(x):\n    # your answer here"
NBSP = change(lambda c: c.update(source=c["source"].replace(" = ", "\u00a0= ")))
HALVES = "def first(x):\n    y = x", "    return y"
TEXTS = "**Your answer:**\n\nIt dep", "ends."


@pytest.mark.parametrize(
    "damage, remark",
    [
        (change(), ""),
        (change(lambda c: c["metadata"].update(tags=None)), ""),
        (change(lambda c: c["metadata"].get("nbgrader", {}).update(points="2")), ""),
        (change(lambda c: c.update(source=c["source"].splitlines(keepends=True))), ""),
        (change(lambda c: c.update(source=c["source"].replace("\n", "\n\n"))), ""),
        (change(lambda c: c.update(cell_type="raw")), ""),
        (change(lambda c: c.update(metadata={"id": "x"})), "matched by their text"),
        (change(lambda c: c.update(metadata=None)), "matched by their text"),
        (change(lambda c: c.pop("metadata")), "matched by their text"),
        (change(at=lambda cells: cells.insert(0, "no cell")), ""),
        (change(at=lambda cells: cells.append(added("code", "%matplotlib inline"))), ""),
        (moved("first", None), "matched by their text"),
        (moved("first", 0), "matched by their text"),
        (moved("second", None, mark=True), ""),
        (split("first", *HALVES), "joined from 2 cells"),
        (split("first", *HALVES, marks=False), "joined from 2 cells"),
        (split("first", ANSWERS["first"], marks=False, leave=STUB), "found in another cell"),
        (split("first", ANSWERS["first"], marks=False, leave=""), "found in another cell"),
        (NBSP, "read as plain"),
        (split("open", *TEXTS), "read from 2 cells"),
        (split("open", *TEXTS, marks=False), "read from 2 cells"),
        (split("open", *TEXTS, marks=False, leave="**Your answer:**"), "read from 2 cells"),
        (split("open", "It depends.", marks=False, leave=""), "another cell"),
        (into_statement, "another cell"),
        (as_code("# It depends."), "another cell"),
        (as_code("It depends."), "another cell"),
        (as_code('"""It depends."""'), "another cell"),
        (as_code('# My answer\n"It depends."'), "another cell"),
        (turned_to_code("It depends."), ""),
        (turned_to_code('"It depends."'), ""),
        (within_statement, "another cell"),
        (together("first"), "found in another cell"),
        (together("second"), "found in another cell"),
        (together("alone"), "found in another cell"),
        (together("new"), "found in another cell"),
        (split("first", "def first(x):\n    z = !ls", "    return x"), "joined from 2 cells"),
        (split("first", "    def first(x):\n        return x"), ""),
        (split("first", ">>> def first(x):\n...     return x", marks=False), ""),
        (moved("open", 0), "read from another cell"),
        (moved("open", 4), "read from another cell"),
    ],
)
def test_every_answer_is_there_after(damage, remark):
    cells, remarks = rebuilt(damage(right()))
    ids = [cell.id for cell in cells]
    assert sorted(filter(None, ids)) == sorted(
        c["metadata"]["nbgrader"]["grade_id"] for c in MASTER["cells"] if c["metadata"]
    )
    by_id = {cell.id: cell for cell in cells if cell.id}
    assert ids.index("first") < ids.index("first_seen"), ids
    assert ids.index("second") < ids.index("second_seen"), ids
    variables, got = {"get_ipython": mock.MagicMock()}, {}
    for cell in cells:
        if cell.is_check:
            got[cell.id] = variables[cell.id.removesuffix("_seen")](7)
        elif cell.kind == "code":
            with contextlib.suppress(Exception):  # a notebook goes on
                exec(TransformerManager().transform_cell(cell.source), variables)
    assert got == {"first_seen": 7, "second_seen": 2}
    assert "It depends." in re.sub(r"\W*\n\W*", "", by_id["open"].source)
    assert any(remark in each for each in remarks) if remark else remarks == []


def test_an_answer_built_on_one_that_was_moved_is_checked_after_it():
    cells, _ = rebuilt(moved("first", None)(right()))
    ids = [cell.id for cell in cells]
    assert ids.index("first") < ids.index("second_seen")


def test_a_later_try_does_not_spoil_an_answer():
    """In a notebook the check has passed by then."""
    trial = change(at=lambda cells: cells.append(added("code", "def first(x):\n    return 0")))
    ids = [cell.id for cell in rebuilt(trial(right()))[0]]
    assert ids.index("first_seen") < len(ids) - 2


def test_what_was_not_attempted_stays_as_it_was_given_out():
    notebook = right()
    notebook["cells"][place(notebook, "first")]["source"] = STUB
    cells, remarks = rebuilt(notebook)
    assert [cell.source for cell in cells if cell.id == "first"] == [STUB] and remarks == []


def test_locked_cells_are_ours():
    def damage(cell):
        if cell["metadata"].get("nbgrader", {}).get("locked"):
            cell["source"] = "print('correct')"

    cells, remarks = rebuilt(change(damage)(right()))
    assert not any("correct" in cell.source for cell in cells)
    assert "The locked cell first_seen was changed: ours was used." in remarks


TEXT = json.dumps(right(), ensure_ascii=False).replace("It depends.", "Größe – it depends.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_read(encoding):
    cells, _ = rebuilt(TEXT.encode(encoding))
    assert cells[-1].source == "Größe – it depends."


WRITTEN = {  # by Windows in a country where UTF-8 is not the rule
    "cp1252": "Größe – it depends.",
    "cp1251": "Это зависит от того, что имеется в виду.",
    "cp1253": "Εξαρτάται από το τι εννοούμε.",
    "cp1256": "ذلك يعتمد على ما نعنيه.",
    "gbk": "这取决于我们的意思。",
    "shift_jis": "それは意味によります。",
}


@pytest.mark.parametrize("encoding", WRITTEN)
def test_what_windows_has_written_is_read(encoding):
    text = TEXT.replace("Größe – it depends.", WRITTEN[encoding])
    text = text.replace("Read.", "Read “it” – it’s … short.")  # signs that all of them share
    assert rebuilt(text.encode(encoding, "replace"))[0][-1].source == WRITTEN[encoding]


def test_a_cut_letter_does_not_spoil_the_others():
    raw = TEXT.encode().replace("Größe".encode(), "Größe, Größe, Gr".encode() + b"\xc3e")
    assert "Größe, Größe, Gr" in rebuilt(raw)[0][-1].source


def test_outputs_are_dropped_however_large():
    notebook = right()
    notebook["cells"][3]["outputs"] = [{"output_type": "stream", "text": "x" * 22 * 2**20}]
    assert len(submission.lean(json.dumps(notebook).encode())) < 5000
    assert rebuilt(notebook)[1] == []


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"<!doctype html><html>", "no notebook"),
        (json.dumps(right()).encode()[:-40], "cut short"),
        (json.dumps(right(), indent=1).replace("{", "<<<<<<< HEAD\n{", 2).encode(), "conflict"),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "format 4"),
        (b'{"nbformat": 4, "cells": 3}', "no cells"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 10**6, "no notebook"),
        (b"[" * 65 * 2**20, "larger than 64 MB"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "no notebook"),
        (b"PK\3\4" + bytes(range(128, 256)) * 4, "no notebook"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 4, "no notebook"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(raw, reason):
    with pytest.raises(assignment.Unreadable, match=reason):
        submission.lean(raw)
