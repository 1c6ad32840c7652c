"""Grade a folder of submissions: find them, hand each to an autograder, keep what is done.

Submissions are independent: each has an autograder's process, two or more at a time on this machine
or on the Dask cluster whose scheduler is named in ``SCHEDULER``. Each result is one JSON file,
written whole; a second run reads those whose submission, master, library, seed and limits are the
same.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from celltoken import lessons
from celltoken.coursework import (
    CourseworkError,
    assignment,
    collect,
    report,
    sandbox,
    session,
    submission,
    tables,
)
from celltoken.lessons import fingerprint

LIBRARY = Path(__file__).resolve().parents[1]
CLASS = "class.json"  # whose tables they are
_own = threading.local()  # the autograder's process of each thread


def grade(
    folder: Path,
    out: Path,
    seed: int | None = None,
    jobs: int | None = None,
    limits: dict | None = None,
    progress: Callable[[str], None] = print,
) -> list[dict]:
    """Grade every submission in a folder or zip, as the guide describes it; write tables, feedback
    and a summary into ``out``; return a result for each submission.

    Without a seed it is that of the last released student edition. ``jobs`` are processes on this
    machine, by default two or as many as there are processors; ``limits`` change those of
    `sandbox.LIMITS`. CourseworkError if there is nothing to grade or nothing to grade with, or
    ``out`` is another class's.
    """
    started = time.monotonic()
    if sys.platform == "win32":
        raise CourseworkError("Grading needs Linux or macOS: use the container of the guide.")
    submissions, listed = collect.find(folder, out)
    limits = sandbox.LIMITS | (limits or {})
    texts = {each: assignment.master_text(each) for each in {s.chapter for s in submissions}}
    seeds = {each: cohort(each) if seed is None else seed for each in texts}
    # What cannot be used is better said now than after half an hour.
    people = tables.roster((folder if folder.is_dir() else folder.parent) / "roster.csv")
    tables.read(out / "by_hand.csv", tables.BY_HAND[:4])
    about = {"folder": str(folder.resolve()), "seeds": seeds}
    about["students"] = sorted({each.student for each in submissions})
    for student in _not_here_now(out, about):
        listed.append(collect.NotGraded(student, "", "graded before, and not here in this run"))
    kept = out / "results"
    kept.mkdir(parents=True, exist_ok=True)
    requests, results = [], []
    library = {each: _library(text) for each, text in texts.items()}
    for each in submissions:
        chapter = each.chapter
        request = {"student": each.student, "chapter": chapter, "master": texts[chapter]}
        request |= {"submission": each.text, "seed": seeds[chapter], "limits": limits}
        request["key"] = _hash(json.dumps(request), each.unreadable, library[chapter])
        request |= {"canvas_id": each.canvas_id, "number": each.number, "name": each.name}
        request["unreadable"] = each.unreadable
        if (done := _kept(kept, request)) is not None:
            results.append(done | _about(request))
        else:
            requests.append(request)
    if results:
        progress(f"{len(results)} of {len(submissions)} submissions are graded already")
    for chapter in sorted({each["chapter"] for each in requests if not each["unreadable"]}):
        _compile(texts[chapter], library[chapter], progress)
    for said in (seeds_said := _other_seeds(submissions, seeds)):
        progress(said)
    new = _graded(requests, jobs, progress)
    for number, result in enumerate(new, len(results) + 1):
        lessons.write(_file(kept, result), json.dumps(result, indent=1))
        results.append(result)
        progress(f"[{number:>3}/{len(submissions)}] {line(result)}")
    if inside := [set(each["inside"]) for each in results if each["inside"]]:
        progress(_isolation(set.intersection(*inside)))
    own = {(each.student, each.chapter): list(each.remarks) for each in submissions}
    for each in results:
        each["remarks"] = own[each["student"], each["chapter"]] + each["remarks"]
    results.sort(key=lambda each: (each["student"], each["chapter"]))
    paths = {(each.student, each.chapter): each.path for each in submissions}
    listed += [
        collect.NotGraded(
            each["student"], paths[each["student"], each["chapter"]], each["remarks"][-1]
        )
        for each in results
        if each["status"] != "graded"
    ]
    files, said = report.write(results, listed, out, people)
    lessons.write(out / "results" / CLASS, json.dumps(about, indent=1))
    for each in [*(f"wrote {path}" for path in files), *seeds_said, *said]:
        progress(each)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    progress(f"{len(results)} submissions in {minutes} min {seconds} s")
    return results


def _compile(master, library, progress):
    """Compile, once on a machine, what the cells of a chapter would else compile for each student:
    its own cells are run, and each session gets a copy of what Numba and Matplotlib have kept."""
    kept = session.compiled()
    done = kept / f"{_hash(library)[:24]}.done"
    cells = [cell for cell in assignment.cells_of(master) if cell.kind == "code"]
    source = "\n".join(cell.source for cell in cells if not cell.is_check)
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
        if not done.exists():
            kept.mkdir(parents=True, exist_ok=True)
            progress("compiling once what every submission needs")
            environment = os.environ | session.caches(kept) | {"MPLBACKEND": "agg"}
            about = {"input": source.encode(), "env": environment, "cwd": folder}
            subprocess.run([sys.executable, "-"], capture_output=True, **about)
            done.touch()


def _not_here_now(out, about):
    """Students whom an earlier run has graded and this one does not meet.

    CourseworkError if it were another class's tables that this run would overwrite.
    """
    before = _read(out / "results" / CLASS) or about
    had, has = set(before["students"]), set(about["students"])
    seeds = all(before["seeds"].get(each, seed) == seed for each, seed in about["seeds"].items())
    if not (has & had if before["folder"] == about["folder"] else had <= has and seeds):
        raise CourseworkError(
            f"{out} holds the grades of {before['folder']}, of other students: "
            "choose another folder for these (make grade OUT=..., or --out)."
        )
    about["students"] = sorted(had | has)
    return sorted(had - has)


def _other_seeds(submissions, seeds):
    """A line for each seed that notebooks were made for and that is not this run's."""
    made = Counter((each.chapter, submission.made_for(each.text)) for each in submissions)
    return [
        f"{count} notebooks of {chapter} were given out with seed {own}, and this run uses "
        f"{seeds[chapter]}: if theirs is meant, say SEED={own} (or --seed {own})"
        for (chapter, own), count in sorted(made.items(), key=str)
        if own not in (None, seeds[chapter])
    ]


