"""What an exercise is, and the one method that checks an answer to it.

An exercise knows the right function and, for each mistake that it wants to name, a sentence and the
wrong function that makes it. An answer is asked on several inputs. If it does what the right
function does, it is correct; else the first mistake whose wrong function does the same as the
answer gives the sentence. The tests run the wrong functions as answers.
"""

import copy
import inspect
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

GAVE_NAN = "NaN or infinity comes out; somewhere you divide by zero or take log(0)."


class CheckError(AssertionError):
    """An answer is wrong; the message is a sentence that names the likely mistake."""

    def _render_traceback_(self):
        # IPython shows these lines in place of a traceback: a student needs the sentence only.
        return [str(self)]


class NotAttempted(CheckError):
    """The skeleton is untouched."""


class Mistake(NamedTuple):
    """A sentence for the student, and a function that makes this mistake and no other.

    ``by`` names the aspects of the outcome by which the mistake is recognised; by default all in
    which the wrong function differs from the right one.
    """

    sentence: str
    wrong: Callable
    by: tuple[str, ...] = ()


class Exercise:
    """A function that a student is to write; calling the exercise checks an answer.

    ``name`` is the function's, ``right`` the reference. ``inputs(rng)`` returns tuples of arguments
    on which each mistake shows at least once. ``observe(ask, *arguments)`` calls
    ``ask(*arguments)``, once or more, and returns the outcome, a dict from aspect to number, array,
    list, text or bool; it raises `CheckError` for what has no such outcome. Of ``mistakes``, tuples
    of the parts of `Mistake`, the first that fits is named; if none does, ``gave_nan`` or
    ``otherwise`` is said, and if the function stops with an error, ``hint`` (without full stop).

    ``by`` is for mistakes that have none of their own; ``alike(a, b)`` says whether an answer and a
    wrong function count as the same (default: :func:`equal`). For an answer that draws at random
    `observe` returns its draws as the aspect "draws", and ``replay(function, arguments, draws)`` is
    the value that a function has with them. ``remark(ask, seed)`` is printed after "correct".
    """

    def __init__(
        self, name: str, right: Callable, inputs: Callable, observe: Callable, *,
        mistakes: Sequence[Mistake], otherwise: str, hint: str = "read the line it stops at",
        gave_nan: str = GAVE_NAN, alike: Callable | None = None, replay: Callable | None = None,
        remark: Callable | None = None, by: tuple[str, ...] = (),
    ):  # fmt: skip
        self.__name__ = self.name = name
        self._right, self.inputs, self.observe = right, inputs, observe
        found = [Mistake(*each) for each in mistakes]
        self.mistakes = [each if each.by else each._replace(by=by) for each in found]
        self.otherwise = otherwise
        self.hint, self.gave_nan = hint, gave_nan
        self.alike, self.replay, self.remark = alike or equal, replay, remark
        self._known, self._made = lru_cache(2)(self._known), lru_cache(2)(self._made)

    def __call__(self, answer, seed: int = 0) -> None:
        """Print "<name>: correct", or raise `CheckError` with the sentence for the answer."""
        attempted(self.name, answer)
        cases, right = self._known(seed)
        got = [self.outcome(answer, case) for case in cases]
        right = self._replayed(self._right, cases, right, got)
        if any(isinstance(g, CheckError) or _differ(g, r) for g, r in zip(got, right, strict=True)):
            raise self.problem(got, right, seed)
        said = f" ({self.remark(self._ask(answer), seed)})" if self.remark else ""
        print(f"{self.name}: correct{said}")

    def _known(self, seed):
        """The inputs and the right outcomes, which depend on nothing but the seed."""
        cases = list(self.inputs(np.random.default_rng(seed)))
        return cases, [self.outcome(self._right, case) for case in cases]

    def _made(self, seed):
        """What each mistake makes of the inputs."""
        cases = self._known(seed)[0]
        return [[self.outcome(each.wrong, case) for case in cases] for each in self.mistakes]

    def _ask(self, function):
        return lambda *arguments: call(self.name, function, *arguments, hint=self.hint)

    def outcome(self, function, case):
        """What a function does on one input: its aspects, or why it has none."""
        try:
            return self.observe(self._ask(function), *case)
        except NotAttempted:
            raise
        except CheckError as problem:
            return _named(self.name, problem)

    def _replayed(self, function, cases, outcomes, got):
        """The outcomes of a function, their values as if it had drawn what the answer drew."""
        if not self.replay:
            return outcomes
        return [
            outcome | {"value": self.replay(function, case, g["draws"])}
            if isinstance(g, dict) and isinstance(outcome, dict)
            else outcome
            for case, outcome, g in zip(cases, outcomes, got, strict=True)
        ]

    def problem(self, got: list, right: list, seed: int) -> CheckError:
        """The sentence for outcomes that are not all right, as an error to raise."""
        cases = self._known(seed)[0]
        made = [
            self._replayed(mistake.wrong, cases, each, got)
            for mistake, each in zip(self.mistakes, self._made(seed), strict=True)
        ]
        # The same mistake before one that is merely much alike.
        for alike in dict.fromkeys((equal, self.alike)):
            for mistake, each in zip(self.mistakes, made, strict=True):
                if self._fits(got, each, right, mistake.by, alike):
                    return CheckError(f"{self.name}: {mistake.sentence}")
        stopped = [each for each in got if isinstance(each, CheckError)]
        if stopped:
            return stopped[0]
        values = [np.asarray(v) for each in got for key, v in each.items() if key != "draws"]
        if any(v.dtype.kind == "f" and not np.isfinite(v).all() for v in values):
            return CheckError(f"{self.name}: {self.gave_nan}")
        return CheckError(f"{self.name}: {self.otherwise}")

    def _fits(self, got, made, right, by, alike) -> bool:
        """Whether an answer makes this mistake: it agrees with the wrong function, on every input
        on which that has an outcome, in all aspects in which that is wrong on any."""
        pairs = [
            (g, m, r)
            for g, m, r in zip(got, made, right, strict=True)
            if not isinstance(m, CheckError)
        ]
        wrong = {aspect for _, m, r in pairs for aspect in _differ(m, r)}
        wrong &= set(by) or wrong
        if not wrong or any(isinstance(g, CheckError) for g, _, _ in pairs):
            return False
        if not any(_differ(g, r) & wrong for g, _, r in pairs):
            return False
        return all(
            alike(g[aspect], m[aspect]) if aspect in m and aspect in g else aspect not in m
            for g, m, _ in pairs
            for aspect in wrong
        )


