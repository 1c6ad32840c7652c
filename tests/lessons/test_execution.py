"""What is executed for the book: each change touches its own page, on a book of two pages."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from celltoken import lessons
from celltoken.lessons import executed, execution, fingerprint, notebooks

TOC = {
    "format": "jb-book",
    "root": "book/page",
    "parts": [{"chapters": [{"file": "chapters/x/one"}]}],
}
ROOT = Path(__file__).resolve().parents[2]
PAGES = ["book/page", "chapters/x/one"]


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Write and execute a small book: `book(page=[code, ...])` returns the pages executed."""
    for module in (lessons, executed, fingerprint):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for folder in ("book", "chapters/x"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "book" / "claims.toml").write_text("[C1]\nmargin = 1\n[C2]\nmargin = 1\n")
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(TOC))
    (tmp_path / "_config.yml").write_text("execute: {timeout: 60}")

    def write(page, cells, tags=()):
        cells = [new_code_cell(cell, metadata={"tags": list(tags)}) for cell in cells]
        notebook = notebooks.strip(new_notebook(cells=cells))
        nbformat.write(notebook, executed.path_of(page))

    def run():
        return execution.execute(progress=lambda line: None, store=executed.Store(tmp_path))

    for page in PAGES:
        write(page, ["print('first')", "print(6 * 7)"])
    run.write, run.store = write, lambda: executed.Store(tmp_path)
    return run


def found_by_the_book(store, page):
    """Whether Jupyter Book, which looks a notebook up by its code, would find it."""
    try:
        return store.cache.match_cache_notebook(nbformat.read(executed.path_of(page), 4))
    except KeyError:
        return None


def printed(store, page):
    return "".join(o.text for cell in store.outputs(page).cells for o in cell.outputs)


def test_only_what_changed_is_executed_and_the_book_finds_it(book):
    assert sorted(book()) == PAGES
    assert all(found_by_the_book(book.store(), page) for page in PAGES)
    assert printed(book.store(), "book/page") == "first\n42\n"
    assert book() == []

    # A comment, layout or a tag changes no output, yet the book looks for another notebook.
    book.write("book/page", ["print('first')  # said first", "print(6*7)"], tags=["hide-input"])
    assert book() == []
    assert found_by_the_book(book.store(), "book/page")
    assert printed(book.store(), "book/page") == "first\n42\n"

    book.write("book/page", ["print('second')", "print(6 * 7)"])
    assert book.store().outputs("book/page") is None
    assert book() == ["book/page"]
    assert printed(book.store(), "book/page") == "second\n42\n"


def test_jupyter_book_takes_the_outputs_and_executes_nothing(book, tmp_path):
    """The whole way: the build looks in `_build/.jupyter_cache`, set as in the course."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config = {"title": "x", "execute": settings["execute"], "only_build_toc_files": True}
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config))
    for page in PAGES:
        notebook = executed.read(page)
        notebook.cells.insert(0, new_markdown_cell("# A title"))
        nbformat.write(notebook, executed.path_of(page))
    execution.execute(progress=print, store=executed.Store(tmp_path / "_build"))
    program = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run(
        [program, "build", "--all", tmp_path], capture_output=True, text=True, cwd=tmp_path
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("Using cached notebook") == 2 and "Executing notebook" not in said
    assert "42" in (tmp_path / "_build/html/chapters/x/one.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "code, said",
    [
        ("1 / 0", r"cell 1 \(1 / 0\) stopped with ZeroDivisionError: division by zero"),
        (
            "import sys; sys.stderr.write('beware')",
            r"cell 1 \(import sys; .*\) wrote to stderr: bew",
        ),
        ("import os; os._exit(1)", r"cell 1 \(import os; .*\) lost its kernel"),
    ],
)
def test_what_fails_is_named_and_done_again_and_the_rest_is_kept(book, code, said):
    book.write("chapters/x/one", ["x = 1", code])
    for kept in (False, True):
        assert bool(book.store().outputs("book/page")) == kept
        with pytest.raises(lessons.LessonError, match=rf"^chapters/x/one\.ipynb, {said}"):
            book()


def test_a_lesson_depends_on_the_record_and_evidence_of_its_own_claims(book):
    book.write("chapters/x/one", ["claims.check('C1', found)"])
    before = executed.parts("chapters/x/one")
    record = lessons.ROOT / "book" / "claims.toml"
    record.write_text(record.read_text().replace("[C2]\nmargin = 1", "[C2]\nmargin = 2"))
    evidence = lessons.ROOT / "book" / "evidence"
    evidence.mkdir()
    (evidence / "C2.json").write_text("{}")
    assert executed.parts("chapters/x/one") == before
    (evidence / "C1.json").write_text("{}")
    record.write_text(record.read_text().replace("[C1]\nmargin = 1", "[C1]\nmargin = 2"))
    changed = fingerprint.differences(before, executed.parts("chapters/x/one"))
    assert changed == ["claim C1", "file book/evidence/C1.json"]


def test_pages_around_the_chapters_depend_on_the_files_they_read(book):
    before = {page: executed.parts(page) for page in PAGES}
    (lessons.ROOT / "book" / "budget.json").write_text(json.dumps({"notebooks": {}}))
    assert executed.parts("chapters/x/one") == before["chapters/x/one"]
    after = executed.parts("book/page")
    assert fingerprint.differences(before["book/page"], after) == ["file book/budget.json (new)"]


def test_the_longest_goes_first(book):
    (lessons.ROOT / "book" / "budget.json").write_text(
        json.dumps({"notebooks": {"x/one": {"seconds": 9}}})
    )
    assert book() == ["chapters/x/one", "book/page"]
