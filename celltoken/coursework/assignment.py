"""A chapter's exercises: what is asked, worth how much, and which cell of a submission is what.

The master, ``chapters/<chapter>/exercises.ipynb``, is an nbgrader assignment. A submission is read
as nbgrader's autograder reads it: cells are known by their ``grade_id``; of two with the same id
the last counts; a locked cell is taken from the master, whatever the student made of it; a missing
one is put back; what the student added runs where it stands.
"""

import ast
import builtins
import dis
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path

from celltoken.coursework import CourseworkError

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 20 * 2**20  # bytes of a notebook
REGION = re.compile(
    r"^.*### BEGIN (SOLUTION|HIDDEN TESTS).*\n(.*\n)*?.*### END \1.*\n?", re.MULTILINE
)
SEED = re.compile(r"^seed = \d+", re.MULTILINE)
CODE_STUB = "# your answer here"
TEXT_STUB = "Your answer here."
HIDDEN = "# Here a second check, on other data, runs when your work is graded."
DROPDOWN = re.compile(r"^```\{dropdown\} (.+)\n(?:---\n(?:.*\n)*?---\n)?((?:.*\n)*?)```$", re.M)
DIRECTIONS = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))  # Arabic and Hebrew come with them
TITLE = re.compile(r"^## (.+)", re.MULTILINE)


class Unreadable(Exception):
    """A submission is no notebook; the message says why."""


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook; `id` is empty for one that the student has added."""

    id: str
    kind: str
    source: str
    solution: bool = False
    points: float = 0
    locked: bool = False
    tags: tuple = ()

    @property
    def is_check(self):
        return self.locked and self.points > 0 and self.kind == "code"

    @property
    def is_open(self):
        """Whether a person grades this."""
        return self.solution and self.points > 0


@dataclass
class Exercise:
    """One answer, the checks that judge it, and the points that they give."""

    name: str
    title: str
    by_hand: bool
    checks: list[Cell] = field(default_factory=list)
    maximum: float = 0

    def result(self, verdicts: dict, answer: str) -> dict:
        """What becomes of it in a submission: verdicts by the check's id, and the answer."""
        checks = [verdicts[check.id] | {"maximum": check.points} for check in self.checks]
        return {
            "name": self.name,
            "title": self.title,
            "by_hand": self.by_hand,
            "maximum": self.maximum,
            "points": None if self.by_hand else sum(each["points"] for each in checks),
            "checks": checks,
            "answer": answer[:100_000],
        }


class SourceAssignment:
    """The exercises of a chapter, as its master notebook has them, for the cohort of a seed."""

    def __init__(self, chapter: str, text: str, seed: int = 0):
        self.chapter, self.seed, self.exercises = chapter, seed, []
        self.cells, self.prose, title = [], [], ""
        for cell in cells_of(text):
            if "parameters" in cell.tags:
                cell = replace(cell, source=seeded(cell.source, seed))
            if cell.kind == "markdown" and (found := TITLE.search(cell.source)):
                title = found[1]
            if not cell.id:
                self.prose.append(folded(cell.source))
                continue
            self.cells.append(cell)
            if cell.solution:
                self.exercises.append(Exercise(cell.id, title, by_hand=cell.is_open))
            if cell.is_check and self.exercises:
                self.exercises[-1].checks.append(cell)
            if cell.points and self.exercises:
                self.exercises[-1].maximum += cell.points
        if not self.exercises:
            raise CourseworkError(f"chapters/{chapter}/exercises.ipynb has no graded cells.")
        self.by_id = {cell.id: cell for cell in self.cells}

    @property
    def maximum(self) -> float:
        return sum(each.maximum for each in self.exercises)

    def exercise_of(self, check: Cell) -> Exercise:
        return next(each for each in self.exercises if check in each.checks)

    def blank(self, status: str, remark: str) -> dict:
        """The result of a submission that could not be run: no points."""
        said = {"points": 0, "said": remark, "state": "lost"}
        exercises = [
            each.result({check.id: said for check in each.checks}, "") for each in self.exercises
        ]
        about = {"status": status, "remarks": [remark], "exercises": exercises}
        return about | {"cells": [], "seconds": 0, "inside": []}

    def names_of_students(self) -> set[str]:
        """What only the student's cells define: checks take these from the student's process."""
        code = [cell for cell in self.cells if cell.kind == "code"]
        theirs = set().union(*(_defined(cell.source) for cell in code if cell.solution))
        return theirs.difference(*(_defined(cell.source) for cell in code if not cell.solution))

    def trusted(self, source: str) -> list[str]:
        """Sources to run before a check so that it finds what the set-up gives it.

        As a rule the parameters and the imports that it uses; all of it if a check uses more.
        """
        before = takewhile(lambda cell: not cell.solution, self.cells)
        before = [cell for cell in before if cell.kind == "code" and not cell.is_check]
        lean = [
            c.source if "parameters" in c.tags else _imports(c.source, used(source)) for c in before
        ]
        known = set().union(*map(_defined, [*lean, source]), dir(builtins))
        if used(source) - known - self.names_of_students():
            return [cell.source for cell in before]
        return lean


