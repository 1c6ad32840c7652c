"""What the lesson on vector arithmetic computes, on tables with known answers, and its claims."""

import numpy as np
import pandas as pd
import pytest

from celltoken.data.pairs import Related, profile_labels, related_profiles
from celltoken.methods.analogy import accuracy, questions_of, solve

NAME = "analogies/vector_arithmetic"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def planted(rng, shift, own=1.0, noise=0.05, relations=4, pairs=8, width=40):
    """Relations in which each head is its tail's ``own`` part, a shift of the relation, and noise;
    and as many tokens that stand in none. Own parts lie in three dimensions, so that a wrong own
    part leads to another token, and the tails of a relation share a place."""
    rows, table = [], []
    for relation in range(relations):
        place, way = rng.normal(size=(2, width))
        parts = rng.normal(size=(pairs, 3)) @ rng.normal(size=(3, width)) / 3**0.5
        tails = shift * place + parts
        heads = shift * (place + way) + own * parts + noise * rng.normal(size=(pairs, width))
        first = len(rows) * 2 * pairs
        table += [(f"r{relation}", first + i, first + pairs + i) for i in range(pairs)]
        rows.append(np.vstack([tails, heads]))
    x = np.vstack([*rows, rng.normal(size=(relations * 2 * pairs, width))])
    table = pd.DataFrame(table, columns=["relation", "tail", "head"])
    clusters = {
        name: [e["tail"].to_numpy(), e["head"].to_numpy()] for name, e in table.groupby("relation")
    }
    names = np.array([f"t{i}" for i in range(len(x))], dtype=object)
    return Related(x, table, clusters, names, rng.normal(size=len(x)))


# -- questions and accuracy ------------------------------------------------------------------------


def test_questions_hold_two_pairs_and_a_head_of_a_third():
    table = planted(np.random.default_rng(0), 1)
    asked = questions_of(table.pairs, table.names, np.random.default_rng(1))
    pair = dict(zip(table.pairs["tail"], table.pairs["head"], strict=True))
    of = dict(zip(table.pairs["head"], table.pairs.relation, strict=True))
    assert len(asked) == 4 * 8 * 7
    assert (asked.a.map(pair) == asked.b).all()
    assert (asked.c.map(pair) == asked.d).all()
    assert (asked.a != asked.c).all()
    assert ((asked.third != asked.b) & (asked.third != asked.d)).all()
    assert (asked.third.map(of) == asked.relation).all()
    assert (table.pairs["head"].to_numpy()[asked.pair] == asked.d).all()
    few = questions_of(table.pairs, table.names, np.random.default_rng(1), most=10)
    assert (few.relation.value_counts() == 10).all()


def test_two_pairs_with_one_answer_are_no_question():
    pairs = pd.DataFrame({"relation": "in", "tail": [0, 1, 2, 3], "head": [4, 4, 5, 6]})
    names = np.array(["houston", "dallas", "miami", "boston", "texas", "florida", "mass"])
    asked = questions_of(pairs, names, np.random.default_rng(0))
    assert (asked.b != asked.d).all()
    assert not ((asked.third == asked.b) | (asked.third == asked.d)).any()
    with pytest.raises(ValueError, match="three pairs"):
        questions_of(pairs[:2], names, np.random.default_rng(0))


def test_every_relation_counts_the_same():
    asked = pd.DataFrame({"relation": ["x"] * 9 + ["y"], "d": [1] * 9 + [2]})
    answers = np.array([[1]] * 9 + [[0]])
    assert accuracy(answers, asked, np.array(["a", "b", "c"])) == 0.5
    # A row of the same name is the same answer.
    assert accuracy(answers, asked, np.array(["c", "b", "c"])) == 1


# -- A1 --------------------------------------------------------------------------------------------


def test_arithmetic_is_confirmed_where_a_shift_was_planted(lesson):
    rng = np.random.default_rng(2)
    found = lesson["arithmetic_answers"](planted(rng, shift=1.5), rng)
    assert found["value"] > 0.9
    assert lead(found) > 0.1


def test_arithmetic_is_refuted_where_heads_are_only_near_their_tails(lesson):
    rng = np.random.default_rng(3)
    found = lesson["arithmetic_answers"](planted(rng, shift=0), rng)
    assert found["nearest to c"] > 0.9
    assert lead(found) < 0.1


def test_arithmetic_is_refuted_where_there_is_nothing(lesson):
    rng = np.random.default_rng(4)
    found = lesson["arithmetic_answers"](planted(rng, shift=0, own=0, noise=1), rng)
    assert lead(found) < 0.1


def test_a_shift_alone_without_pairs_is_told_by_the_broken_pair(lesson):
    """Heads of a relation share a place but no tail: any head will do as well."""
    rng = np.random.default_rng(5)
    found = lesson["arithmetic_answers"](planted(rng, shift=3, own=0, noise=0.5), rng)
    assert abs(found["value"] - found["broken pair"]) < 0.1
    assert lead(found) < 0.1


def test_the_claim_takes_the_solver_that_excludes_the_query(lesson):
    rng = np.random.default_rng(6)
    table = planted(rng, shift=0.3)
    found = lesson["arithmetic_answers"](table, np.random.default_rng(7))
    asked = questions_of(table.pairs, table.names, np.random.default_rng(7))
    abc = asked[["a", "b", "c"]].to_numpy()
    assert found["value"] == accuracy(solve(table.x, abc), asked, table.names)
    with_query = accuracy(solve(table.x, abc, exclude=False), asked, table.names)
    assert with_query < found["value"]


