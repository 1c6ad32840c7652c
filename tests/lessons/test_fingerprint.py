"""A fingerprint changes with what a result depends on, and with nothing else: planted changes."""

import re
import shutil
from pathlib import Path

import pytest

from celltoken import lessons
from celltoken.coursework import assignment, grade
from celltoken.lessons import fingerprint

CODE = """
from celltoken import data, figures
from celltoken.methods.neighbours import neighbours
from sklearn.metrics import roc_auc_score

cells = "pbmc3k"
print(neighbours(data.load(cells).X))
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of what fingerprints look at, to change."""
    for name in ("celltoken", "data/manifest.toml", "requirements.lock"):
        source, target = lessons.ROOT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    assert changed != text, f"nothing like {old} is in {path.name}"
    path.write_text(changed, encoding="utf-8")


def differences(code, work, **given):
    """What a change makes of the parts; the digest agrees on whether there is any."""
    before = fingerprint.parts(code, **given)
    work()
    after = fingerprint.parts(code, **given)
    found = fingerprint.differences(before, after)
    assert bool(found) == (fingerprint.digest(before) != fingerprint.digest(after))
    return found


def test_a_fingerprint_is_sixteen_hexadecimal_digits_and_repeats():
    assert re.fullmatch("[0-9a-f]{16}", fingerprint.of(CODE))
    assert fingerprint.of(CODE) == fingerprint.of(CODE)


def test_comments_and_layout_change_nothing():
    assert fingerprint.of(CODE.replace("\n", "  # why\n\n")) == fingerprint.of(CODE)


@pytest.mark.parametrize(
    "old, new, also",
    [
        ("print(neighbours", "print(1 + neighbours", []),
        ('"pbmc3k"', '"glove"', ["data glove (new)", "data pbmc3k (no longer used)"]),
    ],
)
def test_the_code_counts(old, new, also):
    before, after = fingerprint.parts(CODE), fingerprint.parts(CODE.replace(old, new))
    assert fingerprint.differences(before, after) == ["cells", *also]


def test_parameters_count_and_name_data():
    before = fingerprint.parts(CODE)
    after = fingerprint.parts(CODE, parameters={"words": ["glove"], "seed": 3})
    assert fingerprint.differences(before, after) == ["data glove (new)", "parameters (new)"]


def test_a_comment_or_a_docstring_in_a_module_changes_nothing(tree):
    def work():
        change(tree / "celltoken/methods/neighbours.py", r"\A", "# a remark\n")
        change(tree / "celltoken/methods/neighbours.py", '"""', '"""Anew: glove. ')

    assert differences(CODE, work) == []


@pytest.mark.parametrize("module", ["methods.neighbours", "methods.inputs", "figures.style"])
def test_a_module_that_is_imported_counts_also_through_others(tree, module):
    path = tree / "celltoken" / f"{module.replace('.', '/')}.py"
    said = differences(CODE, lambda: change(path, r"\Z", "\nPLANTED = 1\n"))
    assert said == [f"module celltoken.{module}"]


def test_an_unrelated_module_does_not_count(tree):
    path = tree / "celltoken/models/attention.py"
    assert differences(CODE, lambda: change(path, r"\Z", "\nPLANTED = 1\n")) == []


def test_a_script_beside_a_module_counts(tree):
    path = tree / "celltoken/figures/map.js"
    said = differences(CODE, lambda: change(path, r"\Z", "// planted"))
    assert said == ["file celltoken/figures/map.js"]


def test_data_count_by_content_and_only_those_that_are_named(tree):
    manifest = tree / "data/manifest.toml"
    shown = r'(\[datasets\.{}\](?:.|\n)*?{} = ")[^"]'

    def work(name, key):
        return lambda: change(manifest, shown.format(name, key), r"\1~")

    assert differences(CODE, work("pbmc3k", "sha256")) == ["data pbmc3k"]
    assert differences(CODE, work("pbmc3k", "title")) == []
    assert differences(CODE, work("glove", "sha256")) == []


def test_a_model_counts_where_its_module_is_imported():
    assert "model minilm" in fingerprint.parts("from celltoken.models.encoder import encoder")
    assert "model minilm" not in fingerprint.parts(CODE)


def test_a_package_counts_if_imported(tree):
    lock = tree / "requirements.lock"
    said = differences(CODE, lambda: change(lock, "^scikit-learn==.*?( .*)$", r"scikit-learn==9\1"))
    assert len(said) == 1 and re.fullmatch(r"package scikit-learn \(.+, now 9\)", said[0])
    assert differences(CODE, lambda: change(lock, "^umap-learn==", "umap-learn==9")) == []
    assert differences("1", lambda: change(lock, "^numpy==", "numpy==9"))[0].startswith("package")


def test_further_files_count_by_content(tmp_path):
    file = tmp_path / "evidence.json"
    assert differences("1", lambda: file.write_text("{}"), extra=[file]) == ["file evidence.json"]


def test_the_checks_of_one_chapter_are_not_those_of_another():
    code = "from celltoken import checks\nchecks.context.pmi(len)"
    found = fingerprint.parts(code)
    assert "module celltoken.checks.context" in found
    assert "module celltoken.checks.geometry" not in found


def test_code_that_does_not_parse_has_a_fingerprint_too():
    assert fingerprint.of("def f(:") != fingerprint.of("def g(:")
    assert "module celltoken.data" in fingerprint.parts("%matplotlib inline\n" + CODE)


@pytest.mark.parametrize("name", lessons.reading_order())
def test_coursework_and_tools_touch_no_lesson(name):
    rooms = {part.split(".")[1] for part in fingerprint.parts(lessons.code_of(name)) if "." in part}
    assert "data" in rooms and not rooms & {"coursework", "tools"}


def test_grading_depends_on_what_grades_and_not_on_the_tools(tree):
    master = assignment.master_text("context")
    before = grade._library(master)
    change(tree / "celltoken/tools/slides.py", r"\Z", "\nPLANTED = 1\n")
    change(tree / "celltoken/checks/geometry/__init__.py", r"\Z", "\nPLANTED = 1\n")
    assert grade._library(master) == before
    change(tree / "celltoken/checks/context/metrics.py", r"\Z", "\nPLANTED = 1\n")
    after = grade._library(master)
    assert after != before
    change(tree / "celltoken/coursework/wire.py", r"\Z", "\nPLANTED = 1\n")
    assert grade._library(master) != after


def test_what_is_called_for_a_reader_s_file_alone_does_not_count():
    course = fingerprint.parts("from celltoken.data.corpus import documents")
    assert "module celltoken.data.corpus" in course and "module celltoken.data.store" in course
    assert not any("celltoken.data.own_" in each for each in course)
    reader = fingerprint.parts("from celltoken.data import own_text")
    assert "module celltoken.data.own_text" in reader
