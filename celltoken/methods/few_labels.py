"""What a representation is worth when few of its tokens have a label."""

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.neural_network import MLPClassifier

from celltoken.methods.inputs import as_labels, as_matrix, same_rows


def labelled_few(labels, each, rng):
    """Draw some tokens of every class.

    Parameters
    ----------
    labels : sequence, length tokens
    each : int
        Tokens a class.
    rng : numpy.random.Generator

    Returns
    -------
    learn, ask : numpy.ndarray of int
        The tokens drawn, class after class in alphabetical order, and all others.

    Raises
    ------
    ValueError
        If there are fewer than two classes, or one has no token left to ask about.
    """
    labels = as_labels(labels).astype(str)
    names, size = np.unique(labels, return_counts=True)
    if len(names) < 2:
        raise ValueError("labels holds one class; with few labels at least two are told apart.")
    if size.min() <= each:
        raise ValueError(
            f"{str(names[size.argmin()])!r} has {size.min()} tokens: more than {each} are needed, "
            "for some must be left to ask about."
        )
    rows = [rng.permutation(np.flatnonzero(labels == name))[:each] for name in names]
    learn = np.concatenate(rows)
    return learn, np.setdiff1d(np.arange(len(labels)), learn)


def few_label_recall(x, labels, each, rng, draws=20, network=False):
    """Mean recall of the classes by a linear classifier that has seen few labels, draw by draw.

    Rows are centred and divided by one number for all columns, so that no column is made larger
    than it is. The classifier is ridge regression on the classes; of seven penalties it takes the
    one that predicts the labelled tokens best when each is left out, anew in every draw.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    labels : sequence, length tokens
    each : int
        Labels a class.
    rng : numpy.random.Generator
        Draws which tokens have a label.
    draws : int
    network : bool
        Train a network instead, one hidden layer of 32 units, on the same few labels.

    Returns
    -------
    numpy.ndarray, length draws
        Balanced accuracy on all tokens without a label; guessing has one over the number of
        classes.

    Raises
    ------
    ValueError
        As :func:`labelled_few`, or if lengths differ.
    """
    x, labels = as_matrix(x, min_rows=2), as_labels(labels).astype(str)
    same_rows(x, labels, "x", "labels")
    found = []
    for _ in range(draws):
        learn, ask = labelled_few(labels, each, rng)
        near = x - x[learn].mean(0)
        near = near / max(np.sqrt((near[learn] ** 2).sum(1).mean()), 1e-12)
        if network:
            start = int(rng.integers(2**31))
            fit = MLPClassifier(32, solver="lbfgs", alpha=0.1, max_iter=2000, random_state=start)
        else:
            fit = RidgeClassifierCV(alphas=np.logspace(-4, 2, 7))
        told = fit.fit(near[learn], labels[learn]).predict(near[ask])
        found.append(balanced_accuracy_score(labels[ask], told))
    return np.array(found)


def labels_needed(sizes, curve, level):
    """With how many labels a curve first reaches a level, read off between its points.

    Parameters
    ----------
    sizes : sequence of int
        Rising numbers of labels.
    curve : sequence of float
        Accuracy at each; a dip after a higher point does not count.
    level : float

    Returns
    -------
    float
        On the logarithmic scale of ``sizes``; infinity if the level is never reached, the first
        size if it is reached there.
    """
    sizes = np.log(np.asarray(sizes, float))
    best = np.maximum.accumulate(np.asarray(curve, float))
    reached = np.flatnonzero(best >= level)
    if not len(reached):
        return np.inf
    at = reached[0]
    if at == 0:
        return float(np.exp(sizes[0]))
    share = (level - best[at - 1]) / (best[at] - best[at - 1])
    return float(np.exp(sizes[at - 1] + share * (sizes[at] - sizes[at - 1])))
