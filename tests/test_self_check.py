"""Each lesson ends with questions that can be answered without a kernel, a script or a mouse.

A question is one Markdown cell: the question in bold, then a `<details>` for each choice whose
summary is the choice and whose text is the answer to it.
"""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from celltoken import notebooks

ROOT = Path(__file__).resolve().parents[1]
LESSONS = [path for path in notebooks.find([ROOT / "chapters"]) if path.name != "exercises.ipynb"]
HEADING = "## Check yourself"
RIGHT, WRONG = "✓ Right.", "✗ Not so."
SHORTEST_ANSWER = 40  # characters after the verdict: enough for a reason


def questions(notebook) -> list[str]:
    """The Markdown cells between the heading and the next one."""
    found, inside = [], False
    for cell in notebook.cells:
        if cell.source.startswith("## "):
            inside = cell.source.startswith(HEADING)
        elif inside and cell.cell_type == "markdown":
            found.append(cell.source)
    return found


def problems(notebook) -> list[str]:
    """What is wrong with a lesson's questions, one sentence each."""
    sections = [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    if sections.count(HEADING) != 1:
        return [f"a lesson has one section '{HEADING}'"]
    found = []
    if sections[sections.index(HEADING) + 1 :][:1] != ["## Take-aways"]:
        found.append("the questions stand before the take-aways")
    asked = questions(notebook)
    if not 2 <= len(asked) <= 3:
        found.append(f"a lesson asks two or three questions, this one {len(asked)}")
    for number, source in enumerate(asked, 1):
        found += [f"question {number}: {problem}" for problem in problems_of_question(source)]
    return found


def problems_of_question(source: str) -> list[str]:
    question, _, choices = source.partition("\n\n")
    page = BeautifulSoup(choices, "html.parser")
    found = []
    if not (question.startswith("**") and question.endswith("?**")):
        found.append("it is a question, in bold")
    if not choices.startswith('<div class="self-check">') or "\n\n" in choices:
        found.append("the choices are one block of HTML with the class self-check")
    if page.find(["script", "input", "button"]) or page.find(attrs={"onclick": True}):
        found.append("choices need no script")
    answers = []
    for choice in page.find_all("details"):
        summary = choice.find("summary", recursive=False)
        verdict = choice.select_one("p > b")
        if summary is None or not summary.get_text(strip=True):
            found.append("a choice without words")
            continue
        name = summary.get_text(strip=True)
        if choice.has_attr("open"):
            found.append(f"'{name}' is open before the reader has thought")
        kind = {RIGHT: ["right"], WRONG: ["wrong"]}.get(verdict and verdict.get_text())
        if kind is None or verdict.get("class") != kind:
            found.append(f"'{name}' is called neither '{RIGHT}' nor '{WRONG}'")
            continue
        answers.append(kind[0])
        if len(choice.p.get_text()) - len(verdict.get_text()) < SHORTEST_ANSWER:
            found.append(f"the answer to '{name}' gives no reason")
    if len(page.find_all("details")) < 3:
        found.append("three choices or more")
    if answers.count("right") != 1:
        found.append("one right choice")
    return found


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
