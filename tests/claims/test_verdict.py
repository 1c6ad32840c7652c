"""Intervals cover what they say, and one rule gives the verdict: on tables with a known truth."""

import numpy as np
import pytest

from celltoken.claims import sampling, verdict


def halves(measure, table, rng, resamples=20):
    """A claim's series over random halves of a table: what `make claims` stores for one side."""
    runs = [measure(sampling.half(table, rng)) for _ in range(resamples)]
    return {
        "value": [run["value"] for run in runs],
        "rivals": {name: [run[name] for run in runs] for name in runs[0] if name != "value"},
    }


def gap(table):
    """Mean of the first column; rivals: the means of two others."""
    return {"value": table[:, 0].mean(), "weak": table[:, 1].mean(), "hard": table[:, 2].mean()}


def data(rng, effect, units=120):
    """Columns with means effect, -1 and 0, standard deviation 1."""
    return rng.normal(size=(units, 3)) + [effect, -1, 0]


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng, truth = np.random.default_rng(0), 0.3
    inside = [
        one.low <= truth <= one.high
        for one in (
            verdict.side(halves(gap, data(rng, truth), rng), margin=0.1) for _ in range(400)
        )
    ]
    assert 0.84 <= np.mean(inside) <= 0.96  # 0.90 is said; four hundred trials know it to +- 0.03


def test_intervals_that_forget_the_units_do_not_cover():
    """The planted mistake: other seeds for a number that does not move without other data."""
    rng, truth = np.random.default_rng(0), 0.3
    inside = []
    for _ in range(200):
        whole = gap(data(rng, truth))
        series = {"value": [whole["value"]] * 20, "rivals": {"hard": [whole["hard"]] * 20}}
        one = verdict.side(series, margin=0.1)
        inside.append(one.low <= truth <= one.high)
    assert np.mean(inside) < 0.1


@pytest.mark.parametrize(
    ("effect", "units", "said"),
    [
        (0.8, 400, "holds"),
        (0.0, 400, "does not hold here"),
        (0.1, 30, "undecided"),
        (-0.8, 400, "does not hold here"),
    ],
)
def test_planted_cases_come_out_right(effect, units, said):
    rng, found = np.random.default_rng(1), []
    for _ in range(20):
        sides = {side: halves(gap, data(rng, effect, units), rng) for side in ("words", "cells")}
        found.append(verdict.judge(sides, margin=0.3)[0])
    assert found.count(said) >= 16, found


def series(value, spread=0.01, **rivals):
    steps = np.linspace(-spread, spread, 20)
    return {
        "value": list(value + steps),
        "rivals": {name: list(np.full(20, each)) for name, each in rivals.items()},
    }


def test_the_strongest_rival_decides_and_not_the_most_convenient():
    easy = series(0.8, permuted=0.2)
    assert verdict.side(easy, 0.1).says == "supports"
    hard = series(0.8, permuted=0.2, baseline=0.79)
    one = verdict.side(hard, 0.1)
    assert one.rival_name == "baseline" and one.says == "speaks against"
    assert one.difference == pytest.approx(0.01)


def test_a_claim_that_its_strongest_rival_reaches_does_not_hold():
    both = {side: series(0.8, permuted=0.2, pca=0.8) for side in ("words", "cells")}
    assert verdict.judge(both, 0.05)[0] == "does not hold here"


@pytest.mark.parametrize(
    ("words", "cells", "said"),
    [
        (0.5, 0.5, "holds"),
        (0.5, 0.0, "holds in part"),
        (0.0, 0.5, "holds in part"),
        (0.0, 0.0, "does not hold here"),
    ],
)
def test_two_sides_make_a_verdict(words, cells, said):
    sides = {"words": series(words, null=0.0), "cells": series(cells, null=0.0)}
    assert verdict.judge(sides, 0.1)[0] == said


def test_wide_intervals_are_undecided_and_one_side_can_still_hold():
    unsure, sure = series(0.1, spread=1.0, null=0.0), series(0.5, null=0.0)
    assert verdict.judge({"words": unsure, "cells": unsure}, 0.2)[0] == "undecided"
    assert verdict.judge({"words": unsure, "cells": sure}, 0.2)[0] == "holds in part"
    assert verdict.judge({"words": unsure, "cells": series(0.0, null=0.0)}, 0.2)[0] == "undecided"


def test_the_margin_itself_is_enough_and_a_median_below_it_is_not():
    assert verdict.side(series(0.3001, null=0.2), 0.1).says == "supports"
    assert verdict.side(series(0.29, spread=0.05, null=0.2), 0.1).says == "undecided"


def test_without_power_nothing_is_said_against_a_claim():
    blind = series(0.0, null=0.0) | {"planted": [0.01] * 20}
    seeing = series(0.0, null=0.0) | {"planted": [0.5] * 20}
    assert verdict.side(blind, 0.1).says == "no power"
    assert verdict.side(seeing, 0.1).says == "speaks against"
    assert verdict.judge({"words": blind, "cells": blind}, 0.1)[0] == "not testable here"
    assert verdict.judge({"words": blind, "cells": seeing}, 0.1)[0] == "does not hold here"
    found = series(0.5, null=0.0) | {"planted": [0.01] * 20}
    assert verdict.side(found, 0.1).says == "supports"


def test_agreement_is_the_share_of_halves_that_reach_the_margin():
    assert verdict.side(series(0.1, spread=0.05, null=0.0), 0.1).agree == pytest.approx(0.5)
