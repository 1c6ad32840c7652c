"""Coursework: what students get, and that grading is right, fair and cannot be talked round.

The whole demonstration class is `make grade`. Here are its parts, small enough for every run: the
line between the processes, the sandbox, each attack on the first exercise, one class graded twice.
"""

import csv
import io
import json
import os
import pickle
import re
import socket
import struct
import subprocess
import sys
from pathlib import Path

import demo_class
import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import sparse

from celltoken import checks
from celltoken.coursework import (
    CourseworkError,
    assignment,
    autograder,
    sandbox,
    tables,
    wire,
)
from celltoken.coursework import grade as grading
from celltoken.coursework import release as releasing
from celltoken.coursework.session import Session, WorkerDied
from celltoken.tools import cli

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = assignment.chapters()
LIMITS = sandbox.LIMITS | {"cell": 20, "exercise": 60, "memory": 2 * 2**30}
SHORT = LIMITS | {"cell": 6, "exercise": 12}
SANDBOXED = pytest.mark.usefixtures("sandboxed")

pytest.importorskip("nbgrader", reason="requirements-instructor.lock is not installed")
pytest.importorskip("distributed", reason="requirements-instructor.lock is not installed")


# -- what students get ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    releasing.release([], folder, seed=7, progress=lambda line: None)
    return folder


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_released_holds_no_solution_and_no_hidden_check(chapter, edition):
    path = edition / chapter / "exercises.ipynb"
    text = "\n".join(sources(path))
    lines = {line.strip() for line in text.splitlines()}
    for cell in assignment.cells_of(assignment.master_text(chapter)):
        for region in assignment.REGION.finditer(cell.source):
            secret = [line.strip() for line in region[0].splitlines()]
            secret = [line for line in secret if len(line) > 8 and line[0] not in "`)]}"]
            imports = {"from celltoken import checks"}  # in the set-up too
            assert secret and [line for line in secret if line in lines - imports] == []
    raw = path.read_text(encoding="utf-8")
    assert not re.search(r"BEGIN|HIDDEN|seed \+ |[Ss]how the solution|A good answer", raw)
    assert releasing.CODE_STUB in raw and releasing.TEXT_STUB in raw
    assert "seed = 7" in raw and "{dropdown}" not in raw


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_lessons_are_released_without_outputs(chapter, edition):
    given = {path.name for path in (ROOT / "chapters" / chapter).glob("*.ipynb")}
    assert {path.name for path in (edition / chapter).glob("*.ipynb")} == given
    for path in (edition / chapter).glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_released_runs_and_says_not_attempted_yet(chapter, edition, capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("colors", "nocolor")
    for cell in nbformat.read(edition / chapter / "exercises.ipynb", as_version=4).cells:
        if cell.cell_type != "code":
            continue
        result, shown = shell.run_cell(cell.source), capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        if cell.metadata.nbgrader.grade and cell.source != assignment.HIDDEN:
            assert isinstance(result.error_in_exec, checks.NotAttempted)
            assert "not attempted yet" in shown.out
            assert len(shown.out.strip().splitlines()) == 1
        else:
            assert result.success


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_download_of_the_book_has_the_cells_that_nbgrader_releases(chapter):
    offered = nbformat.reads(releasing.download(chapter), as_version=4)
    released = releasing.released(chapter)
    assert [c.source for c in offered.cells] == [c.source for c in released.cells]
    assert not any(cell.get("outputs") for cell in offered.cells)


def test_nbgrader_can_grade_what_is_released():
    """Checksums and locks are nbgrader's own, so its tools take the release for theirs."""
    from nbgrader.preprocessors import CheckCellMetadata
    from nbgrader.utils import compute_checksum, is_grade, is_solution

    notebook = releasing.released(CHAPTERS[0])
    CheckCellMetadata().preprocess(notebook, {})
    for cell in notebook.cells:
        if is_grade(cell) or is_solution(cell):
            assert cell.metadata.nbgrader.checksum == compute_checksum(cell)
            assert cell.metadata.deletable is False


def test_the_hand_out_is_one_file(edition, tmp_path):
    import zipfile

    names = zipfile.ZipFile(releasing.zipped(edition, tmp_path / "a.zip")).namelist()
    assert "student/README.md" in names
    assert f"student/{CHAPTERS[0]}/exercises.ipynb" in names


PAGES = sorted((ROOT / "_build" / "html" / "chapters").glob("*/exercises.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.parent.name)
def test_buttons_of_exercise_pages_lead_to_the_student_edition(page):
    text, place = page.read_text(encoding="utf-8"), f"chapters/{page.parent.name}/exercises.ipynb"
    links = re.findall(rf'href="([^"]*{place})"', text)
    opened = [link for link in links if "mybinder.org" in link or "colab." in link]
    assert len(opened) == 2 and all(re.search(r"/student[?/]", link) for link in opened)
    (download,) = [link for link in links if "_sources" in link]
    offered = (page.parent / download).resolve().read_text(encoding="utf-8")
    assert offered == releasing.download(page.parent.name)


# -- what carries it ------------------------------------------------------------------------------


def test_the_student_branch_holds_no_solution(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    program = Path(sys.executable).parent / "celltoken"
    command = [ROOT / ".ci" / "student_branch", tmp_path / "branch", "3"]
    subprocess.run(command, check=True, env=os.environ | {"CELLTOKEN": str(program)})
    for chapter in CHAPTERS:
        text = (tmp_path / "branch" / "chapters" / chapter / "exercises.ipynb").read_text("utf-8")
        assert "seed = 3" in text and releasing.CODE_STUB in text and "BEGIN" not in text
    kept = {path.name for path in (tmp_path / "branch").iterdir()}
    assert {"environment.yml", "postBuild", "celltoken", "data", "book"} <= kept
    assert "tests" not in kept and not (tmp_path / "branch/book/teaching").exists()


def test_configurations_can_be_read():
    """That they parse and name files that exist is all that can be said of them here."""
    teaching = ROOT / "book" / "teaching"
    hub = yaml.safe_load((teaching / "z2jh.yaml").read_text(encoding="utf-8"))
    assert hub["singleuser"]["memory"] == {"guarantee": "1G", "limit": "2G"}
    flow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text(encoding="utf-8"))
    assert set(flow["jobs"]) == {"build", "deploy"}
    subprocess.run(["bash", "-n", teaching / "tljh.sh"], check=True)
    lines = (teaching / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert copied and [name for name in copied if not (ROOT / name).exists()] == []


def test_the_student_branch_says_what_it_needs(tmp_path):
    (tmp_path / "full").touch()
    for given, said in (
        (["--help"], "usage:"),
        ([], "the following arguments are required: folder"),
        ([tmp_path, "x"], "invalid int value: 'x'"),
        ([tmp_path], "is not an empty folder: choose another."),
    ):
        script = [sys.executable, ROOT / ".ci" / "student_branch", *given]
        done = subprocess.run(script, capture_output=True, text=True)
        assert said in done.stdout + done.stderr and "Traceback" not in done.stderr


# -- the line -------------------------------------------------------------------------------------

VALUES = [
    None, True, 3, -(10**30), 2.5, float("inf"), 1 + 2j, "text ü\ud800", ..., [], (1, "a"),
    {"a": [1], 2: None, (1, 2): "x"}, {1, 2}, frozenset("a"),
    np.float32(2.5), np.int64(3), np.bool_(True), np.str_("x"),
    np.arange(6).reshape(2, 3), np.zeros((0, 4)), np.array(["a", "bcd"]), np.array(2.0),
    np.array(["a", None, 3], dtype=object), np.array([np.nan, 1]), np.arange(4)[::-2],
    np.array(["2020-01-01"], dtype="M8[D]"),
    pd.Index(["a", "b"], name="i"), pd.Series([1, 2], index=["x", "y"], name="s"),
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[5, 6]),
    sparse.csr_matrix(np.eye(3)), sparse.coo_array(np.eye(2)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_plain_values_cross_the_line(value):
    if isinstance(value, str):
        value = value[:-1]
    got = wire.decode(wire.encode(value))
    if sparse.issparse(value):
        value, got = value.toarray(), got.toarray()
    assert type(got) is type(value)
    if isinstance(value, (pd.Series, pd.DataFrame, pd.Index)):
        assert got.equals(value)
    else:
        np.testing.assert_equal(got, value)


class Evil:
    def __reduce__(self):
        return os.system, ("false",)


@pytest.mark.parametrize("value", [Evil(), open, checks, iter([]), pickle, lambda: 0])
def test_what_is_not_plain_arrives_as_the_name_of_its_type(value):
    got = wire.decode(wire.encode([value]))[0]
    assert type(got).__name__ == type(value).__name__ and vars(type(got)).keys() <= {
        "__module__", "__dict__", "__weakref__", "__doc__",
    }  # fmt: skip


def message(tree, arrays=b""):
    tree = json.dumps(tree).encode() if not isinstance(tree, bytes) else tree
    return struct.pack(">Q", len(tree)) + tree + arrays


def saved(kind, shape, raw=b""):
    """An array as a file of NumPy's, whether its head tells the truth or not."""
    head = str({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head + raw


EIGHT, PAIR = bytes(8), [["array"]] * 3
SPARSE = saved("<f8", (1,), EIGHT) + saved("<i4", (1,), struct.pack("<i", 99))


def test_a_true_head_is_read():
    assert wire.decode(message(["array"], saved("<f8", (1,), EIGHT))).tolist() == [0]
    good = SPARSE.replace(struct.pack("<i", 99), struct.pack("<i", 1))
    good += saved("<i4", (3,), struct.pack("<3i", 0, 1, 1))
    assert wire.decode(message(["sparse", True, ["list", 2, 2], *PAIR], good)).shape == (2, 2)


@pytest.mark.parametrize(
    "bad",
    [
        b"", b"\0" * 7, b"\xff" * 100, pickle.dumps(Evil()), message(b"[" * 10**6), message(b"{}"),
        message(["array"], saved("<f8", (10**9,), EIGHT)), message(["array"], b"\x93NUMPY\x01\0"),
        message(["array"], saved("<f8", (10**18,), EIGHT)), message(["array"]),
        message(["array"], saved("<f8", (-1, -1), EIGHT)), message(["array"], saved("<f8", (1,))),
        message(["array"], saved("<f8", (2**32, 2**32))), message(["array"], saved("<U0", (9,))),
        message(["array"], saved("|O", (1,), pickle.dumps([Evil()]))), message([]),
        message(["array"], saved("|V8", (1,), EIGHT)), message(["array"], pickle.dumps(Evil())),
        message(["array"], saved("f8,(10000000,)f8", (0,))), message(["array"], b"PK\3\4"),
        message(["objects", ["list", 2, 2], ["list", 1]]), message(["dict", ["list", ["list"]], 1]),
        message(["dict", ["list", ["list"]], ["list", 1]]), message(["objects", 1, ["list"]]),
        message(["value", 1]), message(["_array", 1]), message(["__class__"]), message(["place"]),
        message(["sparse", True, ["list", 10**6, 10**6], *PAIR], saved("<f8", (1,), EIGHT) * 3),
        message(["sparse", True, ["list", 2, 2], *PAIR],
                SPARSE + saved("<i4", (3,), struct.pack("<3i", 0, 1, 1))),
        message(["index", ["list", 1], None]), message(["complex", "a", "b"]),
        message(b"9" * 5000), message(["unknown"]), message([["list"]]),
    ],
)  # fmt: skip
def test_whatever_else_arrives_is_refused(bad):
    with pytest.raises(wire.WireError):
        wire.decode(bad)


def test_random_bytes_never_do_more_than_fail():
    rng, good = np.random.default_rng(0), wire.encode(VALUES[:-1] + [{"a": np.eye(2)}])
    refused = 0
    for _ in range(400):
        bad = bytearray(good)
        for place in rng.integers(len(bad), size=rng.integers(1, 6)):
            bad[place] = rng.integers(256)
        try:
            wire.decode(bytes(bad))
        except wire.WireError:
            refused += 1
    assert refused > 100


# -- the sandbox ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session(sandboxed):
    with Session(LIMITS) as session:
        yield session


def ends_well(session, code):
    session.budget = LIMITS["exercise"]
    return session.run(code)[0]


@SANDBOXED
def test_a_student_reads_the_library_and_writes_the_scratch_folder(session):
    assert ends_well(session, "from celltoken import data\ndata.load('glove')")
    assert ends_well(session, "open('mine', 'w').write('x')\nassert open('mine').read() == 'x'")


@SANDBOXED
@pytest.mark.parametrize(
    "code",
    [
        f"open({str(ROOT / 'chapters' / CHAPTERS[0] / 'exercises.ipynb')!r})",
        f"import os; os.listdir({str(ROOT)!r})",
        f"open({str(ROOT / 'celltoken' / 'new.py')!r}, 'w')",
        "open('/etc/passwd')",
        "open('/etc/new', 'w')",
        "import os; os.link('/etc/hostname', 'mine')",
    ],
)
def test_no_other_file_is_there(session, code):
    if "files" not in session.inside:
        pytest.skip("neither bubblewrap nor Landlock works here")
    assert not ends_well(session, code)


@SANDBOXED
@pytest.mark.parametrize(
    "measure, code",
    [
        ("network", "import socket; socket.socket(2, 2).connect(('192.0.2.1', 9))"),
        ("network", "import socket; socket.socket(getattr(socket, 'AF_VSOCK', 40))"),
        (None, "x = bytearray(50 * 10**9)"),
    ],
)
def test_nothing_is_reached_and_nothing_is_without_limit(session, measure, code):
    if measure not in (None, *session.inside):
        pytest.skip(f"this system does not allow the measure {measure!r}")
    assert not ends_well(session, code)


DEAF = "import signal\nfor each in (14, 27): signal.signal(each, signal.SIG_IGN)\n"
SENDS = """
import os, stat, struct, time
lines = [d for d in range(3, 64) if os.path.exists(f"/proc/self/fd/{d}")]
lines = [d for d in lines if stat.S_ISSOCK(os.fstat(d).st_mode)]
for line in lines: os.write(line, struct.pack(*%s))
time.sleep(900)
"""


FORKS_FOR_EVER = """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try: os.fork()
    except OSError: pass
"""


@SANDBOXED
@pytest.mark.parametrize(
    "head, said", [(("!iQ", -1, 2**40), "too large"), (("!i", 100), "longer than 1 seconds")]
)
def test_a_message_is_bounded_in_size_and_time(head, said):
    with Session(LIMITS | {"cell": 1}) as session:
        with pytest.raises(WorkerDied, match=said):
            session.run((DEAF if head[1] > 0 else "") + SENDS % repr(head))


@SANDBOXED
def test_a_process_that_ends_itself_or_never_ends_is_lost_with_all_its_children():
    import psutil

    for code in (
        "import os; os._exit(0)",
        f"{DEAF}while True: pass",
        f"{DEAF}import os, time\nif not os.fork(): os.setsid(); time.sleep(600)\nwhile True: pass",
        DEAF + FORKS_FOR_EVER,
    ):
        session = Session(LIMITS | {"cell": 1, "processes": 32})
        family, groups = session._processes(), list(session.group.folders)
        with pytest.raises(WorkerDied):
            session.run(code)
        ended, alive = psutil.wait_procs(family, timeout=120)
        assert alive == [] and not Path(session.folder.name).exists()
        assert not any(path.exists() for path in groups)


FILLS_UP = """
import os, time
children = []
try:
    while True: children.append(os.fork() or time.sleep(600))
except OSError:
    for each in children: os.kill(each, 9); os.waitpid(each, 0)
print(len(children))
"""
CHILD_WORKS = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that nobody is told what it took
if not os.fork():
    while time.process_time() < 1: pass
    os._exit(0)
try: os.wait()
except ChildProcessError: pass
"""


@SANDBOXED
def test_processes_are_counted_and_so_is_the_work_of_those_that_are_gone():
    with Session(LIMITS | {"processes": 40}) as session:
        if "processes" not in session.inside:
            pytest.skip("without namespaces the limit counts all that the user runs")
        ok, said = session.run(FILLS_UP)
        assert ok and 20 < int(said) < 40, said
        before = session.spent()
        assert session.run(CHILD_WORKS)[0]
        if "cpu" in session.inside:
            assert session.spent() - before > 0.9


# -- answers --------------------------------------------------------------------------------------


@SANDBOXED
def test_an_answer_looks_like_the_function_it_stands_for(session):
    source = "def double(x, times=2):\n    y = x * times\n    return y + missing\n"
    assert ends_well(session, source)
    double = session.name("double")
    import inspect

    assert list(inspect.signature(double).parameters) == ["x", "times"]
    with pytest.raises(checks.CheckError, match="in its line 3 with NameError"):
        checks.core.call("double", double, np.eye(2))
    assert ends_well(session, "def double(x):\n    x *= 2\n    return x")
    with pytest.raises(checks.CheckError, match="work on a copy"):
        checks.core.call("double", session.name("double"), np.eye(2))
    assert ends_well(session, "def double(x):\n    return sum(f(x) for f in [use] * 3)") is True
    assert ends_well(session, "def double(f, x):\n    return [f(x), f(x + 1)]")
    seen = []
    got = session.name("double")(lambda x: seen.append(x) or x * 10, np.array([1, 2]))
    assert len(seen) == 2 and got[1].tolist() == [20, 30]
    with pytest.raises(LookupError):
        session.name("nothing_of_the_kind")


def prepared(chapter, answers, seed=0):
    """A master of only the first exercises, so that it runs in seconds, and a submission."""
    notebook = json.loads(assignment.master_text(chapter))
    ids = [demo_class._details(c).get("grade_id") for c in notebook["cells"]]
    name = next(
        e.name for e in assignment.SourceAssignment(chapter, json.dumps(notebook)).exercises
    )
    last = ids.index(name) + 2
    notebook["cells"] = notebook["cells"][: last + 1]
    for cell in notebook["cells"]:
        if demo_class._details(cell).get("grade_id") == "setup":
            cell["source"] = "import numpy as np\nfrom celltoken import checks, data"
    given = json.loads(json.dumps(notebook))
    for cell in given["cells"]:
        cell["source"] = assignment.cleared(demo_class._source(cell), releasing.CODE_STUB)
    if answers is not None:
        demo_class._cell(given, name)["source"] = answers
    return name, json.dumps(notebook), given


def graded(chapter, answers=None, change=None, seed=0, limits=LIMITS):
    name, master, given = prepared(chapter, answers, seed)
    given = change(given) if change else given
    request = {"chapter": chapter, "master": master, "submission": json.dumps(given)}
    result = autograder.grade(request | {"seed": seed, "limits": limits})
    return result, result["exercises"][0]


def solution(chapter):
    return demo_class._source(
        demo_class._cell(json.loads(prepared(chapter, None)[1]), prepared(chapter, None)[0])
    )


@SANDBOXED
@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_solution_gets_all_points_and_an_empty_one_none(chapter, seed):
    _, right = graded(chapter, solution(chapter), seed=seed)
    assert right["points"] == right["maximum"] > 0
    assert {each["state"] for each in right["checks"]} == {"correct"}
    _, none = graded(chapter, seed=seed)
    assert none["points"] == 0
    assert all("not attempted yet" in each["said"] for each in none["checks"])


@SANDBOXED
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_planted_mistake_gets_the_same_sentence_as_in_the_notebook(chapter):
    name = prepared(chapter, None)[0]
    session = Session(LIMITS)
    with session:
        session.budget = 300
        session.run("import numpy as np")
        check = getattr(getattr(checks, chapter), name)
        for source, mistake in zip(demo_class.mistakes(chapter)[name], check.mistakes, strict=True):
            session.run(source)
            with pytest.raises(checks.CheckError) as said:
                check(session.name(name), seed=0)
            assert mistake.sentence in str(said.value)


@SANDBOXED
@pytest.mark.parametrize("attack", demo_class.ATTACKS)
def test_an_attack_gains_nothing_and_harms_nothing(attack):
    """Against a naive grader each of them succeeds: see test_controls."""
    chapter = CHAPTERS[0]
    name, before = prepared(chapter, None)[0], demo_class.fingerprint()
    with socket.create_server(("127.0.0.1", 0)) as home:
        home.settimeout(0.2)
        where = {"home": [home.getsockname()]} if attack == "calls_home" else {}
        source = demo_class.attack(attack, chapter, [name], **where)
        _, exercise = graded(chapter, f"def {name}(counts):\n    ...\n{source}", limits=SHORT)
        with pytest.raises(TimeoutError):
            home.accept()
    assert exercise["points"] == 0, exercise
    assert demo_class.traces() == [] and demo_class.fingerprint() == before


@SANDBOXED
def test_the_checks_that_a_student_finds_do_nothing_and_hold_nothing(session):
    assert ends_well(session, "from celltoken import checks, data\nchecks.context.pmi(3, seed=1)")
    assert ends_well(session, "try: 1 / 0\nexcept (checks.CheckError, ArithmeticError): pass")
    assert not ends_well(session, "checks.context.pmi._right")
    if "files" in session.inside:
        folder = ROOT / "celltoken" / "checks"
        assert ends_well(session, f"open({str(folder.parent / 'methods' / 'nulls.py')!r})")
        for path in folder.rglob("*.py*"):
            assert not ends_well(session, f"open({str(path)!r})")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_check_takes_from_the_student_only_what_the_student_defines(chapter):
    master = assignment.SourceAssignment(chapter, assignment.master_text(chapter), 5)
    names = {each.name for each in master.exercises if not each.by_hand}
    assert names <= master.names_of_students()
    assert not {"seed", "checks"} & master.names_of_students()
    for cell in master.cells:
        if cell.is_check:
            assert assignment.used(cell.source) & master.names_of_students() <= names
            assert "seed = 5" in "\n".join(master.trusted(cell.source))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_points_add_up_to_what_the_guides_say(chapter):
    exercises = assignment.SourceAssignment(chapter, assignment.master_text(chapter)).exercises
    by_hand = sum(each.maximum for each in exercises if each.by_hand)
    checked = sum(each.maximum for each in exercises if not each.by_hand)
    said = (ROOT / "book" / "teaching" / "grading.md").read_text(encoding="utf-8")
    total = f"are worth {by_hand + checked:g} points: {checked:g} by checks and {by_hand:g}"
    assert by_hand == 4 and total in said


@SANDBOXED
@pytest.mark.parametrize("trick", [demo_class._edited, demo_class._deleted, demo_class._copied])
def test_changed_missing_and_copied_cells_gain_nothing(trick):
    chapter = CHAPTERS[0]
    name = prepared(chapter, None)[0]
    change = (
        (lambda given: trick(given)) if trick is demo_class._deleted else lambda g: trick(g, [name])
    )
    result, exercise = graded(chapter, change=change)
    assert exercise["points"] == 0 and result["remarks"]
    assert exercise["maximum"] == sum(each["maximum"] for each in exercise["checks"])


@SANDBOXED
def test_an_honest_student_may_add_cells_and_lose_locked_ones():
    chapter = CHAPTERS[0]
    answer = solution(chapter)

    def change(given):
        kept = [c for c in given["cells"] if not demo_class._details(c).get("locked")]
        extra = {"cell_type": "code", "metadata": {}, "source": "import numpy as np\nhelp_me = 1"}
        return given | {"cells": [extra, *kept, extra | {"source": "1 / 0"}]}

    result, exercise = graded(chapter, answer, change)
    assert exercise["points"] == exercise["maximum"]
    change = lambda given: given | {"metadata": {"celltoken": {"seed": 9}}}  # noqa: E731
    result, exercise = graded(chapter, answer, change)
    assert result["remarks"] == ["The notebook was made for cohort seed 9, not 0."]


# -- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda folder: None, "No submission is in"),
        (lambda folder: folder.rmdir(), "There is no folder"),
        (lambda folder: (folder / "=cmd.ipynb").write_text("{}"), "is no name for a student"),
    ],
)
def test_what_cannot_be_graded_is_said_in_one_sentence(make, sentence, tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    make(folder)
    assert cli.main(["grade", str(folder), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said and said.count("\n") == 0


def test_an_unknown_chapter_is_said_in_one_sentence(tmp_path, capsys):
    assert cli.main(["student", "nothing", "--out", str(tmp_path / "s")]) == 2
    assert "has no exercises" in capsys.readouterr().err


# -- a class --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory, sandboxed):
    """A class of four in the two layouts, graded; master and submissions of one short exercise."""
    folder = tmp_path_factory.mktemp("class")
    chapter, patch = CHAPTERS[0], pytest.MonkeyPatch()
    _, master, given = prepared(chapter, None)
    details = {"grade_id": "open", "grade": True, "solution": True, "points": 4}
    asked = {"cell_type": "markdown", "metadata": {"nbgrader": details}, "source": "**Answer:**"}
    answered = asked | {"source": "**Answer:**\n\n=HYPERLINK(1) <script>alert(1)</script>"}
    master = json.loads(master)
    master = json.dumps(master | {"cells": [*master["cells"], asked]})
    given["cells"].append(answered)
    right = prepared(chapter, solution(chapter))[2]
    right["cells"].append(answered)
    # Half a character cannot be written to a file, and must not stop the report of the class.
    half = '"\ud800"\nprint("\\ud800")\nraise ValueError("\\udfff")'
    given["cells"].append({"cell_type": "code", "metadata": {}, "source": half})
    crash = prepared(chapter, "import os\nos._exit(1)")[2]
    for student, notebook in {"ada": right, "bob": given, "crash": crash}.items():
        path = folder / "in" / student / chapter / "exercises.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook))
    (folder / "in" / "eve.ipynb").write_text("{{{")
    (folder / "in" / "roster.csv").write_text("student,name,email\nada,Ada L.,ada@example.org\n")
    patch.setattr(assignment, "master_text", lambda chapter: master)
    patch.setattr(assignment, "chapters", lambda: [chapter])
    said = []
    results = grading.grade(folder / "in", folder / "out", 0, 2, LIMITS, said.append)
    yield folder, results, said
    patch.undo()


def rows(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


@SANDBOXED
def test_a_crash_marks_one_submission_and_the_others_are_graded(course):
    folder, results, said = course
    points = {each["student"]: each["exercises"][0]["points"] for each in results}
    assert points == {"ada": 4, "bob": 0, "crash": 0, "eve": 0}
    assert {each["student"]: each["status"] for each in results}["eve"] == "unreadable"
    crash = next(each for each in results if each["student"] == "crash")
    assert "ended the process" in crash["exercises"][0]["checks"][0]["said"]
    assert sum(line.startswith("[") for line in said) == 4


@SANDBOXED
def test_the_tables_have_the_columns_that_gradebooks_read(course):
    folder, *_ = course
    head, *body = rows(folder / "out" / "grades.csv")
    assert head[0] == "student" and head[-3:] == ["total", "maximum", "remarks"]
    assert body[0][:3] == ["ada", "4", ""] and len(body) == 4
    head, possible, *body = rows(folder / "out" / "canvas.csv")
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible[0].strip() == "Points Possible" and possible[5] == "8"
    assert body[0] == ["Ada L.", "", "", "ada", "", "4"]
    head, *body = rows(folder / "out" / "moodle.csv")
    assert head[:2] == ["Username", "Email address"] and head[2].endswith("(Real)")
    assert body[0][:3] == ["ada", "ada@example.org", "4"]
    assert (folder / "out" / "summary.png").read_bytes().startswith(b"\x89PNG")


@SANDBOXED
def test_feedback_shows_the_sentence_and_runs_nothing(course):
    folder, *_ = course
    page = (folder / "out" / "feedback" / "ada.html").read_text(encoding="utf-8")
    assert "correct" in page and "4 of 4" in page and "to be read" in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "default-src 'none'" in page


@SANDBOXED
def test_a_second_run_resumes_and_takes_in_points_given_by_hand(course, monkeypatch):
    folder, *_ = course
    path = folder / "out" / "by_hand.csv"
    table = rows(path)
    assert table[0] == list(tables.BY_HAND) and table[1][6].startswith(" =HYPERLINK")
    table[1][3], table[1][5] = "3,5", "well argued"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(table)
    monkeypatch.setattr(grading, "_graded", lambda requests, *_: pytest.fail() if requests else [])
    said = []
    results = grading.grade(folder / "in", folder / "out", 0, 2, LIMITS, said.append)
    assert "4 of 4 submissions are graded already" in said
    assert results[0]["exercises"][1]["points"] == 3.5
    assert rows(folder / "out" / "grades.csv")[1][3] == "7.5"
    page = (folder / "out" / "feedback" / "ada.html").read_text(encoding="utf-8")
    assert "well argued" in page
    table[1][3] = "40"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(table)
    with pytest.raises(CourseworkError, match="line 2: 40 points are not between 0 and 4"):
        grading.grade(folder / "in", folder / "out", 0, 2, LIMITS, said.append)
