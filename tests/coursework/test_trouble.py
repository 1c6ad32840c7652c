"""What runs in Jupyter earns here what it earns there, and trouble costs its own exercise only.

One notebook holds all habits, and one all troubles, each followed by an exercise that must keep its
points. What a naive grader makes of the same is in test_controls.
"""

import json

import demo_class
import nbformat
import pytest

from celltoken.coursework import CourseworkError, assignment, autograder, grade, sandbox
from celltoken.coursework.session import Session

LIMITS = sandbox.LIMITS | {"cell": 3, "exercise": 5, "memory": 2**30}
LIMITS |= {"wall": 200}  # so that no honest answer depends on how busy this machine is
SANDBOXED = pytest.mark.usefixtures("sandboxed")
CONTEXT = assignment.ROOT / "chapters" / "context"
SETUP = "import os, sys, time, signal, threading, ctypes\nimport numpy as np\nseed = 0"


BOOK = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": {"name": "python3"}}}


def cell(source, **details):
    cell = {"cell_type": "code", "metadata": {"nbgrader": details}, "source": source}
    return cell | {"outputs": [], "execution_count": None}


def notebooks(answers, check="assert {name}(1) == 2"):
    """A master with an exercise for each answer, and a submission of them."""
    master, given = [cell(SETUP, grade_id="setup", locked=True)], []
    given += master
    for name, answer in answers.items():
        right = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return 2\n    ### END SOLUTION"
        asked = {"grade_id": f"{name}_seen", "locked": True, "grade": True, "points": 2}
        judge = cell(check.format(name=name), **asked)
        master = [*master, cell(right, grade_id=name, solution=True), judge]
        given = [*given, cell(answer, grade_id=name, solution=True), judge]
    return [json.dumps(BOOK | {"cells": c}) for c in (master, given)]


def request(answers, change=lambda notebook: notebook, **more):
    master, given = notebooks(answers, **more)
    given = json.dumps(change(json.loads(given)))
    about = {"chapter": "context", "master": master, "submission": given, "seed": 0}
    who = {"student": "ada", "key": "", "canvas_id": "", "number": "", "name": "ada"}
    return about | who | {"limits": LIMITS}


def points(result):
    return {each["name"]: each["points"] for each in result["exercises"]}


GOOD = "def {name}(x):\n    return x + 1"
TROUBLES = {
    "loops": "def {name}(x):\n    while True: pass",
    "cannot_be_interrupted": "for each in (14, 27): signal.signal(each, signal.SIG_IGN)\n"
    "def {name}(x):\n    while True: pass",
    "ends": "def {name}(x):\n    os._exit(0)",
    "crashes": "def {name}(x):\n    ctypes.string_at(0)",
    "cell_ends": "os._exit(1)",
    "cell_loops": "while True: pass",
    "kills": "def {name}(x):\n    os.killpg(0, 9)",
    "takes_memory": "def {name}(x):\n    held = []\n    while True: held.append(b'x' * 10**8)",
    "children_take_memory": "def {name}(x):\n    for _ in range(4):\n"
    "        if not os.fork():\n            held = b'x' * (4 * 10**8); time.sleep(9)\n"
    "    time.sleep(2)",
    "returns_much": "def {name}(x):\n    return np.zeros(10**8)",
    "returns_deep": "def {name}(x):\n    for _ in range(10**5): x = [x]\n    return x",
    "waits": "def {name}(x):\n    threading.Event().wait()",
    "exits": "def {name}(x):\n    sys.exit(0)",
    "closes": "def {name}(x):\n    os.closerange(3, 100)",
    "recurses": "def {name}(x):\n    return {name}(x)",
    "prints": "def {name}(x):\n    while True: print('x' * 10**6)",
}


