"""Logic of two features: gates, how well a reader tells them, and which gates are linear."""

import itertools
import warnings

import numpy as np
from scipy.optimize import linprog
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from celltoken.methods.inputs import as_labels, as_matrix, same_rows

GATES = {
    "first": lambda a, b: a,
    "second": lambda a, b: b,
    "and": lambda a, b: a & b,
    "exclusive or": lambda a, b: a ^ b,
}


def readers(seed=0) -> dict:
    """Classifiers by name, from the plainest to the most flexible, each on standardised columns.

    ``linear probe`` (logistic regression), ``products`` (the same on the first twenty columns and
    their products of two), ``quadratic`` (discriminant analysis of these columns, with a
    covariance for each class), ``neighbours`` (vote of the ten nearest) and ``network`` (one
    hidden layer of 64 units). The network's penalty was set on planted gates.

    Parameters
    ----------
    seed : int
        For the network's first weights.

    Returns
    -------
    dict from str to scikit-learn estimator
    """
    linear = LogisticRegression(C=0.1, class_weight="balanced", max_iter=300, tol=1e-3)
    products = make_pipeline(_First(20), PolynomialFeatures(2, interaction_only=True))
    quadratic = make_pipeline(_First(20), QuadraticDiscriminantAnalysis(reg_param=0.1))
    network = _Network((64,), solver="lbfgs", alpha=10, tol=1e-3, max_iter=100, random_state=seed)
    return {
        "linear probe": make_pipeline(StandardScaler(), linear),
        "products": make_pipeline(StandardScaler(), products, linear),
        "quadratic": make_pipeline(StandardScaler(), quadratic),
        "neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier(10)),
        "network": make_pipeline(StandardScaler(), network),
    }


def read(x, label, group, reader):
    """Balanced accuracy of a reader on groups of tokens that it has not learned from.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    label : sequence, length tokens
    group : sequence, length tokens
        Each group is predicted from all others.
    reader : scikit-learn classifier
        As from :func:`readers`.

    Returns
    -------
    float
        Mean recall of the two classes; a half is guessing.

    Raises
    ------
    ValueError
        If there are fewer than two groups or labels, or lengths differ.
    """
    x, label, group = as_matrix(x), as_labels(label), as_labels(group, "group")
    same_rows(x, label, "x", "label")
    same_rows(x, group, "x", "group")
    if len(np.unique(label)) < 2 or len(np.unique(group)) < 2:
        raise ValueError("A reader needs two labels and two groups, one of them to be held out.")
    told = cross_val_predict(reader, x, label, groups=group, cv=LeaveOneGroupOut())
    return float(balanced_accuracy_score(label, told))


def is_linear(gate, inputs):
    """Whether a gate is a threshold on a weighted sum of its inputs (linear separability).

    Parameters
    ----------
    gate : callable
        Takes ``inputs`` booleans, returns one.
    inputs : int
        At least 1; all 2**inputs cases are looked at.

    Returns
    -------
    bool
        Exact: by a linear programme over the truth table.
    """
    cases = np.array(list(itertools.product([0, 1], repeat=inputs)))
    sign = np.array([1 if gate(*map(bool, case)) else -1 for case in cases])
    rows = -sign[:, None] * np.c_[cases, np.ones(len(cases))]
    free = [(None, None)] * (inputs + 1)
    return linprog(np.zeros(inputs + 1), rows, -np.ones(len(cases)), bounds=free).status == 0


class _Network(MLPClassifier):
    """Trains for as many steps as it is told, which scikit-learn takes for a failure."""

    def fit(self, x, y):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(x, y)


class _First:
    """Keeps the first columns, as a scikit-learn transformer."""

    def __init__(self, count):
        self.count = count

    def fit(self, x, y=None):
        return self

    def transform(self, x):
        return x[:, : self.count]
