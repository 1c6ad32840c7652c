"""The form of a lesson: each rule takes its name and notebook and lists what is wrong, in words.

A rule says nothing about what is good; it holds what a reader, a screen reader or a test relies on.
"""

import ast
import re

from celltoken import claims
from celltoken.lessons import notebooks
from celltoken.tools.lint.reading import (
    cited,
    code_cells,
    drawing_functions,
    draws,
    glossary,
    header,
    is_exercises,
    prose,
    sections,
    tags,
)

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
    either = [["Cells", "Words", *wanted[2:]], wanted]  # a lesson may begin with either side
    return [] if found in either else [f"sections are {found}, not {wanted}"]


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
    found, ids = [], []
    for i, cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) != "claims.check":
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                ids.append(node.args[0].value)
            else:
                found.append(f"cell {i}: write the claim's id into `claims.check` as text")
            if not notebooks.is_checked(cell):
                found.append(f"cell {i}: tag it nbval-check-output, so that its line is compared")
    known = claims.record()
    found += [f"{each} is not in book/claims.toml" for each in ids if each not in known]
    mine = [each for each, claim in known.items() if claim.get("lesson") == name]
    return found + [
        f"{each} is this lesson's in book/claims.toml, but it does not check it"
        for each in mine
        if each not in ids
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
            found.append(f"cell {i} is checked but stores nothing: run lessons.notebooks --execute")
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
    return [f"{key} is not in references.bib" for key in sorted(keys - cited())]


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