@SANDBOXED
def test_trouble_costs_its_own_exercise_only():
    answers, bad = {}, [name for name in TROUBLES if name != "waits"]
    for name in bad:
        code = TROUBLES[name]
        answers[name] = code.format(name=name)
        answers[f"after_{name}"] = GOOD.format(name=f"after_{name}")
    # A name that is defined only after a process was lost is there, and one before it too.
    answers["last"] = "def last(x):\n    return after_loops(x)"
    result = autograder.grade(request(answers))
    got = points(result)
    assert {name for name in got if got[name]} == set(answers) - set(bad), got
    assert result["status"] == "graded"


@SANDBOXED
def test_what_only_waits_is_ended_by_the_clock():
    code = {"waits": TROUBLES["waits"].format(name="waits"), "deaf": "time.sleep(900)"}
    result = autograder.grade(request(code) | {"limits": LIMITS | {"wall": 1}})
    assert set(points(result).values()) == {0} and result["status"] == "graded"
    said = [each["checks"][0]["said"] for each in result["exercises"]]
    assert all("longer than 3 seconds" in each for each in said), said


HABITS = [
    *demo_class.HABITS,
    "%pip install nothing-of-the-kind\nafter_pip = 1",
    "!no-such-command\nout = !echo hi\nassert out == ['hi'] and _exit_code == 127",
    "assert after_pip\n%run ../mine.py\n%time one()",
    "%%bash\nexit 0",
    "some = 1\n%store some\nlen?",
    "import matplotlib.pyplot as plt\nfor _ in range(25):\n    plt.plot([1, 2]); plt.show()",
    "from multiprocessing import Pool\nwith Pool(2) as pool: assert pool.map(abs, [-1]) == [1]",
    "from sklearn.ensemble import RandomForestClassifier as Forest\n"
    "Forest(4, n_jobs=-1).fit([[0], [1]], [0, 1])",
    "kept = 3\n1 / 0\nnever = 4",
    "assert kept == 3 and 'never' not in globals() and In[-1] and get_ipython().kernel",
    "%config InlineBackend.figure_format = 'retina'\n%matplotlib widget",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "!git clone --depth 1 nowhere/course && pip install -q -e ./course && celltoken fetch",
    "from google.colab import drive",
    "import ipywidgets\nipywidgets.interact(lambda x: x, x=3)",
    "while True: pass",
    "for _ in range(20):\n    print('x' * 10**7)",
    "import threading\ndef work():\n    while True: pass\n"
    "threading.Thread(target=work, daemon=True).start()",
    "exit()",
]
FAILING = ("1 / 0", "colab", "%matplotlib widget")
ANSWERS = {
    "plain": GOOD,
    "timed": "%%time\ndef timed(x):\n    return x + 1",
    "listed": "!ls nothing*\n%matplotlib inline\ndef listed(x):\n    return x + 1",
    "tabs": "def tabs(x):\n\treturn x + 1",
    "pasted": "def pasted(x):\n    y\u00a0= x + 1\n    return y",
    "parallel": "def parallel(x):\n    from joblib import Parallel, delayed\n"
    "    return sum(Parallel(n_jobs=2)(delayed(abs)(each) for each in (x, 1)))",
    "stops_late": "def stops_late(x):\n    return x + 1\n\nstops_late('a')\nraise SystemExit",
    "loops_late": "def loops_late(x):\n    return x + 1\n\nwhile True: pass",
}


@SANDBOXED
def test_what_runs_in_jupyter_earns_its_points():
    answers = {name: code.format(name=name) for name, code in ANSWERS.items()}
    calm = {"limits": LIMITS | {"cell": 9, "exercise": 40}}
    result = autograder.grade(request(answers, with_habits) | calm)
    said = {each["name"]: each["checks"][0]["said"] for each in result["exercises"]}
    assert set(points(result).values()) == {2}, said


def with_habits(given):
    return demo_class._with_cells(given, HABITS)


@SANDBOXED
def test_habits_run_as_in_jupyter():
    """Those that fail are meant to."""
    with Session(sandbox.LIMITS | {"cell": 20}) as session:
        session.run(SETUP)
        for source in HABITS:
            if "while True" not in source:
                session.budget = 60
                ok, printed = session.run(source)
                assert ok != any(part in source for part in FAILING), printed


