"""Does change go on where it went, or does it come back? Steps of tokens through time."""

import itertools

import numpy as np


def persistence(first, second):
    """Cosine between successive steps of tokens, with the noise of measurement taken out.

    A state that is measured with noise turns back by half of it, since both steps share the state
    between them. So every state is measured twice, in independent halves of the data, and products
    are of different halves.

    Parameters
    ----------
    first, second : array, shape (times, tokens, columns)
        States of the same tokens at three or more times, in order, from two halves.

    Returns
    -------
    float
        Mean over triples of successive times. 1: straight on; 0: as a random walk does; -1: back
        and forth; -0.5: independent states around a mean. Reversed times give the same number.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than three times.
    """
    return float(_cosines(first, second).mean())


def steps_of_random_sign(first, second, rng, level=0.95):
    """The persistence that steps with signs of their own seldom reach: a quantile over all signs.

    Each step may point forwards or back; lengths, axes and noise stay. All patterns of signs are
    tried but the given one, so that three times leave one pattern, and five leave seven; of more
    than fourteen times, some four thousand patterns are drawn.

    Parameters
    ----------
    first, second : as for :func:`persistence`
    rng : numpy.random.Generator
    level : float

    Returns
    -------
    float
    """
    cosines = _cosines(first, second)
    if len(cosines) > 12:
        signs = rng.choice([1, -1], (4096, len(cosines)))
    else:
        signs = np.array(list(itertools.product([1, -1], repeat=len(cosines)))[1:])
    return float(np.quantile((signs * cosines).mean(1), level, method="higher"))


def _cosines(first, second):
    """Cosine of each step with the next."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.shape != second.shape or first.ndim != 3 or len(first) < 3:
        raise ValueError("give two arrays of one shape, (times, tokens, columns), three times.")
    one, two = np.diff(first, axis=0), np.diff(second, axis=0)
    size = (one * two).sum((1, 2))
    cross = ((one[:-1] * two[1:]).sum((1, 2)) + (two[:-1] * one[1:]).sum((1, 2))) / 2
    least = 0.05 * np.sqrt((one**2).sum((1, 2)) * (two**2).sum((1, 2)))
    size = np.maximum(size, least)  # a step that is all noise has no direction
    return cross / np.sqrt(size[:-1] * size[1:])


def random_walk(first, second, rng):
    """Two halves of states whose steps have the lengths of the given ones and random directions.

    The noise of each half keeps its size.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    one, two = np.diff(first, axis=0), np.diff(second, axis=0)
    size = np.sqrt(np.maximum((one * two).mean((1, 2)), 0))
    steps = size[:, None, None] * rng.normal(size=one.shape)
    walk = np.concatenate([first[:1] * 0, steps.cumsum(0)])
    noise = (first - second).std((1, 2), keepdims=True) / np.sqrt(2)
    return tuple(walk + noise * rng.normal(size=walk.shape) for _ in "12")
