"""Distances in a hyperbolic space, and points in it or in a flat one that hold given distances.

Points are rows of the hyperboloid's space-like coordinates: a row ``x`` stands for the point
``(sqrt(1 + |x|^2), x)`` of Minkowski space, which any real numbers do, so that nothing has to be
kept inside a ball. :func:`to_ball` gives the Poincare ball for pictures. Curvature is -1; how large
a given distance is in these units is fitted with the points.
"""

import numpy as np
from scipy.optimize import minimize

from celltoken.methods.inputs import as_dimension, as_matrix

SPREADS = (1.0, 4.0, 8.0, 14.0)  # largest distance at the start, in radii of curvature

SCALES = (np.log(0.05), np.log(100))  # of the largest distance; the lower end is flat


def hyperbolic_distances(x):
    """Distances between all rows, given as space-like coordinates of the hyperboloid.

    Parameters
    ----------
    x : array, shape (rows, dimension)

    Returns
    -------
    numpy.ndarray, shape (rows, rows)
        ``arccosh(sqrt(1 + |x|^2) sqrt(1 + |y|^2) - x . y)``.

    References
    ----------
    Nickel & Kiela (2018), Proceedings of ICML 80, 3779-3788.
    """
    x = np.asarray(as_matrix(x), float)
    return _curved(x)[0]


def to_ball(x):
    """The same points in the Poincare ball: all within radius one, straight lines as arcs.

    Parameters
    ----------
    x : array, shape (rows, dimension)
        Space-like coordinates of the hyperboloid.

    Returns
    -------
    numpy.ndarray, shape (rows, dimension)
    """
    x = np.asarray(as_matrix(x), float)
    return x / (1 + np.sqrt(1 + (x**2).sum(1, keepdims=True)))


def ball_distances(points):
    """Distances between all rows, given as points of the Poincare ball.

    Parameters
    ----------
    points : array, shape (rows, dimension)
        Each of length below one.

    Returns
    -------
    numpy.ndarray, shape (rows, rows)
        ``arccosh(1 + 2 |p - q|^2 / ((1 - |p|^2) (1 - |q|^2)))``.

    Raises
    ------
    ValueError
        If a point lies on the rim or outside.

    References
    ----------
    Nickel & Kiela (2017), Advances in Neural Information Processing Systems 30.
    """
    points = np.asarray(as_matrix(points, "points"), float)
    inside = 1 - (points**2).sum(1)
    if (inside <= 0).any():
        raise ValueError("points must lie inside the ball: each row must be shorter than one.")
    apart = ((points[:, None] - points[None]) ** 2).sum(2)
    return np.arccosh(1 + 2 * apart / (inside[:, None] * inside[None]))


def ball_line(one, other, steps=30):
    """Points on the straight line between two points of the Poincare disc, for drawing.

    Parameters
    ----------
    one, other : array, shape (dimension,)
        Space-like coordinates of the hyperboloid.
    steps : int

    Returns
    -------
    numpy.ndarray, shape (steps, dimension)
        In the ball; in the disc an arc that meets the rim at right angles.
    """
    ends = np.array([one, other], float)
    up = np.sqrt(1 + (ends**2).sum(1))
    length = np.arccosh(max(1.0, up[0] * up[1] - ends[0] @ ends[1]))
    share = np.linspace(0, 1, steps)[:, None]
    if length < 1e-9:
        return to_ball(np.repeat(ends[:1], steps, 0))
    line = np.sinh((1 - share) * length) * ends[0] + np.sinh(share * length) * ends[1]
    return to_ball(line / np.sinh(length))


def embed(distances, dimension=2, curved=True, steps=300):
    """Points whose distances are the given ones up to a common factor, with least relative error.

    Minimises the mean of ``(d_ij / (k D_ij) - 1)^2`` over points and the factor ``k``, from
    classical scaling (flat) or hyperbolic scaling at four spreads (curved), by L-BFGS; of several
    starts the best is kept.

    Parameters
    ----------
    distances : array, shape (rows, rows)
        Symmetric; zero on the diagonal and positive elsewhere.
    dimension : int
    curved : bool
        Hyperbolic space; otherwise Euclidean.
    steps : int
        Most steps of the minimiser for each start.

    Returns
    -------
    points : numpy.ndarray, shape (rows, dimension)
        Curved: space-like coordinates of the hyperboloid.
    fitted : numpy.ndarray, shape (rows, rows)
        Distances of the points, in the units of ``distances``.

    Raises
    ------
    ValueError
        If ``distances`` is not such a matrix or ``dimension`` does not fit.

    References
    ----------
    Start: Keller-Ressel & Nargang (2020), doi:10.1093/comnet/cnaa002. Relative weights: Sammon
    (1969), doi:10.1109/T-C.1969.222678, has them to the first power.
    """
    distances = _checked(distances)
    dimension = as_dimension(dimension, (len(distances) - 1,) * 2)
    rows, columns = np.triu_indices(len(distances), 1)
    wanted = distances[rows, columns] / distances.max()
    largest = SPREADS if curved else (1.0,)
    starts = [
        (_scaled(distances / distances.max() * each, dimension, curved), each) for each in largest
    ]
    best = min(
        (_minimise(start, each, wanted, (rows, columns), curved, steps) for start, each in starts),
        key=lambda found: found[0],
    )
    points, factor = best[1:]
    pairwise = _curved if curved else _flat
    return points, pairwise(points)[0] / factor * distances.max()


