"""Changes of a class that was never seen changed: simple predictors, a network, and their error.

A table of changes has a row a token: ``x``, what it is before (array, tokens by columns); ``y``,
how it changes (tokens by outputs); ``group``, its class; and ``half``, which of two halves of its
class it belongs to. Whole classes are held out.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

from celltoken.methods.inputs import as_labels, as_matrix, same_rows

MEMBERS = 2  # networks of other first weights, whose answers are averaged


@dataclass(frozen=True)
class Changes:
    """Tokens before a change, and their change; see above. ``half`` is 0 or 1."""

    x: np.ndarray
    y: np.ndarray
    group: np.ndarray
    half: np.ndarray

    def __post_init__(self):
        for name in ("x", "y"):
            same_rows(as_matrix(getattr(self, name), name), as_labels(self.group), name, "group")
        if not set(np.unique(self.half)) <= {0, 1}:
            raise ValueError("half must be 0 or 1.")

    def rows(self, where):
        """The changes of some tokens."""
        return Changes(self.x[where], self.y[where], self.group[where], self.half[where])


def class_means(x, group):
    """Mean row of each class, in alphabetical order of the classes."""
    return np.array([x[group == each].mean(0) for each in np.unique(group)])


def mean_shift(seen, new, setting=None, seed=0):
    """The mean change of the classes seen, for every token."""
    return np.tile(class_means(seen.y, seen.group).mean(0), (len(new.x), 1))


def similarity_weighted(seen, new, setting, seed=0):
    """Mean change of the classes seen, the more weight the nearer a class lies to the token's.

    ``setting``: width of a Gaussian, in units of the mean distance of two classes.
    """
    centres, shifts = class_means(seen.x, seen.group), class_means(seen.y, seen.group)
    own = np.empty_like(new.x)
    for each in np.unique(new.group):
        own[new.group == each] = new.x[new.group == each].mean(0)
    return _weights(own, centres, setting) @ shifts


def neighbours(seen, new, setting, seed=0):
    """Mean change of the ``setting`` nearest tokens of the classes seen."""
    apart = _squared(new.x, seen.x)
    near = np.argsort(apart, axis=1, kind="stable")[:, : int(setting)]
    return seen.y[near].mean(1)


def ridge(seen, new, setting, seed=0):
    """Ridge regression of the change, less the mean shift, on the token; ``setting``: penalty."""
    mean, scale = seen.x.mean(0), np.sqrt(seen.x.var(0).sum())
    shift = mean_shift(seen, seen)[0]
    fit = Ridge(setting * len(seen.x) / 100).fit((seen.x - mean) / scale, seen.y - shift)
    return shift + fit.predict((new.x - mean) / scale)


def network(seen, new, setting, seed=0, members=1):
    """A network of one hidden layer for the change, less the mean shift, from the token.

    With a great penalty it is the mean shift.

    Parameters
    ----------
    seen, new : Changes
    setting : (bool, float)
        Whether each column of x is standardised (else all by one scale); penalty.
    seed : int
    members : int
        Networks to average over.
    """
    each_column, penalty = setting
    mean, spread = seen.x.mean(0), seen.x.std(0)
    scale = np.where(spread > 0, spread, 1) if each_column else np.sqrt((spread**2).mean())
    shift = mean_shift(seen, seen)[0]
    target = seen.y - shift
    size = target.std() or 1.0
    answers = []
    for member in range(members):
        fit = MLPRegressor(
            hidden_layer_sizes=(HIDDEN,),
            solver="lbfgs",
            alpha=penalty,
            max_iter=STEPS,
            random_state=seed + member,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit.fit((seen.x - mean) / scale, target / size)
        answers.append(fit.predict((new.x - mean) / scale).reshape(len(new.x), -1))
    return shift + size * np.mean(answers, axis=0)


HIDDEN, STEPS = 64, 40
PREDICTORS = {
    "similarity-weighted": (similarity_weighted, (0.1, 0.2, 0.3, 0.5, 0.8, 3)),
    "neighbours": (neighbours, (5, 20, 60, 180)),
    "ridge": (ridge, tuple(10.0 ** np.arange(-2, 4))),
    "network": (network, tuple((False, each) for each in (3, 10, 30, 100))),
}


def squared_error(found, true):
    """Squared error of the mean change of each class, without what sampling adds to it.

    The product of the errors of two halves of a class is, on average over halves, the squared error
    of the class: the noise of one half is not that of the other. It can be negative.

    Parameters
    ----------
    found : array, shape (tokens, outputs)
    true : Changes

    Returns
    -------
    numpy.ndarray, one number a class

    References
    ----------
    Walther et al. (2016), doi:10.1016/j.neuroimage.2015.12.012 (cross-validated distance).
    """
    wrong = found - true.y
    parts = [
        [wrong[(true.group == g) & (true.half == h)].mean(0) for h in (0, 1)]
        for g in np.unique(true.group)
    ]
    return np.array([one @ other for one, other in parts])


def explained(found, true, beside):
    """Share of the squared error of ``beside``, such as the mean shift, that ``found`` removes."""
    return float(1 - squared_error(found, true).sum() / squared_error(beside, true).sum())


def tuned(name, seen, seed=0, folds=3):
    """The setting of a predictor that does best on classes left out of the classes seen."""
    predict, settings = PREDICTORS[name]
    fold = _dealt(seen.group, folds)
    loss = np.zeros(len(settings))
    for each in range(folds):
        rest, out = seen.rows(fold != each), seen.rows(fold == each)
        loss += [squared_error(predict(rest, out, one, seed), out).sum() for one in settings]
    return settings[int(loss.argmin())]


def predict_unseen(name, changes, seed=0, folds=None, permuted=None, setting=None):
    """Changes of every class, from classes of other folds, with a setting chosen inside these.

    Parameters
    ----------
    name : str
        One of :data:`PREDICTORS`, or ``"mean shift"`` or ``"no change"``.
    changes : Changes
    seed : int
    folds : int, optional
        Deal the classes to so many folds; by default one class is held out at a time, or, of more
        than eight, a fifth of them.
    permuted : numpy.random.Generator, optional
        Learn from changes that were exchanged among the classes seen.
    setting : optional
        In place of a choice.

    Returns
    -------
    numpy.ndarray, shape of changes.y
    """
    fold = _dealt(changes.group, folds or _usual(changes.group))
    found = np.zeros(changes.y.shape)
    for each in np.unique(fold) if name != "no change" else ():
        seen, new = changes.rows(fold != each), changes.rows(fold == each)
        if permuted is not None:
            seen = permuted_classes(seen, permuted)
        if name == "mean shift":
            found[fold == each] = mean_shift(seen, new)
            continue
        more = {"members": MEMBERS} if name == "network" else {}
        chosen = setting or tuned(name, seen, seed)
        found[fold == each] = PREDICTORS[name][0](seen, new, chosen, seed, **more)
    return found


def planted(changes, rng, columns=3):
    """Changes that are a switch: each combination of three signs has a change of its own.

    Parameters
    ----------
    changes : Changes
        Gives x, classes and halves; the mean shift; how far classes differ from it; and what
        remains of each token's change beside its class's mean, in random order, as noise.
    rng : numpy.random.Generator
    columns : int
        How many of the main directions of the classes' means give signs: three give eight
        combinations, drawn at random, so that no line and no neighbour across a sign tells them.

    Returns
    -------
    Changes
    """
    centres, means = (class_means(each, changes.group) for each in (changes.x, changes.y))
    number = np.unique(changes.group, return_inverse=True)[1]
    axes = np.linalg.svd(centres - centres.mean(0), full_matrices=False)[2][:columns]
    on = (changes.x - centres.mean(0)) @ axes.T > 0
    step = rng.normal(size=(2 ** len(axes), changes.y.shape[1]))[on @ 2 ** np.arange(len(axes))]
    step -= class_means(step, changes.group).mean(0)
    apart = [
        np.sqrt(((each - each.mean(0)) ** 2).sum())
        for each in (means, class_means(step, changes.group))
    ]
    noise = rng.permutation(changes.y - means[number])
    y = means.mean(0) + step * apart[0] / apart[1] + noise
    return Changes(changes.x, y, changes.group, changes.half)


def compact(changes, columns=50):
    """The same table with y in main directions of all changes, in which every method answers.

    The origin stays: one more column holds what is common to all changes and lies beyond.
    """
    centre = changes.y.mean(0)
    u, scale, axes = np.linalg.svd(changes.y - centre, full_matrices=False)
    axes = axes[:columns]
    along = axes @ centre
    beyond = np.linalg.norm(centre - along @ axes)
    y = np.c_[(u * scale)[:, :columns] + along, np.full(len(u), beyond)]
    return Changes(changes.x, y, changes.group, changes.half)


def permuted_classes(changes, rng):
    """The same table, each class with changes that are drawn from another class's."""
    names = np.unique(changes.group)
    turned = rng.permutation(len(names))
    other = dict(zip(names[turned], names[np.roll(turned, 1)], strict=True))
    rows = [rng.choice(np.flatnonzero(changes.group == other[each])) for each in changes.group]
    return Changes(changes.x, changes.y[rows], changes.group, changes.half)


def _usual(group):
    classes = len(np.unique(group))
    return classes if classes <= 8 else 5


def _dealt(group, folds):
    return np.unique(group, return_inverse=True)[1] % folds


def compare(changes, seed=0, names=("no change", *PREDICTORS)):
    """What each predictor explains beside the mean shift: dict from name to float."""
    base = predict_unseen("mean shift", changes)
    return {name: explained(predict_unseen(name, changes, seed), changes, base) for name in names}


def _squared(a, b):
    return (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T


def _weights(own, centres, width):
    between = _squared(centres, centres)
    unit = between[np.triu_indices(len(centres), 1)].mean()
    level = -_squared(own, centres) / (2 * width**2 * unit)
    weight = np.exp(level - level.max(1, keepdims=True))
    return weight / weight.sum(1, keepdims=True)
