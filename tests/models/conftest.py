"""A decoder to test with: the architecture of SmolLM2, small, with random weights."""

import numpy as np
import pytest

from celltoken.models.attention import Decoder


@pytest.fixture(scope="session")
def small_decoder():
    """Make a decoder of three layers and two heads, for a vocabulary of so many tokens."""

    def made(tokens, dim=16, wide=32, heads=2):
        rng = np.random.default_rng(0)

        def matrix(*shape):
            return rng.normal(scale=0.3, size=shape).astype(np.float32)

        layers = [
            {name: matrix(dim, dim) for name in ("query", "key", "value", "output")}
            | {"gate": matrix(dim, wide), "up": matrix(dim, wide), "down": matrix(wide, dim)}
            | {name: 1 + matrix(dim) for name in ("attention_norm", "mlp_norm")}
            for _ in range(3)
        ]
        return Decoder(matrix(dim, tokens), layers, 1 + matrix(dim), heads, heads)

    return made