@SANDBOXED
def test_honest_notebooks_earn_what_nbgrader_gives_them(tmp_path):
    """nbgrader runs cells and checks in one kernel, and honest students do not mind."""
    preprocessors = pytest.importorskip("nbgrader.preprocessors")
    from nbgrader.utils import determine_grade, is_grade

    not_for_nbgrader = ("loops_late", "pasted")  # it would give up, and reads no pasted spaces
    answers = {n: c.format(name=n) for n, c in ANSWERS.items() if n not in not_for_nbgrader}
    answers |= {"wrong": "def wrong(x):\n    return 7", "stops": "def stops(x):\n    return 1 / 0"}
    not_for_nbgrader = ("while True", "exit()", "10**7", "widget")  # it would wait, end, or give up
    habits = [each for each in HABITS if not any(part in each for part in not_for_nbgrader)]
    one = request(answers, lambda given: demo_class._with_cells(given, habits))
    run = preprocessors.Execute(timeout=60, allow_errors=True, extra_arguments=[])
    given = nbformat.v4.upgrade(nbformat.from_dict(json.loads(one["submission"])))
    run.preprocess(given, {"metadata": {"path": str(tmp_path)}})
    cells = [each for each in given.cells if is_grade(each)]
    theirs = {
        c.metadata.nbgrader.grade_id.removesuffix("_seen"): determine_grade(c)[0] for c in cells
    }
    calm = {"limits": LIMITS | {"cell": 20, "exercise": 60}}
    assert points(autograder.grade(one | calm)) == theirs
    assert sorted(theirs.values()) == [0, 0, 2, 2, 2, 2, 2, 2]


@SANDBOXED
def test_what_ends_the_examiner_costs_its_own_exercise_only():
    """Here the check itself crashes on what one answer returns, as a library's C code may."""
    check = "import ctypes\nassert ({name}(1) == 2) or ctypes.string_at(0)"
    answers = {name: GOOD.format(name=name) for name in ("before", "after")}
    answers = {"before": answers["before"], "odd": "def odd(x): return 3", **answers}
    result = grade.grade_one(request(answers, check=check))
    assert result["status"] == "graded"
    assert points(result) == {"before": 2, "odd": 0, "after": 2}


@SANDBOXED
def test_one_autograder_serves_a_thread_and_each_submission_finds_it_as_new():
    """What a check leaves in a library, or a fork that ends, does not reach the next submission."""
    check = "import math\nassert not hasattr(math, 'left')\nmath.left = {name}(1)"
    one = request({"good": GOOD.format(name="good")}, check=check)
    ending = request({"good": "def good(x): return 2"}, check="import os; os.abort() or {name}")
    assert points(grade.grade_one(one)) == {"good": 2}
    process = grade._own.process
    assert points(grade.grade_one(ending)) == {"good": 0}
    assert points(grade.grade_one(one)) == {"good": 2}
    assert grade._own.process is process and process.poll() is None
    process.kill()
    process.wait()
    assert points(grade.grade_one(one)) == {"good": 2}


@SANDBOXED
def test_where_no_process_can_be_started_the_machine_is_named_and_not_the_student():
    small = {"limits": LIMITS | {"memory": 16 * 2**20}}
    result = grade.grade_one(request({"good": GOOD.format(name="good")}) | small)
    assert result["status"] == "failed"
    assert "does not start here" in result["remarks"][0]


@SANDBOXED
@pytest.mark.parametrize(("order", "starts"), [(["bad"], 1), (["bad", "good"], 2)])
def test_a_process_that_is_lost_is_started_again_only_if_something_is_to_come(
    order, starts, monkeypatch
):
    answers = {"bad": TROUBLES["ends"].format(name="bad"), "good": GOOD.format(name="good")}
    started = []
    new = Session.__init__
    monkeypatch.setattr(
        Session, "__init__", lambda self, limits: started.append(1) or new(self, limits)
    )
    result = autograder.grade(request({name: answers[name] for name in order}))
    assert points(result) == {name: 2 * (name == "good") for name in order}
    assert len(started) == starts


