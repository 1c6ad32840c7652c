"""Each attack, trouble and reach succeeds where nothing is done against it: the positive controls.

A naive grader runs cells and checks one after another in one process without a sandbox, as a first
draft of any grader does, and believes what it is shown. It is given less than the whole machine: a
course of its own, a folder, a line to this test, little more memory than a submission may have.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import demo_class
import psutil
import pytest
from test_trouble import GOOD, LIMITS, TROUBLES, notebooks, request

from celltoken.coursework import assignment, sandbox
from celltoken.coursework.session import Session

SANDBOXED = pytest.mark.usefixtures("sandboxed")
CONTEXT = assignment.ROOT / "chapters" / "context"
LONG = 600  # seconds that nothing here needs, on however busy a machine
NAIVE = """
import json, sys
points, lost, variables = 0, 0, {}
for cell in json.load(open(sys.argv[1]))["cells"]:
    try:
        exec(cell["source"], variables)
        points += cell["metadata"]["nbgrader"].get("points", 0)
    except Exception:
        lost += cell["metadata"]["nbgrader"].get("points", 0)
print(json.dumps({"points": points, "lost": lost}))
"""


def naive(folder, text, seconds=LONG):
    """What a naive grader makes of a notebook: points, and those lost, or what became of it."""
    work = folder / "work" / "student"
    work.mkdir(parents=True)
    (folder / "given.ipynb").write_text(text)
    command = [sys.executable, "-c", NAIVE, str(folder / "given.ipynb")]
    with (folder / "said").open("wb") as said:
        try:
            subprocess.run(command, stdout=said, stderr=said, timeout=seconds, cwd=work)
        except subprocess.TimeoutExpired:
            return "it never ends"
    found = re.search(
        rb'"points": (\d+).*?"(?:lost|status)": (\d*)', (folder / "said").read_bytes()
    )
    return (int(found[1]), int(found[2] or 0)) if found else "it is gone"


def attacked(folder, kind, check="pass", seconds=LONG, **where):
    """What a naive grader makes of an attack that is put into the answer `pmi`."""
    answer = "def pmi(counts):\n    ...\n" + demo_class.attack(kind, "context", ["pmi"], **where)
    return naive(folder, notebooks({"pmi": answer}, check=check)[1], seconds)


IMPORTS = "from celltoken import checks as ours\nchecks = globals().get('checks', ours)\n"
CHECKS = IMPORTS + "checks.context.{name}({name}, seed=0)"


def copies(folder, kind):
    return attacked(folder, kind, CHECKS) == (2, 0)


def is_believed(folder, kind):
    return attacked(folder, kind, CHECKS) == (2, 0)


def ends_all(folder, kind):
    return attacked(folder, kind, "{name}(1)") == "it is gone"


def never_ends(folder, kind):
    return attacked(folder, kind, seconds=4) == "it never ends"


def takes_memory(folder, kind):
    most = int(1.2 * LIMITS["memory"])
    return attacked(folder, kind, f"assert {{name}}(1) > {LIMITS['memory']}", most=most) == (2, 0)


def takes_memory_together(folder, kind):
    attacked(folder, kind, most=int(1.5 * LIMITS["memory"]))
    until, found = time.monotonic() + LONG, []
    while len(found) < 8 and time.monotonic() < until:
        time.sleep(0.2)
        found = [path.name for path in (folder / "work" / "student").glob("held_*")]
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if each.cwd() == str(folder / "work" / "student"):
                each.kill()
    return len(found) == 8


def multiplies(folder, kind):
    attacked(folder, kind)
    until, count = time.monotonic() + LONG, 0
    while count < 2**demo_class.GENERATIONS and time.monotonic() < until:
        time.sleep(0.2)
        count = len(list((folder / "work" / "student").glob("forked_*")))
    return count > sandbox.LIMITS["processes"]


def course(folder):
    """A course of its own."""
    root = folder / "course"
    shutil.copytree(CONTEXT, root / "chapters" / "context")
    (root / "celltoken").mkdir()
    (root / "celltoken" / "__init__.py").write_text("x")
    return root


def finds_the_master(folder, kind):
    return attacked(folder, kind, CHECKS, tops=[str(course(folder))]) == (2, 0)


def writes(folder, kind):
    root = course(folder)
    places = [str(folder), str(root), str(root / "celltoken")]
    attacked(folder, kind, root=str(root), places=places)
    marks = [os.path.exists(os.path.join(place, demo_class.MARK)) for place in places]
    gone = not (root / "chapters").exists() and not (root / "celltoken/__init__.py").exists()
    return all(marks) and gone and list((folder / "work").iterdir()) == []


def forges(folder, kind):
    return attacked(folder, kind, "assert False")[0] == 100


def is_taken_for_equal(folder, kind):
    check = "import pickle\nassert {name}(1) == 2\npickle.loads(pickle.dumps({name}(1)))"
    equal = attacked(folder, kind, check, places=[str(folder)]) == (2, 0)
    return equal and (folder / demo_class.MARK).exists()


def calls(folder, kind):
    with socket.create_server(("127.0.0.1", 0)) as home:
        home.settimeout(LONG)
        attacked(folder, kind, home=[home.getsockname()])
        return home.accept()[0].recv(99).decode() == demo_class.MARK


def changed(change):
    def works(folder, _):
        wrong = {"pmi": "def pmi(x):\n    return 7"}
        return change(folder, lambda trick: request(wrong, trick)["submission"])

    return works


@changed
def is_worth_more(folder, submission):
    return naive(folder, submission(lambda given: demo_class._edited(given, ["pmi"])))[0] > 99


@changed
def has_nothing_to_fail(folder, submission):
    return naive(folder, submission(demo_class._deleted)) == (0, 0)


@changed
def is_worth_its_copies(folder, submission):
    return naive(folder, submission(lambda given: demo_class._copied(given, ["pmi"])))[0] > 99


CONTROLS = {
    "redefines_checks": is_believed,
    "patches_library": is_believed,
    "copies_by_attribute": copies,
    "copies_by_import": copies,
    "copies_by_file": copies,
    "exits": ends_all,
    "endless": never_ends,
    "greedy": takes_memory,
    "greedy_family": takes_memory_together,
    "fork_bomb": multiplies,
    "looks_for_the_master": finds_the_master,
    "forges_results": forges,
    "writes_outside": writes,
    "strange_answers": is_taken_for_equal,
    "calls_home": calls,
    "edits_cells": is_worth_more,
    "deletes_cells": has_nothing_to_fail,
    "copies_ids": is_worth_its_copies,
}


@SANDBOXED
@pytest.mark.parametrize("kind", CONTROLS)
def test_the_attack_succeeds_against_a_naive_grader(kind, tmp_path):
    assert CONTROLS[kind](tmp_path, kind), (tmp_path / "said").read_text()[-500:]


def test_every_hostile_student_of_the_demonstration_has_a_control():
    hostile = {name for name in demo_class.submissions("context") if name.startswith("hostile")}
    assert hostile == {f"hostile_{kind}" for kind in CONTROLS}


@pytest.mark.parametrize("trouble", ["ends", "crashes", "loops", "cell_loops", "waits", "kills"])
def test_trouble_costs_all_exercises_where_all_is_one_process(trouble, tmp_path):
    code = {"bad": TROUBLES[trouble].format(name="bad"), "good": GOOD.format(name="good")}
    endless = trouble in ("loops", "cell_loops", "waits")
    if trouble == "kills":
        code["bad"] = code["bad"].replace("os.killpg(0, 9)", "os.kill(os.getpid(), 9)")
    got = naive(tmp_path, notebooks(code)[1], 4 if endless else LONG)
    assert got == ("it never ends" if endless else "it is gone")


FORKS = """
import os, time
children = []
try:
    while len(children) < 400:
        children.append(os.fork() or time.sleep(99))
