"""Parts of a notebook, as the rules of `celltoken lint` look at them."""

import ast
import re

import nbformat

from celltoken import lessons

DRAWING = re.compile(r"(plt|sns|sc\.pl|figures)\.|.*\.plot(\.|$)")


def prose(notebook) -> str:
    """All Markdown, without code blocks; directives such as dropdowns are prose."""
    kept, inside, directives = [], "", []
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for line in text.splitlines():
        fence = re.match(r"(`{3,}|:{3,})(?:\{([\w-]+)\})?", line)
        if inside:
            inside = "" if line.rstrip() == inside else inside
        elif fence and fence[2] and fence[2] not in {"math", "code", "code-block", "code-cell"}:
            directives.append(fence[1])
            kept.append(line[fence.end() :])
        elif fence and directives and line.rstrip() == directives[-1]:
            directives.pop()
        elif fence:
            inside = fence[1]
        else:
            kept.append(line)
    return "\n".join(kept)


def sections(notebook) -> dict[str, str]:
    """Heading of the second level -> the Markdown under it."""
    parts = re.split(r"^## +(.+?) *$", prose(notebook), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def code_cells(notebook) -> list[tuple[int, nbformat.NotebookNode]]:
    return [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def header(notebook) -> str:
    first = notebook.cells[0]
    return first.source if first.cell_type == "markdown" else ""


def glossary() -> list[str]:
    """The terms of book/glossary.md, in its order."""
    path = lessons.ROOT / "book" / "glossary.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    blocks = re.findall(r"^(`{3,}|:{3,})\{glossary\}[^\n]*\n(.*?)^\1", text, flags=re.M | re.S)
    lines = [line for _, block in blocks for line in block.splitlines()]
    return [line.strip() for line in lines if line and not line.startswith((" ", ":"))]


def calls(source: str) -> list[str]:
    """Dotted names of what a cell calls outside its own function definitions."""
    found = []

    def visit(node):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            return
        if isinstance(node, ast.Call):
            found.append(ast.unparse(node.func))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(source))
    return found


def drawing_functions(notebook) -> set[str]:
    """Functions of the notebook that draw."""
    made = [
        node
        for _, cell in code_cells(notebook)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.FunctionDef)
    ]
    return {
        node.name
        for node in made
        if any(
            DRAWING.match(ast.unparse(n.func)) for n in ast.walk(node) if isinstance(n, ast.Call)
        )
    }


def draws(cell, functions: set[str]) -> bool:
    """Whether running the cell shows a figure; sliders say in words what their frames show."""
    called = calls(cell.source)
    if "figures.slider" in called:
        return False
    return any(
        name in functions or (DRAWING.match(name) and name != "figures.use_style")
        for name in called
    )


def cited() -> set[str]:
    """The keys of book/references.bib."""
    text = (lessons.ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    return set(re.findall(r"^@\w+\{\s*([^,\s]+)\s*,", text, flags=re.M))


def is_exercises(name) -> bool:
    """Whether a notebook holds a chapter's exercises."""
    return name.split("/")[-1] == "exercises"
