"""Forced choices about pairs that were never seen: which of two contexts will a token meet?

A held-out pair is mostly one that training has met already, and a frequent context is a safe guess.
So both candidates are pairs without a training count, and are matched in how often the contexts
were seen.
"""

import numpy as np


def unseen_choices(seen, hidden, rng, n=20_000, reach=10):
    """A token, a context it meets in the hidden half, and a context it does not meet.

    Parameters
    ----------
    seen, hidden : scipy.sparse.csr_matrix, shape (tokens, contexts)
        Counts of two halves of the data.
    rng : numpy.random.Generator
    n : int
        Choices at most; fewer where no matching partner is found.
    reach : int
        The two contexts are at most this many ranks apart, ranked by how many different tokens
        they were seen with, then by events. Contexts that were never seen are left out.

    Returns
    -------
    token, right, wrong : numpy.ndarray of int, one a choice
        Rows and columns of the tables; neither (token, right) nor (token, wrong) was seen.
    """
    met_by, events = seen.getnnz(0), np.asarray(seen.sum(0)).ravel()
    ranked = np.lexsort((events, met_by))
    ranked = ranked[met_by[ranked] > 0]
    unseen = seen[:, ranked].toarray() == 0
    met = hidden[:, ranked].toarray() > 0
    token, right = np.nonzero(unseen & met)
    drawn = rng.permutation(len(token))[:n]
    token, right = token[drawn], right[drawn]
    wrong = np.full(len(token), -1)
    for _ in range(20):  # a partner that does not fit is drawn again
        step = rng.integers(1, reach + 1, len(token))
        step *= rng.choice([-1, 1], len(token))
        tried = np.clip(right + step, 0, len(ranked) - 1)
        fits = (wrong < 0) & unseen[token, tried] & ~met[token, tried]
        wrong[fits] = tried[fits]
    found = wrong >= 0
    return token[found], ranked[right[found]], ranked[wrong[found]]


def right_choices(of_right, of_wrong):
    """How often the right one of two scores higher; a tie counts a half. Arrays, one a choice."""
    of_right, of_wrong = np.asarray(of_right), np.asarray(of_wrong)
    return float(np.mean(of_right > of_wrong) + np.mean(of_right == of_wrong) / 2)
