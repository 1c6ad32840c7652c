"""How large a lesson may be, and what its claims must bring: a page with five claims is two."""

import ast
import copy
import re

from celltoken import claims
from celltoken.claims import registry
from celltoken.tools.lint.reading import code_cells, prose, sections, tags

MOST_CLAIMS, MOST_WORDS, MOST_CODE, MOST_SHOWN = 3, 1700, 240, 130
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


def few_claims(name, notebook):
    ids = checked_ids(notebook)
    if len(ids) <= MOST_CLAIMS:
        return []
    return [f"{len(ids)} claims ({', '.join(ids)}), at most {MOST_CLAIMS}: make two lessons of it"]


def short_prose(name, notebook):
    """Words of the text that is read through: without self-check questions and the two boxes.

    Of a drawing its labels and its description count; its markup is not read.
    """
    read = copy.copy(notebook)
    read.cells = [
        cell
        for cell in notebook.cells
        if 'class="self-check"' not in cell.source and "{admonition}" not in cell.source
    ]
    text = re.sub(r"</?[a-zA-Z][^<>]*>", " ", prose(read))
    words = len(re.findall(r"\b[^\W\d_][\w'-]*", text))
    return [f"{words} words of prose, at most {MOST_WORDS}"] if words > MOST_WORDS else []


def short_code(name, notebook):
    lines = {"in all": 0, "that the reader sees": 0}
    for _, cell in code_cells(notebook):
        own = sum(bool(re.match(r"\s*[^\s#]", line)) for line in cell.source.splitlines())
        lines["in all"] += own
        lines["that the reader sees"] += own * (not HIDDEN & set(tags(cell)))
    return [
        f"{count} lines of code {which}, at most {most}: fold helpers (hide-input) or share them"
        for (which, count), most in zip(lines.items(), (MOST_CODE, MOST_SHOWN), strict=True)
        if count > most
    ]


def own_notebook(name, notebook):
    """Two boxes: for an analysis of cells with scanpy, and for one of language."""
    text = sections(notebook).get("In your own notebook")
    if text is None:
        return ["no section 'In your own notebook'"]
    boxes = len(
        re.findall(
            r"^ *(?:`{3,}|:{3,})\{(?:admonition|card|grid-item-card|note|tip)\}",
            _directives(notebook),
            flags=re.M,
        )
    )
    return [] if boxes == 2 else [f"{boxes} boxes under 'In your own notebook', not 2"]


def claim_cells(name, notebook):
    """`make claims` runs these cells without the rest of the page."""
    return [
        f"cell {i} is tagged claim, but {ast.unparse(node).splitlines()[0][:50]!r} is no definition"
        for i, cell in code_cells(notebook)
        if "claim" in tags(cell)
        for node in ast.parse(cell.source).body
        if not isinstance(node, DEFINES)
    ]


def measured(name, notebook):
    """Every claim that is checked is measured in a cell that `make claims` can run."""
    tagged = "\n".join(cell.source for _, cell in code_cells(notebook) if "claim" in tags(cell))
    defined = set(re.findall(r"claims\.claim\(\s*[\"']([A-Z]\d+)[\"']", tagged))
    return [
        f"{each} is checked, but no cell tagged claim defines it with @claims.claim"
        for each in checked_ids(notebook)
        if each not in defined
    ]


def valid_record(name, notebook):
    found, known = [], claims.record()
    for each in checked_ids(notebook):
        try:
            if each in known:
                registry.validate(each, known[each])
        except claims.ClaimError as problem:
            found.append(str(problem))
    return found


def checked_ids(notebook) -> list[str]:
    """Ids of the claims that a lesson checks, in its order."""
    return [
        node.args[0].value
        for _, cell in code_cells(notebook)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "claims.check"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


def _directives(notebook) -> str:
    """The Markdown from 'In your own notebook' to the next section, fences included."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    parts = re.split(r"^## +(.+?) *$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get("In your own notebook", "")


LIMITS = (few_claims, short_prose, short_code, own_notebook, claim_cells, measured, valid_record)
