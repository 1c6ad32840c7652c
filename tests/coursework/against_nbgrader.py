"""Points of honest students under ``nbgrader autograde`` and here, for the same masters.

    make compare CHAPTER=tokens

nbgrader runs cells and checks in one kernel, without a sandbox, and honest students do not mind; so
both must give them the same, exercise by exercise.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import demo_class
import nbformat

from celltoken.coursework import assignment, grade, release, sandbox

HONEST = ("perfect", "half", "mistakes_01", "honest_habits")


def by_nbgrader(folder: Path, chapter: str, submissions: dict[str, str]) -> dict:
    """Student -> exercise -> points, as nbgrader's own commands give them."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    config.ExecutePreprocessor.timeout = 600
    config.Execute.timeout = 600
    config.ClearSolutions.code_stub = {"python": release.CODE_STUB}
    config.ClearSolutions.text_stub = release.TEXT_STUB
    config.Application.log_level = logging.ERROR
    source = nbformat.writes(release._prepared(chapter, 0))
    places = {"source": source, **{f"submitted/{name}": text for name, text in submissions.items()}}
    for place, text in places.items():
        path = folder / place / chapter / "exercises.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    api = NbGraderAPI(config=config)
    done = api.generate_assignment(chapter, create=True)
    if not done["success"]:
        raise SystemExit(done["log"])
    found = {}
    for student in submissions:
        done = api.autograde(chapter, student, create=True)
        if not done["success"]:
            raise SystemExit(done["log"])
        with Gradebook(config.CourseDirectory.db_url) as book:
            notebook = book.find_submission_notebook("exercises", chapter, student)
            points = {each.name: each.auto_score for each in notebook.grades}
        master = assignment.SourceAssignment(chapter, assignment.master_text(chapter))
        found[student] = {
            each.name: sum(points[check.id] for check in each.checks)
            for each in master.exercises
            if not each.by_hand
        }
    return found


def by_us(chapter: str, master: str, submissions: dict[str, str]) -> dict:
    """The same, as they are given here; open questions are left out."""
    found = {}
    for student, text in submissions.items():
        request = {"chapter": chapter, "master": master, "submission": text, "seed": 0}
        request |= dict.fromkeys(("student", "key", "canvas_id", "number", "name"), "")
        result = grade.grade_one(request | {"limits": sandbox.LIMITS})
        checked = [each for each in result["exercises"] if not each["by_hand"]]
        found[student] = {each["name"]: each["points"] for each in checked}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", default=assignment.chapters())
    wrong = 0
    for chapter in parser.parse_args().chapters:
        started = time.monotonic()
        every = demo_class.submissions(chapter)
        honest = {name: every[name] for name in HONEST if name in every}
        with tempfile.TemporaryDirectory() as folder:
            theirs = by_nbgrader(Path(folder), chapter, honest)
        ours = by_us(chapter, assignment.master_text(chapter), honest)
        totals = ", ".join(f"{name} {sum(each.values()):g}" for name, each in ours.items())
        print(f"{chapter}: {totals}; in {time.monotonic() - started:.0f} s", flush=True)
        for name in (name for name in honest if theirs[name] != ours[name]):
            wrong += 1
            print(f"WRONG: {name}: nbgrader {theirs[name]}, here {ours[name]}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
