"""Every chapter's exercises: complete, solvable, and failed by wrong answers in the right words.

Nothing here is about one chapter. The mistakes of a check are run as answers, and each must get its
sentence. `answers/<chapter>.py` holds answers that the checks have not seen: WRONG, UNUSUAL, and
HARMLESS changes of a reference solution. What students get is tested in `tests/coursework`.
"""

import ast
import copy
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import pytest

from celltoken import checks
from celltoken.lessons import notebooks

ROOT = Path(__file__).resolve().parents[2]
MASTERS = sorted((ROOT / "chapters").glob("*/exercises.ipynb"))
REGION = re.compile(
    r"^.*### BEGIN (SOLUTION|HIDDEN TESTS).*\n(.*\n)*?.*### END \1.*\n?", re.MULTILINE
)
WRONG_TYPES = {
    "number": 3,
    "text": "text",
    "list": [1, 2],
    "returns a number": lambda *_: 3,
    "returns NaN": lambda *_: float("nan"),
    "returns text": lambda *_: "text",
    "returns a list": lambda *_: [],
    "returns nested lists": lambda *_: [[1, "a"], [2]],
    "returns a dict": lambda *_: {},
    "returns itself": lambda *_: checks,
    "takes nothing": lambda: 3,
    "stops": lambda *_: 1 / 0,
    "exits": lambda *_: exit(),
}


@dataclass(frozen=True)
class Exercise:
    chapter: str
    name: str
    statement: str
    solution: str
    visible: str
    hidden: str

    @property
    def skeleton(self):
        return released(self.solution)

    @property
    def secret(self):
        """The lines of the reference solution."""
        inside = REGION.search(self.solution)[0].splitlines()[1:-1]
        return [line.strip() for line in inside if line.strip()]


def released(source):
    """What a student gets: no solution and no hidden check, and no stub in their place."""
    return REGION.sub("", source)


def grading(cell):
    return cell.metadata.get("nbgrader", {})


def is_solution(cell):
    return cell.cell_type == "code" and grading(cell).get("solution", False)


def exercises(path):
    """The exercises with checks; each is five things in a fixed order, or an assertion says not."""
    cells = nbformat.read(path, as_version=4).cells
    found = []
    for place, cell in enumerate(cells):
        if not is_solution(cell):
            continue
        name = grading(cell)["grade_id"]
        before, after = cells[place - 1], cells[place + 1 : place + 3]
        assert before.cell_type == "markdown", f"{name} has no statement"
        assert len(after) == 2, f"{name} has no two checks"
        sources = [each.source for each in (before, cell, *after)]
        found.append(Exercise(path.parent.name, name, *sources))
    return found


def answers(chapter):
    path = Path(__file__).parent / "answers" / f"{chapter}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{chapter}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKED = [each for path in MASTERS for each in exercises(path)]
ANSWERS = {path.parent.name: answers(path.parent.name) for path in MASTERS}
ALL = pytest.mark.parametrize("exercise", CHECKED, ids=lambda each: f"{each.chapter}-{each.name}")
EACH = pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.parent.name)


def check_of(exercise):
    return getattr(getattr(checks, exercise.chapter), exercise.name)


@cache
def _namespace(chapter):
    path = ROOT / "chapters" / chapter / "exercises.ipynb"
    variables = {"__name__": "exercises", "seed": 0}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and not grading(cell)["grade"]:
            kinds = (ast.FunctionDef,) if is_solution(cell) else (ast.Import, ast.ImportFrom)
            exec(definitions(cell.source, kinds), variables)
    return variables


def solved(chapter):
    """What a solution can use: the set-up's imports, and the reference functions. Data and
    demonstrations are left to nbval, which runs the notebook as a whole."""
    return dict(_namespace(chapter))


