"""Vector arithmetic: answer "a is to b as c is to what?" in a matrix of any tokens."""

from itertools import permutations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from celltoken.methods.inputs import as_labels, as_matrix, same_rows
from celltoken.methods.neighbours import rows_for_metric

# How much of a, b and c goes into the place where the answer is sought.
WEIGHTS = {"add": (-1, 1, 1), "c": (0, 0, 1), "b": (0, 1, 0), "b + c": (0, 1, 1)}
METHODS = (*WEIGHTS, "multiply")
CHUNK = 512  # questions at a time, so that scores of all candidates fit in memory


def questions_of(pairs, names, rng, most=200):
    """Questions "a is to b as c is to what?" from every two pairs of a relation.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Columns ``relation``, ``tail``, ``head`` (row numbers), one row a pair.
    names : array of str, length tokens
        Rows of one name are one answer.
    rng : numpy.random.Generator
    most : int
        Questions of a relation; where there are more, so many are drawn.

    Returns
    -------
    pandas.DataFrame
        Columns ``relation``; ``a``, ``b``, ``c``, ``d``; ``third``, the head of a further pair of
        the relation, by which b may be replaced to break the pair; and ``pair``, the place in
        ``pairs`` of the pair asked for. Questions without a further pair, or whose two heads have
        one name, are left out.

    Raises
    ------
    ValueError
        If no question is left.
    """
    found, numbered = [], pairs.reset_index(drop=True)
    for relation, each in numbered.groupby("relation"):
        ends = each[["tail", "head"]].to_numpy()
        for i, j in rng.permutation([*permutations(range(len(ends)), 2)])[:most]:
            answers = names[ends[[i, j], 1]]
            third = ends[~np.isin(names[ends[:, 1]], answers), 1]
            if answers[0] != answers[1] and len(third):
                found.append((relation, *ends[i], *ends[j], rng.choice(third), each.index[j]))
    if not found:
        raise ValueError("no relation has three pairs with different heads, so nothing is asked.")
    return pd.DataFrame(found, columns=["relation", *"abcd", "third", "pair"])


def accuracies(answers, asked, names):
    """Share of questions answered rightly in each relation; arguments as for :func:`accuracy`.

    Returns
    -------
    pandas.Series
        By relation.
    """
    right = pd.Series(names[np.asarray(answers)[:, 0]] == names[asked.d])
    return right.groupby(asked.relation.to_numpy()).mean()


def accuracy(answers, asked, names):
    """Share of questions answered rightly, every relation counting the same.

    Parameters
    ----------
    answers : array of int, shape (questions, any)
        From :func:`solve`; the first column counts.
    asked : pandas.DataFrame
        From :func:`questions_of`.
    names : array of str, length tokens

    Returns
    -------
    float
    """
    return float(accuracies(answers, asked, names).mean())


