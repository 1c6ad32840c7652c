"""One head of attention and a ridge regression guess what is hidden, learned on the other half."""

import numpy as np
from sklearn.linear_model import RidgeCV

from celltoken.methods.neighbours import rows_for_metric, similarity
from celltoken.methods.scores import pairwise_ranking_accuracy


def guess_hidden(table, attend, halves, *, own, context, sharpness, reach):
    """Pairwise ranking accuracy with which hidden vectors are told from those of other tokens.

    Parameters
    ----------
    table : dict of arrays
        ``own`` (tokens, d); ``keys`` (1 or tokens, others, d) and ``values`` (the same, e), of the
        tokens to look at; ``apart`` (1 or tokens, tokens or 1, others), how far off each is,
        infinite where it may not be seen; ``hidden`` (tokens, h).
    attend : callable
        From queries, keys, values and bias to (sums, shares).
    halves : pair of boolean arrays, length tokens
        Each is learned on in turn, and the guesses are made for the rest.
    own, context : bool
        Whether the regression is given the own vector, and what attention took.
    sharpness, reach : sequence of float
        Factors on the cosine of query and key, and lengths over which the bias falls by one. The
        pair with the least leave-one-out error on the half that is learned on is chosen.
    """
    x = np.asarray(table["own"])
    query = rows_for_metric(x, "cosine") * np.sqrt(x.shape[1])
    keys = table["keys"] / np.linalg.norm(table["keys"], axis=2, keepdims=True).clip(1e-9)
    unseen = np.isinf(table["apart"])
    ways = []
    for sharp in sharpness if context else sharpness[:1]:
        for far in reach if context else reach[:1]:
            fall = 0.0 if np.isinf(far) else np.where(unseen, 0, table["apart"]) / far
            bias = np.where(unseen, -np.inf, 0) - fall
            asked = query.reshape(*bias.shape[:2], -1) * sharp
            taken = attend(asked, keys, table["values"], bias)[0].reshape(len(x), -1)
            ways.append(np.hstack([x] * own + [taken] * context))
    guess = np.empty_like(table["hidden"])
    for learn in halves:
        fits = [RidgeCV((1, 10, 100)).fit(way[learn], table["hidden"][learn]) for way in ways]
        best = int(np.argmax([fit.best_score_ for fit in fits]))
        guess[~learn] = fits[best].predict(ways[best][~learn])
    return pairwise_ranking_accuracy(similarity(guess, table["hidden"]), centred=True)
