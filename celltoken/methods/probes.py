"""Linear probes beside what they learn by themselves: control labels, selectivity, few labels."""

import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from celltoken.methods.inputs import as_labels, as_matrix, same_rows


def control_labels(labels, groups, rng):
    """A control task: every group gets one label, drawn by permuting those of all groups.

    Parameters
    ----------
    labels, groups : sequences, length tokens
        A group's label is the commonest of its tokens (ties: the first in alphabetical order).
        Groups are word types, or clusters of cells.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, length tokens
        Only a probe that knows every group by heart can tell it.

    References
    ----------
    Hewitt and Liang (2019), doi:10.18653/v1/D19-1275.
    """
    labels, groups = as_labels(labels), as_labels(groups, "groups")
    same_rows(labels, groups, "labels", "groups")
    names, code = np.unique(labels, return_inverse=True)
    _, group = np.unique(groups, return_inverse=True)
    ballots = np.zeros((group.max() + 1, len(names)))
    np.add.at(ballots, (group, code), 1)
    return names[rng.permutation(ballots.argmax(1))][group]


def probe_accuracy(x, labels, rng, groups=None, folds=4, most=None, columns=None, strength=0.1):
    """Balanced accuracy of a linear probe (logistic regression) on tokens it was not fitted to.

    Parameters
    ----------
    x : array, shape (tokens, columns)
        Standardised on the tokens that are learned from.
    labels : sequence, length tokens
    rng : numpy.random.Generator
        Deals tokens to folds.
    groups : sequence, length tokens, optional
        Tokens of one group stay together, so that groups are unseen.
    folds : int
        Parts, each predicted from the others.
    most : int, optional
        Learn from a random sample of so many tokens of each fold's rest.
    columns : int, optional
        Keep so many columns, those that tell the classes best (F of the analysis of variance) among
        the tokens that are learned from.
    strength : float
        Inverse strength of the ridge penalty.

    Returns
    -------
    float
        Mean recall of the classes over all tokens, 0 to 1; the constant answer has one over the
        number of classes.

    Raises
    ------
    ValueError
        If there is one class, or lengths differ.
    """
    x, labels = as_matrix(x, min_rows=2), as_labels(labels).astype(str)
    same_rows(x, labels, "x", "labels")
    if (labels == labels[0]).all():
        raise ValueError(f"labels holds one class, {labels[0]!r}; a probe needs at least two.")
    seed = int(rng.integers(2**31))
    deal = StratifiedKFold if groups is None else StratifiedGroupKFold
    told = labels.copy()
    for learn, ask in deal(folds, shuffle=True, random_state=seed).split(x, labels, groups):
        if most is not None:
            learn = rng.permutation(learn)[:most]
        if (labels[learn] == labels[learn[0]]).all():
            told[ask] = labels[learn[0]]
            continue
        kept = _telling(x[learn], labels[learn], columns)
        fit = LogisticRegression(C=strength, class_weight="balanced", max_iter=300, tol=1e-3)
        probe = make_pipeline(StandardScaler(), fit).fit(x[learn][:, kept], labels[learn])
        told[ask] = probe.predict(x[ask][:, kept])
    return float(balanced_accuracy_score(labels, told))


def _telling(x, labels, columns):
    if columns is None:
        return np.arange(x.shape[1])
    varied = np.flatnonzero(np.ptp(x, axis=0) > 0)
    return varied[np.argsort(-f_classif(x[:, varied], labels)[0], kind="stable")[:columns]]


def selectivity(x, labels, groups, rng, **options):
    """Accuracy on the labels, accuracy on control labels, both with tokens of known groups.

    Their difference is the selectivity of Hewitt and Liang. ``options`` as in
    :func:`probe_accuracy`.

    Returns
    -------
    accuracy, control : float
    """
    control = control_labels(labels, groups, rng)
    return tuple(probe_accuracy(x, each, rng, **options) for each in (labels, control))