def solve(x, questions, method="add", *, exclude=True, candidates=None, best=1):
    """The rows that answer analogy questions, best first.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        Rows are scaled to length 1 before any arithmetic, as gensim does. Centre the columns
        first if all rows point to one side.
    questions : array of int, shape (questions, 3)
        Row numbers of a, b and c in "a is to b as c is to what?".
    method : {"add", "c", "b", "b + c", "multiply"}
        ``"add"``: nearest by cosine to b - a + c (3CosAdd). ``"multiply"``: the greatest product
        of the similarities with b and c, divided by that with a (3CosMul). The others leave
        something out: nearest to c, to b, to b + c.
    exclude : bool
        Whether a, b and c themselves are no possible answers, as is the custom.
    candidates : array of int, optional
        Row numbers that may be answers; default: all.
    best : int
        How many answers to return.

    Returns
    -------
    numpy.ndarray of int, shape (questions, best)
        Row numbers of ``x``.

    Raises
    ------
    ValueError
        If the method is unknown, a row does not exist, or there are fewer candidates than asked.

    References
    ----------
    Mikolov, Yih and Zweig (2013), NAACL-HLT, 746-751, for "add"; Levy and Goldberg (2014),
    doi:10.3115/v1/W14-1618, for "multiply"; Linzen (2016), doi:10.18653/v1/W16-2503, for leaving
    something out.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    unit = _unit_rows(x)
    questions = _row_numbers(questions, len(unit), "questions")
    if questions.ndim != 2 or questions.shape[1] != 3:
        raise ValueError(
            f"questions have shape {questions.shape} but need three columns: rows of a, b and c."
        )
    excluded = questions[:, : 3 * exclude]

    def sums(rows, to):
        parts = zip(WEIGHTS[method], questions[rows].T, strict=True)
        target = sum(weight * unit[part] for weight, part in parts if weight)
        return target @ unit[to].T  # its length changes no order

    def products(rows, to):
        # Cosines moved to lie between 0 and 1; a millionth keeps the divisor from zero.
        a, b, c = ((1 + unit[part] @ unit[to].T) / 2 for part in questions[rows].T)
        return b * c / (a + 1e-6)

    score = products if method == "multiply" else sums
    return _best(score, len(unit), len(questions), excluded, candidates, best)


def nearest(x, targets, *, excluded=None, candidates=None, best=1):
    """The rows nearest by cosine to given vectors, such as c plus a mean offset.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    targets : array, shape (targets, columns)
    excluded : array of int, shape (targets, any), optional
        Row numbers that are no possible answers, for each target its own.
    candidates, best
        As for :func:`solve`.

    Returns
    -------
    numpy.ndarray of int, shape (targets, best)
        Row numbers of ``x``.
    """
    unit, targets = _unit_rows(x), as_matrix(targets, "targets")  # whose lengths do not matter
    if unit.shape[1] != targets.shape[1]:
        raise ValueError(
            f"x has {unit.shape[1]} columns but targets have {targets.shape[1]}; "
            "both must be vectors of the same space."
        )
    excluded = np.empty((len(targets), 0), int) if excluded is None else excluded
    excluded = _row_numbers(excluded, len(unit), "excluded")
    same_rows(targets, excluded, "targets", "excluded")

    def score(rows, to):
        return targets[rows] @ unit[to].T

    return _best(score, len(unit), len(targets), excluded, candidates, best)


def broken(pairs, rng, times=10):
    """Pairs whose heads went to other tails: each tail gets the heads of ``times`` other pairs.

    Parameters
    ----------
    pairs : array of int, shape (pairs, 2)
    rng : numpy.random.Generator
    times : int

    Returns
    -------
    list of numpy.ndarray of int, shape (pairs or fewer, 2)
        One array a draw. A tail that would get back a head of its own is left out.
    """
    own, drawn = {tuple(each) for each in np.asarray(pairs).tolist()}, []
    for _ in range(times):
        turned = rng.permutation(pairs)
        turned = np.c_[turned[:, 0], np.roll(turned[:, 1], 1)]
        drawn.append(turned[[tuple(each) not in own for each in turned.tolist()]])
    return drawn


def arrows(xy, pairs, rng):
    """Congruence of the arrows of each relation, and of broken and of turned ones, ten times over.

    Parameters
    ----------
    xy : array, shape (tokens, 2)
    pairs : pandas.DataFrame
        Columns ``relation``, ``tail``, ``head`` (row numbers of ``xy``).
    rng : numpy.random.Generator

    Yields
    ------
    true, broken, turned : tuples of two numpy.ndarrays
        As :func:`congruence` returns them, a relation at a time. Turned arrows keep tail and
        length, and get a direction at random: what follows of nearness alone.
    """
    ends = pairs[["tail", "head"]].to_numpy()
    for rows in pairs.groupby("relation").indices.values():
        true = ends[rows]
        pools = [congruence(xy, some, true) for some in broken(true, rng)]
        loose = [congruence(*turned(xy, true, rng)) for _ in pools]
        yield (
            congruence(xy, true),
            *(
                tuple(np.concatenate(each) for each in zip(*pool, strict=True))
                for pool in (pools, loose)
            ),
        )


def mean_of_alike(lie, others, tolerance=0.1, most=5):
    """Mean cosine of the other pairs of arrows that lie most like each of some pairs.

    Parameters
    ----------
    lie : array, shape (pairs, any)
        From :func:`congruence`.
    others : tuple
        What :func:`congruence` returned for the others.
    tolerance : float
        How far apart two rows may be that count as alike (Euclidean distance).
    most : int

    Returns
    -------
    numpy.ndarray, shape (pairs,)
        NaN where none of the others lies alike.
    """
    cosine, far = others
    gap, which = cKDTree(far).query(lie, k=range(1, min(most, len(far)) + 1))
    alike = gap <= tolerance
    means = (cosine[which] * alike).sum(1) / alike.sum(1).clip(1)
    return np.where(alike.any(1), means, np.nan)


def turned(xy, pairs, rng):
    """Arrows turned around their tails by random angles.

    Returns
    -------
    xy : numpy.ndarray, shape (2 * pairs, 2)
        Tails, then heads.
    pairs : numpy.ndarray of int, shape (pairs, 2)
        Row numbers of these.
    """
    tails, heads = np.asarray(xy, float)[np.asarray(pairs).T]
    angle = rng.uniform(0, 2 * np.pi, len(tails))
    way = np.linalg.norm(heads - tails, axis=1)[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    return np.vstack([tails, tails + way]), np.arange(2 * len(tails)).reshape(2, -1).T


def beside_accuracy(x, pairs, names, rng, candidates=None):
    """Accuracy of vector arithmetic, and of all that should be read beside it.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    pairs : pandas.DataFrame
        Columns ``relation``, ``tail``, ``head`` (row numbers).
    names : array of str, length tokens
    rng : numpy.random.Generator
    candidates : array of int, optional
        Rows that may be answers, except where a, b and c are allowed: there all may.

    Returns
    -------
    dict from str to float
        ``"mean offset"``: nearest to c plus the mean offset of all other pairs of the relation.
        ``"broken pair"``: b replaced by the head of a third pair.
    """
    unit, asked = _unit_rows(x), questions_of(pairs, names, rng)
    abc, third = asked[list("abc")].to_numpy(), asked[["a", "third", "c"]].to_numpy()
    ends = pairs[["tail", "head"]].to_numpy()
    shift = np.empty((len(pairs), unit.shape[1]), unit.dtype)
    for rows in pairs.groupby("relation").indices.values():
        shift[rows] = offsets_without_own(unit, ends[rows])
    target = unit[asked.c] + shift[asked.pair]
    among = {"candidates": candidates}
    answers = {
        "b − a + c": solve(unit, abc, **among),
        "nearest to c": solve(unit, abc, "c", **among),
        "nearest to b": solve(unit, abc, "b", **among),
        "b + c": solve(unit, abc, "b + c", **among),
        "broken pair": solve(unit, third, **among),
        "a, b, c allowed": solve(unit, abc, exclude=False),
        "mean offset": nearest(unit, target, excluded=abc, **among),
    }
    return {name: accuracy(each, asked, names) for name, each in answers.items()}


def offsets_without_own(x, pairs):
    """For each pair the mean offset of all other pairs, between rows of length 1.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    pairs : array of int, shape (pairs, 2)
        Row numbers of tail and head; at least two pairs.

    Returns
    -------
    numpy.ndarray, shape (pairs, columns)
        A mean offset is the difference of two means, so it does not depend on which tail belongs
        to which head.
    """
    unit = _unit_rows(x)
    pairs = _row_numbers(pairs, len(unit), "pairs")
    if len(pairs) < 2:
        raise ValueError("there is one pair only, so no other to take an offset from.")
    offsets = unit[pairs[:, 1]] - unit[pairs[:, 0]]
    return (offsets.sum(0) - offsets) / (len(pairs) - 1)


def relative_positions(x, group):
    """Rows minus the mean of their group: where each token lies within its own group.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        Rows are scaled to length 1 first.
    group : sequence, length tokens

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
        Each group's rows sum to zero. In a group of one the row is zero.
    """
    unit, group = _unit_rows(x), as_labels(group, "group")
    same_rows(unit, group, "x", "group")
    found = unit.copy()
    for each in np.unique(group):
        found[group == each] -= unit[group == each].mean(0)
    return found


def csls(scores, k=10):
    """Similarities of two clusters, lowered for tokens that are near to all: no hub wins by that.

    Parameters
    ----------
    scores : array, shape (tokens, other tokens)
        Cosines of every token of one cluster with every token of the other.
    k : int
        Neighbours in the other cluster whose mean similarity is taken off on either side; all of
        them where there are fewer.

    Returns
    -------
    numpy.ndarray, shape (tokens, other tokens)
        Cross-domain similarity local scaling: twice the cosine, minus both means.

    References
    ----------
    Lample, Conneau, Ranzato, Denoyer and Jégou (2018), Word translation without parallel data,
    ICLR (there k = 10).
    """
    scores = as_matrix(scores, "scores")
    rows = np.sort(scores, axis=1)[:, -k:].mean(1, keepdims=True)
    columns = np.sort(scores, axis=0)[-k:].mean(0)
    return 2 * scores - rows - columns


def congruence(xy, pairs, own=None):
    """How parallel the arrows of every two pairs are, how near they lie, and how like in length.

    Parameters
    ----------
    xy : array, shape (tokens, dimensions)
        A map, or the full space; used as it is.
    pairs : array of int, shape (pairs, 2)
        Row numbers of tail and head.
    own : array of int, shape (any, 2), optional
        The true pairs, where ``pairs`` are broken ones: two arrows of which one leads to the
        partner of the other's tail are left out. Such arrows go on where the other ends, so they
        tend to point back, whatever the tokens mean.

    Returns
    -------
    cosine : numpy.ndarray, shape (pairs * (pairs - 1) / 2 or fewer,)
        Of the angle between the two arrows.
    lie : numpy.ndarray, shape (as many, 3)
        Distance of their tails, and of their heads, in units of their mean length, and how unlike
        they are in length: the logarithm of the longer over the shorter. Arrows of length 0 are
        left out.
    """
    xy = np.asarray(as_matrix(xy, "xy"), dtype=float)
    pairs = _row_numbers(pairs, len(xy), "pairs")
    arrows = xy[pairs[:, 1]] - xy[pairs[:, 0]]
    length = np.linalg.norm(arrows, axis=1)
    pairs, arrows, length = pairs[length > 0], arrows[length > 0], length[length > 0]
    i, j = np.triu_indices(len(pairs), 1)
    if own is not None:
        known = np.asarray(own) @ [len(xy), 1]
        crossed = (pairs[i, 0] * len(xy) + pairs[j, 1], pairs[j, 0] * len(xy) + pairs[i, 1])
        apart_from = ~np.isin(crossed, known).any(0)
        i, j = i[apart_from], j[apart_from]
    cosine = (arrows[i] * arrows[j]).sum(1) / (length[i] * length[j])
    apart = (
        2 * np.linalg.norm(xy[pairs[i]] - xy[pairs[j]], axis=2) / (length[i] + length[j])[:, None]
    )
    return cosine, np.c_[apart, abs(np.log(length[i] / length[j]))]


def _unit_rows(x, name="x"):
    x = as_matrix(x, name)
    return rows_for_metric(x.toarray() if sparse.issparse(x) else x, "cosine", name)


def _row_numbers(rows, size, name):
    rows = np.asarray(rows)
    if rows.dtype.kind not in "iu" or (rows.size and not (0 <= rows.min() <= rows.max() < size)):
        raise ValueError(f"{name} must be row numbers from 0 to {size - 1} of x.")
    return rows


def _best(score, size, count, excluded, candidates, best):
    """For each of ``count`` targets the candidates of the highest score, some at a time."""
    to = np.arange(size) if candidates is None else _row_numbers(candidates, size, "candidates")
    if not 1 <= best <= len(to) - excluded.shape[1]:
        raise ValueError(f"{len(to)} candidates are too few for {best} answers.")
    column = np.full(size, -1)
    column[to] = np.arange(len(to))
    found = np.empty((count, best), dtype=int)
    for start in range(0, count, CHUNK):
        rows = np.arange(start, min(start + CHUNK, count))
        scores = score(rows, to)
        out = column[excluded[rows]]
        which, place = np.nonzero(out >= 0)
        scores[which, out[which, place]] = -np.inf
        if best == 1:
            found[rows, 0] = to[scores.argmax(1)]
        else:
            found[rows] = to[np.argsort(-scores, axis=1, kind="stable")[:, :best]]
    return found