finally:
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)
"""
# What a measure keeps a student's program from; without it (None) every system does.
REACHES = {
    "a file": ("files", "open('/etc/passwd').read()"),
    "the master": ("files", f"import os; os.listdir({str(CONTEXT)!r})"),
    "a new file": ("files", "open({folder!r} + '/new', 'w').write('x')"),
    "other processes": (
        "processes", "import os; assert sum(map(str.isdigit, os.listdir('/proc'))) > 9",
    ),
    "the user": ("user", f"import os; assert os.getuid() == {os.getuid()}"),
    "a line": ("network", "import socket; socket.create_connection({home!r}, 600)"),
    "a virtual machine's line": ("network", "import socket; socket.socket(40, 1)"),
    "a keyring": (
        "network", "import ctypes; assert ctypes.CDLL(None).syscall({keyctl}, 0, -4, 1) != -1",
    ),
    "the disk": ("scratch", "for i in range(5): open(f'b{{i}}', 'wb').write(bytes(60 * 2**20))"),
    "a large file": (None, "open('big', 'wb').write(bytes(70 * 2**20))"),
    "much memory": (None, "held = bytes(3 * 2**30)"),
    "many processes": (None, FORKS),
}  # fmt: skip


@pytest.fixture(scope="module")
def inside(sandboxed):
    with Session(sandbox.LIMITS | {"memory": LIMITS["memory"]}) as session:
        yield session


@SANDBOXED
@pytest.mark.parametrize("what", REACHES)
def test_what_is_refused_inside_is_allowed_outside(what, inside, tmp_path):
    measure, code = REACHES[what]
    if measure not in (None, *inside.inside):
        pytest.skip(f"this system does not allow the measure {measure!r}")
    keyctl = sandbox.MACHINES.get(os.uname().machine, (0, 0, 0))[2]
    with socket.create_server(("127.0.0.1", 0)) as home:
        about = {"folder": str(tmp_path), "home": home.getsockname(), "keyctl": keyctl}
        code = code if code == FORKS else code.format(**about)
        outside = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path)
        if outside.returncode and what in ("a virtual machine's line", "a keyring"):
            pytest.skip("this kernel has none")
        assert outside.returncode == 0, outside.stderr
        inside.budget = sandbox.LIMITS["exercise"]
        assert not inside.run(code)[0], f"{what} was reached"
        assert inside.run("1")[0], "and the process goes on"
