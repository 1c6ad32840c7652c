"""Every chapter's exercises: complete, solvable, and failed by wrong answers in the right words.

Nothing here is about one chapter. A chapter with an `exercises.ipynb` needs a file
`tests/planted/<chapter>.py` with a dict PLANTED: exercise -> [(source of a wrong answer, piece of
the sentence it must get)], and may have a dict HARMLESS: exercise -> [piece of a changed line].
"""

import ast
import copy
import importlib.util
import re
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from celltoken import checks, notebooks

ROOT = Path(__file__).resolve().parents[1]
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


def planted(chapter):
    path = ROOT / "tests" / "planted" / f"{chapter}.py"
    spec = importlib.util.spec_from_file_location(f"planted_{chapter}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKED = [each for path in MASTERS for each in exercises(path)]
ALL = pytest.mark.parametrize("exercise", CHECKED, ids=lambda each: f"{each.chapter}-{each.name}")
EACH = pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.parent.name)


@pytest.fixture(scope="module")
def solved():
    """A chapter's variables after its set-up and all reference solutions.

    The demonstrations below the solutions are left to nbval, which runs the notebook as a whole.
    """
    ready = {}

    def namespace(chapter):
        if chapter not in ready:
            path = ROOT / "chapters" / chapter / "exercises.ipynb"
            variables = {"__name__": "exercises"}
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code" and not grading(cell)["grade"]:
                    source = definitions(cell.source) if is_solution(cell) else cell.source
                    exec(source, variables)
            ready[chapter] = variables
        return dict(ready[chapter])

    return namespace


def definitions(source):
    """The source without what is called or assigned outside its functions."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
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
    *pairs, last = [side for _, side in titles]
    assert pairs == ["Words", "Cells"] * (len(pairs) // 2)
    assert last == "Words and cells"
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


@EACH
def test_what_is_released_holds_no_solution(path):
    text = "\n".join(released(cell.source) for cell in nbformat.read(path, as_version=4).cells)
    for exercise in exercises(path):
        lines = {line.strip() for line in text.splitlines()}
        assert [
            line for line in exercise.secret if line in lines or len(line) > 25 and line in text
        ] == []
    assert "BEGIN" not in text and "seed + " not in text


# -- right answers --------------------------------------------------------------------------------


@ALL
def test_the_reference_is_correct(exercise, solved, capsys):
    variables = solved(exercise.chapter)
    started = time.process_time()
    assert verdicts(exercise, variables) == [None, None]
    assert time.process_time() - started < 5
    assert capsys.readouterr().out == f"{exercise.name}: correct\n" * 2


@ALL
@pytest.mark.parametrize("seed", [1, 7, 20])
def test_the_reference_is_correct_for_other_cohorts(exercise, seed, solved):
    assert verdicts(exercise, solved(exercise.chapter) | {"seed": seed}) == [None, None]


# -- no answer and wrong answers ------------------------------------------------------------------


@ALL
def test_the_skeleton_is_not_attempted_yet(exercise, solved):
    variables = solved(exercise.chapter)
    exec(definitions(exercise.skeleton), variables)
    for check in (exercise.visible, exercise.hidden):
        with pytest.raises(checks.NotAttempted, match="not attempted yet"):
            exec(check, variables)


@EACH
def test_a_released_notebook_runs_without_a_traceback(path, capsys):
    """As a student opens it: set-up, skeletons with their demonstrations, visible checks."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("colors", "nocolor")
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or not (source := released(cell.source)):
            continue
        result = shell.run_cell(source)
        shown = capsys.readouterr()
        assert result.error_before_exec is None
        assert "Traceback" not in shown.out + shown.err
        if grading(cell)["grade"]:
            assert isinstance(result.error_in_exec, checks.NotAttempted)
            assert len(shown.out.strip().splitlines()) == 1
            assert "not attempted yet" in shown.out
        else:
            assert result.error_in_exec is None, f"{source}\n{result.error_in_exec}"


@pytest.mark.parametrize(
    "exercise, wrong, piece",
    [
        pytest.param(each, *case, id=f"{each.chapter}-{each.name}-{case[1]}")
        for each in CHECKED
        for case in planted(each.chapter).PLANTED.get(each.name, [])
    ],
)
def test_a_planted_mistake_gets_its_sentence(exercise, wrong, piece, solved):
    variables = solved(exercise.chapter)
    exec(wrong, variables)
    first, second = verdicts(exercise, variables)
    assert first and piece in first
    assert second, "the hidden check takes it for right"
    is_a_sentence(exercise, first)
    is_a_sentence(exercise, second)


@ALL
def test_mistakes_are_planted(exercise):
    pieces = [piece for _, piece in planted(exercise.chapter).PLANTED[exercise.name]]
    assert len(set(pieces)) >= 2


@ALL
@pytest.mark.parametrize("kind", WRONG_TYPES)
def test_a_wrong_type_gets_one_sentence(exercise, kind, solved):
    variables = solved(exercise.chapter) | {exercise.name: WRONG_TYPES[kind]}
    for said in verdicts(exercise, variables):
        is_a_sentence(exercise, said)


def is_a_sentence(exercise, said):
    assert said.startswith(f"{exercise.name}: ") and said.endswith(".")
    assert len(said) < 320 and "\n" not in said and "Traceback" not in said
    assert not re.search(r"[a-z)]\. [A-Z]", said), f"more than one sentence: {said}"


@ALL
def test_a_hard_coded_answer_fails_the_hidden_check(exercise, solved):
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
def test_a_change_in_a_solution_is_noticed(exercise, solved):
    source = without_docstring(ast.unparse(ast.parse(exercise.solution).body[0]))
    # strict=True of zip guards against a slip and changes no result.
    survivors, tried = [], 0
    for line, changed in changes(source.replace(", strict=True", "")):
        variables = solved(exercise.chapter)
        exec(changed, variables)
        tried += 1
        if verdicts(exercise, variables) == [None, None]:
            survivors.append((line, changed.splitlines()[line - 1]))
    assert tried >= 2
    harmless = getattr(planted(exercise.chapter), "HARMLESS", {}).get(exercise.name, [])
    assert [s for s in survivors if not any(piece in s[1] for piece in harmless)] == []
