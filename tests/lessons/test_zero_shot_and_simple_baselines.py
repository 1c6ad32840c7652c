"""What the lesson on unseen classes measures, where a network is needed and where it is not."""

import numpy as np

from celltoken.methods.changes import Changes

NAME = "amortization/zero_shot_and_simple_baselines"


def lead(found):
    rivals = [v for k, v in found.items() if k not in ("value", "planted")]
    return found["value"] - max(rivals)


def tokens(rng, kind, classes=14, each=16, columns=12, outputs=20):
    """Classes whose change bends, is a line, the same for all, or chance."""
    number = np.repeat(np.arange(classes), each)
    x = rng.normal(size=(classes, columns))[number] + 0.3 * rng.normal(size=(len(number), columns))
    weights = rng.normal(size=(columns, outputs))
    own = {
        "bend": lambda: 2 * abs(x[:, :3]) @ weights[:3],
        "line": lambda: x @ weights / 3,
        "chance": lambda: rng.normal(size=(classes, outputs))[number],
    }[kind]()
    y = 2 + own + 0.3 * rng.normal(size=own.shape)
    group = np.array([f"class {i:02d}" for i in number])
    return Changes(x, y, group, np.arange(len(x)) % 2)


def test_a_bend_needs_a_network(lesson):
    rng = np.random.default_rng(0)
    found = lesson["network_foresees_a_change"](tokens(rng, "bend", classes=20), rng)
    assert lead(found) > 0.05
    assert found["permuted classes"] < 0.1


def test_a_line_needs_none(lesson):
    rng = np.random.default_rng(1)
    found = lesson["network_foresees_a_change"](tokens(rng, "line"), rng)
    assert found["ridge"] > 0.9
    assert lead(found) < 0.05


def test_classes_that_change_by_chance_are_not_told(lesson):
    rng = np.random.default_rng(2)
    found = lesson["network_foresees_a_change"](tokens(rng, "chance"), rng)
    assert found["value"] < 0.1
    assert lead(found) < 0.05
