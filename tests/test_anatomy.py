"""Every lesson has its parts. Each rule is a function that lists what is wrong, and is shown to.

The rules follow the reading order in `_toc.yml`; exercises have a shape of their own and are exempt
where `LESSON_RULES` says so.
"""

import ast
import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pybtex.database import parse_file

from celltoken import claims, lessons, notebooks

ROOT = Path(__file__).resolve().parents[1]
CITED = set(parse_file(str(ROOT / "book" / "references.bib")).entries)
SECTIONS = (
    "Words",
    "Cells",
    "Side by side",
    "Where the analogy strains",
    "Claims",
    "Take-aways",
    "Go further",
)
LABELS = {
    "lesson": ("**You will**", "**Before you start:**", "**Reading:**", "**Running:**"),
    "exercises": ("**Before you start:**", "**Working:**", "**Running:**"),
}
MOST_LINES, LONGEST_LINE, SHORTEST_ALT = 24, 120, 40
RESULT = re.compile(r"(?<![\w.,])\d+\.\d+(?!\w|\.\d)|\d\s?%|\d\s?per ?cent", re.IGNORECASE)
DRAWING = re.compile(r"(plt|sns|sc\.pl|plots)\.|.*\.plot(\.|$)")


# -- reading a notebook ----------------------------------------------------------------------------


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
    path = ROOT / "book" / "glossary.md"
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
    """Whether running the cell shows a figure; knobs say in words what their frames show."""
    called = calls(cell.source)
    if "plots.knob" in called:
        return False
    return any(
        name in functions or (DRAWING.match(name) and name != "plots.use_style") for name in called
    )


# -- the rules -------------------------------------------------------------------------------------


def title(name, notebook):
    headings = re.findall(r"^# +\S.*$", prose(notebook), flags=re.M)
    first = header(notebook).startswith("# ")
    return [] if first and len(headings) == 1 else [f"one title, at the top: found {headings}"]


def question(name, notebook):
    quoted = re.findall(r"^>(.*)$", header(notebook), flags=re.M)
    text = " ".join(line.strip() for line in quoted).strip(" *_")
    asks = "?" in text if is_exercises(name) else text.endswith("?")
    return [] if asks else [f"no question under the title, but {text!r}"]


def labels(name, notebook):
    wanted = LABELS["exercises" if is_exercises(name) else "lesson"]
    return [f"no {label} at the top" for label in wanted if label not in header(notebook)]


def order(name, notebook):
    named = {claim["lesson"] for claim in claims.record().values()}
    wanted = [each for each in SECTIONS if each != "Claims" or name in named]
    found = [each for each in sections(notebook) if each in wanted]
    return [] if found == wanted else [f"sections are {found}, not {wanted}"]


def take_aways(name, notebook):
    bullets = re.findall(r"^[*-] ", sections(notebook).get("Take-aways", ""), flags=re.M)
    return [] if len(bullets) == 3 else [f"{len(bullets)} take-aways, not 3"]


def go_further(name, notebook):
    text = sections(notebook).get("Go further", "")
    return [] if re.search(r"\{cite", text) else ["no citation under Go further"]