# -- A2 --------------------------------------------------------------------------------------------


def far_clusters(rng):
    """Heads lie where their tails lie, moved farther than tails differ, on a way that is not at
    right angles to these differences, so that absolute positions mislead."""
    table = planted(rng, shift=0)
    for tails, heads in table.clusters.values():
        table.x[heads] += 3 * table.x[tails].max(0)
    return table


def test_relative_positions_are_confirmed_where_clusters_are_shifted(lesson):
    rng = np.random.default_rng(8)
    found = lesson["relative_position_finds"](far_clusters(rng), rng)
    assert found["value"] > 0.9
    assert lead(found) > 0.05


def test_relative_positions_are_refuted_where_clusters_share_their_place(lesson):
    rng = np.random.default_rng(9)
    found = lesson["relative_position_finds"](planted(rng, shift=0, noise=0.05), rng)
    assert found["absolute position"] > 0.9
    assert lead(found) < 0.05


def test_totals_that_tell_the_counterpart_refute_it(lesson):
    rng = np.random.default_rng(10)
    table = planted(rng, shift=1, own=0, noise=1)
    for tails, heads in table.clusters.values():
        table.totals[heads] = table.totals[tails] + 7
    found = lesson["relative_position_finds"](table, rng)
    assert found["totals alone"] == 1
    assert lead(found) < 0


def test_counterparts_by_hand(lesson):
    scores = np.array([[0.9, 0.1], [0.8, 0.2]])
    ends = pd.DataFrame({"tail": [5, 6], "head": [8, 9]})
    sides, names = [np.array([5, 6]), np.array([8, 9])], np.array(list("abcdefghij"))
    assert lesson["counterparts"](scores, ends, sides, names) == 0.5
    names[9] = names[8]
    assert lesson["counterparts"](scores, ends, sides, names) == 1


# -- A3 --------------------------------------------------------------------------------------------


def plane(rng, parallel, pairs=14, relations=4):
    """A map: arrows of one length, all alike or each in a direction of its own."""
    x, table = [], []
    for relation in range(relations):
        angle = np.full(pairs, rng.uniform(0, 6))
        if not parallel:
            angle = rng.uniform(0, 2 * np.pi, pairs)
        tails = rng.normal(size=(pairs, 2))
        heads = tails + 2 * np.c_[np.cos(angle), np.sin(angle)]
        first = relation * 2 * pairs
        table += [(f"r{relation}", first + i, first + pairs + i) for i in range(pairs)]
        x += [tails, heads]
    x, table = np.vstack(x), pd.DataFrame(table, columns=["relation", "tail", "head"])
    return Related(x, table, {}, np.arange(len(x)), np.zeros(len(x)))


@pytest.mark.parametrize(("parallel", "says"), [(True, True), (False, False)])
def test_congruence_is_confirmed_only_where_arrows_are_parallel(
    lesson, monkeypatch, parallel, says
):
    claim = lesson["near_arrows_stay_congruent"]
    monkeypatch.setitem(claim.function.__globals__, "flat_map", lambda x, rng: x)
    rng = np.random.default_rng(11)
    found = claim(plane(rng, parallel), rng)
    rivals = found["broken pairs as near"], found["turned arrows as near"]
    assert (found["value"] - max(rivals) > 0.1) == says
    assert parallel == (found["value"] > 0.99)


def test_directions_at_random_are_told_by_turned_arrows_and_not_by_broken_ones(lesson, monkeypatch):
    """Heads that lie at one distance from their own tails flatter true arrows, whatever their
    directions; arrows that were turned lie at that distance as well."""
    claim, found = lesson["near_arrows_stay_congruent"], []
    monkeypatch.setitem(claim.function.__globals__, "flat_map", lambda x, rng: x)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        found.append(claim(plane(rng, parallel=False), rng))
    mean = pd.DataFrame(found).mean()
    assert mean["value"] - mean["broken pairs as near"] > 0.1
    assert abs(mean["value"] - mean["turned arrows as near"]) < 0.05


# -- what is sampled -------------------------------------------------------------------------------


def test_organs_are_drawn_with_all_their_profiles_and_candidates_stay(lesson):
    claim = lesson["arithmetic_answers"]
    whole = claim.table("cells")
    table, labels = claim.units["cells"]()
    few = labels[labels.organ.isin(labels.organ.unique()[::2])]
    half = related_profiles(table.value, few)
    assert half.x.shape == whole.x.shape
    np.testing.assert_allclose(half.x, whole.x)
    assert set(half.pairs.relation) < set(whole.pairs.relation)
    assert {name.split(" > ")[0] for name in half.pairs.relation} <= set(few.organ)
    organ = labels.set_index("row").organ
    for name, sides in half.clusters.items():
        for one, rows in zip(name.split(" > "), sides, strict=True):
            assert set(organ[rows]) == {one}
    tails = half.names[half.pairs["tail"]].astype(str)
    heads = half.names[half.pairs["head"]].astype(str)
    kinds = [[each.split(", ")[0] for each in ends] for ends in (tails, heads)]
    assert kinds[0] == kinds[1]


def test_ages_of_one_organ_are_different_clusters():
    class Table:
        obs = pd.DataFrame({
            "organ": ["Liver", "Liver"], "age": ["P1", "E14.5"],
            "cell_type_in_source": ["T Cells", "T Cell"],
        })  # fmt: skip

    labels = profile_labels(Table)
    assert list(labels.organ) == ["Liver, P1", "Liver, E14.5"]
    assert list(labels.kind) == ["T Cell", "T Cell"]
