"""One bad hand-in never costs anybody else: every form of a class is read, the rest is listed."""

import io
import os
import stat
import unicodedata
import zipfile

import pytest

from celltoken.coursework import CourseworkError, assignment, collect

CHAPTER = assignment.chapters()[0]
TEXT = assignment.master_text(CHAPTER)
OTHER = TEXT.replace("def pmi(counts):", "def pmi(counts):\n    counts = counts + 0")


def put(folder, path, text=TEXT):
    path = folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def zipped(*members):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    return into.getvalue()


def found(folder):
    submissions, listed = collect.find(folder)
    return {each.student: each for each in submissions}, {each.path: each.reason for each in listed}


@pytest.mark.parametrize(
    "path, student",
    [
        ("ada/context/exercises.ipynb", "ada"),
        ("ada.ipynb", "ada"),
        ("ada/exercises.ipynb", "ada"),
        ("ada/context/exercises (1).ipynb", "ada"),
        ("ada/context/Exercises.ipynb", "ada"),
        ("ada/homework/final/context/mine.ipynb", "ada"),
        ("ada/context/exercises.ipynb.json", "ada"),
        ("ada.ipynb.txt", "ada"),
        ("ada.IPYNB", "ada"),
        ("ada (2).ipynb", "ada"),
        ("ada/exercises", "ada"),
        ("007/context/exercises.ipynb", "007"),
        ("lovelaceada_1234_5678_exercises.ipynb", "lovelaceada_1234"),
        ("lovelaceada_LATE_1234_5678_exercises-1.ipynb", "lovelaceada_1234"),
        ("Bob O'Neil_77_assignsubmission_file/exercises.ipynb", "Bob O'Neil"),
        ("Bob O'Neil_77_assignsubmission_file_/context/exercises.ipynb", "Bob O'Neil"),
        ("Bob O'Neil_77_assignsubmission_file_exercises.ipynb", "Bob O'Neil"),
    ],
)
def test_the_student_and_the_chapter_of_a_notebook_are_known(path, student, tmp_path):
    put(tmp_path, path)
    submissions, _ = found(tmp_path)
    assert list(submissions) == [student]
    assert submissions[student].chapter == CHAPTER and not submissions[student].unreadable


NAMES = ("José Núñez", "Amélie D’Arc", "अदिति शर्मा", "ณัฐพล", "王芳", "Müller, Prof. Dr.", "محمد")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_are_read_composed_or_decomposed(name, form, tmp_path):
    written = unicodedata.normalize(form, name)
    put(tmp_path, f"{written}_7_assignsubmission_file_/exercises.ipynb")
    put(tmp_path, "x.zip", zipped((f"{written}_8_assignsubmission_file_/exercises.ipynb", TEXT)))
    assert set(found(tmp_path)[0]) == {
        unicodedata.normalize("NFC", f"{name}_7"),
        unicodedata.normalize("NFC", f"{name}_8"),
    }


BAD = {
    "bob/exercises.py": ("x = 1", "a Python program"),
    "bob/._exercises.ipynb": (b"\0\5\x16\7", "a Mac's companion"),
    "bob/.ipynb_checkpoints/exercises-checkpoint.ipynb": (TEXT, "Jupyter has kept"),
    "bob/notes.pdf": (b"%PDF", "no notebook"),
    "bob/data.json": ("{}", "no notebook"),
    "bob/lesson.ipynb": ('{"nbformat": 4, "cells": []}', "none of the exercises"),
    "bob/work.zip": (b"PK\3\4 cut", "cannot be opened"),
    "bob/work.rar": (b"Rar!", "no zip"),
    "bob/nothing.zip": (zipped(), "an empty zip"),
    "=cmd/exercises.ipynb": (TEXT, "no name for a student"),
    "bob\u202e/exercises.ipynb": (TEXT, "no name for a student"),
    ".hidden": ("x", "a hidden file"),
}


@pytest.mark.parametrize("path", BAD)
@pytest.mark.parametrize("ada", ["ada.ipynb", "ada/context/exercises.ipynb", "ada_1_2_e.ipynb"])
def test_what_is_not_graded_is_listed_and_the_others_are_graded(path, ada, tmp_path):
    text, reason = BAD[path]
    put(tmp_path, ada)
    put(tmp_path, path, text)
    submissions, listed = found(tmp_path)
    assert [name.split("_")[0] for name in submissions] == ["ada"]
    assert len(listed) == 1 and reason in min(listed.values()), listed