def parameters(name, notebook):
    cells = [cell for _, cell in code_cells(notebook) if "parameters" in tags(cell)]
    if len(cells) != 1:
        return [f"{len(cells)} cells are tagged parameters, not 1"]
    seeds = [
        node.value
        for node in ast.parse(cells[0].source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "seed"
    ]
    explicit = len(seeds) == 1 and isinstance(seeds[0], ast.Constant)
    explicit = explicit and type(seeds[0].value) is int
    return [] if explicit else ["the parameters cell sets no explicit seed"]


def alternative_texts(name, notebook):
    functions, found = drawing_functions(notebook), []
    for i, cell in code_cells(notebook):
        if not draws(cell, functions):
            continue
        text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if len(text) < SHORTEST_ALT:
            found.append(f"cell {i} draws but its alternative text is {text!r}")
        if RESULT.search(text):
            found.append(f"cell {i}: a result is typed into its alternative text: {text!r}")
    return found


def typed_results(name, notebook):
    """Decimals and percentages in prose; they belong into computed lines, or are glued."""
    text = prose(notebook)
    text = re.sub(r"^\|[^\n]*\n(?=\|[ :|-]+\|?$)", "", text, flags=re.M)  # a table's header
    text = re.sub(r"\{[\w:+-]+\}`[^`]*`", "", text)  # roles
    text = re.sub(r"(?<!`)(`{1,2})(?!`).+?(?<!`)\1(?!`)", "", text)  # code spans
    text = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", "", text, flags=re.S)
    text = re.sub(r"\]\([^)]*\)|<[^>]*>|https?://\S+|\b10\.\d{4,}/\S+", "", text)
    return [
        f"typed into prose: {text[max(0, m.start() - 30) : m.end() + 20]!r}"
        for m in RESULT.finditer(text)
    ]


def claim_checks(name, notebook):
    found = []
    for i, cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) != "claims.check":
                continue
            given = {keyword.arg for keyword in node.keywords}
            spread = None in given  # **both(...) for words and cells; the null is always spelt out
            lacking = {"null"} - given if spread else {"words", "cells", "null"} - given
            found += [f"cell {i}: a claim without its {each}" for each in sorted(lacking)]
            if not lessons.CLAIM_ID.search(cell.source):
                found.append(f"cell {i}: a claim without an id")
            if notebooks.CHECKED not in tags(cell):
                found.append(f"cell {i}: a claim whose line is not compared")
    known = claims.record()
    ids = [
        each
        for _, cell in code_cells(notebook)
        if "claims.check(" in cell.source
        for each in lessons.CLAIM_ID.findall(cell.source)
    ]
    found += [f"{each} is not in book/claims.toml" for each in ids if each not in known]
    mine = [each for each, claim in known.items() if claim.get("lesson") == name]
    return found + [
        f"{each} is this lesson's, but it does not check it" for each in mine if each not in ids
    ]


def stored_outputs(name, notebook):
    found = []
    for i, cell in code_cells(notebook):
        kinds = [
            kind
            for output in cell.outputs
            for kind in output.get("data", {"text/plain": output.get("text", "")})
        ]
        if notebooks.is_checked(cell) and not cell.outputs:
            found.append(
                f"cell {i} is checked but stores no output: run celltoken.notebooks --execute"
            )
        if not notebooks.is_checked(cell) and cell.outputs:
            found.append(f"cell {i} stores an output that nothing compares: run 'make format'")
        found += [f"cell {i} stores {kind}" for kind in kinds if not kind.endswith("text/plain")]
    return found


def code_fits(name, notebook):
    found = []
    for i, cell in code_cells(notebook):
        lines = cell.source.splitlines()
        most = MOST_LINES * (2 if "hide-input" in tags(cell) else 1)  # folded away in the book
        if len(lines) > most:
            found.append(f"cell {i} has {len(lines)} lines: one thought per cell")
        found += [
            f"cell {i}: a line of {len(line)} characters: {line[:50]}..."
            for line in lines
            if len(line) > LONGEST_LINE
        ]
    return found


def nothing_hidden(name, notebook):
    """Warnings are dealt with, not silenced; packages come from the lock."""
    banned = r"warnings\.(filterwarnings|simplefilter)|^\s*[%!]\s*(pip|conda|mamba)\b|pip install"
    return [
        f"cell {i}: {match[0].strip()}"
        for i, cell in code_cells(notebook)
        for match in re.finditer(banned, cell.source, flags=re.M)
    ]


def citations(name, notebook):
    groups = re.findall(r"\{cite[a-z:]*\}`([^`]+)`", prose(notebook))
    keys = {key.strip() for group in groups for key in group.split(",")}
    return [f"{key} is not in references.bib" for key in sorted(keys - CITED)]