def test_before_a_check_only_the_imports_that_it_uses_are_made():
    master = assignment.SourceAssignment("context", assignment.master_text("context"))
    check = master.exercises[0].checks[0].source
    assert master.trusted(check) == [
        "seed = 0  # another seed: other cells and other questions, equally hard",
        "from celltoken import checks, data",
    ]
    whole = master.trusted(f"{check}\nglove")
    assert any("import scanpy as sc" in each for each in whole)


@SANDBOXED
def test_a_cluster_gives_the_same_results_and_a_lost_one_costs_its_own(monkeypatch):
    distributed = pytest.importorskip("distributed")
    requests = [request({"good": GOOD.format(name="good")}) for _ in range(2)]
    requests[1] |= {"limits": {}}  # its autograder cannot be started
    about = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**about) as cluster:
        monkeypatch.setenv("SCHEDULER", cluster.scheduler_address)
        done = list(grade._graded(requests, None, lambda line: None))
    monkeypatch.delenv("SCHEDULER")
    here = list(grade._graded(requests, None, lambda line: None))
    for results in (done, here):
        assert sorted((each["status"], *points(each).values()) for each in results) == [
            ("failed", 0), ("graded", 2),
        ]  # fmt: skip


def test_a_cluster_that_does_not_answer_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setenv("SCHEDULER", "nonsense://nowhere")
    with pytest.raises(CourseworkError, match="No Dask scheduler answers at nonsense"):
        list(grade._graded([request({})], None, lambda line: None))


@SANDBOXED
@pytest.mark.parametrize("without", ["bubblewrap", "control group"])
def test_without_bubblewrap_or_control_groups_what_there_is_holds(without, monkeypatch):
    if without == "bubblewrap":
        monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    else:
        monkeypatch.setattr(sandbox, "_places", lambda name: [])
    try:
        Session(LIMITS).close()
    except CourseworkError as problem:
        pytest.skip(str(problem))  # as root, where others may not read its Python
    answers = {name: GOOD.format(name=name) for name in ("good", "last")}
    bad = TROUBLES["children_take_memory"].format(name="bad")
    result = autograder.grade(request({"good": answers["good"], "bad": bad, **answers}))
    assert points(result) == {"good": 2, "bad": 0, "last": 2}
    lacks = {"bubblewrap": "bubblewrap", "control group": "memory"}[without]
    assert lacks not in result["inside"] and "network" in result["inside"]


@SANDBOXED
def test_an_exercise_with_a_callback_is_graded_across_the_line():
    """`embed` is the check's: the student's function calls it from the other process."""
    chapter, name = "context", "excess_drift"
    notebook = json.loads(assignment.master_text(chapter))
    ids = [demo_class._details(each).get("grade_id") for each in notebook["cells"]]
    kept = ("parameters", "setup", "neighbour_overlap", name, f"{name}_visible", f"{name}_hidden")
    cells = [notebook["cells"][ids.index(each)] for each in kept]
    for each in cells:
        source = demo_class._source(each)
        each["source"] = source.split("\n\n\n")[0] if each["cell_type"] == "code" else source
    text = json.dumps(notebook | {"cells": cells})
    about = request({}) | {"master": text, "submission": text, "limits": sandbox.LIMITS}
    result = autograder.grade(about)
    assert points(result)[name] == 6, result["exercises"][-1]["checks"]


@SANDBOXED
def test_what_was_compiled_once_is_there_for_each_submission(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLTOKEN_CACHE", str(tmp_path))
    tmp_path.chmod(0o755)
    there = "import os\nassert os.listdir(os.environ['NUMBA_CACHE_DIR'])"
    with Session(LIMITS) as session:
        assert not session.run(there)[0]
    text = "import os\nopen(os.environ['NUMBA_CACHE_DIR'] + '/made', 'w').close()"
    grade._compile(json.dumps(BOOK | {"cells": [cell(text)]}), "key", lambda line: None)
    with Session(LIMITS) as session:
        assert session.run(there)[0]
