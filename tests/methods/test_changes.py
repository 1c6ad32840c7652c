import numpy as np
import pytest

from celltoken.methods import changes as ch


def table(rng, change, classes=8, tokens=20, columns=12, outputs=25, noise=0.3):
    """Tokens around the centres of their classes, and a change that is a function of the token."""
    number = np.repeat(np.arange(classes), tokens)
    x = rng.normal(size=(classes, columns))[number] + 0.3 * rng.normal(size=(len(number), columns))
    y = change(x, rng.normal(size=(columns, outputs))) + noise * rng.normal(size=(len(x), outputs))
    group = np.array([f"class {each:02d}" for each in number])
    return ch.Changes(x, y, group, np.arange(len(x)) % 2)


def linear(x, weights):
    return 2 + x @ weights / 4


def switched(x, weights):
    return 2 + (x[:, :3] > 0) @ weights[:3] * 2


def test_the_error_of_a_class_is_that_without_noise():
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(4000):
        y = np.array([1.0, -2.0]) + rng.normal(size=(10, 2)) * 3
        true = ch.Changes(y, y, np.repeat("a", 10), np.arange(10) % 2)
        errors.append(ch.squared_error(np.tile([2.0, -2.0], (10, 1)), true)[0])
    assert np.mean(errors) == pytest.approx(1, abs=0.2)  # the plain error would be near 2.8


def test_the_mean_shift_weighs_classes_alike_and_leaves_the_asked_one_out():
    y = np.repeat([[0.0], [6.0], [100.0]], [8, 2, 4], axis=0)
    group = np.repeat(["a", "b", "c"], [8, 2, 4])
    found = ch.predict_unseen("mean shift", ch.Changes(y, y, group, np.arange(14) % 2))
    np.testing.assert_allclose(found[:, 0], np.repeat([53, 50, 3], [8, 2, 4]))
    assert not ch.predict_unseen("no change", ch.Changes(y, y, group, np.arange(14) % 2)).any()


def test_no_prediction_sees_the_changes_of_the_class_asked():
    rng = np.random.default_rng(1)
    before = table(rng, linear)
    y = before.y.copy()
    asked = before.group == "class 03"
    y[asked] = 1e3 * rng.normal(size=y[asked].shape)
    after = ch.Changes(before.x, y, before.group, before.half)
    for name in ("mean shift", *ch.PREDICTORS):
        one, other = (ch.predict_unseen(name, each, seed=3) for each in (before, after))
        np.testing.assert_allclose(one[asked], other[asked], rtol=1e-6, err_msg=name)
    mixed = [
        ch.predict_unseen("ridge", each, permuted=np.random.default_rng(0))
        for each in (before, after)
    ]
    np.testing.assert_allclose(mixed[0][asked], mixed[1][asked], rtol=1e-6)


def test_similarity_is_between_the_mean_shift_and_the_nearest_class():
    rng = np.random.default_rng(2)
    found = table(rng, linear)
    new, seen = found.rows(found.group == "class 00"), found.rows(found.group != "class 00")
    wide, narrow = (ch.similarity_weighted(seen, new, width)[0] for width in (1e3, 1e-3))
    np.testing.assert_allclose(wide, ch.mean_shift(seen, new)[0], atol=1e-3)
    centres = ch.class_means(seen.x, seen.group)
    nearest = ((centres - new.x.mean(0)) ** 2).sum(1).argmin()
    np.testing.assert_allclose(narrow, ch.class_means(seen.y, seen.group)[nearest])


def test_a_network_with_a_great_penalty_is_the_mean_shift():
    found = table(np.random.default_rng(3), switched)
    new, seen = found.rows(found.group == "class 00"), found.rows(found.group != "class 00")
    told = ch.network(seen, new, (False, 1e7))
    np.testing.assert_allclose(told, ch.mean_shift(seen, new), atol=0.05)


def test_ridge_tells_lines_and_a_network_tells_switches():
    rng = np.random.default_rng(4)
    lines = ch.compare(table(rng, linear, classes=16), names=("ridge", "network"))
    assert lines["ridge"] > 0.9
    assert lines["network"] < lines["ridge"]
    switches = ch.compare(table(rng, switched, classes=16), names=("ridge", "network"))
    assert switches["network"] > switches["ridge"] + 0.05


def test_a_table_made_compact_gives_the_same_answers():
    found = table(np.random.default_rng(5), linear, classes=5, tokens=6, outputs=90)
    small = ch.compact(found)
    assert small.y.shape == (30, 31)
    names = ("no change", "similarity-weighted", "ridge")
    wide, narrow = (ch.compare(each, names=names) for each in (found, small))
    for name in names:
        assert wide[name] == pytest.approx(narrow[name], abs=1e-6)


def test_what_is_planted_keeps_the_common_part_and_the_distance_from_it():
    rng = np.random.default_rng(6)
    found = table(rng, linear)
    means = ch.class_means(found.y, found.group)
    new = ch.class_means(ch.planted(found, rng).y, found.group)
    np.testing.assert_allclose(new.mean(0), means.mean(0), atol=0.1)
    sizes = [((each - each.mean(0)) ** 2).sum() for each in (means, new)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.15)


def test_permuted_classes_have_the_changes_of_another():
    y = np.repeat(np.arange(4.0), 5)[:, None]
    group = np.repeat(list("abcd"), 5)
    mixed = ch.permuted_classes(
        ch.Changes(y, y, group, np.arange(20) % 2), np.random.default_rng(0)
    )
    assert (mixed.y != y).all()
    np.testing.assert_array_equal(mixed.x, y)
    assert all(len(np.unique(mixed.y[group == each])) == 1 for each in "abcd")


def test_rows_must_fit():
    with pytest.raises(ValueError, match="half"):
        ch.Changes(np.ones((4, 1)), np.ones((4, 1)), np.array(list("aabb")), np.arange(4))
    with pytest.raises(ValueError, match="group"):
        ch.Changes(np.ones((3, 1)), np.ones((3, 1)), np.array(list("aabb")), np.arange(3) % 2)
