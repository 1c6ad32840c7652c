"""Each lesson ends with questions that can be answered without a kernel, a script or a mouse.

A question is one Markdown cell: the question in bold, then a `<details>` for each choice whose
summary is the choice and whose text is the answer to it.
"""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from celltoken.lessons import notebooks
from celltoken.tools.lint.self_check import HEADING, RIGHT, WRONG, questions, self_check

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path for path in notebooks.find([ROOT / "chapters"]) if path.name != "exercises.ipynb"]


def problems(notebook) -> list[str]:
    return self_check("a/b", notebook)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_lessons_ask_and_answer(path):
    assert problems(nbformat.read(path, as_version=4)) == []


def test_the_right_choice_is_not_always_in_one_place():
    places = []
    for path in LESSONS:
        for source in questions(nbformat.read(path, as_version=4)):
            verdicts = [b.get_text() for b in BeautifulSoup(source, "html.parser").find_all("b")]
            places.append(verdicts.index(RIGHT))
    assert all(places.count(place) < 0.6 * len(places) for place in set(places)), places


CHOICE = """<details>
<summary>{name}</summary>
<p><b class="{kind}">{word}</b> {answer}</p>
</details>
"""


def lesson(*, choices=3, right=1, asked=2, heading=HEADING, answer="Because " + "of this " * 9):
    rows = "".join(
        CHOICE.format(
            name=f"choice {n}",
            kind="right" if n < right else "wrong",
            word=RIGHT if n < right else WRONG,
            answer=answer,
        )
        for n in range(choices)
    )
    cell = f'**Is it so?**\n\n<div class="self-check">\n{rows}</div>'
    sources = [heading, *[cell] * asked, "## Take-aways"]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(s) for s in sources])


def edited(old: str, new: str):
    notebook = deepcopy(lesson())
    notebook.cells[1].source = notebook.cells[1].source.replace(old, new, 1)
    return notebook


def test_a_good_lesson_passes():
    assert problems(lesson()) == []


@pytest.mark.parametrize(
    "planted, sentence",
    [
        (lesson(heading="## Questions"), "one section"),
        (lesson(asked=1), "two or three questions"),
        (lesson(asked=4), "two or three questions"),
        (lesson(choices=2), "three choices"),
        (lesson(right=0), "one right choice"),
        (lesson(right=2), "one right choice"),
        (lesson(answer="No."), "gives no reason"),
        (edited("Is it so?", "It is so."), "it is a question"),
        (edited("<details>", "<details open>"), "open before"),
        (edited(WRONG, "Hm."), "called neither"),
        (edited('class="wrong"', 'class="right"'), "called neither"),
        (edited("<summary>choice 1</summary>", ""), "without words"),
        (edited("</div>", "<script></script></div>"), "no script"),
        (edited("<details>", "\n\n<details>"), "one block"),
    ],
    ids=lambda value: value if isinstance(value, str) else "planted",
)
def test_a_planted_fault_is_named(planted, sentence):
    found = problems(planted)
    assert any(sentence in problem for problem in found), found
