"""The edition for students: lessons and exercises, without solutions, hidden checks and outputs.

nbgrader releases the exercises, with its own preprocessors in its own order. Around them stand what
it does not do: the cohort's seed, and hints as HTML, which every notebook editor folds.
"""

import json
import logging
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from celltoken.coursework import CourseworkError, assignment
from celltoken.coursework.assignment import CODE_STUB, HIDDEN, TEXT_STUB
from celltoken.lessons import notebooks

OF_THE_BOOK = {"hide-input", "remove-cell", "nbval-check-output", "nbval-ignore-output"}


def release(
    chapters: list[str], out: Path, seed: int = 0, progress: Callable[[str], None] = print
) -> list[Path]:
    """Write the student edition of some chapters, or of all that have exercises, into a folder with
    one for each, in place of one that is there. The seed is the cohort's: other data of the same
    difficulty. CourseworkError if a chapter has no exercises, nbgrader is missing or refuses it.
    """
    chapters = chapters or assignment.chapters()
    for chapter in chapters:
        assignment.master_text(chapter)  # says so if there is none
    out.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory(dir=out, prefix=".celltoken-") as folder:
        for chapter in chapters:
            made = Path(folder) / chapter
            made.mkdir()
            for lesson in sorted((assignment.ROOT / "chapters" / chapter).glob("*.ipynb")):
                if lesson.name != "exercises.ipynb":
                    notebook = nbformat.read(lesson, as_version=4)
                    (made / lesson.name).write_text(_text(_cleared_outputs(notebook)), "utf-8")
            exercises = released(chapter, seed)
            (made / "exercises.ipynb").write_text(_text(exercises), "utf-8")
            (made / "cohort.toml").write_text(f"seed = {seed}\n", "utf-8")
            shutil.rmtree(out / chapter, ignore_errors=True)
            made.rename(out / chapter)
            written.append(out / chapter)
            progress(f"{chapter}: {', '.join(sorted(p.name for p in written[-1].iterdir()))}")
    shutil.copyfile(Path(__file__).with_name("student.md"), out / "README.md")
    return written


def released(chapter: str, seed: int = 0) -> nbformat.NotebookNode:
    """The exercises of a chapter as students get them, released by nbgrader."""
    try:
        from nbgrader.apps import NbGraderAPI
        from nbgrader.converters import GenerateAssignment
        from nbgrader.preprocessors import SaveCells
        from nbgrader.utils import compute_checksum
        from traitlets.config import Config
    except ImportError:
        raise CourseworkError(
            "nbgrader is not installed: use `make student`, or "
            "pip install -r requirements-instructor.lock."
        ) from None
    notebook = _prepared(chapter, seed)
    with tempfile.TemporaryDirectory() as course:
        source = Path(course, "source", chapter)
        source.mkdir(parents=True)
        (source / "exercises.ipynb").write_text(_text(notebook), "utf-8")
        config = Config()
        config.CourseDirectory.root = course
        # All that nbgrader does to a notebook; its database of grades is not used here.
        steps = [each for each in GenerateAssignment().preprocessors if each != SaveCells]
        config.GenerateAssignment.preprocessors = steps
        config.GenerateAssignment.no_database = True
        config.ClearSolutions.code_stub = {"python": CODE_STUB}
        config.ClearSolutions.text_stub = TEXT_STUB
        config.Application.log_level = logging.ERROR
        done = NbGraderAPI(config=config).generate_assignment(chapter)
        if not done["success"]:
            errors = re.findall(r"^ *(\w+(?:Error|Exception): .+)", done["log"] or "", re.M)
            why = errors[0] if errors else "it does not say why"
            raise CourseworkError(f"nbgrader refuses the exercises of {chapter}: {why}")
        result = nbformat.read(Path(course, "release", chapter, "exercises.ipynb"), as_version=4)
    for cell in result.cells:
        # nbgrader leaves an empty cell that cannot be deleted: say what it is for.
        if cell.cell_type == "code" and not cell.source.strip():
            cell.source = HIDDEN
            cell.metadata.nbgrader.checksum = compute_checksum(cell)
    return result


def download(chapter: str) -> str:
    """The same cells, without nbgrader's locks, for the book's download button.

    The book is built where nbgrader is not installed; a test holds the two equal.
    """
    notebook = _cleared_outputs(_prepared(chapter, 0))
    for cell in notebook.cells:
        stub = CODE_STUB if cell.cell_type == "code" else TEXT_STUB
        cell.source = assignment.cleared(cell.source, stub).rstrip("\n")
        if cell.cell_type == "code" and not cell.source.strip():
            cell.source = HIDDEN
    return _text(notebook)


def zipped(out: Path, path: Path) -> Path:
    """The student edition as one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(out.rglob("*")):
            if each.is_file() and not any(part.startswith(".") for part in each.parts):
                archive.write(each, Path("student") / each.relative_to(out))
    return path


def _prepared(chapter, seed):
    """The master with the cohort's seed, and with nothing that only the book understands."""
    notebook = nbformat.reads(assignment.master_text(chapter), as_version=4)
    notebook.metadata["celltoken"] = {"chapter": chapter, "seed": seed}
    for cell in notebook.cells:
        tags = cell.metadata.pop("tags", [])
        if "parameters" in tags:
            cell.source = assignment.seeded(cell.source, seed)
        if kept := [tag for tag in tags if tag not in OF_THE_BOOK]:
            cell.metadata["tags"] = kept
        cell.metadata.pop("mystnb", None)  # the words on the book's folds
        if cell.cell_type == "markdown":
            source = re.sub(r"<!-- (### (?:BEGIN|END) SOLUTION) -->", r"\1", cell.source)
            cell.source = assignment.folded(source)
    return notebook


def _cleared_outputs(notebook):
    notebook = notebooks.strip(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _text(notebook):
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