def cohort(chapter: str) -> int:
    """The seed of the student edition that was released last."""
    path = assignment.ROOT / "student" / chapter / "cohort.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["seed"] if path.is_file() else 0


def line(result: dict) -> str:
    """What is said of a graded submission while the others are under way."""
    points = sum(each["points"] or 0 for each in result["exercises"])
    maximum = sum(each["maximum"] for each in result["exercises"] if not each["by_hand"])
    told = "" if result["status"] == "graded" else f"  {result['status']}: {result['remarks'][0]}"
    return (
        f"{result['student']:<28} {result['chapter']:<13} {points:>5g}/{maximum:g}"
        f"  {result['seconds']:>5.0f} s{told}"
    )


def grade_one(request: dict) -> dict:
    """The result of one submission, whatever becomes of its autograder."""
    master = _master(request)
    if unreadable := request.get("unreadable"):
        why = f"The notebook cannot be read: {unreadable}."
        return _about(request) | master.blank("unreadable", why)
    limits, lost = request["limits"], []
    most = (len(master.exercises) + 2) * (limits["exercise"] * limits["wall"] + 300)
    while True:
        steps, end = _ask(request | {"lost": lost, "most": most})
        if "result" in end:
            return _about(request) | end["result"]
        if "failed" in end or not steps or steps[-1] in lost:
            why = end.get("failed") or end.get("why") or f"exit status {end.get('ended')}"
            return _about(request) | master.blank("failed", f"Its autograder stopped: {why[:300]}.")
        lost.append(steps[-1])  # what a student has made has ended the autograder


