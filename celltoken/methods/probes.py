"""Linear probes beside what they learn by themselves.

A probe's penalty is chosen on what it learns from, so that no table is favoured. Control labels
show what it memorises.
"""

import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from celltoken.methods.inputs import as_labels, as_matrix, same_rows

# Penalties, as shares of the largest eigenvalue of the table that is learned from.
STRENGTHS = np.logspace(0.5, -4, 10)


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


def probe_accuracy(x, labels, rng, groups=None, folds=4, most=None, columns=None):
    """Balanced accuracy of a ridge classifier on tokens, or groups, that it did not learn from.

    The penalty is chosen anew for each fold, by cross-validation among the tokens that are learned
    from, split as the fold was: by groups if groups are held out. So tables of few columns and of
    many are each probed at their best, and how many columns a table has is no choice of anybody's.

    Parameters
    ----------
    x : array, shape (tokens, columns)
        Standardised on the tokens that are learned from; classes weigh alike.
    labels : sequence, length tokens
    rng : numpy.random.Generator
        Deals tokens to folds.
    groups : sequence, length tokens, optional
        Tokens of one group stay together, so that groups are unseen.
    folds : int
        Parts, each predicted from the others; fewer where there are not so many groups.
    most : int, optional
        Learn from a random sample of so many tokens of each fold's rest.
    columns : int, optional
        Keep so many columns, those that tell the classes best (F of the analysis of variance)
        among the tokens that are learned from.

    Returns
    -------
    float
        Mean recall of the classes over all tokens, 0 to 1; the constant answer has one over the
        number of classes.

    Raises
    ------
    ValueError
        If there is one class, or one group, or lengths differ.
    """
    x, labels = as_matrix(x, min_rows=2).astype(np.float32), as_labels(labels).astype(str)
    same_rows(x, labels, "x", "labels")
    names, code = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"labels holds one class, {labels[0]!r}; a probe needs at least two.")
    groups = None if groups is None else np.unique(as_labels(groups), return_inverse=True)[1]
    if groups is not None and groups.max() == 0:
        raise ValueError("groups holds one group: none is left to learn from.")
    told = np.zeros(len(code), int)
    for learn, ask in _deal(code, groups, folds, rng):
        if most is not None:
            learn = rng.permutation(learn)[:most]
        kept = _telling(x[learn], code[learn], columns)
        known = None if groups is None else groups[learn]
        inside, answers = x[np.ix_(learn, kept)], code[learn]
        strength = _best_strength(inside, answers, known, rng)
        told[ask] = _predicted(inside, answers, x[np.ix_(ask, kept)], [strength])[0]
    return float(balanced_accuracy_score(code, told))


def _deal(code, groups, folds, rng):
    """Pairs (learn, ask), or none where there are too few tokens or groups to split."""
    rarest = np.bincount(code)[np.unique(code)].min()
    folds = min(folds, rarest, len(code) if groups is None else len(np.unique(groups)))
    seed = int(rng.integers(2**31))
    if folds < 2:
        return []
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = kind(folds, shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(code)), code, groups))


def _best_strength(x, code, groups, rng):
    """The penalty that predicts best inside; of equals the strongest, of none the middle one."""
    told = np.full((len(STRENGTHS), len(code)), -1)
    for learn, ask in _deal(code, groups, 3, rng):
        told[:, ask] = _predicted(x[learn], code[learn], x[ask], STRENGTHS)
    if (told < 0).any():
        return STRENGTHS[len(STRENGTHS) // 2]
    present = np.unique(code)
    right = [np.mean([np.mean(each[code == name] == name) for name in present]) for each in told]
    return STRENGTHS[int(np.argmax(right))]


def _predicted(x, code, ask, strengths):
    """Classes by ridge regression on the classes, one row of answers a penalty."""
    names, code = np.unique(code, return_inverse=True)
    weight = np.sqrt(1 / np.bincount(code)[code])[:, None]
    weight = weight.astype(x.dtype)
    centre = np.average(x, axis=0, weights=weight[:, 0] ** 2)
    scale = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=weight[:, 0] ** 2))
    scale[scale <= 1e-6 * np.abs(centre)] = np.inf  # a column that never varies tells nothing
    x, ask = (x - centre) / scale * weight, (ask - centre) / scale
    wanted = (np.eye(len(names), dtype=x.dtype)[code] - 1 / len(names)) * weight
    if x.shape[0] < x.shape[1]:  # the smaller of the two products has the same eigenvalues
        values, vectors = np.linalg.eigh(x @ x.T)
        to, ask = vectors.T @ wanted, ask @ x.T @ vectors
    else:
        values, vectors = np.linalg.eigh(x.T @ x)
        to, ask = vectors.T @ (x.T @ wanted), ask @ vectors
    top = max(values[-1], 1e-12)
    return np.array(
        [names[(ask @ (to / (values + s * top)[:, None])).argmax(1)] for s in strengths]
    )


def _telling(x, code, columns):
    if columns is None:
        return np.arange(x.shape[1])
    varied = np.flatnonzero(np.ptp(x, axis=0) > 0)
    if len(np.unique(code)) < 2 or not len(varied):
        return varied[:columns]
    return varied[np.argsort(-f_classif(x[:, varied], code)[0], kind="stable")[:columns]]
