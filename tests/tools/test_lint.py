"""Every lesson passes `celltoken lint`, and each of its rules is shown to find what it is for."""

import copy
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from celltoken import lessons
from celltoken.lessons import notebooks
from celltoken.tools import cli, lint
from celltoken.tools.lint.form import (
    LABELS,
    LESSON_RULES,
    RULES,
    SECTIONS,
    alternative_texts,
    citations,
    claim_checks,
    code_fits,
    go_further,
    labels,
    nothing_hidden,
    order,
    parameters,
    question,
    stored_outputs,
    take_aways,
    terms,
    title,
    typed_results,
)
from celltoken.tools.lint.limits import (
    LIMITS,
    claim_cells,
    few_claims,
    measured,
    own_notebook,
    short_code,
    short_prose,
    valid_record,
)
from celltoken.tools.lint.reading import calls, glossary

ROOT = Path(__file__).resolve().parents[2]
EVERY = RULES + LESSON_RULES + LIMITS


@pytest.mark.parametrize("name", lessons.reading_order())
def test_lesson(name):
    assert lint.of(name) == []


def test_the_command_names_the_lesson_and_fails(capsys, monkeypatch):
    monkeypatch.setattr(lint, "of", lambda name: ["it is wrong"])
    assert cli.main(["lint", "low_rank"]) == 1
    said = capsys.readouterr().out
    assert "geometry/low_rank: it is wrong\n" in said
    monkeypatch.setattr(lint, "of", lambda name: [])
    assert cli.main(["lint", "low_rank"]) == 0


def test_every_notebook_of_the_chapters_is_in_the_reading_order():
    found = notebooks.find([ROOT / "chapters"])
    names = {path.relative_to(ROOT / "chapters").with_suffix("").as_posix() for path in found}
    assert names == set(lessons.reading_order())


def test_the_glossary_names_each_term_once():
    found = [term.casefold() for term in glossary()]
    assert found and len(found) == len(set(found))


def test_the_glossary_is_in_alphabetical_order():
    found = [re.sub(r"[^a-z ]", "", term.casefold()) for term in glossary()]
    assert found == sorted(found)


def test_of_a_drawing_the_labels_are_words_and_the_markup_is_not():
    def drawn(labels):
        text = '<text class="label" fill="var(--ink)">bank</text>\n' * labels
        return new_notebook(cells=[new_markdown_cell(text)])

    assert short_prose("", drawn(1700)) == []
    assert short_prose("", drawn(1701)) == ["1701 words of prose, at most 1700"]


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
## In your own notebook

```{admonition} With scanpy
One.
```

```{admonition} With words
Another.
```

## Take-aways

* One.
* Two.
* Three.

## Go further

* {cite:t}`gilpin2025`, and <https://example.org/1.5>."""
CHECK = 'claims.check("C3", found)'
CLAIM = """\
from celltoken import claims

UNITS = {}


@claims.claim("C3", units=UNITS, tables=UNITS)
def overlap(table, rng):
    return {"value": 1.0}


found = overlap.measure(seed)"""
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
        new_code_cell(
            "import matplotlib.pyplot as plt\n\nfigures.use_style()\ncolour = figures.WORDS"
        ),
        new_code_cell("def draw(x):\n    return plt.plot(x)"),
        new_code_cell("figures.slider(draw, 'x', [1, 2])"),
        new_code_cell("draw(3)", metadata={"mystnb": {"image": {"alt": ALT}}}),
        new_markdown_cell(PROSE),
        checked,
        new_markdown_cell(ENDING),
        new_code_cell(CLAIM, metadata={"tags": ["claim"]}),
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.__name__)
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
            "figure, axes = figures.side_by_side()", "scores.sort_values().plot(ax=ax)", "draw(2)",
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
    (claim_checks, swap(7, '"C3"', "name")),
    (claim_checks, swap(7, '"C3", ', "")),
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
    (few_claims, swap(7, CHECK, "\n".join(CHECK.replace("C3", f"C{i}") for i in range(4)))),
    (short_prose, say("word " * 1700)),
    (short_code, add("x = 1\n" * 131)),
    (short_code, add("x = 1\n" * 241, ["hide-input"])),
    (own_notebook, swap(8, "## In your own notebook", "## At home")),
    (own_notebook, swap(8, "```{admonition} With words\nAnother.\n```", "Another.")),
    (claim_cells, swap(9, "UNITS = {}", "print(1)")),
    (claim_cells, swap(9, "UNITS = {}", "for x in []:\n    y = x")),
    (measured, swap(9, '"C3"', '"C4"')),
    (measured, lambda notebook: notebook.cells[9].metadata.update(tags=[])),
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


def test_a_lesson_may_begin_with_the_cells():
    planted = lesson()
    text = planted.cells[6].source.replace("## Words", "## X").replace("## Cells", "## Words")
    planted.cells[6].source = text.replace("## X", "## Cells")
    assert order(NAME, planted) == []


def test_exercises_need_no_sections():
    notebook = new_notebook(cells=[new_markdown_cell("# Exercises")])
    assert order("context/exercises", notebook) != []
    assert lint.problems(order, "context/exercises", notebook) == []
    assert lint.problems(order, "context/choosing_a_metric", notebook) != []


def test_a_claim_whose_record_is_incomplete_is_named(monkeypatch):
    planted = {"C3": {"lesson": NAME, "claim": "x"}}
    monkeypatch.setattr("celltoken.claims.record", lambda: planted)
    assert valid_record(NAME, lesson()) != []


def test_code_that_is_not_python_is_named():
    planted = lesson()
    planted.cells.append(new_code_cell("def f(:"))
    assert "no plain Python" in lint.problems(alternative_texts, NAME, planted)[0]


def test_a_file_that_is_no_notebook_is_named(monkeypatch, tmp_path):
    file = tmp_path / "lesson.ipynb"
    file.write_text("no notebook")
    monkeypatch.setattr(lessons, "path_of", lambda name: file)
    assert "no notebook that can be read" in lint.of(NAME)[0]
