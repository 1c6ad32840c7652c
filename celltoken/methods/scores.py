"""How good an embedding is: retrieval across contexts, ranking of candidates, linear decoding."""

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from celltoken.methods.inputs import as_labels, as_matrix, same_rows
from celltoken.methods.neighbours import similarity

BLOCK = 512  # rows compared with all others at a time, so that memory grows with n, not n^2


def retrieval_accuracy(x, token, context, metric="cosine", same_context_rivals=False):
    """How often the nearest neighbour from another context is of the same token (or cell type).

    Parameters
    ----------
    x : array or sparse matrix, shape (rows, columns)
        One row for each occurrence of a token, or each cell.
    token : sequence, length rows
        What the row is an occurrence of: the word, the cell type.
    context : sequence, length rows
        Where it occurred: speech, condition, donor.
    metric : {"cosine", "euclidean", "correlation", "rank"}
    same_context_rivals : bool
        If False, only rows of other contexts are candidates. If True, other tokens of the row's own
        context are candidates too; they can only be wrong, so the task is harder. Rows of the same
        token in the same context are never candidates.

    Returns
    -------
    float
        Share of rows, 0 to 1. Of equally near candidates each counts its part. A token that occurs
        in one context only can never be retrieved and counts as a miss. Compare it with the score
        of permuted tokens.

    Raises
    ------
    ValueError
        If there is only one context, or the inputs differ in length.
    """
    x = as_matrix(x, min_rows=2)
    token, context = as_labels(token, "token"), as_labels(context, "context")
    same_rows(x, token, "x", "token")
    same_rows(x, context, "x", "context")
    if (context == context[0]).all():
        raise ValueError("context has a single value; retrieval needs rows of at least two.")
    hits = 0.0
    for start in range(0, x.shape[0], BLOCK):
        rows = slice(start, start + BLOCK)
        likeness = similarity(x[rows], x, metric)
        same_token = token[rows, None] == token
        same_context = context[rows, None] == context
        barred = same_context & same_token if same_context_rivals else same_context
        likeness[barred] = -np.inf
        nearest = likeness == likeness.max(1, keepdims=True)
        hits += ((nearest & same_token & ~same_context).sum(1) / nearest.sum(1)).sum()
    return float(hits / x.shape[0])


def pairwise_ranking_accuracy(scores, truth=None, centred=False):
    """Share of wrong candidates that score below the right one, averaged over queries.

    Parameters
    ----------
    scores : array, shape (queries, candidates)
        Higher is better.
    truth : sequence of int, length queries, optional
        Column of each query's right candidate; by default query i's is candidate i.
    centred : bool
        Subtract each candidate's mean over the queries first, so that a candidate that scores high
        for every query (a frequent word) gains nothing by it.

    Returns
    -------
    float
        0 to 1; chance is 0.5, and a tie counts a half. With one right candidate a query it is the
        mean AUC.

    Raises
    ------
    ValueError
        If there is a single candidate, or ``truth`` does not fit ``scores``.
    """
    scores = as_matrix(scores, "scores")
    scores = scores.toarray() if sparse.issparse(scores) else scores
    queries, candidates = scores.shape
    if candidates < 2:
        raise ValueError("scores has one column; a ranking needs at least two candidates.")
    if truth is None and queries > candidates:
        raise ValueError(
            f"scores has {queries} queries but {candidates} candidates; pass truth, the column of "
            "each query's right candidate."
        )
    truth = np.arange(queries) if truth is None else as_labels(truth, "truth")
    same_rows(scores, truth, "scores", "truth")
    if truth.dtype.kind not in "iu" or truth.min() < 0 or truth.max() >= candidates:
        raise ValueError(f"truth must hold column numbers from 0 to {candidates - 1}.")
    if centred:
        scores = scores - scores.mean(0)
    right = scores[np.arange(queries), truth][:, None]
    ties = (scores == right).sum() - queries  # the right candidate ties with itself
    return float(((scores < right).sum() + ties / 2) / (queries * (candidates - 1)))


