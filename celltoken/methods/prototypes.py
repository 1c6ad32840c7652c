"""Labels given at the moment of asking: prototypes of a few labelled tokens, nothing trained."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from celltoken.methods.few_labels import labelled_few


def told_from_shots(x, labels, one, rng, shots=4, draws=10, how="prototypes"):
    """How well one class is told from all others, by a few labelled tokens of each class.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    labels : sequence, length tokens
    one : str
        The class.
    rng : numpy.random.Generator
        Draws the labelled tokens.
    shots, draws : int
        Labelled tokens a class; how often they are drawn.
    how : str
        ``"prototypes"``: the nearest mean of a class. ``"permuted"``: the same, with the labels of
        the shots permuted. ``"nearest"``: the label of the nearest shot. ``"markers"``: prototypes
        in the five columns of each class whose mean lies farthest above that of the other shots.

    Returns
    -------
    float
        Mean over draws of the balanced accuracy on tokens without a label; guessing has a half.
    """
    labels, found = np.asarray(labels).astype(str), []
    for _ in range(draws):
        learn, ask = labelled_few(labels, shots, rng)
        said = rng.permutation(labels[learn]) if how == "permuted" else labels[learn]
        columns = _markers(x[learn], said) if how == "markers" else slice(None)
        given = x[learn][:, columns]
        if how != "nearest":
            names = np.unique(said)
            given, said = np.array([given[said == name].mean(0) for name in names]), names
        told = KNeighborsClassifier(1).fit(given, said).predict(x[ask][:, columns]) == one
        found.append(_balanced(told, labels[ask] == one))
    return float(np.mean(found))


def told_from_all(x, labels, rng, folds=5):
    """How well classes are told from one another where nearly all tokens have their label.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    labels : sequence, length tokens
    rng : numpy.random.Generator
        Deals tokens to folds.
    folds : int
        A token is told by logistic regression on those of the other folds.

    Returns
    -------
    float
        Mean over classes of the balanced accuracy of one against all others, as in
        :func:`told_from_shots`. What the labels themselves leave unclear, no shots can tell.
    """
    labels = np.asarray(labels).astype(str)
    deal = StratifiedKFold(folds, shuffle=True, random_state=int(rng.integers(2**31)))
    told = cross_val_predict(LogisticRegression(max_iter=2000), x, labels, cv=deal)
    return float(np.mean([_balanced(told == one, labels == one) for one in np.unique(labels)]))


def _balanced(told, true):
    return (told[true].mean() + (~told[~true]).mean()) / 2


def _markers(x, labels, each=5):
    kept = set()
    for label in np.unique(labels):
        above = x[labels == label].mean(0) - x[labels != label].mean(0)
        kept.update(np.argsort(-above, kind="stable")[:each].tolist())
    return sorted(kept)
