"""What the lesson on gradations, rings and grids computes, on tables whose answer is known."""

import numpy as np
import pytest

from celltoken.methods.places import blocks
from celltoken.methods.sequences import distances

NAME = "analogies/gradations_and_rings"


def lead(found):
    known = [v for k, v in found.items() if k not in ("value", "planted")]
    return found["value"] - max(known)


def triples(rng, bent, count=40, width=30):
    """Three tokens a word: on a line with noise, or each in a direction of its own."""
    start, way = rng.normal(size=(2, count, 1, width))
    line = start + way * np.array([0, 1, 2])[:, None]
    own = start + rng.normal(size=(count, 3, width))
    return distances(own if bent else line + 0.1 * rng.normal(size=line.shape))


# -- A4 --------------------------------------------------------------------------------------------


def test_a_line_is_confirmed_for_words_and_for_levels(lesson):
    rng = np.random.default_rng(0)
    claim = lesson["the_middle_lies_between"]
    nothing = triples(rng, bent=True)
    found = claim({"apart": triples(rng, False), "no degrees": nothing, "totals": nothing}, rng)
    assert found["value"] > 0.95 and lead(found) > 0.3
    assert found["order permuted"] == pytest.approx(1 / 3, abs=0.06)
    assert found["planted"] == 1
    levels = distances(np.arange(7.0)[:, None] + 0.1 * rng.normal(size=(7, 1)))
    kinds = distances(rng.normal(size=(8, 50)))
    found = claim({"apart": levels, "no degrees": kinds, "totals": kinds[:7, :7]}, rng)
    assert found["value"] > 0.9 and lead(found) > 0.1


def test_degrees_in_directions_of_their_own_refute_the_line(lesson):
    rng = np.random.default_rng(1)
    table = {name: triples(rng, bent=True) for name in ("apart", "no degrees", "totals")}
    assert lead(lesson["the_middle_lies_between"](table, rng)) < 0.1


def test_an_inflection_that_favours_one_form_refutes_it(lesson):
    """All words, graded or not, have one form near both others."""
    rng = np.random.default_rng(2)
    table = {"apart": triples(rng, False), "totals": triples(rng, True)}
    table["no degrees"] = triples(rng, False)[:, [1, 0, 2]][:, :, [1, 0, 2]]
    found = lesson["the_middle_lies_between"](table, rng)
    assert found["no degrees, best order"] > 0.95 and lead(found) < 0.1


def test_totals_in_order_refute_it(lesson):
    rng = np.random.default_rng(3)
    line = triples(rng, False)
    found = lesson["the_middle_lies_between"](
        {"apart": line, "no degrees": triples(rng, True), "totals": line}, rng
    )
    assert lead(found) <= 0


# -- A6 --------------------------------------------------------------------------------------------


def cycle(x, rng):
    noise = distances(rng.normal(size=(len(x), 9)))
    return {"one": {"apart": distances(x), "totals": noise, "spelling": noise}}


def around(count, share, rng, columns=20):
    angle = 2 * np.pi * share * np.arange(count) / count
    plane = np.linalg.qr(rng.normal(size=(columns, 2)))[0]
    x = np.c_[np.cos(angle), np.sin(angle)] @ plane.T
    return x + 0.05 * rng.normal(size=x.shape) / np.sqrt(columns)


@pytest.mark.parametrize("count", [7, 12])
def test_a_ring_is_confirmed_and_a_horseshoe_is_not(lesson, count):
    rng = np.random.default_rng(count)
    claim = lesson["distances_follow_a_ring"]
    found = claim(cycle(around(count, 1, rng), rng), rng)
    assert found["value"] > 0.9 and lead(found) > 0.1
    found = claim(cycle(around(count, 0.6, rng), rng), rng)
    assert lead(found) < 0 and found["line, best cut"] > 0.9


def test_two_clusters_refute_the_ring(lesson):
    rng = np.random.default_rng(4)
    x = np.repeat(np.eye(2), [5, 7], axis=0) + 0.05 * rng.normal(size=(12, 2))
    found = lesson["distances_follow_a_ring"](cycle(x, rng), rng)
    assert lead(found) < 0 and found["two arcs, best split"] > 0.8


def test_spelling_that_goes_around_refutes_the_ring(lesson):
    rng = np.random.default_rng(5)
    table = cycle(around(12, 1, rng), rng)
    table["one"]["spelling"] = table["one"]["apart"]
    assert lead(lesson["distances_follow_a_ring"](table, rng)) <= 0
    del table["one"]["spelling"]
    assert "spelling" not in lesson["distances_follow_a_ring"](table, rng)


def test_nothing_follows_nothing(lesson):
    rng = np.random.default_rng(6)
    found = lesson["distances_follow_a_ring"](cycle(rng.normal(size=(12, 40)), rng), rng)
    assert abs(found["order permuted"]) < 0.05 and lead(found) < 0.1


# -- A8 --------------------------------------------------------------------------------------------


def grid(rng, linear, side=16):
    at = np.array([(i, j) for i in range(side) for j in range(side)], float)
    seen = at / side if linear else rng.normal(size=(side**2, 2))
    x = seen @ rng.normal(size=(2, 10)) + 0.05 * rng.normal(size=(len(at), 10))
    return {"x": x, "at": at, "block": blocks(at), "totals": rng.normal(size=(len(at), 1))}


def test_a_grid_is_confirmed_and_noise_is_not(lesson):
    rng = np.random.default_rng(7)
    claim = lesson["place_is_read_linearly"]
    found = claim(grid(rng, True), rng)
    assert found["value"] > 0.95 and lead(found) > 0.02
    assert found["mean place"] < 0 and found["permuted places"] < 0.05
    assert lead(claim(grid(rng, False), rng)) < 0.05


def test_totals_that_tell_the_place_refute_it(lesson):
    rng = np.random.default_rng(8)
    table = grid(rng, True)
    table["totals"] = table["at"]
    assert lead(lesson["place_is_read_linearly"](table, rng)) < 0.02


def test_single_tokens_left_out_help_their_neighbours(lesson):
    rng = np.random.default_rng(9)
    table = grid(rng, True)
    blocked, single = (lesson["read_places"](table, rng, by) for by in ("block", None))
    gain = {name: single[name] - blocked[name] for name in blocked}
    assert gain["nearest tokens"] > gain["value"]


# -- what is sampled -------------------------------------------------------------------------------


def test_halves_keep_vectors_and_draw_adjectives_and_blocks(lesson):
    claim = lesson["the_middle_lies_between"]
    fixed, degrees, verbs = claim.units["words"]()
    assert type(fixed).__name__ == "Fixed" and len(degrees) >= 16 and len(verbs) >= 16
    whole = claim.table("words")
    assert whole["apart"].shape == (len(degrees), 3, 3)
    assert lesson["place_is_read_linearly"].by == {"words": "block", "cells": "block"}
    _, listed = lesson["place_is_read_linearly"].units["words"]()
    assert "US" not in set(listed.country) and listed.block.nunique() > 12
