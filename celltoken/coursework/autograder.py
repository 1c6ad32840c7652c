"""Grade one submission: the student's cells run in a `Session`, the checks run here.

    python -m celltoken.coursework.autograder < requests > results

The checks of the master are executed in a namespace of the autograder's own, where each name that
the student was to define stands for the student's process. So no check ever runs where a student
could patch, print or read anything, and points are counted where only the master's cells count.

A line of the input is a request. Each is answered by a fork of this process, which has loaded the
libraries but has seen no submission. What an answer returns may be so large or so odd that it ends
even that fork. So it says on its standard output what it is about to do; `grade` asks again, and
names in ``lost`` what not to try another time.
"""

import contextlib
import importlib
import io
import json
import os
import signal
import sys
import time
import warnings

from celltoken import checks
from celltoken.coursework import CourseworkError, sandbox, submission
from celltoken.coursework.assignment import SourceAssignment, Unreadable, used, writable
from celltoken.coursework.session import Session, TooSlow, WorkerDied


def grade(request: dict) -> dict:
    """The result of one submission: ``status`` ("graded" or "unreadable"), ``remarks``,
    ``exercises``, ``cells``, ``seconds`` and ``inside`` (the measures of isolation in force).

    A request holds ``chapter``, ``seed``, ``limits`` and the texts of two notebooks, ``master`` and
    ``submission``.
    """
    started = time.monotonic()
    master = SourceAssignment(request["chapter"], request["master"], request["seed"])
    print(json.dumps("reading"), flush=True)
    try:
        if "reading" in request.get("lost", ()):
            raise MemoryError("it ends the grader")
        with sandbox.bounded(request["limits"]["memory"]):
            cells, remarks = submission.rebuild(master, request["submission"])
    except (Unreadable, MemoryError) as problem:
        return master.blank("unreadable", f"The notebook cannot be read: {problem}.")
    made_for = submission.made_for(request["submission"])
    if made_for not in (None, master.seed):
        remarks.append(f"The notebook was made for cohort seed {made_for}, not {master.seed}.")
    run = _Run(master, cells, request["limits"], set(request.get("lost", ())))
    try:
        run.all()
    finally:
        run.close()
    answers = {cell.id: cell.source for cell in cells if cell.id}
    exercises = [each.result(run.verdicts, answers.get(each.name, "")) for each in master.exercises]
    return {
        "status": "graded",
        "remarks": (remarks + run.remarks)[:20],
        "exercises": exercises,
        "cells": run.shown,
        "seconds": round(time.monotonic() - started, 1),
        "inside": run.inside,
    }


class _Run:
    """The cells of one submission, in order. Each exercise has its own time; a process that is lost
    is started again, at the expense of the exercise that has lost it, without the cell that did."""

    def __init__(self, master, cells, limits, lost):
        self.master, self.cells, self.limits, self.gone = master, cells, limits, lost
        self.verdicts, self.remarks, self.shown, self.lost = {}, [], [], {}
        self.running, self.left, self.inside, self.done = None, None, [], []

    def all(self):
        names, part = {each.name for each in self.master.exercises}, ""
        for place, cell in enumerate(self.cells):
            about = self.master.exercise_of(cell).name if cell.is_check else cell.id
            if about in names and about != part:
                part, self.left = about, None
                if self.running is not None:
                    self.running.budget = self.limits["exercise"]
            print(json.dumps(str(cell.id or place)), flush=True)  # what is lost if this process is
            if cell.is_check:
                self.verdicts[cell.id] = self._check(cell)
            elif cell.kind == "code" and cell.source.strip():
                printed = self._cell(place, cell)
                if cell.id:
                    self.shown.append({"id": cell.id, "output": printed})

    def close(self):
        if self.running is not None:
            self.running.close()
        self.running = None

    @property
    def session(self):
        """The student's process; if the last was lost, a new one with the cells that ran before in
        it, on the time of the exercise that has lost it."""
        if self.running is None:
            self._start()
            self.running.budget = self.limits["exercise"]
            if self.left is not None:
                self.running.budget = self.left - self.running.spent()
        return self.running

    def _start(self):
        self.running = Session(self.limits)
        self.inside = self.running.inside
        for place, (source, most) in enumerate(self.done):
            self.running.budget = most
            try:
                self.running.run(source)
            except TooSlow:
                continue
            except WorkerDied:
                del self.done[place]
                self.close()
                return self._start()

    def _lost(self):
        self.left = self.running.budget
        self.close()

    def _cell(self, place, cell):
        try:
            if str(cell.id or place) in self.gone:
                raise TooSlow("it ended the grader")
            if cell.locked:  # ours: it runs whatever time a student's has taken
                self.session.budget = self.limits["exercise"]
            printed = self.session.run(cell.source)[1]
            self.done.append((cell.source, self.limits["exercise"]))
            return printed
        except WorkerDied as problem:
            self.lost[cell.id] = str(problem)
            if cell.id:
                self.remarks.append(f"The cell {cell.id} was stopped: {problem}.")
            if isinstance(problem, TooSlow):  # what it defined before stands, as in a notebook
                self.done.append((cell.source, 5))
            else:
                self._lost()
            return f"[stopped: {problem}]"

    def _check(self, check):
        """Whether the student's answer passes, and what the check says."""
        exercise = self.master.exercise_of(check)
        before = [self.verdicts.get(each.id, {}) for each in exercise.checks]
        if lost := [each for each in before if each.get("state") == "lost"]:
            return lost[0]  # asking again would only lose the process again
        out = io.StringIO()
        try:
            if check.id in self.gone:
                raise MemoryError
            with (
                contextlib.redirect_stdout(out),
                warnings.catch_warnings(),
                sandbox.bounded(self.limits["memory"]),
                _watched(self.limits["exercise"]),
            ):
                warnings.simplefilter("ignore")
                variables = self._variables(check, exercise)
                exec(compile(check.source, f"<{check.id}>", "exec"), variables)
        except checks.NotAttempted as problem:
            return _verdict("not attempted", problem)
        except checks.CheckError as problem:
            return _verdict("wrong", problem)
        except WorkerDied as problem:
            if not isinstance(problem, TooSlow):
                self._lost()
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
                variables[name] = self.session.name(name)
            except LookupError:
                said = f"there is no {name}; does your cell run, with its line def {name}?"
                if exercise.name in self.lost:
                    said = f"your cell was stopped: {self.lost[exercise.name]}."
                raise checks.CheckError(f"{exercise.name}: {said}") from None
        return variables


@contextlib.contextmanager
def _watched(seconds):
    """End this process if a check itself works far too long: the kernel does, whatever runs."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _verdict(state, said, points=0):
    return {"points": points, "said": writable(" ".join(str(said).split())[:600]), "state": state}


def main() -> None:
    sandbox.die_with_parent()
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not mix with the results
    for line in sys.stdin:
        request = json.loads(line)
        importlib.import_module(f"celltoken.checks.{request['chapter']}")
        # Elsewhere than on Linux a fork must not go on working: what answers is this process.
        child = os.fork() if sys.platform == "linux" else 0
        if not child:
            _answer(request)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(f"\n{json.dumps({'ended': ended})}", flush=True)


def _answer(request):
    """Grade one submission, write the result, and be gone, whatever happens."""
    try:
        sandbox.die_with_parent()
        signal.alarm(request["most"])
        print(json.dumps({"result": grade(request)}), flush=True)
    except CourseworkError as problem:  # of this machine, whoever's submission it is
        print(json.dumps({"failed": str(problem)}), flush=True)
    except Exception as problem:
        print(json.dumps({"why": f"{type(problem).__name__}: {problem}"}), flush=True)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