def definitions(source, kinds=(ast.FunctionDef,)):
    """The source without what is called or assigned outside its functions."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if isinstance(node, kinds)]
    return ast.unparse(tree)


def sentence(source, variables):
    """What a check cell says of a wrong answer; None if it takes it for right."""
    try:
        exec(source, variables)
    except checks.CheckError as problem:
        return str(problem)
    return None


def verdicts(exercise, variables):
    return [sentence(each, variables) for each in (exercise.visible, exercise.hidden)]


# -- form -----------------------------------------------------------------------------------------


def test_there_are_exercises():
    assert MASTERS and CHECKED


@EACH
def test_the_notebook_is_an_nbgrader_assignment(path):
    cells = nbformat.read(path, as_version=4).cells
    graded = [cell for cell in cells if grading(cell)]
    ids = [grading(cell)["grade_id"] for cell in graded]
    assert len(set(ids)) == len(ids)
    for cell in graded:
        details = grading(cell)
        assert set(details) >= {"schema_version", "grade_id", "grade", "solution", "locked", "task"}
        assert details["schema_version"] == 3
        assert ("points" in details) == details["grade"]
        assert details["locked"] != details["solution"]
    assert all(grading(cell) for cell in cells if cell.cell_type == "code")
    assert [
        c.source.split(" ")[:3] for c in cells if "parameters" in c.metadata.get("tags", [])
    ] == [["seed", "=", "0"]]


@EACH
def test_exercises_come_in_pairs_and_end_with_an_open_question(path):
    cells = nbformat.read(path, as_version=4).cells
    titles = [
        match
        for cell in cells
        if cell.cell_type == "markdown"
        for match in re.findall(r"^## (\d+)\. (.+?): ", cell.source, re.MULTILINE)
    ]
    assert [int(number) for number, _ in titles] == list(range(1, len(titles) + 1))
    *pairs, claim, last = [side for _, side in titles]
    assert pairs == ["Words", "Cells"] * (len(pairs) // 2)
    assert claim == last == "Words and cells"
    assert sum("break this claim" in cell.source for cell in cells) == 1
    manual = [c for c in cells if c.cell_type == "markdown" and grading(c).get("solution")]
    assert len(manual) == 1 and grading(manual[0])["grade"]
    assert REGION.search(manual[0].source) and "good answer" not in released(manual[0].source)


@ALL
def test_an_exercise_is_complete(exercise):
    path = ROOT / "chapters" / exercise.chapter / "exercises.ipynb"
    cells = {c.source: c for c in nbformat.read(path, as_version=4).cells}
    assert "```{dropdown} Hint" in exercise.statement
    assert re.search(r"^\*\d+ points · (easy|medium|hard)", exercise.statement, re.MULTILINE)
    assert f"`{exercise.name}(" in exercise.statement, "the signature"

    solution = cells[exercise.solution].metadata
    assert "hide-input" in solution["tags"] and solution["mystnb"]["code_prompt_show"]
    assert len(exercise.secret) <= 9
    # A change in the condition of such a loop may never end (see the last test).
    assert not any(isinstance(node, ast.While) for node in ast.walk(ast.parse(exercise.solution)))
    function = ast.parse(exercise.skeleton).body[0]
    assert function.name == exercise.name and ast.get_docstring(function)

    visible, hidden = cells[exercise.visible], cells[exercise.hidden]
    call = f"checks.{exercise.chapter}.{exercise.name}({exercise.name}, seed=seed"
    assert visible.source == f"{call})"
    assert released(hidden.source) == "" and f"{call} + " in hidden.source
    assert notebooks.CHECKED in visible.metadata["tags"]
    assert "remove-cell" in hidden.metadata["tags"]
    for cell in (visible, hidden):
        assert grading(cell)["grade"] and grading(cell)["locked"]
    points = [grading(cell)["points"] for cell in (visible, hidden)]
    assert points[0] == points[1] > 0
    assert f"*{sum(points)} points" in exercise.statement


# -- right answers --------------------------------------------------------------------------------


@ALL
def test_the_reference_is_correct(exercise, capsys):
    variables = solved(exercise.chapter)
    assert verdicts(exercise, variables) == [None, None]
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and all(line.startswith(f"{exercise.name}: correct") for line in said)


@ALL
@pytest.mark.parametrize("seed", [1, 7, 20])
def test_the_reference_is_correct_for_other_cohorts(exercise, seed):
    assert verdicts(exercise, solved(exercise.chapter) | {"seed": seed}) == [None, None]


# -- no answer and wrong answers ------------------------------------------------------------------


@ALL
def test_the_skeleton_is_not_attempted_yet(exercise):
    variables = solved(exercise.chapter)
    exec(definitions(exercise.skeleton), variables)
    for check in (exercise.visible, exercise.hidden):
        with pytest.raises(checks.NotAttempted, match="not attempted yet"):
            exec(check, variables)


@ALL
def test_each_mistake_gets_its_sentence(exercise):
    """The wrong functions that the check knows, as answers: in the visible and the hidden check."""
    check = check_of(exercise)
    assert len({mistake.sentence for mistake in check.mistakes}) >= 5
    for mistake in check.mistakes:
        for said in verdicts(exercise, solved(exercise.chapter) | {exercise.name: mistake.wrong}):
            assert said == f"{exercise.name}: {mistake.sentence}"
            is_a_sentence(exercise, said)


@ALL
def test_a_mistake_earns_nothing_in_other_cohorts_either(exercise):
    """Data of another seed could hide it, so that a wrong answer would pass."""
    check = check_of(exercise)
    for seed in (2, 5):
        for mistake in check.mistakes:
            with pytest.raises(checks.CheckError):
                check(mistake.wrong, seed=seed)


@pytest.mark.parametrize(
    "exercise, wrong, piece",
    [
        pytest.param(each, *case, id=f"{each.chapter}-{each.name}-{case[0].__name__}")
        for each in CHECKED
        for case in ANSWERS[each.chapter].WRONG[each.name]
    ],
)
def test_a_wrong_answer_that_nobody_planted_fails(exercise, wrong, piece):
    first, second = verdicts(exercise, solved(exercise.chapter) | {exercise.name: wrong})
    assert first and second and piece in first and piece in second
    is_a_sentence(exercise, first)


@pytest.mark.parametrize(
    "exercise, right",
    [
        pytest.param(each, right, id=f"{each.chapter}-{each.name}-{right.__name__}")
        for each in CHECKED
        for right in ANSWERS[each.chapter].UNUSUAL[each.name]
    ],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_a_right_answer_in_another_style_passes(exercise, right, seed):
    variables = solved(exercise.chapter) | {exercise.name: right, "seed": seed}
    assert verdicts(exercise, variables) == [None, None]


@ALL
def test_answers_that_the_check_has_not_seen_are_kept(exercise):
    assert len(ANSWERS[exercise.chapter].WRONG[exercise.name]) >= 2
    assert ANSWERS[exercise.chapter].UNUSUAL[exercise.name]


def test_one_argument_is_not_called_arguments():
    with pytest.raises(checks.CheckError, match="must take 1 argument;"):
        checks.context.pmi(lambda: 3)


@ALL
@pytest.mark.parametrize("kind", WRONG_TYPES)
def test_a_wrong_type_gets_one_sentence(exercise, kind):
    variables = solved(exercise.chapter) | {exercise.name: WRONG_TYPES[kind]}
    for said in verdicts(exercise, variables):
        is_a_sentence(exercise, said)


def is_a_sentence(exercise, said):
    assert said.startswith(f"{exercise.name}: ") and said.endswith(".")
    assert len(said) < 320 and "\n" not in said and "Traceback" not in said
    assert not re.search(r"[a-z)]\. [A-Z]", said), f"more than one sentence: {said}"


@ALL
def test_a_hard_coded_answer_fails_the_hidden_check(exercise):
    """What the reference returned in the visible check, returned again whatever is asked."""
    variables = solved(exercise.chapter)
    reference, taped, functions = variables[exercise.name], [], []

    def tape(*arguments):
        functions.extend(each for each in arguments if callable(each))
        taped.append(reference(*arguments))
        return copy.deepcopy(taped[-1])

    assert sentence(exercise.visible, variables | {exercise.name: tape}) is None
    for check, passes in ((exercise.visible, not functions), (exercise.hidden, False)):
        again = iter(taped)
        said = sentence(check, variables | {exercise.name: lambda *_, again=again: next(again)})
        # A check that lends the student a function sees at once that it is not called.
        assert (said is None) == passes


# -- a change anywhere in a solution is noticed ---------------------------------------------------

SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.MatMult: ast.Add, ast.BitAnd: ast.BitOr, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def changes(source):
    """(line, source) for a change of every operator, sign, number and text in a function's body."""

    def nodes(tree):
        return [node for part in tree.body[0].body for node in ast.walk(part)]

    for place in range(len(nodes(ast.parse(source)))):
        tree = ast.parse(source)
        node = nodes(tree)[place]
        if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
            node.op = SWAPS[type(node.op)]()
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            node.ops = [SWAPS[type(node.ops[0])]()]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node.op = ast.UAdd()
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            node.value = not node.value
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            node.value = 1 - node.value if node.value in (0, 1) else node.value + 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value += "?"
        else:
            continue
        yield node.lineno, ast.unparse(ast.fix_missing_locations(tree))


def without_docstring(source):
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.unparse(tree)


@ALL
def test_a_change_in_a_solution_is_noticed(exercise):
    source = without_docstring(ast.unparse(ast.parse(exercise.solution).body[0]))
    # strict=True of zip guards against a slip and changes no result.
    survivors, tried = [], 0
    for line, changed in changes(source.replace(", strict=True", "")):
        variables = solved(exercise.chapter)
        exec(changed, variables)
        tried += 1
        if verdicts(exercise, variables) == [None, None]:
            survivors.append((line, changed.splitlines()[line - 1]))
    assert tried >= 1
    harmless = ANSWERS[exercise.chapter].HARMLESS.get(exercise.name, [])
    assert [s for s in survivors if not any(piece in s[1] for piece in harmless)] == []