def chapters() -> list[str]:
    """The chapters that have exercises."""
    return sorted(path.parent.name for path in ROOT.glob("chapters/*/exercises.ipynb"))


def master_text(chapter: str) -> str:
    """The master notebook of a chapter; CourseworkError if there is none."""
    path = ROOT / "chapters" / chapter / "exercises.ipynb"
    if chapter not in chapters():
        known = ", ".join(chapters())
        raise CourseworkError(f"The chapter {chapter!r} has no exercises: those of {known} have.")
    return path.read_text(encoding="utf-8")


def cleared(source: str, stub: str) -> str:
    """A source without hidden checks, and with a stub for each solution."""

    def instead(region):
        indent = re.match(r"\s*", region[0])[0]
        return f"{indent}{stub}\n" if region[1] == "SOLUTION" else ""

    return REGION.sub(instead, source)


def writable(text: str) -> str:
    """The text without what no file can hold: halves of characters, which JSON can smuggle in."""
    return text.encode("utf-8", "replace").decode("utf-8")


def composed(name: str) -> str:
    """A name as it is compared: accents on their letters, no signs of direction, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).translate(DIRECTIONS).split())


def seeded(source: str, seed: int) -> str:
    """The cell of parameters with a cohort's seed."""
    return SEED.sub(f"seed = {seed}", source)


def folded(source: str) -> str:
    """A text with its folds as HTML, which every notebook editor knows."""
    fold = r"<details><summary>\1</summary>\n\n\2\n</details>"
    return DROPDOWN.sub(fold, source)


def parsed(text: str) -> dict:
    """A notebook, read without trust: it has a list of cells; Unreadable if it is none."""
    try:  # an interrupted save may leave something behind the end
        notebook, _ = json.JSONDecoder(strict=False).raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        raise Unreadable("it is no notebook, or it is cut short") from None
    except MemoryError:
        raise Unreadable("it is too large") from None
    if not isinstance(notebook, dict):
        raise Unreadable("it is no notebook")
    if "worksheets" in notebook:
        raise Unreadable("it is not a notebook of format 4: open it in Jupyter and save it")
    if not isinstance(notebook.get("cells"), list):
        raise Unreadable("it is no notebook: it has no cells")
    return notebook


def cells_of(text: str) -> list[Cell]:
    """The cells of a notebook, read without trust; Unreadable if it is none."""
    return [_cell(each) for each in parsed(text)["cells"] if isinstance(each, dict)]


def _cell(raw: dict) -> Cell:
    def part(of, key, kind):
        value = of.get(key)
        return value if isinstance(value, kind) else kind()

    metadata, source = part(raw, "metadata", dict), raw.get("source") or ""
    details = part(metadata, "nbgrader", dict)
    source = source if isinstance(source, str) else "".join(map(str, part(raw, "source", list)))
    points = details.get("points", 0) if details.get("grade") else 0
    return Cell(
        id=str(details.get("grade_id") or ""),
        kind="code" if raw.get("cell_type") == "code" else "markdown",
        source=writable(source),
        solution=bool(details.get("solution")),
        points=points if isinstance(points, (int, float)) else 0,
        locked=bool(details.get("locked")) and not details.get("solution"),
        tags=tuple(str(each) for each in part(metadata, "tags", list)),
    )


def _defined(source: str) -> set[str]:
    """Names that a cell binds for the cells after it: not those inside its functions."""
    steps = dis.get_instructions(compile(source, "cell", "exec"))
    return {each.argval for each in steps if each.opname == "STORE_NAME"}


def used(source: str) -> set[str]:
    """Names that a cell mentions."""
    return {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}


def _imports(source: str, names: set[str]) -> str:
    """The imports of a cell that bind one of the names."""
    tree = ast.parse(source)
    found = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    bound = [{(each.asname or each.name).split(".")[0] for each in node.names} for node in found]
    tree.body = [node for node, its in zip(found, bound, strict=True) if its & names]
    return ast.unparse(tree)
