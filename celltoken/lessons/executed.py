"""Executed notebooks: what the book's cache holds of each page, and whether it is still true.

`_build/executed.json` notes the parts of the fingerprint that each page was executed with, and its
record in Jupyter's cache, where the build of the book looks a notebook up by its code.
"""

import hashlib
import json
import tomllib
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from celltoken import lessons
from celltoken.lessons import fingerprint

ROOT = lessons.ROOT
# What the pages around the chapters read; one that is not listed counts as reading all of it.
READS = {
    "book/budget": ("book/budget.json",),
    "book/datasets": ("data/manifest.toml",),
    "book/scaling_up": ("book/scaling.json",),
}


def notebooks() -> list[str]:
    """The pages of the book that are notebooks, in its order."""
    return [page for page in lessons.pages() if path_of(page).is_file()]


def path_of(page: str) -> Path:
    return ROOT / f"{page}.ipynb"


def read(page: str) -> nbformat.NotebookNode:
    """A page's notebook without any outputs."""
    notebook = nbformat.read(path_of(page), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def parts(page: str) -> dict[str, str]:
    """The fingerprint of a page, part by part: its code and all that its outputs depend on."""
    code = "\n".join(cell.source for cell in _code(read(page)))
    book = ROOT / "book"
    if page.startswith("chapters/"):
        claims = sorted(set(lessons.CLAIM_ID.findall(code)))
        evidence = [book / "evidence" / f"{claim_id}.json" for claim_id in claims]
        return fingerprint.parts(code, extra=evidence) | _records(claims)
    if page in READS:
        return fingerprint.parts(code, extra=[ROOT / name for name in READS[page]])
    files = [book / "claims.toml", ROOT / "data" / "manifest.toml"]
    files += sorted([*book.glob("*.json"), *book.glob("evidence/*.json")])
    titles = [lessons.title_of(name) for name in lessons.reading_order()]
    return fingerprint.parts(code, extra=files) | {"titles of lessons": _hash(titles)}


class Store:
    """The cache and the notes about it, in one folder."""

    def __init__(self, folder: Path = ROOT / "_build"):
        folder.mkdir(exist_ok=True)
        self.cache = get_cache(str(folder / ".jupyter_cache"))
        self.file = folder / "executed.json"
        try:
            self.notes = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.notes = {}

    def why(self, page: str, now: dict[str, str]) -> str:
        """Why a page must be executed; empty if it need not be."""
        if page not in self.notes:
            return "not executed yet"
        if changed := fingerprint.differences(self.notes[page]["parts"], now):
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            return ", ".join(changed[:3]) + more
        new = read(page)
        try:
            self.cache.match_cache_notebook(new)
        except KeyError:
            return "" if self._carry_over(page, new) else "not in the cache"
        return ""

    def outputs(self, page: str) -> nbformat.NotebookNode | None:
        """A page's notebook with its outputs if it was executed as it is now, else None."""
        if self.why(page, parts(page)):
            return None
        return self.cache.merge_match_into_notebook(read(page))[1]

    def keep(self, page: str, notebook, seconds: float, state: dict[str, str]) -> None:
        """Put an executed notebook into the cache, under the parts it was executed with."""
        bundle = CacheBundleIn(notebook, str(path_of(page)), data={"execution_seconds": seconds})
        record = self.cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        self.notes[page] = {"seconds": round(seconds, 1), "record": record.pk, "parts": state}
        self._write()

    def forget(self, page: str) -> None:
        """Note that what the cache holds of a page is no longer true."""
        if self.notes.pop(page, None):
            self._write()

    def _write(self) -> None:
        lessons.write(self.file, json.dumps(self.notes, indent=1) + "\n")

    def _carry_over(self, page: str, new) -> bool:
        """Keep the outputs where only comments, layout or tags changed: the cache takes the
        notebook for another one, but its outputs are those it had."""
        note = self.notes[page]
        try:
            old = self.cache.get_cache_bundle(note["record"]).nb
        except KeyError:
            return False
        pair = (_code(new), _code(old))
        each = [[fingerprint.of_cell(cell.source) for cell in cells] for cells in pair]
        if each[0] != each[1]:
            return False
        for cell, before in zip(*pair, strict=True):
            cell.outputs, cell.execution_count = before.outputs, before.execution_count
        self.keep(page, new, note["seconds"], note["parts"])
        return True


def _code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _records(claim_ids: list[str]) -> dict[str, str]:
    """The record of each claim that a lesson checks; not those of others."""
    record = tomllib.loads((ROOT / "book" / "claims.toml").read_text(encoding="utf-8"))
    return {f"claim {each}": _hash(record.get(each)) for each in claim_ids}


def _hash(value) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
