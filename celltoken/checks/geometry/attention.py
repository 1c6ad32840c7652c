"""Exercises 7 and 8 of *Geometry*: one causal head of attention, and a spot's neighbourhood."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import softmax

from celltoken.checks.core import Exercise, fail
from celltoken.checks.values import array


def heads(rng):
    """First of three widths, so that a wrong length shows; then square, so that exchanged axes give
    numbers; then scores so large that a softmax by hand overflows unless it is careful."""
    for tokens, width, out, scale in ((6, 4, 3, 1.5), (5, 5, 5, 1.5), (7, 3, 2, 3.0)):
        queries, keys = rng.normal(scale=scale, size=(2, tokens, width))
        yield queries, keys, rng.normal(size=(tokens, out))


def read_head(ask, queries, keys, values):
    value = ask(queries, keys, values)
    tokens = len(queries)
    if getattr(value, "shape", None) == (tokens, tokens) and tokens != values.shape[1]:
        fail("those are weights, or scores; mix the values with the weights.")
    value = array(value, values.shape, "one row for each token, an array")
    return {"value": value, "rows without NaN": np.isfinite(value).all(1)}


def scores(queries, keys):
    return queries @ keys.T / np.sqrt(keys.shape[1])


def weights(scores, axis=1, hidden=None, below=-np.inf):
    hidden = ahead(scores) if hidden is None else hidden
    return softmax(np.where(hidden, below, scores), axis=axis)


def ahead(scores, first=1):
    return np.triu(np.ones(scores.shape, dtype=bool), first)


def by_scores(change):
    """A head with changed scores: a function of the raw scores, the keys and the values."""
    return lambda q, k, v: weights(change(q @ k.T, k, v)) @ v


def by_weights(change):
    """A head with other weights: a function of the scaled scores."""
    return lambda q, k, v: change(scores(q, k)) @ v


SELF = "a token must see itself too; hide only what comes after."

attend = Exercise("attend", lambda queries, keys, values: weights(scores(queries, keys)) @ values,
    heads, read_head,
    hint="queries @ keys.T is the table of scores, a row for each token that looks",
    gave_nan="NaN comes out: a row in which all is hidden has no softmax.",
    otherwise="that is not softmax(scores) @ values, with what comes after hidden.",
    mistakes=[
    ("the first token sees nothing, not even itself, which gives NaN; hide only what comes after.",
     by_weights(lambda s: weights(s, hidden=ahead(s, 0))), ("rows without NaN",)),
    ("you hide the past and the token itself; hide what comes after.",
     by_weights(lambda s: weights(s, hidden=ahead(s, 0).T)), ("rows without NaN",)),
    ("the scores are not scaled: divide them by the root of the keys' length.",
     by_scores(lambda s, k, v: s)),
    ("you divide by the keys' length; divide by its root.",
     by_scores(lambda s, k, v: s / k.shape[1])),
    ("you multiply by the root of the keys' length; divide by it.",
     by_scores(lambda s, k, v: s * np.sqrt(k.shape[1]))),
    ("you divide by the root of the number of tokens; take the length of a key.",
     by_scores(lambda s, k, v: s / np.sqrt(len(k)))),
    ("you divide by the root of the values' length; take the length of a key.",
     by_scores(lambda s, k, v: s / np.sqrt(v.shape[1]))),
    ("nothing is hidden: a token must not see those that come after it.",
     by_weights(lambda s: softmax(s, axis=1))),
    ("you hide the past; hide what comes after a token.",
     by_weights(lambda s: weights(s, hidden=ahead(s).T))),
    (SELF,
     by_weights(lambda s: weights(s, hidden=ahead(s, 0) & (np.arange(s.size) >
         0).reshape(s.shape)))),
    ("you hide by setting scores to 0, and the softmax gives 0 a weight; set them to -inf.",
     by_weights(lambda s: weights(s, below=0))),
    ("you hide after the softmax, so that the weights of a row no longer sum to 1; hide before.",
     by_weights(lambda s: np.where(ahead(s), 0, softmax(s, axis=1)))),
    ("your softmax runs down the columns; each row must sum to 1 (axis=1).",
     by_weights(lambda s: weights(s, axis=0))),
    ("your softmax runs over the whole table; each row must sum to 1 (axis=1).",
     by_weights(lambda s: weights(s, axis=None))),
    ("queries and keys are exchanged: a row of scores belongs to the token that looks.",
     by_weights(lambda s: weights(s.T))),
    ("your weights are turned round: row i of the weights mixes the values for token i.",
     by_weights(lambda s: weights(s).T)),
    ("you mix with the scores; make weights of them first, with softmax.",
     by_weights(lambda s: np.where(ahead(s), 0, s))),
    ("your weights do not sum to 1; divide by the sum of the row, as softmax does.",
     by_weights(lambda s: np.where(ahead(s), 0, np.exp(s)))),
    ("you take the one best match; let all that a token sees have their share.",
     by_weights(lambda s: np.eye(len(s))[np.where(ahead(s), -np.inf, s).argmax(1)])),
    ("all tokens count alike; weigh them by the softmax of the scores.",
     by_weights(lambda s: weights(0 * s))),
    ("you return the values as they are; mix them with the weights.",
     by_weights(lambda s: np.eye(len(s)))),
    ("you add the values themselves; return the mixture alone.",
     by_weights(lambda s: weights(s) + np.eye(len(s)))),
    ("you mix the keys; mix the values.", lambda q, k, v: weights(scores(q, k)) @ k),
    ("you mix the queries; mix the values.", lambda q, k, v: weights(scores(q, k)) @ q),
])  # fmt: skip


# -- a spot's neighbourhood -----------------------------------------------------------------------


def patches(rng):
    """Spots on a grid: oblong; then with as many genes as spots, so that exchanged axes give
    numbers; then many widths across, so that a kernel which is cut off shows."""
    for side, genes, width in ((6, 12, 2.3), (5, 25, 1.4), (7, 9, 6.0)):
        grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
        positions = rng.permutation(grid + rng.uniform(-0.2, 0.2, grid.shape)) * 1.3
        x = np.log1p(rng.poisson(rng.gamma(1, 2, size=genes), size=(len(grid), genes)))
        yield x, positions, width + float(np.round(rng.uniform(0, 0.4), 2))


def read_neighbourhood(ask, x, positions, width):
    value = ask(x, positions, width)
    if getattr(value, "shape", None) == (len(x), len(x)) and len(x) != x.shape[1]:
        fail("those are weights, or distances; return each spot's weighted mean.")
    return {"value": array(value, x.shape, "one row for each spot, an array")}


def kernel(positions, exponent):
    """Weights exp(exponent), a function of distances; 0 for a spot itself."""
    weights = np.exp(exponent(cdist(positions, positions)))
    np.fill_diagonal(weights, 0)
    return weights


def gauss(positions, width):
    return kernel(positions, lambda d: -(d**2) / (2 * width**2))


def rows_to_1(weights):
    return weights / weights.sum(1, keepdims=True)


def by_kernel(exponent):
    """Other weights: their exponent from distances and the width."""
    return lambda x, p, w: rows_to_1(kernel(p, lambda d: exponent(d, w))) @ x


def by_mixing(mix):
    """Another mixture: from the right weights, before they are normalised, and x."""
    return lambda x, p, w: mix(gauss(p, w), x)


neighbourhood_attention = Exercise("neighbourhood_attention",
    lambda x, positions, width: rows_to_1(gauss(positions, width)) @ x, patches,
    read_neighbourhood,
    hint="cdist(positions, positions) is a table of spots by spots, as the weights must be",
    gave_nan="NaN or infinity comes out; is a spot's own weight 0, and its sum of others not?",
    otherwise="that is not the mean of the other spots with weights exp(-d² / (2 width²)).",
    mistakes=[
    ("each spot looks at itself as well; its own weight must be 0.",
     by_mixing(lambda g, x: rows_to_1(g + np.eye(len(x))) @ x)),
    ("the weights are not normalised: divide by the sum of each spot's weights.",
     by_mixing(lambda g, x: g @ x)),
    ("each spot looks at itself, and the weights are not normalised.",
     by_mixing(lambda g, x: (g + np.eye(len(x))) @ x)),
    ("you normalise the columns of the weights; it is each row that must sum to 1.",
     by_mixing(lambda g, x: rows_to_1(g).T @ x)),
    ("you set a spot's own weight to 0 after dividing by the sum; do it before.",
     by_mixing(lambda g, x: g / (g.sum(1, keepdims=True) + 1) @ x)),
    ("you divide by the number of spots; divide by the sum of each spot's weights.",
     by_mixing(lambda g, x: g @ x / len(x))),
    ("you divide by the number of other spots; divide by the sum of each spot's weights.",
     by_mixing(lambda g, x: g @ x / (len(x) - 1))),
    ("you divide by the sum of all weights; divide by the sum of each spot's.",
     by_mixing(lambda g, x: g @ x / g.sum())),
    ("the distance is not squared.", by_kernel(lambda d, w: -d / (2 * w**2))),
    ("the distance is squared twice.", by_kernel(lambda d, w: -(d**4) / (2 * w**2))),
    ("the width is not squared.", by_kernel(lambda d, w: -(d**2) / (2 * w))),
    ("neither the distance nor the width is squared.", by_kernel(lambda d, w: -d / (2 * w))),
    ("neither the distance nor the width is squared, and the 2 is missing.",
     by_kernel(lambda d, w: -d / w)),
    ("the 2 in the exponent is missing.", by_kernel(lambda d, w: -((d / w) ** 2))),
    ("you multiply by the width; divide, so that a large width reaches far (mind the brackets).",
     by_kernel(lambda d, w: -(d**2) / 2 * w**2)),
    ("the minus sign is missing: far spots must weigh less.",
     by_kernel(lambda d, w: d**2 / (2 * w**2))),
    ("the weights are one over the distance; take exp of minus its square.",
     by_kernel(lambda d, w: -np.log(d))),
    ("all spots within the width count alike; let the weight fall off with distance.",
     by_kernel(lambda d, w: np.where(d <= w, 0, -np.inf))),
    ("all other spots count alike, near or far.", by_kernel(lambda d, w: 0 * d)),
    ("the weights are cut off at three widths; they get small, but not 0.",
     by_kernel(lambda d, w: np.where(d <= 3 * w, -(d**2) / (2 * w**2), -np.inf))),
    ("the weights are cut off at two widths; they get small, but not 0.",
     by_kernel(lambda d, w: np.where(d <= 2 * w, -(d**2) / (2 * w**2), -np.inf))),
    ("you measure how much spots differ in expression; distance is between positions.",
     lambda x, p, w: rows_to_1(gauss(x, w)) @ x),
    ("you take the softmax of the weights; they are exp of something already, so divide by their "
     "sum.", by_mixing(lambda g, x: softmax(g, axis=1) @ x)),
    ("you add the spot itself; return the mean of the others alone.",
     by_mixing(lambda g, x: rows_to_1(g) @ x + x)),
    ("that is how far a spot differs from its neighbourhood; return the neighbourhood.",
     by_mixing(lambda g, x: x - rows_to_1(g) @ x)),
    ("you return the expression as it was; mix the other spots' into it.",
     by_mixing(lambda g, x: x)),
])  # fmt: skip