def terms(name, notebook):
    known = {term.casefold() for term in glossary()}
    used = re.findall(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`", prose(notebook))
    return [f"{term} is not in the glossary" for term in used if term.casefold() not in known]


RULES = (
    title,
    question,
    labels,
    parameters,
    alternative_texts,
    typed_results,
    claim_checks,
    stored_outputs,
    code_fits,
    nothing_hidden,
    citations,
    terms,
)
LESSON_RULES = (order, take_aways, go_further)


def is_exercises(name) -> bool:
    return name.split("/")[-1] == "exercises"


def problems(rule, name, notebook) -> list[str]:
    return [] if rule in LESSON_RULES and is_exercises(name) else rule(name, notebook)


# -- the lessons keep them -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES + LESSON_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", lessons.reading_order())
def test_lesson(name, rule):
    notebook = nbformat.read(lessons.path_of(name), as_version=4)
    assert problems(rule, name, notebook) == []


def test_every_notebook_of_the_chapters_is_in_the_reading_order():
    found = notebooks.find([ROOT / "chapters"])
    names = {path.relative_to(ROOT / "chapters").with_suffix("").as_posix() for path in found}
    assert names == set(lessons.reading_order())


def test_the_glossary_names_each_term_once():
    found = [term.casefold() for term in glossary()]
    assert found and len(found) == len(set(found))


# -- and each rule can fail ------------------------------------------------------------------------

NAME = "context/choosing_a_metric"  # whose one claim is C3
PROSE = """\
## Words

A {term}`null` is not typed: `0.83` is code, $0.5$ is maths, [there](x/0.2.html) is an address.

```python
x = 0.5
```

## Cells

In 1850 there were 2,700 cells, and version 1.2.3 of something.

| at 0.5 | at 0.7 |
| --- | --- |
| a | b |

## Something more

## Side by side

## Where the analogy strains

## Claims"""
ENDING = """\
## Take-aways

* One.
* Two.
* Three.

## Go further

* {cite:t}`gilpin2025`, and <https://example.org/1.5>."""
CHECK = 'claims.check("C3", words=1, cells=1, null={"words": 0, "cells": 0})'
ALT = "Two panels, words in blue and cells in orange, on one scale."


def lesson():
    """A lesson with nothing wrong."""
    header = (
        "# A title\n\n> **Is it?**\n\n**You will** do.\n\n"
        "**Before you start:** no. **Reading:** 5 minutes. **Running:** half a minute."
    )
    checked = new_code_cell(
        CHECK,
        metadata={"tags": ["nbval-check-output"]},
        outputs=[new_output("stream", text="C3 holds\n")],
        execution_count=1,
    )
    cells = [
        new_markdown_cell(header),
        new_code_cell('words = "a"\nseed = 0', metadata={"tags": ["parameters"]}),
        new_code_cell("import matplotlib.pyplot as plt\n\nplots.use_style()\ncolour = plots.WORDS"),
        new_code_cell("def draw(x):\n    return plt.plot(x)"),
        new_code_cell("plots.knob(draw, 'x', [1, 2])"),
        new_code_cell("draw(3)", metadata={"mystnb": {"image": {"alt": ALT}}}),
        new_markdown_cell(PROSE),
        checked,
        new_markdown_cell(ENDING),
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize("rule", RULES + LESSON_RULES, ids=lambda rule: rule.__name__)
def test_a_good_lesson_has_no_problem(rule):
    assert rule(NAME, lesson()) == []


def swap(cell, old, new):
    """Plant one change of source."""

    def plant(notebook):
        assert old in notebook.cells[cell].source
        notebook.cells[cell].source = notebook.cells[cell].source.replace(old, new)

    return plant


def add(source, marked=()):
    """Plant one more code cell."""
    cell = new_code_cell(source, metadata={"tags": list(marked)})
    return lambda notebook: notebook.cells.insert(6, cell)


def say(text):
    """Plant one more paragraph."""
    return swap(6, "## Something more", f"## Something more\n\n{text}")


def alt(text):
    def plant(notebook):
        notebook.cells[5].metadata["mystnb"]["image"]["alt"] = text

    return plant


def no_output(notebook):
    notebook.cells[7].outputs = []


def picture(notebook):
    data = {"image/png": "iVBORw0=", "text/plain": "<Figure>"}
    notebook.cells[7].outputs.append(new_output("display_data", data=data))


def loose_output(notebook):
    notebook.cells[3].outputs = [new_output("stream", text="noise\n")]


def no_parameters(notebook):
    notebook.cells[1].metadata["tags"] = []


def unchecked(notebook):
    notebook.cells[7].metadata["tags"] = []
    notebook.cells[7].outputs = []


PLANTED = [
    (title, swap(0, "# A title", "## A title")),
    (title, swap(6, "## Words", "# Words")),
    (question, swap(0, "> **Is it?**", "> **It is.**")),
    (question, swap(0, "> **Is it?**", "Is it?")),
    *[(labels, swap(0, label, "")) for label in LABELS["lesson"]],
    *[(order, swap(6, f"## {each}", "## Else")) for each in SECTIONS[:5]],
    (order, swap(6, "## Words", "## Cells once")),
    (order, swap(6, "## Words", "## Side by side\n\n## Words")),
    (order, swap(8, "## Go further", "## More")),
    (take_aways, swap(8, "* Three.\n", "")),
    (take_aways, swap(8, "* Three.\n", "* Three.\n* Four.\n")),
    (go_further, swap(8, "{cite:t}`gilpin2025`", "Gilpin")),
    (parameters, no_parameters),
    (parameters, swap(1, "seed = 0", "")),
    (parameters, swap(1, "seed = 0", "seed = None")),
    (alternative_texts, alt("")),
    (alternative_texts, alt("A bar chart.")),
    (alternative_texts, alt(ALT + " Words reach 94 % and cells less.")),
    (alternative_texts, alt(ALT + " Words reach 0.94 and cells less.")),
    *[
        (alternative_texts, add(source))
        for source in (
            "plt.subplots()", "table.plot.barh(ax=ax)", "sns.heatmap(x)", "sc.pl.umap(atlas)",
            "figure, axes = plots.side_by_side()", "scores.sort_values().plot(ax=ax)", "draw(2)",
            "for x in range(3):\n    draw(x)",
        )
    ],
    *[
        (typed_results, say(text))
        for text in (
            "It is 0.83 here.", "It reaches 94 % of pairs.", "It reaches 94% of pairs.",
            "In 94 per cent of pairs.", "It is −0.5, no more.", "(0.83)",
            "```{dropdown} A hint\nIt is 0.83.\n```", "```{dropdown} A hint of 0.83\nYes.\n```",
            "```{dropdown} One\nA.\n```\nIt is 0.83.\n```{dropdown} Two\nB.\n```",
            "```\n1\n```\nIt is 0.83.\n```\n2\n```", "It is 0.83, or so", "About 0.83...",
            "Between `a` 0.83 and `b`.",
        )
    ],
    (claim_checks, swap(7, "C3", "C999")),
    (claim_checks, swap(7, "C3", "C1")),
    (claim_checks, swap(7, ', null={"words": 0, "cells": 0}', "")),
    (claim_checks, swap(7, '"C3"', "name")),
    (claim_checks, swap(7, ", cells=1", "")),
    (claim_checks, swap(7, CHECK, 'claims.check("C3", **both(value))')),
    (claim_checks, unchecked),
    (claim_checks, swap(7, CHECK, "print(1)")),
    (stored_outputs, no_output),
    (stored_outputs, picture),
    (stored_outputs, loose_output),
    (code_fits, add("\n".join(["x = 1"] * 25))),
    (code_fits, add("\n".join(["x = 1"] * 49), ["hide-input"])),
    (code_fits, add(f"x = '{'a' * 120}'")),
    (nothing_hidden, add("import warnings\nwarnings.filterwarnings('ignore')")),
    (nothing_hidden, add("get_ipython().system('pip install x')")),
    (citations, say("{cite:p}`gilpin2025, nobody1900`")),
    (terms, say("A {term}`nonesuch`.")),
    (terms, say("A {term}`null <nonesuch>`.")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "plant"), PLANTED, ids=[f"{rule.__name__}{i}" for i, (rule, _) in enumerate(PLANTED)]
)
def test_each_rule_finds_what_is_planted(rule, plant):
    planted = copy.deepcopy(lesson())
    plant(planted)
    assert rule(NAME, planted) != []


def test_percent_magic_is_found():
    assert calls("x = 1") == []
    with pytest.raises(SyntaxError):
        calls("%pip install x")  # a lesson's code is plain Python throughout
    planted = lesson()
    planted.cells.append(new_code_cell("%pip install x"))
    assert nothing_hidden(NAME, planted) != []


def test_exercises_need_no_sections():
    notebook = new_notebook(cells=[new_markdown_cell("# Exercises")])
    assert order("context/exercises", notebook) != []
    assert problems(order, "context/exercises", notebook) == []
    assert problems(order, "context/choosing_a_metric", notebook) != []
