"""A claim as one function of data and random generator, called with words and with cells.

A lesson defines it in cells tagged ``claim``, which hold nothing but imports and definitions::

    def word_table(speeches, rng): ...      # from what was sampled to the method's matrix
    def cell_table(atlas, rng): ...

    @claims.claim(
        "C1",
        units={"words": lambda: documents(words), "cells": lambda: data.load(cells)},
        tables={"words": word_table, "cells": cell_table},
    )
    def neighbours_share_a_label(table, rng):
        return {"value": ..., "permuted contexts": ..., "raw counts": ...}

The function returns the statistic under ``"value"`` and every rival of the record by its name;
``"planted"`` may hold the statistic where the effect was put in. The lesson calls
``neighbours_share_a_label.measure(seed)`` on all data; `make claims` takes the same cells without
the rest of the page and calls :meth:`Claim.resample` on random halves.
"""

import functools
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from celltoken import lessons
from celltoken.claims import sampling
from celltoken.claims.registry import SIDES, ClaimError

_defined: dict[str, "Claim"] = {}


@dataclass
class Claim:
    """A claim's measurement: what was sampled, how tables are made of it, what is measured.

    ``units`` and ``tables`` are dicts from side to a function; ``by`` from side to the column that
    names clusters (:func:`celltoken.claims.sampling.half`).
    """

    id: str
    function: Callable
    units: dict[str, Callable]
    tables: dict[str, Callable]
    by: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self._sampled = functools.cache(lambda side: self.units[side]())
        functools.update_wrapper(self, self.function)

    def __call__(self, table, rng):
        """The numbers of one table: a dict with ``"value"`` and the rivals by name."""
        return numbers(self.id, self.function(table, rng))

    def table(self, side, seed=0):
        """The table of one side made from all of its units."""
        rng = self._generator("all", side, seed)
        return self._table(side, sampling.whole(self._sampled(side)), rng)

    def measure(self, seed=0, sides=SIDES):
        """The numbers of each side on all of its units: a dict from side to dict."""
        return {
            side: self(self.table(side, seed), self._generator("measure", side, seed))
            for side in sides
        }

    def resample(self, number, side):
        """The numbers of one side on the random half with this number."""
        rng = self._generator("half", side, number)
        try:
            drawn = sampling.half(self._sampled(side), rng, self.by.get(side))
        except ValueError as problem:
            raise ClaimError(f"{self.id}, {side}: {problem}") from None
        return self(self._table(side, drawn, rng), rng)

    def _table(self, side, units, rng):
        make = self.tables.get(side)
        return units if make is None else make(units, rng)

    def _generator(self, purpose, side, number):
        # Words, so that no two claims, sides or purposes share random numbers.
        key = zlib.crc32(f"{self.id} {side} {purpose}".encode())
        return np.random.default_rng([key, int(number)])


def claim(claim_id, *, units, tables=None, by=None):
    """Turn a function of (table, rng) into a :class:`Claim`; see the module's docstring."""

    def define(function):
        made = Claim(claim_id, function, units, tables or {}, by or {})
        _defined[claim_id] = made
        return made

    return define


def numbers(claim_id, measured):
    """The measured numbers as floats; ValueError if one is missing, NaN, or no number."""
    if not isinstance(measured, dict) or "value" not in measured or len(measured) < 2:
        raise ValueError(
            f"{claim_id} must return a dict with 'value' and at least one rival, "
            f"not {type(measured).__name__}."
        )
    return {name: _number(value, f"{claim_id}, {name!r}") for name, value in measured.items()}


def _number(value, name):
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, not {type(value).__name__}.") from None
    if math.isnan(value):
        raise ValueError(f"{name} is NaN: nothing was measured; look at the step before.")
    return value


def of_lesson(name: str, parameters: dict | None = None) -> dict[str, Claim]:
    """The claims that a lesson defines, from its ``parameters`` and ``claim`` cells alone.

    Parameters
    ----------
    name : str
        Such as ``"context/choosing_a_metric"``.
    parameters : dict, optional
        Values that take the place of those in the ``parameters`` cell.

    Raises
    ------
    ClaimError
        If the lesson does not know a parameter, or one of its claim cells fails.
    """
    known = lessons.parameters_of(name)
    if unknown := set(parameters or {}) - set(known):
        raise ClaimError(
            f"The lesson {name} has no parameter {unknown.pop()!r}: it has {', '.join(known)}."
        )
    _defined.clear()
    names = {"__name__": f"claims of {name}", **known, **(parameters or {})}
    for number, source in enumerate(lessons.sources_of(name, "claim")):
        try:
            exec(compile(source, f"<{name}, claim cell {number + 1}>", "exec"), names)
        except Exception as problem:
            raise ClaimError(
                f"Claim cell {number + 1} of {name} fails alone ({type(problem).__name__}: "
                f"{problem}): it must not need cells without the tag 'claim'."
            ) from problem
    found = dict(_defined)
    _defined.clear()
    return found
