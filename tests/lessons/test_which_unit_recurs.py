"""What the lesson on units computes, on tables whose answer is known, and its claims."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

NAME = "tokens/which_unit_recurs"
MARGIN = 0.05


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def made_of(rng, spelt, units=160, kinds=4, depth=1.0):
    """Units of four kinds in two contexts; their parts tell the kind only if ``spelt``."""
    kind = np.tile(np.arange(units) % kinds, 2)
    rate = np.full((kinds, 120), 0.3)
    for each in range(kinds):
        rate[each, 30 * each : 30 * each + 30] = 1.5
    shift = rng.gamma(4, 0.25, (2, 120))  # the second context knows other columns better
    context = np.repeat([0, 1], units)
    counts = sparse.csr_matrix(rng.poisson(depth * rate[kind] * shift[context]).astype(float))
    taken = rng.random((units, 40)) < 0.2
    if spelt:
        taken[:, :40] |= (np.arange(40) // 10 == kind[:units, None]) & (
            rng.random((units, 40)) < 0.9
        )
    parts = sparse.csr_matrix(np.tile(taken, (2, 1)).astype(float))
    return {
        "counts": counts,
        "kind": kind,
        "context": context,
        "name": np.tile(np.arange(units), 2),
        "parts": parts,
        "part_counts": (parts.T @ counts).tocsr(),
    }


# -- a unit finds its kind again -------------------------------------------------------------------


def test_units_are_found_again_unless_kinds_are_permuted(lesson):
    rng = np.random.default_rng(1)
    table = made_of(rng, spelt=False)
    x = lesson["embed"](table["counts"])
    assert lesson["found_again"](x, table) > 0.95
    table["kind"] = np.tile(rng.permutation(table["kind"][:160]), 2)
    assert lesson["found_again"](x, table) < 0.4


def test_parts_are_averaged_by_their_amounts(lesson, monkeypatch):
    vectors = np.array([[1.0, 0], [0, 1], [2, 2]])
    monkeypatch.setitem(lesson["put_together"].__globals__, "embed", lambda counts: vectors)
    parts = sparse.csr_matrix([[1.0, 1, 0], [0, 0, 3], [1, 0, 1]])
    found = lesson["put_together"]({"parts": parts, "part_counts": None})
    assert found == pytest.approx(np.array([[0.5, 0.5], [2, 2], [1.5, 1]]))


def test_the_claim_on_minimal_units_says_yes_and_no(lesson):
    rng = np.random.default_rng(4)
    claim = lesson["units_find_their_kind_again"]
    assert lead(claim(made_of(rng, spelt=False), rng)) > MARGIN
    assert lead(claim(made_of(rng, spelt=True), rng)) < MARGIN


# -- recurrence ------------------------------------------------------------------------------------


def test_events_alone_make_neighbours_recur_and_equal_events_take_that_away(lesson):
    # Parts that are the units themselves with ten times as many events.
    rng = np.random.default_rng(7)
    table = made_of(rng, spelt=False, units=240, depth=0.5)
    rich = made_of(rng, spelt=False, units=240, depth=10)["counts"]
    table["part_counts"] = rich[:240]
    levels = lesson["recurrences"](table, rng)
    gap = levels.loc["parts"] - levels.loc["units"]
    assert levels.events["parts"] > 5 * levels.events["units"]
    assert gap["all events"] > 0.05
    assert abs(gap["equal events"]) < 0.5 * gap["all events"]


def test_the_claim_on_the_level_takes_what_recurs_and_no_label(lesson, monkeypatch):
    named = lesson["the_level_that_recurs_means_most"].function.__globals__
    means = pd.Series({"parts": 0.2, "units": 0.6, "groups": 0.5, "random": 0.1})
    levels = pd.DataFrame(
        {"equal events": [0.1, 0.3, 0.2, 0.9], "events": [9, 1, 8, 8]}, index=means.index
    )
    monkeypatch.setitem(named, "meanings", lambda table, rng: means)
    monkeypatch.setitem(named, "recurrences", lambda table, rng: levels)
    found = lesson["the_level_that_recurs_means_most"]({}, None)
    assert found == {
        "value": 0.6, "best other level": 0.5, "most events a token": 0.2, "random groups": 0.1,
    }  # fmt: skip
    levels.loc["parts", "equal events"] = 0.4  # now recurrence points to the wrong level
    assert lead(lesson["the_level_that_recurs_means_most"]({}, None)) < 0


# -- tables ----------------------------------------------------------------------------------------


def test_words_have_two_rows_and_parts_that_recur(lesson):
    rng = np.random.default_rng(8)
    common = ["president", "soldier", "money", "statement", "payment", "moment", "cement", "lament"]
    texts = [list(rng.choice(common, 400)) for _ in range(40)]
    kinds = pd.Series({"president": "person", "soldier": "person", "money": "possession"})
    named = lesson["word_table"].__globals__
    before = named["noun_classes"]
    named["noun_classes"] = lambda words: kinds[[w for w in words if w in kinds.index]]
    try:
        table = lesson["word_table"](pd.DataFrame({"tokens": texts}), rng)
    finally:
        named["noun_classes"] = before
    assert list(table["kind"][:3]) == list(table["kind"][3:])
    assert table["counts"].shape[0] == table["parts"].shape[0] == 6
    assert table["part_counts"].shape[0] == table["parts"].shape[1]