@pytest.mark.parametrize(
    "empty", ["bob.ipynb", f"bob/{CHAPTER}/exercises.ipynb", "bob_LATE_22_99_exercises-1.ipynb"]
)
@pytest.mark.parametrize("text", [b"", b"{{{", b"<<<<<<< HEAD\n{", TEXT.encode()[:900]])
def test_an_unreadable_notebook_is_marked_and_the_others_are_graded(empty, text, tmp_path):
    put(tmp_path, "ada/exercises.ipynb")
    put(tmp_path, empty, text)
    submissions, _ = found(tmp_path)
    (bob,) = (each for name, each in submissions.items() if name.startswith("bob"))
    assert bob.unreadable and bob.chapter == CHAPTER and not submissions["ada"].unreadable


def test_links_pipes_folders_and_closed_files_are_listed_and_never_opened(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text(TEXT)
    folder = tmp_path / "in"
    put(folder, "ada/context/exercises.ipynb")
    (folder / "bob").mkdir()
    (folder / "bob/exercises.ipynb").symlink_to(secret)
    (folder / "cem").symlink_to(tmp_path)
    (folder / "dia").mkdir()
    os.mkfifo(folder / "dia/exercises.ipynb")
    (folder / "eve.ipynb").mkdir()
    (folder / "fay").mkdir()
    submissions, listed = found(folder)
    assert list(submissions) == ["ada"]
    assert {path.split("/")[0] for path in listed} == {"bob", "cem", "dia", "eve.ipynb", "fay"}
    assert "not followed" in listed["bob/exercises.ipynb"] and "not followed" in listed["cem"]


def test_the_results_are_no_submissions(tmp_path):
    put(tmp_path, "ada.ipynb")
    put(tmp_path, "graded/bob.ipynb")
    submissions, listed = collect.find(tmp_path, tmp_path / "graded")
    assert [each.student for each in submissions] == ["ada"] and listed == []


CLASS = [
    ("lovelaceada_1234_5678_exercises.ipynb", TEXT),
    ("oneilbob_2_99_exercises.zip", zipped(("context/exercises.ipynb", TEXT))),
]


def test_zips_of_a_class_and_of_a_student_are_read(tmp_path):
    put(tmp_path, "submissions.zip", zipped(*CLASS))
    put(tmp_path, "cem.zip", zipped(("homework/exercises.ipynb", TEXT), ("__MACOSX/._e", "x")))
    put(tmp_path, "dia/all.zip", zipped(("exercises.ipynb", TEXT)))
    submissions, listed = found(tmp_path)
    assert set(submissions) == {"lovelaceada_1234", "oneilbob_2", "cem", "dia"}
    assert list(listed) == ["cem.zip/__MACOSX/._e"]
    assert set(found(tmp_path / "submissions.zip")[0]) == {"lovelaceada_1234", "oneilbob_2"}


@pytest.mark.parametrize("form", ["folder", "zip", "zip in a folder"])
def test_a_folder_around_an_export_is_nobody(form, tmp_path):
    names = [f"download/{name}" for name, _ in CLASS]
    if form == "folder":
        for name, (_, text) in zip(names, CLASS, strict=True):
            put(tmp_path, name, text)
    else:
        texts = [text for _, text in CLASS]
        put(tmp_path, "all.zip", zipped(*zip(names, texts, strict=True), ("__MACOSX/._x", "x")))
    submissions, _ = found(tmp_path / "all.zip" if form == "zip" else tmp_path)
    assert set(submissions) == {"lovelaceada_1234", "oneilbob_2"}


def test_a_folder_around_a_zipped_class_is_nobody(tmp_path):
    paths = ("ada/context/exercises.ipynb", "bob/exercises.ipynb", "cem.ipynb")
    members = [(f"class/{path}", TEXT) for path in paths]
    put(tmp_path, "class.zip", zipped(*members, ("__MACOSX/class/._ada", "x")))
    assert set(found(tmp_path / "class.zip")[0]) == {"ada", "bob", "cem"}


def test_names_in_a_zip_are_read_whether_a_mac_or_windows_has_written_them(tmp_path):
    """A Mac writes UTF-8 and does not say so; an old Windows its own code."""
    raw = zipped(("Zoex_77_assignsubmission_file_/exercises.ipynb", TEXT))
    put(tmp_path, "mac.zip", raw.replace(b"Zoex", "Zoë".encode()))
    put(
        tmp_path,
        "windows.zip",
        zipped(("Zoe_78_assignsubmission_file_/exercises.ipynb", TEXT)).replace(
            b"Zoe", "Zoë".encode("cp437")
        ),
    )
    assert set(found(tmp_path)[0]) == {"Zoë_77", "Zoë_78"}


def test_a_zip_plays_no_tricks(tmp_path, monkeypatch):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../up.ipynb", "/root.ipynb", "C:\\x.ipynb", "a/../../b.ipynb"):
            archive.writestr(name, TEXT)
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.ipynb", b"[" * 70 * 2**20)
        inner = zipped(("deep.zip", zipped(("deeper.ipynb", TEXT))))
        archive.writestr("inner.zip", inner)
    put(tmp_path, "bob/work.zip", into.getvalue())
    put(
        tmp_path,
        "cem/work.zip",
        zipped(*((f"{i}.ipynb", "") for i in range(collect.MOST_IN_ZIP + 1))),
    )
    put(tmp_path, "ada.ipynb")
    before = sorted(tmp_path.rglob("*"))
    submissions, listed = found(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is unpacked"
    assert "larger" in submissions["bob"].unreadable, "and the bomb is marked"
    reasons = sorted({reason.split(":")[0] for reason in listed.values()})
    many = f"a zip with more than {collect.MOST_IN_ZIP} files"
    assert reasons == ["a link", many, "its path leads out of the zip", "no notebook"], listed


def test_of_several_notebooks_the_one_with_the_most_in_it_is_graded(tmp_path):
    blank = assignment.cleared(TEXT, assignment.CODE_STUB)
    put(tmp_path, "ada/exercises.ipynb", assignment.cleared(TEXT, ""))
    put(tmp_path, "ada/exercises (1).ipynb", TEXT)
    put(tmp_path, "bob/exercises.ipynb", TEXT)
    put(tmp_path, "bob/exercises-Copy1.ipynb", TEXT)
    put(tmp_path, "cem_1_7_exercises.ipynb", TEXT)
    put(tmp_path, "cem_1_8_exercises-1.ipynb", OTHER)
    submissions, listed = found(tmp_path)
    assert blank and submissions["ada"].path == "ada/exercises (1).ipynb"
    assert submissions["ada"].remarks and not submissions["bob"].remarks
    assert submissions["cem_1"].path == "cem_1_8_exercises-1.ipynb", "the later hand-in"
    assert listed["bob/exercises-Copy1.ipynb"] == "the same as bob/exercises.ipynb"


def test_two_students_of_one_name_are_told_apart_by_their_number(tmp_path):
    for number in (77, 78):
        put(tmp_path, f"Wei Chen_{number}_assignsubmission_file_/exercises.ipynb")
    assert set(found(tmp_path)[0]) == {"Wei Chen_77", "Wei Chen_78"}


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda folder: None, "No submission is in"),
        (lambda folder: folder.rmdir(), "There is no folder"),
        (lambda folder: put(folder, "bob/exercises.py", "x"), "bob/exercises.py: a Python program"),
        (lambda folder: (folder.rmdir(), folder.write_text("x")), "neither a folder nor a zip"),
    ],
)
def test_a_class_without_a_submission_is_said_in_one_sentence(make, sentence, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    make(folder)
    with pytest.raises(CourseworkError, match=sentence):
        collect.find(folder)


def test_no_cell_of_a_table_begins_like_a_formula(tmp_path):
    put(tmp_path, "ada.ipynb")
    put(tmp_path, "=HYPERLINK.ipynb")
    put(tmp_path, "-1/exercises.ipynb")
    _, listed = collect.find(tmp_path)
    assert [each.student for each in listed] == [" -1", " =HYPERLINK"]
