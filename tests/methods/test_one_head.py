"""One head of attention: it looks where likeness and place tell it to, and nowhere else."""

import numpy as np
import pytest
from scipy.special import softmax

from celltoken.methods.one_head import guess_hidden

EVERY = {"sharpness": (0, 5), "reach": (1, np.inf)}


def attend(queries, keys, values, bias):
    shares = softmax(queries @ keys.swapaxes(-1, -2) / np.sqrt(queries.shape[-1]) + bias, axis=-1)
    return shares @ values, shares


@pytest.fixture
def table():
    """The hidden vector is the one of the nearest of four others."""
    rng = np.random.default_rng(0)
    keys = rng.normal(size=(300, 4, 6))
    apart = np.broadcast_to(np.arange(4.0, 0, -1), (300, 1, 4))
    own = rng.normal(size=(300, 6))
    return {"own": own, "keys": keys, "values": keys, "apart": apart, "hidden": keys[:, -1]}


def test_context_and_place_are_used_where_they_were_planted(table):
    half = np.arange(300) < 150
    found = {
        name: guess_hidden(table, attend, (half, ~half), own=True, context=context, **EVERY | more)
        for name, context, more in [
            ("all", True, {}),
            ("no context", False, {}),
            ("no place", True, {"reach": (np.inf,)}),
        ]
    }
    assert found["no context"] == pytest.approx(0.5, abs=0.05)
    assert found["all"] > found["no place"] + 0.05 > 0.6


def test_what_may_not_be_seen_is_not_used(table):
    half, apart = np.arange(300) < 150, table["apart"].copy()
    apart[..., -1] = np.inf
    unseen = table | {"apart": apart}
    found = guess_hidden(unseen, attend, (half, ~half), own=True, context=True, **EVERY)
    assert found == pytest.approx(0.5, abs=0.05)
