"""Every chapter has a lesson plan, complete, and what it quotes from a lesson stands there."""

import re
from pathlib import Path

import nbformat
import pytest

from celltoken import lessons

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [name for name in lessons.reading_order() if not name.endswith("/exercises")]
SESSION = 50  # minutes
PARTS = ("Minutes", "Misconceptions", "Discuss", "Skip")
RESULT = re.compile(r"(?<![\w.,])\d+\.\d+(?![\w.])|\d\s?%|\d\s?per ?cent", re.IGNORECASE)


def plan_of(chapter: str) -> str:
    path = ROOT / "book" / "teaching" / f"{chapter}.md"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def split(text: str, level: int) -> dict[str, str]:
    """Heading of a level -> the text under it."""
    parts = re.split(rf"^{'#' * level} +(.+?) *$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def table(text: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return rows[2:]  # without the head and the rule under it


def straight(text: str) -> str:
    for curly, plain in (("“", '"'), ("”", '"'), ("’", "'")):
        text = text.replace(curly, plain)
    return text


def problems(plan: str, name: str, title: str, lesson: str) -> list[str]:
    """What a plan lacks for a lesson, whose prose is `lesson`; one sentence each."""
    heading = f"[{title}](../../chapters/{name}.ipynb)"
    section = split(plan, 2).get(heading)
    if section is None:
        return [f"no section is headed '## {heading}'"]
    parts = split(section, 3)
    if missing := [part for part in PARTS if not parts.get(part, "").strip()]:
        return [f"the part '{missing[0]}' is missing"]
    found = []
    minutes = [int(row[1]) for row in table(parts["Minutes"])]
    if not 0 < sum(minutes) <= SESSION:
        found.append(f"the minutes add up to {sum(minutes)}, a session has {SESSION}")
    rows = table(parts["Misconceptions"])
    if len(rows) < 3 or any(len(row) != 2 or not row[1] for row in rows):
        found.append("three misconceptions or more, each with what meets it")
    for quoted in re.findall(r"“([^”]+)”", " ".join(row[-1] for row in rows)):
        if straight(quoted) not in straight(lesson):
            found.append(f"the lesson does not say “{quoted}”")
    asked = re.findall(r"^(?!:)(\S.*)\n: (.+)$", parts["Discuss"], flags=re.MULTILINE)
    if len(asked) < 2 or any(not q.endswith("?") or len(a) < 100 for q, a in asked):
        found.append("two questions to discuss or more, each with what a good answer contains")
    if RESULT.search(section):
        found.append(f"'{RESULT.search(section)[0]}' looks like a result typed by hand")
    return found


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_have_a_plan(name):
    notebook = nbformat.read(lessons.path_of(name), as_version=4)
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    plan = plan_of(name.split("/")[0])
    assert problems(plan, name, lessons.title_of(name), prose) == []


@pytest.mark.parametrize("chapter", sorted({name.split("/")[0] for name in LESSONS}))
def test_plans_lead_to_their_slides(chapter):
    assert f'<a href="../../slides/{chapter}/index.html">' in plan_of(chapter)
    assert f"({chapter}.md)" in (ROOT / "book/teaching/index.md").read_text(encoding="utf-8")


GOOD = """\
# Lesson plan

## [Title](../../chapters/a/b.ipynb)

### Minutes

| part | minutes | what |
|---|---|---|
| question | 5 | ask |
| words | 45 | look |

### Misconceptions

| heard | met by |
|---|---|
| "a" | “it's so” |
| "b" | the figure |
| "c" | the figure |

### Discuss

Why?
: {answer}

Why not?
: {answer}

### Skip

Nothing.
""".format(answer="Because of this. " * 8)


def planted(old: str, new: str) -> list[str]:
    assert old in GOOD
    return problems(GOOD.replace(old, new, 1), "a/b", "Title", "They say it's so, and it is.")


def test_a_good_plan_passes():
    assert planted("Nothing.", "Little.") == []


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("[Title]", "[Other title]", "no section is headed"),
        ("### Skip", "### Leave out", "the part 'Skip' is missing"),
        ("| 45 |", "| 50 |", "the minutes add up to 55"),
        ('| "c" | the figure |\n', "", "three misconceptions"),
        ("“it's so”", "“it is not so”", "the lesson does not say"),
        ("Why not?", "Not.", "two questions to discuss"),
        ("Because of this.", "It is 0.94, of course.", "looks like a result"),
    ],
)
def test_a_planted_fault_is_named(old, new, sentence):
    assert any(sentence in problem for problem in planted(old, new))
