"""What the lesson on logic measures, on tokens whose features add or interact."""

import numpy as np

from celltoken.data.crossed import Crossed

NAME = "amortization/regulatory_logic"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def tokens(rng, at, lifted=0.0, rows=800, columns=50, apart=2.0):
    """Two features along the columns from ``at`` on, and their exclusive-or along the next."""
    first, second = rng.integers(0, 2, (2, rows)).astype(bool)
    x = rng.normal(size=(rows, columns))
    signs = np.c_[first, second, first ^ second] * 2 - 1
    x[:, at : at + 3] += apart * signs * [1, 1, lifted]
    return Crossed(x, first, second, np.arange(rows) % 8)


def test_features_that_add_where_products_do_not_look_need_a_network(lesson):
    rng = np.random.default_rng(0)
    found = lesson["network_reads_logic"](tokens(rng, at=20), rng)
    assert found["value"] > 0.8
    assert lead(found) > 0.05
    assert found["linear probe"] < 0.6


def test_features_that_interact_need_none(lesson):
    rng = np.random.default_rng(1)
    found = lesson["network_reads_logic"](tokens(rng, at=20, lifted=1.0), rng)
    assert found["linear probe"] > 0.9
    assert lead(found) < 0.05


def test_features_that_add_in_main_directions_need_products_only(lesson):
    rng = np.random.default_rng(2)
    found = lesson["network_reads_logic"](tokens(rng, at=0, apart=2.5), rng)
    assert found["products"] > 0.9
    assert lead(found) < 0.05


def test_permuted_labels_are_not_read(lesson):
    rng = np.random.default_rng(3)
    found = lesson["network_reads_logic"](tokens(rng, at=0), rng)
    assert 0.4 < found["permuted labels"] < 0.6