def returns(read: Callable) -> Callable:
    """How to observe a function that is given no function: its value, as ``read`` makes it plain.

    ``read`` takes the value and the arguments, and raises `CheckError` for what is no such value.
    """
    return lambda ask, *arguments: {"value": read(ask(*arguments), *arguments)}


def equal(a, b, tolerance=1e-6) -> bool:
    """Whether two values agree: numbers to a tolerance, absolute or relative; NaN equals NaN."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "bOUS" or b.dtype.kind in "bOUS":
        return bool(np.all(a == b))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))


def _differ(a, b) -> set[str]:
    """Aspects in which two outcomes differ; one that cannot be told is none."""
    both = (a.keys() & b.keys()) - {"draws"}
    return {aspect for aspect in both if not equal(a[aspect], b[aspect])}


def fail(sentence: str) -> None:
    """Raise `CheckError`; the exercise's name is put before it by whoever asks."""
    raise CheckError(sentence)


def attempted(name, answer):
    """Return the answer, or raise `NotAttempted` if there is none."""
    if answer is None or answer is Ellipsis:
        raise NotAttempted(
            f"{name}: not attempted yet (if you have written it, does it end with return?)."
        )
    return answer


def call(name, function, *arguments, hint="read the line it stops at"):
    """What a function returns for copies of the arguments.

    Raises
    ------
    NotAttempted
        If the answer, or what it returns, is None or Ellipsis.
    CheckError
        If the answer is no function, takes other arguments, stops with an error or changes what
        it was given.
    """
    attempted(name, function)
    if not callable(function):
        raise CheckError(
            f"{name}: pass your function, not {kind(function)}; keep the line that starts with def."
        )
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError):
        count = f"{len(arguments)} argument{'s' * (len(arguments) != 1)}"
        raise CheckError(
            f"{name}: your function must take {count}; keep the def line as given."
        ) from None
    given = tuple(each if callable(each) else copy.deepcopy(each) for each in arguments)
    try:
        # nbgrader takes anything on stderr for a failure, and a warning is not one.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = function(*given)
    except CheckError as problem:
        raise _named(name, problem) from None
    except NotImplementedError:
        result = None
    except (Exception, SystemExit) as problem:
        reason = " ".join(str(problem).split()).split(". ")[0][:120].rstrip(".")
        what = type(problem).__name__ + (f" ({reason})" if reason else "")
        raise CheckError(
            f"{name}: your function stops{_place(problem, function)} with {what}; {hint}."
        ) from None
    attempted(name, result)
    if not all(same_data(a, b) for a, b in zip(given, arguments, strict=True)):
        raise CheckError(f"{name}: your function changes the data it is given; work on a copy.")
    return result


def same_data(a, b) -> bool:
    """Whether an argument is as it was."""
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and bool(np.all((a == b) | ((a != a) & (b != b))))
    if isinstance(a, (pd.DataFrame, pd.Series)):
        return a.equals(b)
    return callable(a) or a == b


def kind(value) -> str:
    """A few words for what a value is."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple, dict, str)) and not isinstance(value, type):
        noun = "characters" if isinstance(value, str) else "entries"
        return f"a {type(value).__name__} of {len(value)} {noun}"
    if isinstance(value, complex):
        return "a complex number"
    if isinstance(value, (int, float, np.number)):
        return f"the number {value:.3g}"
    return f"a {type(value).__name__}"


def _named(name, problem):
    """The problem with the exercise's name before its sentence."""
    said = str(problem)
    return problem if said.startswith(f"{name}: ") else type(problem)(f"{name}: {said}")


def _place(problem, function):
    """Which line of the student's function an error came from, if it is one of its lines."""
    code = getattr(function, "__code__", None)
    steps = traceback.walk_tb(problem.__traceback__)
    lines = [at - code.co_firstlineno + 1 for frame, at in steps if frame.f_code is code]
    return f" in its line {lines[-1]}" if lines else ""