def _ask(request):
    """What the autograder of this thread says that it does, and how that ends: its ``result``, or
    that nobody's can be graded here (``failed``), or ``why`` and with which status it ``ended``."""
    process = getattr(_own, "process", None)
    if process is None or process.poll() is not None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        program = [sys.executable, "-m", "celltoken.coursework.autograder"]
        process = _own.process = subprocess.Popen(program, text=True, **pipes)
    print(json.dumps(request), file=process.stdin, flush=True)
    steps, end = [], {}
    while "ended" not in end and (line := process.stdout.readline()):
        with contextlib.suppress(ValueError):  # it may be cut short
            said = json.loads(line)
            end |= said if isinstance(said, dict) else {}
            steps += [said] if isinstance(said, str) else []
    if not line and process.wait() == -signal.SIGINT:
        raise KeyboardInterrupt
    return steps, end


def _master(request):
    return assignment.SourceAssignment(request["chapter"], request["master"], request["seed"])


def _about(request):
    keys = ("student", "chapter", "seed", "key", "canvas_id", "number", "name")
    return {key: request[key] for key in keys}


def _graded(requests, jobs, progress):
    """Results as they come, from this machine or from a cluster."""
    if not requests:
        return
    jobs = min(jobs or max(2, os.cpu_count() or 2), len(requests))
    where, closing = f"{jobs} at a time", contextlib.nullcontext()
    if scheduler := os.environ.get("SCHEDULER"):
        where, closing = f"on {scheduler}", _cluster(scheduler)
    progress(f"grading {len(requests)} submissions, {where}")
    with closing as client:
        # On this machine a thread only waits for a process of its own.
        pool = client.get_executor(pure=False, retries=2) if client else ThreadPoolExecutor(jobs)
        asked = {pool.submit(grade_one, request): request for request in requests}
        try:
            for future in as_completed(asked):
                if problem := future.exception():
                    request, why = asked[future], f"Its autograder was lost: {problem!r}."
                    yield _about(request) | _master(request).blank("failed", why)
                else:
                    yield future.result()
        finally:
            for future in asked:
                future.cancel()
            pool.shutdown()


def _cluster(scheduler):
    try:
        from dask.distributed import Client

        return Client(scheduler, timeout=20)
    except (ImportError, OSError, ValueError):
        raise CourseworkError(
            f"No Dask scheduler answers at {scheduler}: start one, or leave SCHEDULER unset."
        ) from None


def _isolation(held):
    """One line on how well the submissions of this run were shut in."""
    lacking = [
        words
        for measure, words in {
            "files": "other files can be read",
            "network": "the network can be reached",
            "processes": "other processes can be seen",
            "user": "student code runs under your own account",
            "scratch": "the disk is not limited but for the size of one file",
            "memory": "memory is watched, not limited by the kernel",
            "cpu": "one submission may take every processor",
        }.items()
        if measure not in held
    ]
    by = next((each for each in ("bubblewrap", "namespaces") if each in held), "Landlock")
    if not lacking:
        shut = "files, network, processes, user, disk, memory and processors"
        return f"isolation by {by}: {shut} are all shut off"
    return f"isolation by {by}: {'; '.join(lacking)} (see 'What the isolation does' in the guide)"


def _library(master):
    """A fingerprint of what grades a chapter, and of all of the library that answers may call."""
    rooms = ("methods", "data", "models", "figures")
    files = [path for room in rooms for path in (LIBRARY / room).glob("*.py")]
    names = sorted(f"celltoken.{path.parent.name}.{path.stem}" for path in files)
    names += [f"celltoken.coursework.{part}" for part in ("autograder", "worker")]
    cells = [cell.source for cell in assignment.cells_of(master) if cell.kind == "code"]
    return fingerprint.of("\n".join([*cells, *(f"import {name}" for name in names)]))


def _hash(*texts):
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _file(kept, result):
    return kept / f"{tables.file_name(result['student'])}--{result['chapter']}.json"


def _kept(kept, request):
    done = _read(_file(kept, request))
    # What failed on our side is tried again.
    return done if done and done["key"] == request["key"] and done["status"] != "failed" else None


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
