"""Kinds of trouble from public reports on graders, each once: what is right, on a real master.

A class is a folder; of each one is asked who is graded, with which answers, and what is listed.
Programs that students write around their answers are run in test_trouble (`HABITS`).
"""

import copy
import io
import json
import unicodedata
import zipfile

import pytest

from celltoken.coursework import assignment, collect, submission

MASTER = assignment.SourceAssignment("context", assignment.master_text("context"))
CODE = [each.name for each in MASTER.exercises if not each.by_hand]


def perfect():
    notebook = json.loads(assignment.master_text("context"))
    for cell in notebook["cells"]:
        cell["source"] = assignment.folded("".join(cell["source"]))
        if "HIDDEN" in cell["source"]:
            cell["source"] = assignment.HIDDEN
        if mark(cell) == "open_question":
            cell["source"] = "**Your answer:**\n\nIt depends."
    return notebook


def mark(cell):
    return (cell["metadata"].get("nbgrader") or {}).get("grade_id")


def zipped(name, text):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr(name, text)
    return into.getvalue()


P = json.dumps(perfect())
HERE = "{}/context/exercises.ipynb"
CANVAS = "lovelaceada_1234_5678_exercises.ipynb"
MOODLE = "{}_78_assignsubmission_file_"
NAMES = ("José Núñez", "Amélie D’Arc", "अदिति शर्मा", "ณัฐพล", "Søren Åberg", "王芳", "Müller, Dr.")
MAC = b"\0\5\16\7\0\2\0\0Mac OS X        " + bytes(200)
TROUBLE = json.dumps(perfect(), indent=1).replace('  {\n   "cell', '<<<<<<< H\n  {\n   "cell', 1)


def large():
    notebook = perfect()
    output = {"output_type": "stream", "name": "stdout", "text": ["x" * 79 + "\n"] * 270_000}
    notebook["cells"][2]["outputs"] = [output]
    return json.dumps(notebook)


def without_marks():
    notebook = perfect()
    for cell in notebook["cells"]:
        cell["metadata"] = {"id": "a1B2c3"}
    return json.dumps(notebook)


# Kind of class: (files, students with every answer, students marked, files listed).
CLASSES = {
    "an empty file beside others": ({"ada.ipynb": P, "bob.ipynb": b""}, ["ada"], ["bob"], 0),
    "an empty file in a folder": (
        {HERE.format("ada"): P, HERE.format("bob"): b""}, ["ada"], ["bob"], 0,
    ),
    "an empty file from Canvas": (
        {CANVAS: P, "bob_LATE_22_99_exercises-1.ipynb": b""}, ["lovelaceada_1234"], ["bob_22"], 0,
    ),
    "twice the same from Canvas": (
        {CANVAS: P, "lovelaceada_1234_5679_exercises-1.ipynb": P}, ["lovelaceada_1234"], [], 1,
    ),
    "nine with wrong names": (
        {
            HERE.format("ada"): P, "bob/context/exercises (1).ipynb": P,
            "cem/context/Exercises.ipynb": P, "dia/context/exercises.ipynb.json": P,
            "eve.ipynb.txt": P, "fay.IPYNB": P, HERE.format("gus/homework"): P,
            MOODLE.format("hal") + "/exercises.zip": zipped("exercises.ipynb", P), "ivy": None,
        },
        ["ada", "bob", "cem", "dia", "eve", "fay", "gus", "hal"], [], 1,
    ),
    "Moodle, a file": ({MOODLE.format("Ada L") + "exercises.ipynb": P}, ["Ada L"], [], 0),
    "Moodle, a folder": ({MOODLE.format("Ada L") + "/exercises.ipynb": P}, ["Ada L"], [], 0),
    "a Mac's companion": (
        {"ada/exercises.ipynb": P, "ada/._exercises.ipynb": MAC}, ["ada"], [], 1,
    ),
    "two copies": ({"ada/exercises.ipynb": P, "ada/exercises-Copy1.ipynb": P}, ["ada"], [], 1),
    "what Jupyter keeps": (
        {
            HERE.format("ada"): P, "ada/.ipynb_checkpoints/exercises-checkpoint.ipynb": P,
            "ada/context/.ipynb_checkpoints/exercises-checkpoint.ipynb": P,
        },
        ["ada"], [], 2,
    ),
    "marks lost": ({"ada.ipynb": without_marks()}, ["ada"], [], 0),
    "much output beside others": ({"ada.ipynb": P, "bob.ipynb": large()}, ["ada", "bob"], [], 0),
    "old and broken": (
        {"ada.ipynb": P, "bob.ipynb": TROUBLE, "cem.ipynb": '{"nbformat": 3, "worksheets": []}'},
        ["ada"], ["bob", "cem"], 0,
    ),
    "encodings": (
        {
            "bom.ipynb": b"\xef\xbb\xbf" + P.encode(), "wide.ipynb": P.encode("utf-16"),
            "crlf.ipynb": json.dumps(perfect(), indent=1).replace("\n", "\r\n"),
            "windows.ipynb": json.dumps(perfect(), ensure_ascii=False).encode("cp1252", "replace"),
        },
        ["bom", "crlf", "wide", "windows"], [], 0,
    ),
}  # fmt: skip
CLASSES |= {
    "a folder around the class": (
        {HERE.format("class/ada"): P, "class/bob.ipynb": P, "class/cem/exercises.ipynb": P},
        ["ada", "bob", "cem"], [], 0,
    ),
    "a folder of one student": ({HERE.format("ada"): P, "ada/notes.txt": b"x"}, ["ada"], [], 1),
    "one student with two notebooks": (
        {"ada/exercises.ipynb": P, "ada/exercises old.ipynb": P}, ["ada"], [], 1,
    ),
    "an empty class around one": ({"class/ada/exercises.ipynb": P}, ["class"], [], 0),
    "marks of direction in names": (
        {"محمد\u200f.ipynb": P, "\u200eعلي/exercises.ipynb": P}, ["علي", "محمد"], [], 0,
    ),
    "names that begin with a sign": (
        {"'t Hooft.ipynb": P, "’Amélie/exercises.ipynb": P, "_ada.ipynb": P, "(bob).ipynb": P},
        ["'t Hooft", "(bob)", "_ada", "’Amélie"], [], 0,
    ),
    "names like formulas": (
        {"ada.ipynb": P, "=1+1.ipynb": P, "+1/e.ipynb": P, "-1.ipynb": P, "＝1.ipynb": P},
        ["ada"], [], 4,
    ),
    "no number of the format": (
        {"ada.ipynb": json.dumps({"cells": perfect()["cells"]})}, ["ada"], [], 0,
    ),
    "more behind the end": ({"ada.ipynb": P + "\n" + "\0" * 300}, ["ada"], [], 0),
}  # fmt: skip
CLASSES |= {
    f"{form} {name}": (
        {f"{MOODLE.format(unicodedata.normalize(form, name))}/exercises.ipynb": P}, [name], [], 0,
    )
    for name in NAMES
    for form in ("NFC", "NFD")
}  # fmt: skip