def cross_validated_accuracy(x, labels, folds=5, rng=0, groups=None, C=0.1):
    """Balanced accuracy of logistic regression on tokens that it was not fitted to.

    Columns are standardised inside each fold; classes weigh the same whatever their size.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    labels : sequence, length tokens
    folds : int
        Parts of the data, each predicted from all others; every class needs as many tokens.
    rng : numpy.random.Generator or int
        Deals the tokens to the folds.
    groups : sequence, length tokens, optional
        Tokens of one group (a donor, a speech) stay in one fold, so that unseen tokens are those
        of unseen groups.
    C : float
        Inverse strength of the ridge penalty, as in scikit-learn.

    Returns
    -------
    float
        Mean recall of the classes, 0 to 1; a constant answer scores 1 / (number of classes).

    Raises
    ------
    ValueError
        If there is one class, a class or the groups are fewer than ``folds``, or lengths differ.
    """
    x = as_matrix(x, min_rows=2)
    x = x.toarray() if sparse.issparse(x) else x
    labels = as_labels(labels).astype(str)
    same_rows(x, labels, "x", "labels")
    names, sizes = np.unique(labels, return_counts=True)
    if len(names) < 2:
        raise ValueError(f"labels holds one class, {names[0]!r}; a classifier needs at least two.")
    if not (isinstance(folds, (int, np.integer)) and folds >= 2):
        raise ValueError(f"folds must be a whole number of at least 2, not {folds!r}.")
    units = sizes.min() if groups is None else len(np.unique(as_labels(groups, "groups")))
    if units < folds:
        short = f"class {names[sizes.argmin()]!r}" if groups is None else "groups"
        raise ValueError(f"{short} has {units} member(s) for {folds} folds; use fewer folds.")
    if groups is not None:
        same_rows(x, groups, "x", "groups")
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    deal = int(np.random.default_rng(rng).integers(2**31))
    split = splitter(folds, shuffle=True, random_state=deal)
    model = LogisticRegression(C=C, class_weight="balanced", max_iter=1000)
    model = make_pipeline(StandardScaler(), model)
    predicted = cross_val_predict(model, x, labels, cv=split, groups=groups)
    return float(balanced_accuracy_score(labels, predicted))


def ridge_accuracy(x, sense, folds):
    """Balanced accuracy of ridge regression on two senses, for tokens it was not fitted to.

    The two senses are +1 and -1 and weigh the same whatever their size; columns are standardised
    and the penalty is their number. Solved by inner products, which for a few hundred tokens is
    ten times faster than ``sklearn.linear_model.RidgeClassifier``.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    sense : array of bool, length tokens
    folds : iterable of (array of int, array of int)
        Tokens to fit and tokens to predict, as scikit-learn's splitters give them; each token is
        predicted once.

    Returns
    -------
    float
        Mean recall of the two senses; a guess scores 0.5.
    """
    spread = x.std(0)
    x = (x - x.mean(0)) / np.where(spread > 0, spread, 1)
    inner, guess = x @ x.T / x.shape[1], np.empty(len(sense))
    for seen, unseen in folds:
        share = sense[seen].mean()
        weight = np.where(sense[seen], 0.5 / share, 0.5 / (1 - share))
        system = np.ones((len(seen) + 1, len(seen) + 1))
        system[:-1, :-1] = inner[np.ix_(seen, seen)] + np.diag(1 / weight)
        system[-1, -1] = 0  # the last unknown is the intercept
        solved = np.linalg.solve(system, np.r_[np.where(sense[seen], 1.0, -1.0), 0.0])
        guess[unseen] = inner[np.ix_(unseen, seen)] @ solved[:-1] + solved[-1]
    right = (guess > 0) == sense
    return float((right[sense].mean() + right[~sense].mean()) / 2)
