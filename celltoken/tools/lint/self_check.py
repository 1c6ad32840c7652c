"""The questions under *Check yourself*, which a reader opens without a kernel or a script."""

from bs4 import BeautifulSoup

HEADING = "## Check yourself"
RIGHT, WRONG = "✓ Right.", "✗ Not so."
SHORTEST_ANSWER = 40  # characters after the verdict: enough for a reason
AFTER = ("In your own notebook", "Take-aways")


def questions(notebook) -> list[str]:
    """The Markdown cells between the heading and the next one."""
    found, inside = [], False
    for cell in notebook.cells:
        if cell.source.startswith("## "):
            inside = cell.source.startswith(HEADING)
        elif inside and cell.cell_type == "markdown":
            found.append(cell.source)
    return found


def self_check(name, notebook) -> list[str]:
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
    if sections[sections.index(HEADING) + 1 :][:1] not in ([f"## {each}"] for each in AFTER):
        found.append(f"'{HEADING}' comes right before '{AFTER[0]}' or '{AFTER[1]}'")
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
