"""Grade a folder of submissions: find them, hand each to an examiner, keep what is done.

Submissions are independent, so they go through Dask: to two or more processes of this machine, or
to the cluster whose scheduler is named in ``SCHEDULER``. Each result is one JSON file, written
whole; a second run reads those whose submission, master, library, seed and limits are unchanged.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from celltoken import lessons
from celltoken.coursework import CourseworkError, assignment, cage, report

NAME = re.compile(r"\w[\w.@+' ,()-]{0,79}")
# How Canvas and Moodle name what they let you download: user's number, then the submission's.
CANVAS = re.compile(r"([^_]+)(?:_LATE)?_(\d+)_\d+_.+")
MOODLE = re.compile(r"(.+)_\d+_assignsubmission_file_?")
LIBRARY = Path(__file__).resolve().parents[1]
LAYOUT = "<student>/<chapter>/exercises.ipynb or <student>.ipynb"


@dataclass(frozen=True)
class Submission:
    student: str
    chapter: str
    path: Path
    text: str
    canvas_id: str = ""


def grade(
    folder: Path,
    out: Path,
    seed: int | None = None,
    jobs: int | None = None,
    limits: dict | None = None,
    progress: Callable[[str], None] = print,
) -> list[dict]:
    """Grade every submission in a folder and write grades, feedback and a summary.

    Parameters
    ----------
    folder : Path
        Holds ``<student>/<chapter>/exercises.ipynb`` or ``<student>.ipynb``, and if wanted a
        ``roster.csv``.
    out : Path
        Where the results go.
    seed : int, optional
        The cohort's. Default: that of the last released student edition, else 0.
    jobs : int, optional
        Processes on this machine. Default: two, or more if there are more processors.
    limits : dict, optional
        Entries of :data:`cage.LIMITS` to change.

    Returns
    -------
    list of dict
        A result for each submission.

    Raises
    ------
    CourseworkError
        If there is nothing to grade or nothing to grade with.
    """
    started = time.monotonic()
    if sys.platform == "win32":
        raise CourseworkError("Grading needs Linux or macOS: use the container of the guide.")
    submissions = find(folder)
    limits = cage.LIMITS | (limits or {})
    kept = out / "results"
    kept.mkdir(parents=True, exist_ok=True)
    requests, results = [], []
    texts = {each: assignment.master_text(each) for each in {s.chapter for s in submissions}}
    seeds = {each: cohort(each) if seed is None else seed for each in texts}
    library = _library()
    for each in submissions:
        request = {
            "student": each.student,
            "chapter": each.chapter,
            "master": texts[each.chapter],
            "submission": each.text,
            "seed": seeds[each.chapter],
            "limits": limits,
        }
        request["key"] = _hash(json.dumps(request), library)
        request["canvas_id"] = each.canvas_id
        if (done := _kept(kept, request)) is not None:
            results.append(done)
        else:
            requests.append(request)
    if results:
        progress(f"{len(results)} of {len(submissions)} submissions are graded already")
    for number, result in enumerate(_graded(requests, jobs, progress), len(results) + 1):
        _keep(kept, result)
        results.append(result)
        progress(f"[{number:>3}/{len(submissions)}] {line(result)}")
    progress(_isolation(results))
    results.sort(key=lambda each: (each["student"], each["chapter"]))
    for written in report.write(results, out, folder / "roster.csv"):
        progress(f"wrote {written}")
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    progress(f"{len(results)} submissions in {minutes} min {seconds} s")
    return results


def find(folder: Path) -> list[Submission]:
    """The submissions in a folder, or CourseworkError with what the folder should hold."""
    if not folder.is_dir():
        raise CourseworkError(f"There is no folder {folder}: give one that holds {LAYOUT}.")
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.suffix == ".ipynb":
            canvas = CANVAS.fullmatch(path.stem)
            number = canvas[2] if canvas else ""
            found.append((f"{canvas[1]}_{number}" if canvas else path.stem, None, path, number))
        elif path.is_dir():
            moodle = MOODLE.fullmatch(path.name)
            student = moodle[1] if moodle else path.name
            found += [(student, p.parent.name, p, "") for p in path.glob("*/exercises.ipynb")]
            found += [(student, None, p, "") for p in path.glob("*.ipynb")]
    if not found:
        raise CourseworkError(f"No submission is in {folder}: it should hold {LAYOUT}.")
    submissions = {}
    for student, chapter, path, number in found:
        if not NAME.fullmatch(student):
            raise CourseworkError(
                f"{student[:80]!r} is no name for a student: begin it with a letter or a digit and "
                "use only those and .@+'_,()- (a spreadsheet may take other signs for a formula)."
            )
        if path.is_symlink() or path.stat().st_size > assignment.LARGEST:
            text = ""  # unreadable, which marks this one and goes on
        else:
            text = path.read_text(encoding="utf-8", errors="replace")
        chapter = chapter or guess_chapter(text)
        if chapter is None:
            known = ", ".join(assignment.chapters())
            raise CourseworkError(
                f"Which chapter is {path.name} of? Its cells are of none of {known}: put it at "
                f"{student}/<chapter>/exercises.ipynb."
            )
        if (student, chapter) in submissions:
            one = submissions[student, chapter].path.relative_to(folder)
            raise CourseworkError(
                f"{student} has two notebooks for {chapter}, {one} and {path.relative_to(folder)}: "
                "keep one of them."
            )
        submissions[student, chapter] = Submission(student, chapter, path, text, number)
    return list(submissions.values())


def guess_chapter(text: str) -> str | None:
    """The chapter whose graded cells a notebook has."""
    try:
        have = {cell.id for cell in assignment.cells_of(text)}
    except assignment.Unreadable:
        have = set()
    known = assignment.chapters()
    if len(known) == 1:
        return known[0]
    ids = {
        chapter: {c.id for c in assignment.Master(chapter, assignment.master_text(chapter)).cells}
        for chapter in known
    }
    best = max(ids, key=lambda chapter: len(have & ids[chapter]))
    return best if len(have & ids[best]) > 2 else None


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
    """The result of one submission, whatever becomes of its examiner."""
    seconds = request["limits"]["submission"] * 2 + 120
    about = _about(request)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "celltoken.coursework.examiner"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=seconds,
            env=environment,
        )
        if done.returncode == 0:
            return about | json.loads(done.stdout)
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        why = f"Its examiner stopped: {last[:300]}"
    except subprocess.TimeoutExpired:
        why = f"Its examiner was stopped after {seconds} seconds."
    from celltoken.coursework.examiner import blank

    master = assignment.Master(request["chapter"], request["master"], request["seed"])
    return about | blank(master, "failed", [why])


def _about(request):
    return {key: request[key] for key in ("student", "chapter", "seed", "key", "canvas_id")}


def _graded(requests, jobs, progress):
    """Results as they come, from a cluster or from processes of this machine."""
    if not requests:
        return
    try:
        from dask.distributed import Client, LocalCluster, as_completed
    except ImportError:
        raise CourseworkError(
            "Dask is not installed: use `make grade`, "
            "or pip install -r requirements-instructor.lock."
        ) from None
    import logging

    import dask

    logging.getLogger("distributed").setLevel(logging.ERROR)
    dask.config.set({"distributed.admin.tick.limit": "1h"})
    scheduler, cluster = os.environ.get("SCHEDULER"), None
    if scheduler:
        progress(f"grading {len(requests)} submissions on {scheduler}")
        try:
            client = Client(scheduler, timeout=20)
        except (OSError, ValueError):
            raise CourseworkError(
                f"No Dask scheduler answers at {scheduler}: start one, or leave SCHEDULER unset."
            ) from None
    else:
        jobs = min(jobs or max(2, os.cpu_count() or 2), len(requests))
        progress(f"grading {len(requests)} submissions, {jobs} at a time")
        cluster = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=":0")
        client = Client(cluster)
    try:
        futures = client.map(grade_one, requests, pure=False, retries=2)
        asked = {future.key: request for future, request in zip(futures, requests, strict=True)}
        for future in as_completed(futures):
            if future.status == "finished":
                yield future.result()
                continue
            request = asked[future.key]
            from celltoken.coursework.examiner import blank

            master = assignment.Master(request["chapter"], request["master"], request["seed"])
            about = _about(request)
            yield about | blank(master, "failed", [f"Its examiner was lost: {future.exception()}."])
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def _isolation(results):
    """One line on how well the submissions of this run were shut in."""
    measures = [set(each["inside"]) for each in results if each["inside"]]
    held = set.intersection(*measures) if measures else set()
    lacking = [
        words
        for measure, words in {
            "files": "other files can be read (no Landlock)",
            "network": "the network can be reached" + " but not by TCP" * ("tcp" in held),
            "processes": "other processes can be seen",
            "user": "student code runs under your own account",
            "scratch": "the disk is not limited but for the size of one file",
        }.items()
        if measures and measure not in held
    ]
    if not lacking:
        return "isolation: files, network, processes, user and disk are all shut off"
    return "isolation: " + "; ".join(lacking) + " (see 'What the isolation does' in the guide)"


def _library():
    """A hash of all code that a result depends on."""
    files = [*sorted(LIBRARY.rglob("*.py")), assignment.ROOT / "requirements.lock"]
    return _hash(*(path.read_text(encoding="utf-8") for path in files if path.is_file()))


def _hash(*texts):
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _file(kept, result):
    return kept / f"{result['student']}--{result['chapter']}.json"


def _kept(kept, request):
    try:
        done = json.loads(_file(kept, request).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # What failed on our side is tried again.
    return done if done.get("key") == request["key"] and done["status"] != "failed" else None


def _keep(kept, result):
    lessons.write(_file(kept, result), json.dumps(result, indent=1))
