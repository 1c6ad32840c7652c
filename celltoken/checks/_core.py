"""What every check is made of: call a student's function safely, say in a sentence what is wrong.

A check knows the right answer and, for each mistake it wants to name, the answer that this mistake
gives. It works both out itself, from the library, and never looks at the student's other variables.
"""

import copy
import inspect
import warnings
from numbers import Number

import numpy as np
import pandas as pd
from scipy import sparse


class CheckError(AssertionError):
    """An answer is wrong; the message is a sentence that names the likely mistake."""

    def _render_traceback_(self):
        # IPython shows these lines in place of a traceback: a student needs the sentence only.
        return [str(self)]


class NotAttempted(CheckError):
    """The skeleton is untouched."""


def fail(name, sentence):
    """Raise :class:`CheckError` with the exercise's name before the sentence."""
    raise CheckError(f"{name}: {sentence}")


def attempted(name, answer):
    """Return the answer, or raise :class:`NotAttempted` if there is none."""
    if answer is None or answer is Ellipsis:
        raise NotAttempted(
            f"{name}: not attempted yet (if you have written it, does it end with return?)."
        )
    return answer


def passed(name):
    """Say that an answer is right, always in the same words."""
    print(f"{name}: correct")


def call(name, function, *arguments, hint="read the line it stops at"):
    """What the student's function returns for copies of the arguments.

    Parameters
    ----------
    name : str
        The exercise, for messages.
    function : callable
        The student's answer.
    hint : str
        The likely cause if the function stops with an error, without a full stop.

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
        fail(
            name, f"pass your function, not {_kind(function)}; keep the line that starts with def."
        )
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError):
        fail(
            name, f"your function must take {len(arguments)} arguments; keep the def line as given."
        )
    given = tuple(each if callable(each) else copy.deepcopy(each) for each in arguments)
    try:
        # nbgrader takes anything on stderr for a failure, and a warning is not one.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = function(*given)
    except CheckError:
        raise
    except NotImplementedError:
        result = None
    except (Exception, SystemExit) as problem:
        reason = " ".join(str(problem).split()).split(". ")[0][:120].rstrip(".")
        what = type(problem).__name__ + (f" ({reason})" if reason else "")
        raise CheckError(
            f"{name}: your function stops{_place(problem, function)} with {what}; {hint}."
        ) from None
    attempted(name, result)
    if not all(_same(a, b) for a, b in zip(given, arguments, strict=True)):
        fail(name, "your function changes the data it is given; work on a copy.")
    return result


def number(name, value, what="one number"):
    """The value as a float, or :class:`CheckError`."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if not isinstance(value, Number) or isinstance(value, (bool, complex)):
        fail(name, f"return {what}, not {_kind(value)}.")
    if not np.isfinite(value):
        fail(name, f"return {what}, not {value}; somewhere you divide by zero or take log(0).")
    return float(value)


def array(name, value, shape, what="an array"):
    """The value as a float array of that shape, or :class:`CheckError`."""
    if sparse.issparse(value):
        value = value.toarray()
    try:
        result = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        fail(name, f"return {what} of shape {shape}, not {_kind(value)}.")
    if result.shape != tuple(shape):
        fail(name, f"return {what} of shape {shape}, not {_kind(value)}.")
    return result


def strings(name, value, count, what="names"):
    """The value as a list of that many strings, or :class:`CheckError`."""
    if isinstance(value, (pd.Index, pd.Series)):
        value = value.tolist()
    if not isinstance(value, (list, tuple, np.ndarray)) or getattr(value, "ndim", 1) != 1:
        fail(name, f"return a list of {count} {what}, not {_kind(value)}.")
    if not all(isinstance(each, str) for each in value):
        wrong = next(each for each in value if not isinstance(each, str))
        fail(name, f"the list must hold {what}, but it holds {_kind(wrong)}.")
    if len(value) != count:
        fail(name, f"return {count} {what}, not {len(value)}.")
    return [str(each) for each in value]


def close(a, b, tolerance=1e-6):
    """Whether two numbers or arrays agree; NaN or another shape never does."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance))


def same_lists(a, b, share=1.0):
    """Whether two lists have at least that share of entries in common, place by place."""
    return len(a) == len(b) and np.mean([p == q for p, q in zip(a, b, strict=True)]) >= share


def diagnose(name, got, mistakes, otherwise, same=close):
    """Raise :class:`CheckError` with the sentence of the first mistake that gives what we got.

    Parameters
    ----------
    got
        The student's wrong answer.
    mistakes : dict from str to value, or to a function of no argument that returns it
        What each named mistake would give. The key is the sentence.
    otherwise : str
        The sentence if none of them fits.
    same : function of two answers
    """
    for sentence, value in mistakes.items():
        if same(got, value() if callable(value) else value):
            fail(name, sentence)
    fail(name, otherwise)


def _same(a, b):
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and bool(np.all((a == b) | ((a != a) & (b != b))))
    if isinstance(a, (pd.DataFrame, pd.Series)):
        return a.equals(b)
    return callable(a) or a == b


def _kind(value):
    """A few words for what a value is."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple, dict, str)) and not isinstance(value, type):
        noun = "characters" if isinstance(value, str) else "entries"
        return f"a {type(value).__name__} of {len(value)} {noun}"
    if isinstance(value, Number):
        return f"the number {value:.3g}" if not isinstance(value, complex) else "a complex number"
    return f"a {type(value).__name__}"


def _place(problem, function):
    """Which line of the student's function an error came from, if it is one of its lines."""
    code, line = getattr(function, "__code__", None), None
    step = problem.__traceback__
    while step:
        if step.tb_frame.f_code is code:
            line = step.tb_lineno - code.co_firstlineno + 1
        step = step.tb_next
    return f" in its line {line}" if line else ""
