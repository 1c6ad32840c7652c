"""A sparse autoencoder: each row as a sum of a few directions out of many, learned from the rows.

A wide layer with one active unit in ten or fewer. Its units are called latents, their directions
features, all of them the dictionary.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from celltoken.methods.inputs import as_dimension, as_matrix
from celltoken.methods.neighbours import similarity


@dataclass
class SparseAutoencoder:
    """Weights of a trained autoencoder; see :func:`train`.

    ``read`` (columns, latents) and ``bias`` (latents,) make a latent's activation of a row,
    ``features`` (latents, columns) of length one put the row together again, ``centre``
    (columns,) and ``scale`` bring rows to a common origin and length. ``active``: latents that a
    row keeps. ``dead``: share of latents that no row had kept, after each pass of training.
    """

    read: np.ndarray
    bias: np.ndarray
    features: np.ndarray
    centre: np.ndarray
    scale: float
    active: int
    dead: list = field(default_factory=list)

    def activations(self, x):
        """What every latent says of every row before the few are chosen: (rows, latents)."""
        return (as_matrix(x) - self.centre) / self.scale @ self.read + self.bias

    def encode(self, x):
        """The code: the ``active`` largest activations of each row, if positive, else zero."""
        return keep_largest(self.activations(x), self.active)

    def decode(self, code):
        """Rows from codes: (rows, latents) -> (rows, columns)."""
        return code @ self.features * self.scale + self.centre

    def explained(self, x):
        """Share of the rows' variance about their mean that the code keeps: at most 1."""
        x = as_matrix(x)
        return explained(x, self.decode(self.encode(x)))


def keep_largest(activations, active):
    """Keep the largest positive entries of each row and set all others to zero.

    Parameters
    ----------
    activations : array, shape (rows, latents)
    active : int
        So many are kept in each row, or fewer where fewer are positive.

    Returns
    -------
    array, shape (rows, latents)
    """
    if active >= activations.shape[1]:
        return np.maximum(activations, 0)
    kept = np.argpartition(activations, -active, axis=1)[:, -active:]
    code = np.zeros_like(activations)
    values = np.take_along_axis(activations, kept, 1)
    np.put_along_axis(code, kept, np.maximum(values, 0), 1)
    return code


def explained(x, again):
    """One minus squared error over the variance of ``x`` about its column means."""
    return float(1 - np.sum((x - again) ** 2) / np.sum((x - x.mean(0)) ** 2))


def gradients(x, code, features, read):
    """Loss (mean squared error a row) and its gradients for reading weights, bias and features.

    ``x`` is (rows, columns), centred and scaled; ``code`` what :func:`keep_largest` left of
    ``x @ read + bias``. Which latents are kept counts as fixed, as in Gao et al.
    """
    error = code @ features - x
    back = np.where(code > 0, error @ features.T, 0) * (2 / len(x))
    loss = float(np.sum(error**2) / len(x))
    return loss, x.T @ back, back.sum(0), code.T @ error * (2 / len(x))


def train(x, latents, active, rng=0, steps=1200, batch=128, rate=3e-3, revive=True):
    """Learn a top-k sparse autoencoder by stochastic gradients (Adam).

    Parameters
    ----------
    x : array, shape (rows, columns)
    latents : int
        Width of the dictionary; usually more than there are columns or kinds.
    active : int
        Latents that may be active in a row, k.
    rng : numpy.random.Generator or int
        Random start and order of the rows.
    steps, batch, rate : int, int, float
        Steps in all (rounded up to whole passes over the rows), rows a step, size of a step (it
        falls to zero in the last third).
    revive : bool
        After each pass of the first two thirds, a latent that no row kept is pointed at what is
        missing of a row that is put together badly (the resampling of Bricken et al.).

    Returns
    -------
    SparseAutoencoder

    Raises
    ------
    ValueError
        If ``active`` exceeds ``latents`` or ``x`` holds no variance.

    References
    ----------
    Makhzani and Frey (2014), arXiv:1312.5663; Gao et al. (2025), arXiv:2406.04093; Bricken et al.
    (2023), transformer-circuits.pub/2023/monosemantic-features.
    """
    x = np.asarray(as_matrix(x, min_rows=2), np.float32)
    active = as_dimension(active, [latents], "active")
    rng = np.random.default_rng(rng)
    centre = x.mean(0)
    x = x - centre
    scale = float(np.sqrt(np.mean(np.sum(x**2, axis=1))))
    if not scale > 0:
        raise ValueError("x holds no variance: all rows are equal.")
    x = x / scale
    features = rng.normal(size=(latents, x.shape[1])).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    weights = [features.T.copy(), np.zeros(latents, np.float32), features]
    moments = [[np.zeros_like(w), np.zeros_like(w)] for w in weights]
    parts = -(-len(x) // batch)
    passes = -(-steps // parts)
    steps, number, dead = passes * parts, 0, []
    for turn in range(passes):
        used = np.zeros(latents, bool)
        for rows in np.array_split(rng.permutation(len(x)), parts):
            read, bias, features = weights
            code = keep_largest(x[rows] @ read + bias, active)
            used |= (code > 0).any(0)
            number += 1
            now = rate * min(1, 3 * (1 - (number - 1) / steps))
            for w, moment, slope in zip(
                weights, moments, gradients(x[rows], code, features, read)[1:], strict=True
            ):
                _adam(w, moment, slope, now, number)
            features /= np.linalg.norm(features, axis=1, keepdims=True)
        dead.append(float(np.mean(~used)))
        if revive and turn < 2 * passes // 3 and not used.all():
            _revive(x, weights, moments, np.flatnonzero(~used), active, rng)
    return SparseAutoencoder(*weights, centre, scale, active, dead)


def _adam(weight, moment, slope, rate, number):
    """One step of Adam (Kingma and Ba 2015, arXiv:1412.6980), in place."""
    first, second = moment
    first += 0.1 * (slope - first)
    second += 0.001 * (slope**2 - second)
    unbiased = np.sqrt(second / (1 - 0.999**number)) + 1e-8
    weight -= (rate / (1 - 0.9**number)) * first / unbiased


def _revive(x, weights, moments, dead, active, rng):
    """Point dead latents at what is missing of rows drawn by their squared error."""
    read, bias, features = weights
    missing = x - keep_largest(x @ read + bias, active) @ features
    error = np.sum(missing**2, axis=1)
    rows = rng.choice(len(x), min(len(dead), len(x)), replace=False, p=error / error.sum())
    dead = dead[: len(rows)]
    features[dead] = missing[rows] / np.linalg.norm(missing[rows], axis=1, keepdims=True)
    read[:, dead] = features[dead].T
    bias[dead] = 0
    for first, second in moments:
        for each in (first, second):
            if each.ndim == 2 and each.shape[0] == len(bias):
                each[dead] = 0
            else:
                each[..., dead] = 0


def matched(features, others):
    """Cosine of each feature with its partner in another dictionary, paired one to one.

    Parameters
    ----------
    features, others : arrays, shape (latents, columns) and (other latents, columns)

    Returns
    -------
    cosines : numpy.ndarray, length min(latents, other latents)
        Of the pairing with the greatest sum (Hungarian algorithm).
    pairs : tuple of two arrays of int
        Row numbers in ``features`` and in ``others``.
    """
    alike = similarity(as_matrix(features), as_matrix(others))
    pairs = linear_sum_assignment(-alike)
    return alike[pairs], pairs
