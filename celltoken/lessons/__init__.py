"""Lessons as programs: find one in the reading order, run it with other parameters.

A lesson names its inputs in one cell tagged ``parameters``; papermill puts a reader's values after
it and runs the notebook in a process of its own. Nothing is written before all of it has run.
"""

import ast
import contextlib
import difflib
import os
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLAIM_LINE = re.compile(
    r"^[A-Z]\d+ (?:holds|does not hold|undecided|not testable|not measured|here).*", re.MULTILINE
)
CLAIM_ID = re.compile(r"claims\.check\(\s*[\"']([A-Z]\d+)[\"']")


class LessonError(Exception):
    """A lesson cannot be found or run. The message is one sentence that says what to do."""


def pages() -> list[str]:
    """Every page of the book in its order, by path without its ending: ``book/welcome`` ..."""
    import yaml

    def files(node):
        if isinstance(node, list):
            return [file for each in node for file in files(each)]
        if not isinstance(node, dict):
            return []
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [file for value in node.values() for file in files(value)]

    return files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))


def reading_order() -> list[str]:
    """Names of the chapters' notebooks, such as ``context/low_rank``, in the book's order."""
    names = [page.removeprefix("chapters/") for page in pages() if page.startswith("chapters/")]
    return [name for name in names if path_of(name).is_file()]


def path_of(name: str) -> Path:
    """Where the notebook of a lesson is."""
    return ROOT / "chapters" / f"{name}.ipynb"


def find(wanted: str) -> str:
    """The full name of a lesson, also from its last part alone or from its path.

    Raises
    ------
    LessonError
        If no lesson or more than one fits; the message suggests the nearest name.
    """
    known = reading_order()
    name = wanted.removesuffix(".ipynb").removeprefix("./").removeprefix("chapters/")
    fitting = [each for each in known if name in (each, each.split("/")[-1])]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise LessonError(f"{wanted!r} is the name of several lessons: {' or '.join(fitting)}?")
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    near = near or difflib.get_close_matches(name, [each.split("/")[-1] for each in known], n=1)
    hint = f"did you mean {find(near[0])}?" if near else f"the lessons are {', '.join(known)}."
    raise LessonError(f"There is no lesson {wanted!r}: {hint}")


def code_of(name: str) -> str:
    """All code of a lesson as one text."""
    return "\n".join(cell.source for cell in _read(name).cells if cell.cell_type == "code")


def sources_of(name: str, tag: str) -> list[str]:
    """The code of the cells with a tag, one text a cell, in the lesson's order."""
    tagged = (cell for cell in _read(name).cells if tag in cell.metadata.get("tags", []))
    return [cell.source for cell in tagged if cell.cell_type == "code"]


def claims_of(name: str) -> list[str]:
    """The ids of the claims that a lesson checks, in its order."""
    cells = [cell for cell in _read(name).cells if cell.cell_type == "code"]
    checked = [cell.source for cell in cells if "claims.check(" in cell.source]
    return CLAIM_ID.findall("\n".join(checked))


def parameters_of(name: str) -> dict:
    """What a lesson's ``parameters`` cell sets, name to default; nothing if it has no such cell."""
    for cell in _read(name).cells:
        if "parameters" in cell.metadata.get("tags", []):
            found = [s for s in ast.parse(cell.source).body if isinstance(s, ast.Assign)]
            return {s.targets[0].id: ast.literal_eval(s.value) for s in found}
    return {}


def title_of(name: str) -> str:
    """The heading of a lesson."""
    for cell in _read(name).cells:
        if heading := re.match(r"# (.+)", cell.source):
            return heading[1].strip()
    return name


def claim_lines(notebook) -> list[str]:
    """What ``claims.check`` printed in an executed notebook."""
    printed = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    ]
    return CLAIM_LINE.findall("\n".join(printed))


@contextlib.contextmanager
def environment(variables: dict[str, str]):
    """Set environment variables, which a notebook's process inherits, for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def write(path: Path, text: str) -> None:
    """Write a text file in one step: whoever looks finds the old file or the new one, whole."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".celltoken-") as folder:
        whole = Path(folder) / path.name
        whole.write_text(text, encoding="utf-8")
        os.replace(whole, path)


def _read(name: str):
    import nbformat

    return nbformat.read(path_of(name), as_version=4)
