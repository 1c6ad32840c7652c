"""Reading a place from a vector: by a linear map, by nearest tokens, by clusters."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, LeaveOneGroupOut
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from celltoken.methods.inputs import as_labels, as_matrix, same_rows

PENALTIES = np.logspace(-1, 5, 13)
READERS = ("linear", "nearest", "cluster", "mean")


class _ClusterMean:
    """Predicts the mean place of the cluster (k-means) that a token belongs to."""

    def __init__(self, clusters, seed):
        self.means = KMeans(clusters, n_init=3, random_state=seed)

    def fit(self, x, at):
        label = self.means.fit_predict(x)
        self.places = np.array([at[label == each].mean(0) for each in range(label.max() + 1)])
        return self

    def predict(self, x):
        return self.places[self.means.predict(x)]


def predicted_places(x, at, reader="linear", block=None, rng=0, folds=5, k=5, clusters=8):
    """The place of each token, predicted from tokens that are far from it, or from any others.

    Parameters
    ----------
    x : array, shape (tokens, columns)
        Centred inside each fold; for ``"linear"`` also scaled to equal variance of all columns.
    at : array, shape (tokens, coordinates)
    reader : {"linear", "nearest", "cluster", "mean"}
        Ridge regression, its penalty chosen inside by leave-one-out; the mean place of the ``k``
        nearest tokens; the mean place of the token's cluster of ``clusters`` by k-means; the mean
        place of all tokens that were not left out.
    block : sequence, length tokens, optional
        Each block is left out in turn, whole, and predicted from all others. Otherwise single
        tokens are dealt at random to ``folds``.
    rng : numpy.random.Generator or int
        Deals single tokens and begins the clusters.

    Returns
    -------
    numpy.ndarray, shape (tokens, coordinates)

    Raises
    ------
    ValueError
        If lengths differ, there is one block only, or fewer tokens than folds, or no such reader.
    """
    x, at = (np.asarray(as_matrix(each, name), float) for each, name in ((x, "x"), (at, "at")))
    same_rows(x, at, "x", "at")
    if reader not in READERS:
        raise ValueError(f"reader must be one of {', '.join(READERS)}, not {reader!r}.")
    seed = int(np.random.default_rng(rng).integers(2**31))
    if block is None:
        parts = KFold(folds, shuffle=True, random_state=seed).split(x)
    else:
        same_rows(x, as_labels(block, "block"), "x", "block")
        parts = LeaveOneGroupOut().split(x, groups=block)
    found = np.empty_like(at)
    for seen, unseen in parts:
        if reader == "linear":
            model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
        elif reader == "nearest":
            model = KNeighborsRegressor(min(k, len(seen)))
        elif reader == "mean":
            model = DummyRegressor()
        else:
            model = _ClusterMean(min(clusters, len(seen)), seed)
        found[unseen] = model.fit(x[seen], at[seen]).predict(x[unseen])
    return found


def r_squared(at, predicted):
    """Share of the variance of places that is predicted, the mean over their coordinates.

    ``at`` and ``predicted`` have shape (tokens, coordinates). 1 at best; 0 for the mean of all
    tokens; below 0 for worse than that. Raises ValueError if all tokens share a coordinate.
    """
    at, predicted = np.asarray(at, float), np.asarray(predicted, float)
    same_rows(at, predicted, "at", "predicted")
    spread = ((at - at.mean(0)) ** 2).sum(0)
    if not (spread > 0).all():
        raise ValueError("all tokens share a coordinate: leave that coordinate out.")
    return float((1 - ((at - predicted) ** 2).sum(0) / spread).mean())
