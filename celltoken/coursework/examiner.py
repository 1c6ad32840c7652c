"""Grade one submission: the student's cells run in a `Session`, the checks run here.

    python -m celltoken.coursework.examiner < request.json > result.json

The checks of the master are executed in a namespace of the examiner's own, where each name that
the student was to define stands for the student's process. So no check ever runs where a student
could patch, print or read anything, and points are counted where only the master's cells count.
"""

import contextlib
import io
import json
import os
import sys
import time
import warnings

from celltoken import checks
from celltoken.coursework import cage
from celltoken.coursework.assignment import (
    TEXT_STUB,
    Master,
    Unreadable,
    cleared,
    used,
    writable,
)
from celltoken.coursework.session import Lost, Session


def grade(request: dict) -> dict:
    """The result of one submission.

    Parameters
    ----------
    request : dict
        ``chapter``, ``master`` and ``submission`` (texts of notebooks), ``seed``, ``limits``.

    Returns
    -------
    dict
        ``status`` ("graded" or "unreadable"), ``remarks``, ``exercises``, ``cells``, ``seconds``,
        ``inside`` (the measures of isolation in force).
    """
    started = time.monotonic()
    master = Master(request["chapter"], request["master"], request["seed"])
    try:
        cells, remarks = master.rebuild(request["submission"])
    except Unreadable as problem:
        return blank(master, "unreadable", [f"The notebook cannot be read: {problem}."])
    run = _Run(master, cells, request["limits"])
    try:
        run.all()
    finally:
        run.close()
    answers = {cell.id: _without_prompt(cell, master) for cell in cells if cell.id}
    exercises = [
        _exercise(each, run.verdicts, answers.get(each.name, "")) for each in master.exercises
    ]
    return {
        "status": "graded",
        "remarks": remarks + run.remarks,
        "exercises": exercises,
        "cells": run.shown,
        "seconds": round(time.monotonic() - started, 1),
        "inside": run.inside,
    }


def _without_prompt(cell, master):
    """What the student wrote, if it is a text: not the words that were there before."""
    if not cell.is_open:
        return cell.source
    text = cell.source
    for given in (cleared(master.by_id[cell.id].source, "").strip(), TEXT_STUB):
        text = text.replace(given, "", 1) if given else text
    return text.strip()


def blank(master: Master, status: str, remarks: list[str]) -> dict:
    """The result of a submission that could not be run: no points."""
    said = {"points": 0, "said": remarks[0], "state": "lost"}
    exercises = []
    for each in master.exercises:
        verdicts = {check.id: said for check in each.checks}
        exercises.append(_exercise(each, verdicts, ""))
    return {
        "status": status, "remarks": remarks, "exercises": exercises, "cells": [], "seconds": 0,
        "inside": [],
    }  # fmt: skip


def _exercise(exercise, verdicts, answer):
    found = [verdicts[check.id] | {"maximum": check.points} for check in exercise.checks]
    return {
        "name": exercise.name,
        "title": exercise.title,
        "by_hand": exercise.by_hand,
        "maximum": exercise.maximum,
        "points": None if exercise.by_hand else sum(each["points"] for each in found),
        "checks": found,
        "answer": answer,
    }


class _Run:
    """The cells of one submission, in order; a process that is lost is started again without the
    cell that lost it."""

    STARTS = 6

    def __init__(self, master, cells, limits):
        self.master, self.cells, self.limits = master, cells, limits
        self.verdicts, self.remarks, self.shown, self.lost = {}, [], [], {}
        self.session, self.inside, self.starts = None, [], 0
        self.budget, self.done = limits["submission"], []

    def all(self):
        self._start()
        for place, cell in enumerate(self.cells):
            if cell.is_check:
                self.verdicts[cell.id] = self._check(place, cell)
            elif cell.kind == "code" and cell.source.strip():
                ok, printed = self._cell(place, cell)
                self.shown.append(
                    {"id": cell.id, "source": cell.source, "output": printed, "ok": ok}
                    | {"own": not cell.locked}
                )

    def close(self):
        if self.session is not None:
            self.session.close()

    def _start(self):
        """A new process, with the cells that ran before in it."""
        self.close()
        self.session = None
        if self.starts == self.STARTS or self.budget <= 0:
            raise Lost("it ended its process too often, or took all of its time")
        self.starts += 1
        self.session = Session(self.limits)
        self.session.budget, self.inside = self.budget, self.session.inside
        for source in self.done:
            self._ask(lambda source=source: self.session.run(source))

    def _ask(self, question):
        if self.session is None:
            raise Lost("its process could not be started again")
        try:
            return question()
        finally:
            self.budget = self.session.budget

    def _again(self):
        with contextlib.suppress(Lost):
            self._start()

    def _cell(self, place, cell):
        try:
            ok, printed = self._ask(lambda: self.session.run(cell.source))
        except Lost as problem:
            self.lost[place] = str(problem)
            if cell.id:
                self.remarks.append(f"The cell {cell.id} was stopped: {problem}.")
            self._again()
            return False, f"[stopped: {problem}]"
        self.done.append(cell.source)
        return ok, printed

    def _check(self, place, check):
        """Whether the student's answer passes, and what the check says."""
        exercise = self.master.exercise_of(check)
        before = [self.verdicts.get(each.id, {}) for each in exercise.checks]
        if lost := [each for each in before if each.get("state") == "lost"]:
            return lost[0]  # asking again would only lose the process again
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                variables = self._variables(check, exercise)
                exec(compile(check.source, f"<{check.id}>", "exec"), variables)
        except checks.NotAttempted as problem:
            return _verdict("not attempted", problem)
        except checks.CheckError as problem:
            return _verdict("wrong", problem)
        except Lost as problem:
            self._again()
            return _verdict("lost", f"{exercise.name}: your function was stopped: {problem}.")
        except Exception as problem:
            kind = type(problem).__name__
            return _verdict(
                "wrong", f"{exercise.name}: what you return cannot be checked ({kind})."
            )
        return _verdict("correct", out.getvalue().strip(), check.points)

    def _variables(self, check, exercise):
        variables = {"__name__": "exercises"}
        for source in self.master.trusted(check.source):
            exec(source, variables)
        for name in used(check.source) & self.master.names_of_students():
            try:
                variables[name] = self._ask(lambda name=name: self.session.name(name))
            except LookupError:
                raise checks.CheckError(self._no_name(name, exercise)) from None
        return variables

    def _no_name(self, name, exercise):
        for place, cell in enumerate(self.cells):
            if place in self.lost and cell.id == exercise.name:
                return f"{exercise.name}: your cell was stopped: {self.lost[place]}."
        return f"{exercise.name}: there is no {name}; does your cell run, with its line def {name}?"


def _verdict(state, said, points=0):
    return {"points": points, "said": writable(" ".join(str(said).split())[:600]), "state": state}


def main() -> None:
    cage.die_with_parent()
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not mix with the result
    request = json.load(sys.stdin)
    json.dump(grade(request), answer)
    answer.close()


if __name__ == "__main__":
    main()
