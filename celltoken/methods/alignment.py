"""Two spaces on each other: rotations, who meets whom afterwards, and whether clouds mix."""

import numpy as np
from scipy import sparse, stats
from scipy.linalg import orthogonal_procrustes
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans

from celltoken.methods import analogy
from celltoken.methods.inputs import as_labels, as_matrix, same_rows
from celltoken.methods.neighbours import neighbours, similarity


def centred_rows(x):
    """Rows of length one, around zero: scaled, shifted by their mean, and scaled again.

    What word embeddings are given before one is rotated onto another, since a rotation can change
    neither lengths nor a shift.

    Parameters
    ----------
    x : array, shape (tokens, dimensions)

    Returns
    -------
    numpy.ndarray, same shape
        A row of zeros is shifted like the others.

    References
    ----------
    Artetxe, Labaka and Agirre (2016), doi:10.18653/v1/D16-1250.
    """
    x = _unit(np.asarray(as_matrix(x), float))
    return _unit(x - x.mean(0))


def rotation(a, b):
    """The rotation (or reflection) that brings rows of one space nearest to those of another.

    Orthogonal Procrustes: of all orthogonal matrices W the one with the least ``|a W - b|``.

    Parameters
    ----------
    a, b : arrays, shape (pairs, dimensions)
        Row i of ``a`` is to meet row i of ``b``.

    Returns
    -------
    numpy.ndarray, shape (dimensions, dimensions)
        Multiply rows by it: ``x @ rotation(a, b)``.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Schönemann (1966), doi:10.1007/BF02289451; for words Smith et al. (2017), arXiv:1702.03859.
    """
    a, b = as_matrix(a, "a"), as_matrix(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one shape, not {a.shape} and {b.shape}.")
    return orthogonal_procrustes(a, b)[0]


def csls(a, b, k=10):
    """Cosines corrected for hubs: twice the cosine, less each side's mean cosine to its nearest.

    Parameters
    ----------
    a, b : arrays, shape (tokens of one space, dimensions), (tokens of the other, dimensions)
    k : int
        As in :func:`celltoken.methods.analogy.csls`.

    Returns
    -------
    numpy.ndarray, shape (rows of a, rows of b)
    """
    return analogy.csls(similarity(a, b), k)


def hubness(close, k=10):
    """Skewness of how often each column is among the k nearest of a row: 0 if all are alike.

    References
    ----------
    Radovanović, Nanopoulos and Ivanović (2010), JMLR 11, 2487-2531.
    """
    nearest = np.argsort(-close, axis=1)[:, :k]
    return float(stats.skew(np.bincount(nearest.ravel(), minlength=close.shape[1])))


def ranks(close, answers, rows=None):
    """How many columns are nearer to each row than the nearest of its right answers.

    Parameters
    ----------
    close : array, shape (tokens of one space, tokens of the other)
        Greater is nearer. Equal values count as nearer by half.
    answers : dict from row to list of columns
    rows : sequence of int, optional
        Rows that are asked, by default those that have answers.

    Returns
    -------
    numpy.ndarray, one number a row asked
        0 if a right answer is nearest.
    """
    found = []
    for row in answers if rows is None else rows:
        best = close[row, answers[row]].max()
        ties = (close[row] == best).sum() - 1
        found.append((close[row] > best).sum() + ties / 2)
    return np.array(found)


def cross_fitted(a, b, answers, rng, match=csls, permute=False):
    """Ranks of right answers, each pair's under a rotation learnt without either of its tokens.

    The tokens that have answers are dealt to two parts, those that share an answer (also through
    others) together; a rotation is learnt from the pairs of one part and asked about the other.

    Parameters
    ----------
    a, b : arrays, shape (tokens of one space, dimensions), (tokens of the other, dimensions)
    answers : dict from row of ``a`` to list of rows of ``b``
    rng : numpy.random.Generator
    match : function of (rotated a, b)
        Gives the table of nearness.
    permute : bool
        Learn from pairs dealt anew: each token of the part keeps a partner, another one's.

    Returns
    -------
    numpy.ndarray, in the order of ``answers``
    """
    asked, together = np.array(list(answers)), families(answers)
    part = (rng.permutation(together.max() + 1) % 2)[together]
    found = np.zeros(len(asked))
    for each in (0, 1):
        pairs = np.array([(i, j) for i in asked[part != each] for j in answers[i]])
        second = rng.permutation(pairs[:, 1]) if permute else pairs[:, 1]
        turned = a @ rotation(a[pairs[:, 0]], b[second])
        found[part == each] = ranks(match(turned, b), answers, asked[part == each])
    return found


def families(answers):
    """Which tokens share an answer, directly or through others: one number a family.

    Parameters
    ----------
    answers : dict from token to list of answers

    Returns
    -------
    numpy.ndarray of int, in the order of ``answers``
        Connected components of the graph of tokens and answers, numbered from 0.
    """
    pairs = np.array([(i, j) for i, right in enumerate(answers.values()) for j in right])
    i, j = pairs[:, 0], len(answers) + np.unique(pairs[:, 1], return_inverse=True)[1]
    graph = sparse.coo_matrix((np.ones(len(i)), (i, j)), shape=(j.max() + 1,) * 2)
    number = connected_components(graph, directed=False)[1][: len(answers)]
    return np.unique(number, return_inverse=True)[1]


def themes_of(b, count, size, other, rng):
    """A match that knows the theme of a token and its size, and nothing within the theme.

    Parameters
    ----------
    b : array, shape (tokens, dimensions)
    count : int
        Themes: clusters of ``b`` by k-means.
    size, other : arrays, lengths rows of a and of b
        Such as logarithms of totals: within a theme tokens of like size come first.
    rng : numpy.random.Generator

    Returns
    -------
    function of (rotated a, b)
        For :func:`cross_fitted`.
    """
    seed = int(rng.integers(1 << 31))
    fitted = KMeans(count, n_init=1, random_state=seed).fit(b)
    apart = -np.abs(np.asarray(size)[:, None] - np.asarray(other)[None])

    def match(turned, _):
        order = similarity(turned, fitted.cluster_centers_).argsort(1).argsort(1)
        return order[:, fitted.labels_] + apart / (1 + np.abs(apart).max())

    return match


def mutual_neighbours(a, b, k=10):
    """Pairs of rows of two spaces, each among the other's k nearest (Euclidean).

    Returns
    -------
    rows of a, rows of b : arrays of int

    References
    ----------
    Haghverdi et al. (2018), doi:10.1038/nbt.4091, where such pairs correct batches of cells.
    """
    close = similarity(a, b, "euclidean")
    mine = np.zeros(close.shape, bool)
    np.put_along_axis(mine, np.argpartition(-close, k - 1, axis=1)[:, :k], True, 1)
    yours = np.zeros(close.shape, bool)
    np.put_along_axis(yours, np.argpartition(-close, k - 1, axis=0)[:k], True, 0)
    return np.nonzero(mine & yours)


def centred_by(x, group, learn=None):
    """Rows less the mean of their group, shape (tokens, dimensions).

    ``learn``, an array of bool, says which rows the means are taken over: by default all.
    """
    x, group = np.array(x, float), as_labels(group)
    learn = np.ones(len(x), bool) if learn is None else np.asarray(learn)
    for each in np.unique(group):
        x[group == each] -= x[(group == each) & learn].mean(0)
    return x


def rotated_onto(x, group, learn=None, k=10):
    """Every group less its mean, rotated onto the first row's by pairs of mutual neighbours.

    Parameters
    ----------
    x : array, shape (tokens, dimensions)
    group : sequence, length tokens
    learn : array of bool, optional
        Which rows means and rotations are learnt from, by default all. A rotation pulls the pairs
        it was learnt from together, whatever they are: measure on rows that it did not see.
    k : int

    Returns
    -------
    numpy.ndarray, shape (tokens, dimensions)

    Raises
    ------
    ValueError
        If a group and the first have no pair.
    """
    group = as_labels(group)
    same_rows(x, group, "x", "group")
    learn = np.ones(len(group), bool) if learn is None else np.asarray(learn)
    x, first = centred_by(x, group, learn), group[0]
    target = x[(group == first) & learn]
    for each in np.unique(group):
        if each == first:
            continue
        mine = x[(group == each) & learn]
        i, j = mutual_neighbours(mine, target, min(k, len(mine), len(target)))
        if not len(i):
            raise ValueError(f"no row of {each!r} and of {first!r} are mutual neighbours.")
        x[group == each] = x[group == each] @ rotation(mine[i], target[j])
    return x


def met_held_out(x, group, label, k, split, rng, align):
    """Neighbours of another group and the same label, among rows that the alignment did not see.

    Parameters
    ----------
    x : array, shape (tokens, dimensions)
    group, label : sequences, length tokens
    k : int
    split : sequence, length tokens
        Rows with one value stay together when rows are dealt to two parts: the alignment learns
        from one part and is asked in the other, and the other way round.
    rng : numpy.random.Generator
    align : function of (x, group, learn)
        Such as :func:`rotated_onto`.

    Returns
    -------
    float
        Mean over both parts of the share met, over the share that perfect mixing within labels
        would give (:func:`best_possible`). Above 1, rows prefer another group to their own.
    """
    group, label = as_labels(group), as_labels(label)
    values, number = np.unique(as_labels(split), return_inverse=True)
    part = (rng.permutation(len(values)) % 2)[number]
    found = []
    for asked in (part == 0, part == 1):
        moved = align(x, group, ~asked)[asked]
        got = meetings(moved, group[asked], label[asked], k)["met"]
        found.append(got / best_possible(group[asked], label[asked], k))
    return float(np.mean(found))


def best_possible(group, label, k):
    """Share of ``k`` neighbours met if each label stood apart and its groups were mixed in it.

    References
    ----------
    Ours; for shares by group within a label compare kBET, Büttner et al. (2019),
    doi:10.1038/s41592-018-0254-1.
    """
    group, label = as_labels(group), as_labels(label)
    found = np.zeros(len(group))
    for each in np.unique(label):
        rows = np.flatnonzero(label == each)
        others = len(rows) - 1
        for row in rows if others else []:
            away = (group[rows] != group[row]).sum()
            found[row] = away / others * min(1, others / k)
    return found.mean()


def shared_directions(x, group, n=30):
    """Two groups in coordinates chosen to correlate: the diagonal form of canonical correlation.

    Columns are standardised in each group; the singular vectors of the product of the two tables
    are the coordinates of their rows, scaled to length one, as tools that look for neighbours in
    such coordinates do.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    group : sequence of two different values, length tokens

    Returns
    -------
    numpy.ndarray, shape (tokens, n)

    References
    ----------
    Butler et al. (2018), doi:10.1038/nbt.4096.
    """
    group = as_labels(group)
    x = centred_by(x, group)
    parts = [np.flatnonzero(group == each) for each in np.unique(group)]
    if len(parts) != 2:
        raise ValueError(f"group must have two different values, not {len(parts)}.")
    for rows in parts:
        spread = x[rows].std(0)
        x[rows] /= np.where(spread > 0, spread, 1)
    u, _, v = np.linalg.svd(x[parts[0]] @ x[parts[1]].T, full_matrices=False)
    found = np.zeros((len(x), n))
    for rows, part in zip(parts, (u[:, :n], v[:n].T), strict=True):
        found[rows, : part.shape[1]] = _unit(part)
    return found


def meetings(x, group, label, k):
    """Who a token's k nearest neighbours are: of another group, and of its own label.

    Parameters
    ----------
    x : array, shape (tokens, dimensions)
    group, label : sequences, length tokens
        Where a token comes from (language, species), and what it is.
    k : int

    Returns
    -------
    dict of float
        ``met``: share of neighbours of another group and the same label; ``mixed``: of another
        group; ``alike``: share of tokens whose k nearest of *another* group have for the most part
        their label (transfer of labels, whether or not the groups mix).
    """
    group, label = as_labels(group), as_labels(label)
    near = neighbours(x, k, "euclidean")
    other, same = group[near] != group[:, None], label[near] == label[:, None]
    close = similarity(x, x, "euclidean")
    close[group[:, None] == group] = -np.inf
    across = np.argpartition(-close, k - 1, axis=1)[:, :k]
    names = np.unique(label)
    votes = np.stack([(label[across] == each).sum(1) for each in names], 1)
    return {
        "met": float((other & same).mean()),
        "mixed": float(other.mean()),
        "alike": float((names[votes.argmax(1)] == label).mean()),
    }


def _unit(x):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(length > 0, length, 1)
