"""Scores of dictionaries against loops, scikit-learn and planted answers."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import f1_score

from celltoken.methods import dictionaries


def test_the_best_unit_is_the_one_that_a_search_over_all_thresholds_finds():
    rng = np.random.default_rng(0)
    on = np.maximum(rng.normal(size=(60, 5)).round(1), 0)  # with ties
    here = rng.random(60) < 0.3
    here |= on[:, 2] > 1
    unit, threshold, score = dictionaries.best_unit(on, here)
    best = max(
        (f1_score(here, on[:, j] >= t), j, t)
        for j in range(5)
        for t in np.unique(on[:, j])
        if t > 0
    )
    assert score == pytest.approx(best[0])
    assert f1_score(here, on[:, unit] >= threshold) == pytest.approx(score)


def test_sorting_a_few_units_at_a_time_changes_nothing_and_rows_may_be_left_out():
    rng = np.random.default_rng(1)
    on = np.maximum(rng.normal(size=(80, 9)).round(1), 0)
    here = rng.random((80, 3)) < [0.3, 0.5, 0.1]
    whole = dictionaries.best_units(on, here)
    assert dictionaries.best_units(on, here, at_once=2) == whole
    assert whole == [dictionaries.best_unit(on, each) for each in here.T]
    asked = rng.random((80, 3)) < 0.6
    for number, best in enumerate(dictionaries.best_units(on, here, asked)):
        rows = asked[:, number]
        assert best == dictionaries.best_unit(on[rows], here[rows, number])


def test_held_out_scores_see_through_a_unit_that_was_found_by_luck():
    rng = np.random.default_rng(1)
    on = np.abs(rng.normal(size=(200, 400)))
    here = rng.random((200, 1)) < 0.2
    _, _, chosen_on_all = dictionaries.best_unit(on, here[:, 0])
    held_out = dictionaries.held_out_scores(on, here, rng)[0]
    assert held_out < chosen_on_all - 0.05
    on[:, 7] += 5 * here[:, 0]
    assert dictionaries.held_out_scores(on, here, rng)[0] > 0.95


def test_a_unit_that_is_never_on_has_no_score():
    unit, threshold, score = dictionaries.best_unit(np.zeros((6, 2)), [1, 0, 0, 1, 0, 0])
    assert (score, threshold) == (0, np.inf)
    with pytest.raises(ValueError, match="concepts has 2"):
        dictionaries.best_unit(np.zeros((6, 2)), [1, 0])


def test_both_held_is_the_loop_over_all_mixtures():
    rng = np.random.default_rng(2)
    first, second, mixed = rng.random((3, 20, 9))
    usual = np.vstack([first, second]).mean(0)
    kept = [set(np.argsort(-(row - usual))[:3]) for row in mixed]
    kept = [{j for j in k if row[j] > usual[j]} for k, row in zip(kept, mixed, strict=True)]
    tops = [
        {int(np.argmax(a - usual)), int(np.argmax(b - usual))}
        for a, b in zip(first, second, strict=True)
    ]
    each = [
        (top <= kept[i]) - np.mean([top <= kept[j] for j in range(20) if j != i])
        for i, top in enumerate(tops)
    ]
    assert dictionaries.both_held(first, second, mixed, 3) == pytest.approx(np.mean(each))


def test_sums_are_unfolded_and_a_unit_that_is_always_on_counts_for_nothing():
    rng = np.random.default_rng(3)
    one, two = np.eye(12)[rng.integers(12, size=(2, 80))]
    assert dictionaries.both_held(one, two, (one + two) / 2, 2) > 0.7
    always = np.eye(12)[np.zeros(80, int)]
    assert dictionaries.both_held(always, always, always, 2) == pytest.approx(0)


def test_components_are_those_of_scikit_learn_in_both_signs():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6))
    on = dictionaries.principal_components(x, 8, 2, rng).on(x)
    theirs = PCA(4).fit_transform(x)
    assert on.shape == (80, 8)
    assert np.abs(on[:, :4] - on[:, 4:]) == pytest.approx(np.abs(theirs))
    assert (np.minimum(on[:, :4], on[:, 4:]) == 0).all()


def test_a_cluster_is_the_more_on_the_nearer_its_centre():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 3)) + 8 * np.eye(3)[np.arange(60) % 3]
    made = dictionaries.clusters(x, 3, 1, rng)
    apart = np.linalg.norm((x - x.mean(0))[:, None] - made.features, axis=2)
    assert (made.on(x).argmax(1) == apart.argmin(1)).all()
    assert (made.on(x) > 0).all()


@pytest.mark.parametrize("name", dictionaries.RIVALS)
def test_every_dictionary_is_on_by_numbers_that_are_never_negative(name):
    rng = np.random.default_rng(6)
    x = rng.normal(size=(120, 10))
    made = dictionaries.RIVALS[name](x, 12, 3, rng)
    on = made.on(x[:7])
    assert on.shape == (7, len(made.features))
    assert (on >= 0).all()
    assert made.features.shape[1] == 10
    if name in ("random dictionary", "untrained"):
        assert ((on > 0).sum(1) <= 3).all()


def test_independent_sources_are_separated_and_parts_are_factors():
    rng = np.random.default_rng(7)
    sources = rng.laplace(size=(3000, 3))
    x = sources @ rng.normal(size=(3, 3))
    on = dictionaries.independent_components(x, 6, 1, rng).on(x)
    signed = on[:, :3] - on[:, 3:]
    alike = np.abs(np.corrcoef(signed.T, sources.T)[:3, 3:])
    assert (alike.max(1) > 0.97).all()


# -- turned up -------------------------------------------------------------------------------------


def planted(rng, rows=400):
    """A concept along the first column among kinds that vary along the others."""
    here = rng.random(rows) < 0.4
    x = rng.normal(size=(rows, 8))
    x[:, 0] = 6 * here + 0.3 * rng.normal(size=rows)
    return x, here


def test_a_feature_that_is_the_concept_does_what_the_means_do():
    rng = np.random.default_rng(8)
    x, here = planted(rng)
    axis = dictionaries.Dictionary(np.eye(8), lambda rows: np.maximum(rows, 0))
    off = dictionaries.Dictionary(np.eye(8)[1:], lambda rows: np.maximum(rows[:, 1:], 0))
    shares = dictionaries.turned_up(
        {"value": axis, "blind": off}, x, here, lambda added: 3 * added[:, 0], rng, times=7
    )
    assert shares["value"] == pytest.approx(1, abs=0.02)
    assert shares["blind"] == shares["other latents"] == 0
    assert abs(shares["random directions"]) < 0.6


def test_a_concept_that_all_rows_hold_cannot_be_turned_up():
    rng = np.random.default_rng(9)
    x, here = planted(rng)
    made = {"value": dictionaries.Dictionary(np.eye(8), lambda rows: np.maximum(rows, 0))}
    with pytest.raises(ValueError, match="not all"):
        dictionaries.turned_up(made, x, np.ones_like(here), lambda added: np.ones(3), rng)


def test_a_planted_dictionary_beats_chance_by_the_same_scores():
    rng = np.random.default_rng(10)
    truth = rng.normal(size=(20, 30))
    code = np.zeros((2000, 20))
    for row in code:
        row[rng.choice(20, 3, replace=False)] = rng.uniform(1, 2, 3)
    x = code @ truth
    made = dictionaries.every(x, 20, 3, rng)
    scores = {
        name: dictionaries.held_out_scores(each.on(x), code > 0, np.random.default_rng(0)).mean()
        for name, each in made.items()
    }
    assert scores["value"] > 0.8
    others = ("principal components", "clusters", "examples", "random dictionary", "untrained")
    assert scores["value"] > max(scores[name] for name in others) + 0.1