def relative_error(fitted, distances):
    """Mean relative error of distances between pairs of rows, after the best common factor.

    Parameters
    ----------
    fitted, distances : array, shape (rows, rows)
        Only pairs above the diagonal count; ``distances`` must be positive there.

    Returns
    -------
    float
        Mean of ``|c fitted / distances - 1|``, with ``c`` of least squares.
    """
    above = np.triu_indices(len(distances), 1)
    ratio = np.asarray(fitted)[above] / np.asarray(distances)[above]
    return float(np.abs(ratio * ratio.sum() / (ratio**2).sum() - 1).mean())


def _checked(distances):
    distances = np.asarray(as_matrix(distances, "distances", min_rows=4), float)
    if distances.shape[0] != distances.shape[1] or not np.allclose(distances, distances.T):
        raise ValueError("distances must be a symmetric matrix, one row and one column a token.")
    apart = distances[~np.eye(len(distances), dtype=bool)]
    if not np.allclose(np.diag(distances), 0) or (apart <= 0).any():
        raise ValueError(
            "distances must be zero on the diagonal and positive elsewhere; drop copies of a row."
        )
    return distances


def _scaled(distances, dimension, curved):
    """Classical scaling: from inner products that the distances would have, Minkowski's if curved.

    The flat products are centred, so that the mean is the origin. For the curved ones the most
    central row is taken as origin, which leaves the others' space-like parts.
    """
    if curved:
        up = np.cosh(distances)
        middle = distances.sum(1).argmin()
        products = np.outer(up[middle], up[middle]) - up
    else:
        square = distances**2
        products = -0.5 * (square - square.mean(0) - square.mean(1)[:, None] + square.mean())
    values, vectors = np.linalg.eigh(products)
    points = vectors[:, -dimension:] * np.sqrt(np.maximum(values[-dimension:], 0))
    if curved:  # keep directions; radii as far from the middle as they should be
        length = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.maximum(length, 1e-12) * np.sinh(distances[middle])[:, None]
    jitter = np.random.default_rng(0).normal(size=points.shape)  # no two points in one place
    return points + 1e-3 * np.median(np.abs(points)) * jitter


def _curved(x):
    up = np.sqrt(1 + (x**2).sum(1))
    cosh = np.maximum(np.outer(up, up) - x @ x.T, 1)
    np.fill_diagonal(cosh, 1)
    return np.arccosh(cosh), np.sqrt(np.maximum(cosh**2 - 1, 1e-12)), up


def _flat(x):
    square = (x**2).sum(1)
    apart = np.sqrt(np.maximum(square[:, None] + square[None] - 2 * x @ x.T, 0))
    np.fill_diagonal(apart, 0)
    return (apart,)


def _minimise(start, factor, wanted, pairs, curved, steps):
    shape, count = start.shape, len(wanted)

    def loss(vector):
        x, k = vector[:-1].reshape(shape), np.exp(vector[-1])
        if curved:
            far, sinh, up = _curved(x)
        else:
            far = _flat(x)[0]
        left = far[pairs] / (k * wanted) - 1
        pull = np.zeros((shape[0],) * 2)
        pull[pairs] = 2 * left / (k * wanted) / count
        pull += pull.T
        if curved:
            pull /= sinh
            slope = x * (pull @ up / up)[:, None] - pull @ x
        else:
            pull /= np.maximum(far, 1e-9)
            slope = x * pull.sum(1)[:, None] - pull @ x
        towards_k = -2 * (left * (left + 1)).mean()
        return (left**2).mean(), np.append(slope.ravel(), towards_k)

    found = minimize(
        loss,
        np.append(start.ravel(), np.log(factor)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * start.size + [SCALES],
        options={"maxiter": steps},
    )
    return found.fun, found.x[:-1].reshape(shape), np.exp(found.x[-1])