def answers(text):
    """Which of the answers are there, word for word."""
    cells = {cell.id: cell.source for cell in submission.rebuild(MASTER, text)[0] if cell.id}
    right = {name: MASTER.by_id[name].source for name in CODE}
    there = {name for name in CODE if cells[name].split() == right[name].split()}
    prose = cells["open_question"].removeprefix("**Your answer:**").strip()
    return there | ({"open_question"} if prose == "It depends." else set())


@pytest.mark.parametrize("kind", CLASSES)
def test_everyone_has_a_row_and_every_answer_of_theirs(kind, tmp_path):
    files, whole, marked, listed = CLASSES[kind]
    for path, text in files.items():
        path = tmp_path / path
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.mkdir()
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, others = collect.find(tmp_path)
    assert sorted(each.student for each in found if not each.unreadable) == sorted(whole)
    assert sorted(each.student for each in found if each.unreadable) == sorted(marked)
    assert len(others) == listed and all(each.reason for each in others)
    for each in found:
        assert each.unreadable or answers(each.text) == {*CODE, "open_question"}


def each_cell(change):
    def edit(cells):
        for cell in cells:
            change(cell)

    return edit


def place(cells, name):
    return next(at for at, cell in enumerate(cells) if mark(cell) == name)


def retyped(cells):
    cells[place(cells, "pmi")]["metadata"] = {}


def moved_to_the_end(cells):
    cells.append(cells.pop(place(cells, "markers")) | {"metadata": {}})


def split_by_a_shortcut(cells):
    for name in CODE:
        at = place(cells, name)
        cells.insert(at + 1, copy.deepcopy(cells[at]) | {"source": "# trying it out\n1 + 1"})


def became_raw(cell):
    if mark(cell) in CODE:
        cell["cell_type"] = "raw"


def in_tabs(cell):
    cell["source"] = cell["source"].replace("    ", "\t")


def another_seed(cells):
    cells[place(cells, "parameters")]["source"] = "seed = 99"


EDITORS = {
    "one answer retyped": retyped,
    "an answer moved": moved_to_the_end,
    "a split by a shortcut": split_by_a_shortcut,
    "code became raw": each_cell(became_raw),
    "no tags": each_cell(lambda cell: cell["metadata"].update(tags=None)),
    "no details": each_cell(lambda cell: cell["metadata"].setdefault("nbgrader", None)),
    "points as text": each_cell(
        lambda cell: cell["metadata"].get("nbgrader", {}).update(points="2")
    ),
    "no identities": each_cell(lambda cell: cell.pop("id", None)),
    "tabs": each_cell(in_tabs),
    "another seed": another_seed,
}


@pytest.mark.parametrize("kind", EDITORS)
def test_every_answer_is_there_whatever_an_editor_has_done(kind):
    notebook = perfect()
    EDITORS[kind](notebook["cells"])
    text = submission.lean(json.dumps(notebook).encode())
    assert answers(text) == {*CODE, "open_question"}
    parameters = next(c for c in submission.rebuild(MASTER, text)[0] if c.id == "parameters")
    assert parameters.source == MASTER.by_id["parameters"].source
