"""Checks of the exercises of *Geometry*: each takes a student's function and a seed."""

from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import softmax
from sklearn import metrics
from sklearn.cluster import KMeans

from celltoken import data, geometry
from celltoken.checks._core import array, call, close, diagnose, fail, number, passed
from celltoken.checks._samples import blood, glove

__all__ = [
    "participation_ratio",
    "above_edge",
    "stability",
    "is_it_evidence",
    "between",
    "confusion_at_depth",
    "attend",
    "neighbourhood_attention",
]


# -- 1 and 2: how many directions -----------------------------------------------------------------


def participation_ratio(answer, seed=0):
    """Check ``participation_ratio(x)``: (sum of variances)^2 / sum of squared variances.

    A slanted cloud that lies off the origin, and words, whose common part is not zero either.
    """
    name, rng = "participation_ratio", np.random.default_rng(seed)
    slanted = rng.normal(size=(40, 9)) @ rng.normal(size=(9, 9)) * rng.uniform(0.5, 2, 9)
    slanted += 3 * rng.normal(size=9)
    some_words = glove()[1][rng.permutation(3000)[:150]]
    for x in (slanted, some_words):
        hint = "np.linalg.svd(..., compute_uv=False) gives the singular values alone"
        value = number(name, call(name, answer, x, hint=hint))
        right = _sharing(_singular(x - x.mean(0)) ** 2)
        if not close(value, right, 1e-4 * right):
            _name_the_ratio(name, value, x, right)
    passed(name)


def _name_the_ratio(name, value, x, right):
    strengths = _singular(x - x.mean(0))
    variances = strengths**2
    shares = variances / variances.sum()
    mistakes = {
        "the columns are not centred: subtract each column's mean first.": _sharing(
            _singular(x) ** 2
        ),
        "you subtract the mean of each row; the middle of the cloud is the mean of each column.": (
            _sharing(_singular(x - x.mean(1, keepdims=True)) ** 2)
        ),
        "you subtract one mean for the whole table; each column has its own.": _sharing(
            _singular(x - x.mean()) ** 2
        ),
        "you use the singular values as they are; their squares are the variances.": _sharing(
            strengths
        ),
        "you square once too often: the variances are the squared singular values.": _sharing(
            variances**2
        ),
        "the square above the line is missing: square the sum of the variances.": (
            variances.sum() / (variances**2).sum()
        ),
        "the squares below the line are missing: square each variance, then add.": variances.sum(),
        "below the line the order is wrong: square each variance first, then add.": 1.0,
        "that is upside down: the square of the sum stands above the line.": 1 / right,
        "that is a share of the columns; return how many directions it is.": right / x.shape[1],
        "you divide the columns by their spread; that makes all coordinates equally strong.": (
            _sharing(_singular((x - x.mean(0)) / x.std(0)) ** 2)
        ),
        "those are the variances of the columns; a slanted cloud is longest between the axes, and "
        "the singular values find where.": _sharing(x.var(0)),
        "that counts every direction alike; weak ones must count less.": float(min(x.shape)),
        "that is the exponential of the entropy, another way to count; take the ratio asked for.": (
            np.exp(-(shares * np.log(np.maximum(shares, 1e-300))).sum())
        ),
    }
    otherwise = "that is not (sum of variances) squared / sum of squared variances."
    diagnose(name, value, mistakes, otherwise, lambda a, b: close(a, b, 1e-4 * abs(b)))


def above_edge(answer, seed=0):
    """Check ``above_edge(counts)``: singular values of the Pearson residuals, in units of the edge.

    A small table in three blocks, whose directions stand above every edge that is named below, and
    blood cells, with genes of which no molecule was caught.
    """
    name, rng = "above_edge", np.random.default_rng(seed)
    cells = blood(seed, cells=150, genes=500)[0]
    cells = cells[cells.sum(1) > 0]
    cells[:, rng.permutation(cells.shape[1])[:20]] = 0
    company = np.where(np.repeat(np.arange(3), 12)[:, None] == np.arange(24) % 3, 100, 5)
    company = company * rng.uniform(0.5, 2, (36, 1)) * rng.uniform(0.5, 2, 24)
    blocks = rng.poisson(company).astype(float)
    for counts in (blocks, cells):
        counts = _clear_of_the_edge(counts)
        hint = "a column of row totals times a row of column totals, divided by the grand total, "
        hint += "has the shape of the table; and a column without counts gives 0 / 0"
        value = call(name, answer, counts, hint=hint)
        right = _strengths(counts)
        right = right[right > 1]
        if not hasattr(value, "__len__") or getattr(value, "shape", None) == ():
            found = number(name, value, "the singular values above the edge, an array")
            if found == len(right):
                fail(name, "that is how many there are; return the values, and count them outside.")
            fail(name, f"return the singular values above the edge, not one number ({found:.3g}).")
        value = array(name, value, (len(value),), "the singular values above the edge")
        if not close(value, right, 1e-4):
            _name_the_edge(name, value, counts, right)
    passed(name)


def _clear_of_the_edge(counts):
    """Without its last rows, if that is needed for no singular value to lie just at the edge."""
    while np.abs(_strengths(counts) - 1).min() < 1e-3:
        counts = counts[:-1]
    return counts


def _strengths(counts):
    """All singular values of the residuals in units of the edge."""
    counts = counts[:, counts.sum(0) > 0]
    return _singular(_residuals(counts)) / np.sqrt(counts.shape).sum()


def _residuals(counts):
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    return (counts - expected) / np.sqrt(expected)


def _name_the_edge(name, value, counts, right):
    full = np.shape(counts)
    counts = counts[:, counts.sum(0) > 0]
    rows, columns = counts.shape
    rows_total, columns_total = counts.sum(1, keepdims=True), counts.sum(0, keepdims=True)
    expected = rows_total * columns_total / counts.sum()
    edge = np.sqrt(rows) + np.sqrt(columns)
    strengths = _singular(_residuals(counts))

    def above(residuals, edge=edge):
        found = _singular(residuals) / edge
        return found[found > 1]

    mistakes = {
        "these are the right directions, but not in units of the edge; divide by it.": (
            strengths[strengths > edge]
        ),
        "those are all singular values in units of the edge; keep only those above it.": (
            strengths / edge
        ),
        "those are all singular values as they are; divide by the edge and keep what exceeds 1.": (
            strengths
        ),
        "those are the directions below the edge; keep those above it.": (
            (strengths / edge)[strengths < edge]
        ),
        "the largest comes first.": right[::-1],
        "the scatter is forgotten: divide each difference by the root of what chance expects.": (
            above(counts - expected)
        ),
        "you divide by what chance expects; the scatter is its root.": above(
            (counts - expected) / expected
        ),
        "you multiply by the scatter; divide by it.": above((counts - expected) * expected**0.5),
        "what chance expects is not subtracted, so that the totals come first.": above(
            counts / np.sqrt(expected)
        ),
        "what chance expects of a pair is not the mean of its column: rows differ in their "
        "totals.": above((counts - counts.mean(0)) / np.sqrt(np.tile(counts.mean(0), (rows, 1)))),
        "what chance expects of a pair is not the mean of its row: columns differ in their "
        "totals.": above(
            (counts - counts.mean(1, keepdims=True)) / np.sqrt(counts.mean(1, keepdims=True))
        ),
        "the totals' product is not divided by the grand total.": above(
            (counts - expected * counts.sum()) / np.sqrt(expected * counts.sum())
        ),
        "your edge is the root of rows times columns; it is the sum of their roots.": above(
            _residuals(counts), np.sqrt(rows * columns)
        ),
        "your edge is rows plus columns; it is the sum of their roots.": above(
            _residuals(counts), rows + columns
        ),
        "your edge is the root of rows plus columns; it is the sum of their roots.": above(
            _residuals(counts), np.sqrt(rows + columns)
        ),
        "your edge is squared, which is the edge for eigenvalues; singular values end at the sum "
        "of the roots.": above(_residuals(counts), edge**2),
        "your edge is the root of the larger side only; add the root of the other.": above(
            _residuals(counts), np.sqrt(max(rows, columns))
        ),
        "those are squares (eigenvalues); singular values are their roots.": (strengths / edge)[
            strengths > edge
        ]
        ** 2,
        "you compare squares (eigenvalues) with the edge of singular values; take their roots.": (
            (strengths**2 / edge)[strengths**2 > edge]
        ),
        "your edge counts the columns that have no counts; leave them out first.": above(
            _residuals(counts), np.sqrt(full).sum()
        ),
    }
    if not len(value):
        fail(name, "nothing is above your edge: it is too high, or your residuals are too small.")
    otherwise = "these are not the residuals' singular values above the edge, in units of the edge."
    diagnose(name, value, mistakes, otherwise, lambda a, b: close(a, b, 1e-4))


def _singular(x):
    return np.linalg.svd(x, compute_uv=False)


def _sharing(values):
    return values.sum() ** 2 / (values**2).sum()


# -- 3 and 4: do the clusters return, and would others? -------------------------------------------


def stability(answer, seed=0):
    """Check ``stability(x, k, seeds)``: mean adjusted Rand index over all pairs of k-means runs.

    Words, two tables of them, as scikit-learn's k-means divides them from one start.
    """
    name, rng = "stability", np.random.default_rng(seed)
    vectors = glove()[1]
    for size, k, runs in ((150, 5, 4), (90, 3, 5)):
        x, seeds = _unsteady(vectors, rng, size, k, runs)
        hint = "a run is KMeans(n_clusters=k, n_init=1, random_state=...).fit_predict(x)"
        value = number(name, call(name, answer, x, k, seeds, hint=hint), "one number, the mean")
        found = [_clusters(x, k, each) for each in seeds]
        right = _agreement(combinations(found, 2))
        if not close(value, right):
            _name_the_agreement(name, value, x, k, seeds, found, right)
    passed(name)


def _unsteady(vectors, rng, size, k, runs):
    """Words and seeds for which the runs differ, so that each mistake has its own value."""
    while True:
        x = vectors[rng.permutation(2000)[:size], :30]
        seeds = [int(each) for each in rng.permutation(np.arange(10, 1000))[:runs]]
        found = [_clusters(x, k, each) for each in seeds]
        pairs = [metrics.adjusted_rand_score(a, b) for a, b in combinations(found, 2)]
        if min(pairs) < pairs[0] < max(pairs) < 1:
            return x, seeds


def _clusters(x, k, seed, **options):
    options = {"n_init": 1} | options
    return KMeans(n_clusters=k, random_state=seed, **options).fit_predict(x)


def _agreement(pairs, score=metrics.adjusted_rand_score):
    return float(np.mean([score(a, b) for a, b in pairs]))


def _name_the_agreement(name, value, x, k, seeds, found, right):
    n = len(found)
    pairs = n * (n - 1) / 2
    each = [metrics.adjusted_rand_score(a, b) for a, b in combinations(found, 2)]

    def runs(x=x, k=k, seeds=seeds, **options):
        again = [_clusters(x, k, each, **options) for each in seeds]
        return _agreement(combinations(again, 2))

    mistakes = {
        "you compare runs with themselves too, and each agrees with itself; take pairs of "
        "different runs.": (2 * sum(each) + n) / n**2,
        "you compare each run with itself besides the others; take pairs of different runs.": (
            (sum(each) + n) / (pairs + n)
        ),
        "that is the Rand index as it is, and strangers score high on it; take the adjusted one.": (
            lambda: _agreement(combinations(found, 2), metrics.rand_score)
        ),
        "you compare the clusters' numbers, but a cluster may get another number in another "
        "run.": lambda: _agreement(combinations(found, 2), lambda a, b: np.mean(a == b)),
        "you compare each run with the next only; take all pairs.": _agreement(pairwise(found)),
        "you compare each run with the first only; take all pairs.": _agreement(
            (found[0], other) for other in found[1:]
        ),
        "you compare the first two runs only; take all pairs.": each[0],
        "every pair of your runs agrees wholly, as if they were one; give each run its own seed.": (
            1.0
        ),
        "that is the sum over pairs; take the mean.": sum(each),
        "that is the sum over pairs, divided by the runs; divide by the pairs.": sum(each) / n,
        "that is the smallest agreement; take the mean.": min(each),
        "that is the largest agreement; take the mean.": max(each),
        "that is the median; take the mean.": np.median(each),
        "that is how much the runs disagree; return how much they agree.": 1 - right,
        "that is the mutual information of the runs; take the adjusted Rand index.": (
            lambda: _agreement(combinations(found, 2), metrics.adjusted_mutual_info_score)
        ),
        "that is the normalised mutual information; take the adjusted Rand index.": (
            lambda: _agreement(combinations(found, 2), metrics.normalized_mutual_info_score)
        ),
        "each of your runs takes the best of ten starts, which hides how much a start decides; set "
        "n_init=1.": lambda: runs(n_init=10),
        "your runs start from points drawn at random; leave the option init as it is.": (
            lambda: runs(init="random")
        ),
        "you number the runs yourself; use the seeds that you are given.": (
            lambda: runs(seeds=range(n))
        ),
        "you make another number of clusters; make k.": lambda: runs(k=8),
        "you scale the rows to length 1; cluster them as they are.": (
            lambda: runs(geometry.prepare(x, "cosine"))
        ),
        "you cluster the columns; the words are the rows.": lambda: runs(x.T),
    }
    otherwise = "that is not the mean adjusted Rand index over all pairs of runs."
    diagnose(name, value, mistakes, otherwise)


def is_it_evidence(answer, seed=0):
    """Check ``is_it_evidence(x, score, seeds)``: a score beyond that of shuffled columns.

    The check's own ``score`` writes down which tables it is given. So the check knows how the
    student shuffled, and what value must come of it, to the last digit.
    """
    name, rng = "is_it_evidence", np.random.default_rng(seed)
    counts = blood(seed, cells=60, genes=10, common=0.5)[0]
    x = np.log1p(counts) + rng.uniform(0, 0.01, counts.shape)  # no two entries are equal
    seeds = [int(each) for each in rng.permutation(1000)[:4]]
    hint = "default_rng(...) has methods that shuffle; score takes a table and returns a number"

    def asked(seeds):
        record = _Scorer(name, x)
        return number(name, call(name, answer, x, record, seeds, hint=hint)), record

    value, record = asked(seeds)
    copies = [each for each in record.tables if not np.array_equal(each, x)]
    if not record.tables:
        fail(name, "score is never called; it is what you compare on real and shuffled tables.")
    if not copies:
        fail(name, "no shuffled copy is ever scored; without it nothing says what chance scores.")
    for copy in copies:
        _name_the_shuffle(name, copy, x)
    if len(copies) == len(record.tables):
        fail(name, "the table itself is never scored, only shuffled copies of it.")
    if len(copies) != len(seeds):
        fail(
            name, f"there must be one shuffled copy for each seed, {len(seeds)}, not {len(copies)}."
        )
    if len({copy.tobytes() for copy in copies}) < len(seeds):
        fail(name, "your shuffled copies are the same: give each the generator of its own seed.")
    real, null = _Scorer.of(x), [_Scorer.of(copy) for copy in copies]
    right = real - np.mean(null)
    if not close(value, right):
        mistakes = {
            "the sign is wrong: it is the real score minus that of the shuffled copies.": -right,
            "that is the score itself; take off the mean score of the shuffled copies.": real,
            "that is the mean score of the shuffled copies only.": np.mean(null),
            "that is a ratio; subtract the mean score of the shuffled copies.": (
                real / np.mean(null)
            ),
            "you take off the sum of the shuffled scores; take off their mean.": real - sum(null),
            "you take off the largest shuffled score; take off the mean.": real - max(null),
            "you take off the smallest shuffled score; take off the mean.": real - min(null),
            "you take off the median of the shuffled scores; take off the mean.": (
                real - np.median(null)
            ),
            "you take off one shuffled score only; take off the mean of all.": real - null[0],
            "you take off the last shuffled score only; take off the mean of all.": real - null[-1],
            "you divide by the spread of the shuffled scores; the difference is asked for.": (
                right / np.std(null)
            ),
            "you divide by the spread of shuffled scores; the difference is asked for.": (
                right / np.std(null, ddof=1)
            ),
        }
        otherwise = "that is not the real score minus the mean score of your shuffled copies."
        diagnose(name, value, mistakes, otherwise)
    if asked(seeds)[1].signature() != record.signature():
        fail(name, "the same seeds give other copies: make the generator from a seed, inside.")
    if asked([each + 1 for each in seeds])[1].signature() == record.signature():
        fail(name, "other seeds give the same copies: use the argument seeds.")
    passed(name)


def _name_the_shuffle(name, copy, x):
    """Say what is wrong with a copy whose columns were not each permuted on their own."""
    if not np.array_equal(np.sort(copy, axis=0), np.sort(x, axis=0)):
        if np.array_equal(np.sort(copy, axis=1), np.sort(x, axis=1)):
            fail(name, "you shuffle within rows; each column must keep its own values (axis=0).")
        if np.array_equal(np.sort(copy, axis=None), np.sort(x, axis=None)):
            fail(
                name,
                "values wander from column to column, which no gene could; shuffle each column "
                "within itself.",
            )
        fail(
            name,
            "a shuffled column must hold the very values it held before, each once; permute them.",
        )
    order = np.argsort(copy, axis=0)[
        np.argsort(np.argsort(x, axis=0), axis=0), np.arange(x.shape[1])
    ]
    # order[i, j]: to which row the value of row i went, in column j
    if (order == order[:, :1]).all():
        fail(
            name,
            "whole rows change places and every cell keeps its own values, which changes nothing "
            "that a score could see; permute each column on its own.",
        )
    still = (order == np.arange(len(x))[:, None]).all(0)
    if still.any():
        fail(name, f"{still.sum()} of {len(still)} columns are not shuffled; permute every one.")
    if len({column.tobytes() for column in order.T}) < x.shape[1]:
        fail(
            name, "some columns are permuted alike and keep each other company; permute each anew."
        )


class _Scorer:
    """A score that remembers which tables it was asked for: the share of the main direction."""

    def __init__(self, name, x):
        self.name, self.shape, self.tables = name, x.shape, []

    @staticmethod
    def of(table):
        variance = _singular(table - table.mean(0)) ** 2
        return float(variance[0] / variance.sum())

    def __call__(self, table):
        table = array(self.name, table, self.shape, "to score a table")
        self.tables.append(table.copy())
        return self.of(table)

    def signature(self):
        return b"".join(table.tobytes() for table in self.tables)


# -- 5 and 6: one token, two meanings -------------------------------------------------------------


def between(answer, seed=0):
    """Check ``between(merged, a, b)``: where along the segment, and how far off it.

    Words in threes; then points beyond either end, one of them short, and one on the segment.
    """
    name, rng = "between", np.random.default_rng(seed)
    chosen = glove()[1][rng.permutation(2000)[:10]]
    a, b = chosen[6:8]
    way, aside = b - a, chosen[8] - chosen[9]
    threes = [
        *chosen[:6].reshape(2, 3, -1),
        (a + 1.6 * way + 0.2 * aside, a, b),
        (a - 0.4 * way + 0.2 * aside, a, b),
        (a + rng.uniform(0.2, 0.4) * way, a, b),
    ]
    for merged, a, b in threes:
        hint = "all three are vectors, and @ between two of them is one number"
        value = call(name, answer, merged, a, b, hint=hint)
        if isinstance(value, (float, np.floating)):
            fail(name, "return two numbers: where along the way, and how far off it.")
        value = array(name, value, (2,), "two numbers, t and off")
        _compare_places(name, value, merged, a, b)
    passed(name)


def _compare_places(name, value, merged, a, b):
    norm = np.linalg.norm
    way, out = b - a, merged - a
    length = norm(way)
    t = out @ way / length**2
    off = norm(out - t * way) / length
    if close(value, [t, off]):
        return
    if close(value, [off, t]):
        fail(name, "the order is: first where along the way, then how far off it.")
    if not np.isfinite(value).all():
        fail(name, "NaN or infinity comes out; which length do you divide by?")
    if not close(value[0], t):
        places = {
            "t is a length; divide by the length of the way once more, for a share of it.": (
                t * length
            ),
            "t is not normalised: divide by the squared length of the way.": t * length**2,
            "t is how far a is, sideways included; project on the way first.": norm(out) / length,
            "t compares the distances from both ends; project on the way instead.": (
                norm(out) / (norm(out) + norm(merged - b))
            ),
            "t is a cosine, which forgets how far one has come; divide by the squared length of "
            "the way.": t * length / norm(out) if norm(out) else np.nan,
            "t is counted from the origin; subtract a from merged first.": (
                merged @ way / length**2
            ),
            "t is counted from b; it must be 0 at a and 1 at b.": 1 - t,
            "t is a projection on b; the way is b - a.": out @ b / (b @ b),
            "t is cut off at the ends; a point may lie before a or beyond b.": np.clip(t, 0, 1),
            "t has lost its sign; before a it is negative.": abs(t),
        }
        diagnose(name, value[0], places, "t is not the share of the way from a to b.")
    asides = {
        "off is a length; divide it by the length of the way.": off * length,
        "off is squared; take the root.": off**2,
        "off is squared, and so is its unit; take the root.": off**2 * length**2,
        "off is divided by the squared length of the way; divide by the length.": off / length,
        "off is the distance from a; take it from the nearest point of the way.": norm(out)
        / length,
        "off is the distance from b; take it from the nearest point of the way.": (
            norm(merged - b) / length
        ),
        "off is the distance from the middle; take it from the nearest point of the way.": (
            norm(merged - (a + b) / 2) / length
        ),
        "off is the distance from the nearer end; take it from the nearest point of the way.": (
            min(norm(out), norm(merged - b)) / length
        ),
        "off is in units of the distance from a; the unit is the length of the way.": (
            off * length / norm(out) if norm(out) else np.nan
        ),
        "the nearest point of the way is a + t (b - a); you left a out.": (
            norm(merged - t * way) / length
        ),
        "the nearest point of the way is a + t (b - a); you went from b.": (
            norm(merged - b - t * way) / length
        ),
        "off stops at the ends; go on along the line through a and b.": (
            norm(out - np.clip(t, 0, 1) * way) / length
        ),
        "off adds the differences as they are (city block); square them, and take the root.": (
            np.abs(out - t * way).sum() / length
        ),
    }
    diagnose(name, value[1], asides, "off is not the distance from the way, in its lengths.")


def confusion_at_depth(answer, seed=0):
    """Check ``confusion_at_depth(counts, labels, pair, share, guess, seed)``.

    The check's own ``guess`` writes down the thinned counts. So the check knows how the student
    thinned, whatever generator drew, and what value must come of it.
    """
    name, rng = "confusion_at_depth", np.random.default_rng(seed)
    counts, labels, _ = blood(seed, cells=220, genes=250, smallest=8, common=0.05)
    counts = counts.astype(int)
    kinds, sizes = np.unique(labels, return_counts=True)
    pair = tuple(str(each) for each in rng.permutation(kinds[sizes >= 12])[:2])
    share = float(rng.choice([0.2, 0.3]))
    hint = "guess takes a table with a row for each cell and returns a label for each"

    def asked(seed):
        record = _Guesser(name, counts, labels, pair)
        value = call(name, answer, counts, labels, pair, share, record, seed, hint=hint)
        return number(name, value, "one share"), record

    value, record = asked(seed)
    if not record.tables:
        fail(name, "guess is never called; it says what each cell looks like at the lower depth.")
    thinned = [each for each in record.tables if not np.array_equal(each, counts)]
    if not thinned:
        fail(name, "guess only ever sees the full counts; thin them first.")
    thin = thinned[0]
    _name_the_thinning(name, thin, counts, share, labels, pair)
    own, guessed = labels, record.of(thin)
    a, b = pair
    a_as_b, b_as_a = (own == a) & (guessed == b), (own == b) & (guessed == a)
    of_pair = np.isin(own, pair)
    right = (a_as_b.sum() + b_as_a.sum()) / of_pair.sum()
    if not close(value, right):
        wrong = guessed != own
        full = record.of(counts)
        swapped_from_full = (full == a) & (guessed == b) | (full == b) & (guessed == a)
        both = (a_as_b | b_as_a).sum()
        mistakes = {
            f"you count {a} called {b} only; count {b} called {a} too.": (
                a_as_b.sum() / of_pair.sum()
            ),
            f"you count {b} called {a} only; count {a} called {b} too.": (
                b_as_a.sum() / of_pair.sum()
            ),
            "you count one direction and divide by its own type; take both, of both types.": (
                a_as_b.sum() / (own == a).sum()
            ),
            "you count one direction and divide by its type; take both, of both types.": (
                b_as_a.sum() / (own == b).sum()
            ),
            "you divide by all cells; divide by those of the pair.": both / len(own),
            "that is how many; divide by the number of cells of the pair.": both,
            "you count every wrong guess for the pair's cells; count only those for each other.": (
                wrong[of_pair].mean()
            ),
            "you count the wrong guesses for all cells; count only the pair's, for each other.": (
                wrong.mean()
            ),
            "that is the share not confused; return the share that is.": 1 - right,
            "that is the share of right guesses; count how often one is called the other.": (
                1 - wrong[of_pair].mean()
            ),
            "that is the share of right guesses among all cells; count how often one of the pair "
            "is called the other.": 1 - wrong.mean(),
            "you divide by the cells that are guessed to be of the pair; divide by those that "
            "are.": both / max(np.isin(guessed, pair).sum(), 1),
            "that is the mean of two shares, as if both types were equally common; take the share "
            "of all the pair's cells.": (
                (a_as_b.sum() / (own == a).sum() + b_as_a.sum() / (own == b).sum()) / 2
            ),
            "that is the sum of two shares; take the share of all the pair's cells.": (
                a_as_b.sum() / (own == a).sum() + b_as_a.sum() / (own == b).sum()
            ),
            "you compare with the guess at full depth; compare with the labels.": (
                swapped_from_full.sum() / max(np.isin(full, pair).sum(), 1)
            ),
            "you compare with the guess at full depth for the pair's cells; compare with the "
            "labels.": swapped_from_full.sum() / of_pair.sum(),
        }
        otherwise = "that is not the share of the pair's cells that are taken for the other type."
        diagnose(name, value, mistakes, otherwise)
    if not np.array_equal(asked(seed)[1].last(), record.last()):
        fail(name, "the same seed gives other counts: make the generator from seed, inside.")
    if np.array_equal(asked(seed + 1)[1].last(), record.last()):
        fail(name, "another seed gives the same counts: use the argument seed.")
    passed(name)


def _name_the_thinning(name, thin, counts, share, labels, pair):
    """Say what is wrong with thinned counts of which each molecule was not kept on its own."""
    if thin.shape != counts.shape:
        if thin.shape == (np.isin(labels, pair).sum(), counts.shape[1]):
            fail(
                name,
                "guess sees the pair's cells only; give it all cells, for all are neighbours.",
            )
        if thin.shape[1] == counts.shape[1]:
            fail(name, "you leave out cells; every cell stays and loses molecules.")
        fail(name, f"guess needs a table of shape {counts.shape}, not {thin.shape}.")
    if close(thin, counts * share):
        fail(
            name,
            "you scale the counts, and nothing is lost by that; each molecule is kept or lost: "
            "draw.",
        )
    if not np.array_equal(thin, np.rint(thin)):
        fail(
            name,
            "what you hand to guess are not whole numbers; thin the raw counts, and leave it to "
            "guess to normalise.",
        )
    if (thin < 0).any() or (thin > counts).any():
        fail(
            name,
            "some cell has more molecules than before; draw from those that it has (binomial).",
        )
    if any(np.array_equal(thin, f(counts * share)) for f in (np.round, np.floor, np.ceil)):
        fail(name, "you scale and round, which is no chance; each molecule is kept or lost: draw.")
    total, kept = counts.sum(), thin.sum() / counts.sum()
    changed = thin != counts
    for axis, what in ((1, "cells"), (0, "genes")):
        all_or_none = (~changed).all(axis) | (thin == 0).all(axis)
        if all_or_none.all():
            fail(name, f"whole {what} are lost and the others lose nothing; thin molecules.")
    several = counts > 1
    if (~changed | (thin == 0))[several].all() and several.sum() > 20:
        fail(
            name,
            "all molecules of a gene in a cell are kept or lost together; each has its own chance.",
        )
    for wanted, sentence in (
        (share, None),
        (1 - share, "you keep 1 - share of the molecules; keep the share."),
        (share**2, "the molecules are thinned twice; once is enough."),
    ):
        if abs(kept - wanted) < 5 * np.sqrt(wanted * (1 - wanted) / total):
            if sentence:
                fail(name, sentence)
            return
    fail(name, f"you keep {kept:.0%} of the molecules, and share is {share:.0%}.")


class _Guesser:
    """Labels that depend on nothing but a table's total; remembers the tables it was given."""

    def __init__(self, name, counts, labels, pair):
        self.name, self.labels, self.pair, self.tables = name, labels, pair, []

    def of(self, table):
        rng = np.random.default_rng(int(abs(table.sum())))
        guessed, (a, b) = np.array(self.labels), self.pair
        other = next(each for each in np.unique(self.labels) if each not in self.pair)
        luck = rng.random(len(guessed))
        for one, two, rate in ((a, b, 0.25), (b, a, 0.45)):
            cells = np.array(self.labels) == one
            guessed[cells & (luck < rate)] = two
            guessed[cells & (luck > 0.85)] = other
        strangers = ~np.isin(self.labels, self.pair)
        guessed[strangers & (luck < 0.2)] = a
        guessed[strangers & (luck > 0.9)] = b
        return guessed

    def __call__(self, table):
        table = np.asarray(table)
        if table.ndim != 2 or table.dtype.kind not in "biuf":
            fail(self.name, "guess takes a table of counts, one row for each cell.")
        if not np.isfinite(table).all():
            fail(self.name, "guess is given NaN or infinity; it takes counts.")
        self.tables.append(table.copy())
        guessed = self.of(table)
        return guessed[: len(table)] if len(table) < len(guessed) else guessed

    def last(self):
        return self.tables[-1]


# -- 7 and 8: attention ---------------------------------------------------------------------------


def attend(answer, seed=0):
    """Check ``attend(queries, keys, values)``: one causal head of attention.

    Random tables; first of three widths, so that a wrong length shows, then square, so that
    exchanged axes give numbers and not an error.
    """
    name, rng = "attend", np.random.default_rng(seed)
    for tokens, width, out in ((6, 4, 3), (5, 5, 5)):
        queries, keys = rng.normal(scale=1.5, size=(2, tokens, width))
        values = rng.normal(size=(tokens, out))
        hint = "queries @ keys.T is the table of scores, a row for each token that looks"
        value = call(name, answer, queries, keys, values, hint=hint)
        if getattr(value, "shape", None) == (tokens, tokens) and tokens != out:
            fail(name, "those are weights, or scores; mix the values with the weights.")
        value = array(name, value, values.shape, "one row for each token, an array")
        _compare_heads(name, value, queries, keys, values)
    passed(name)


def _compare_heads(name, value, queries, keys, values):
    raw, (tokens, width) = queries @ keys.T, queries.shape
    scores = raw / np.sqrt(width)
    ahead = np.triu(np.ones((tokens, tokens), dtype=bool), 1)

    def causal(scores, axis=1, hidden=ahead, below=-np.inf):
        return softmax(np.where(hidden, below, scores), axis=axis) @ values

    if close(value, causal(scores)):
        return
    strict = np.tri(tokens, dtype=bool).T
    strict[0, 0] = False  # or its softmax would be 0 / 0
    if np.isnan(value).any():
        if not np.isnan(value[1:]).any():
            fail(
                name,
                "the first token sees nothing, not even itself, which gives NaN; hide only what "
                "comes after.",
            )
        if not np.isnan(value[:-1]).any():
            fail(name, "you hide the past and the token itself; hide what comes after.")
        fail(name, "NaN comes out: a row in which all is hidden has no softmax.")
    weights = softmax(np.where(ahead, -np.inf, scores), axis=1)
    hidden_late = np.where(ahead, 0, softmax(scores, axis=1))
    mistakes = {
        "the scores are not scaled: divide them by the root of the keys' length.": causal(raw),
        "you divide by the keys' length; divide by its root.": causal(raw / width),
        "you multiply by the root of the keys' length; divide by it.": causal(raw * np.sqrt(width)),
        "you divide by the root of the number of tokens; take the length of a key.": causal(
            raw / np.sqrt(tokens)
        ),
        "you divide by the root of the values' length; take the length of a key.": causal(
            raw / np.sqrt(values.shape[1])
        ),
        "nothing is hidden: a token must not see those that come after it.": (
            softmax(scores, axis=1) @ values
        ),
        "you hide the past; hide what comes after a token.": causal(scores, hidden=ahead.T),
        "a token must see itself too; hide only what comes after.": causal(scores, hidden=strict),
        "you hide by setting scores to 0, and the softmax gives 0 a weight; set them to -inf.": (
            causal(scores, below=0)
        ),
        "you hide after the softmax, so that the weights of a row no longer sum to 1; hide "
        "before.": hidden_late @ values,
        "your softmax runs down the columns; each row must sum to 1 (axis=1).": causal(
            scores, axis=0
        ),
        "your softmax runs over the whole table; each row must sum to 1 (axis=1).": causal(
            scores, axis=None
        ),
        "queries and keys are exchanged: a row of scores belongs to the token that looks.": (
            causal(scores.T)
        ),
        "your weights are turned round: row i of the weights mixes the values for token i.": (
            weights.T @ values
        ),
        "you mix with the scores; make weights of them first, with softmax.": (
            np.where(ahead, 0, scores) @ values
        ),
        "your weights do not sum to 1; divide by the sum of the row, as softmax does.": (
            np.where(ahead, 0, np.exp(scores)) @ values
        ),
        "you take the one best match; let all that a token sees have their share.": values[
            np.where(ahead, -np.inf, scores).argmax(1)
        ],
        "all tokens count alike; weigh them by the softmax of the scores.": (
            np.cumsum(values, axis=0) / np.arange(1, tokens + 1)[:, None]
        ),
        "you return the values as they are; mix them with the weights.": values,
        "you add the values themselves; return the mixture alone.": weights @ values + values,
    }
    if keys.shape == values.shape:
        mistakes["you mix the keys; mix the values."] = weights @ keys
        mistakes["you mix the queries; mix the values."] = weights @ queries
    otherwise = "that is not softmax(scores) @ values, with what comes after hidden."
    diagnose(name, value, mistakes, otherwise)


def neighbourhood_attention(answer, seed=0):
    """Check ``neighbourhood_attention(x, positions, width)``: each spot's mean of the others.

    A patch of a tumour, first oblong, then with as many genes as spots, so that exchanged axes give
    numbers and not an error.
    """
    name, rng = "neighbourhood_attention", np.random.default_rng(seed)
    expression, places = _tumour()
    for spots, genes in ((45, 12), (20, 20)):
        apart = np.linalg.norm(places - places[rng.integers(len(places))], axis=1)
        near = rng.permutation(np.argsort(apart, kind="stable")[:spots])
        x = expression[near][:, rng.permutation(600)[:genes]]
        positions = places[near] + rng.uniform(-0.2, 0.2, (spots, 2))
        width = float(np.round(rng.uniform(2.2, 3.0), 2))
        hint = "cdist(positions, positions) is a table of spots by spots, as the weights must be"
        value = call(name, answer, x, positions, width, hint=hint)
        if getattr(value, "shape", None) == (spots, spots) and spots != genes:
            fail(name, "those are weights, or distances; return each spot's weighted mean.")
        value = array(name, value, x.shape, "one row for each spot, an array")
        _compare_neighbourhoods(name, value, x, positions, width)
    passed(name)


def _compare_neighbourhoods(name, value, x, positions, width):
    apart = cdist(positions, positions)
    self = np.eye(len(x), dtype=bool)

    def kernel(exponent):
        return np.where(self, 0, np.exp(exponent))

    def mean(weights):
        return weights @ x / weights.sum(1, keepdims=True)

    weights = kernel(-(apart**2) / (2 * width**2))
    whole = weights + self
    if close(value, mean(weights)):
        return
    if not np.isfinite(value).all():
        fail(
            name, "NaN or infinity comes out; is a spot's own weight 0, and its sum of others not?"
        )
    mistakes = {
        "each spot looks at itself as well; its own weight must be 0.": mean(whole),
        "the weights are not normalised: divide by the sum of each spot's weights.": weights @ x,
        "each spot looks at itself, and the weights are not normalised.": whole @ x,
        "you normalise the columns of the weights; it is each row that must sum to 1.": (
            weights / weights.sum(0) @ x
        ),
        "you set a spot's own weight to 0 after dividing by the sum; do it before.": (
            np.where(self, 0, whole / whole.sum(1, keepdims=True)) @ x
        ),
        "you divide by the number of spots; divide by the sum of each spot's weights.": (
            weights @ x / len(x)
        ),
        "you divide by the number of other spots; divide by the sum of each spot's weights.": (
            weights @ x / (len(x) - 1)
        ),
        "you divide by the sum of all weights; divide by the sum of each spot's.": (
            weights @ x / weights.sum()
        ),
        "the distance is not squared.": mean(kernel(-apart / (2 * width**2))),
        "the distance is squared twice.": mean(kernel(-(apart**4) / (2 * width**2))),
        "the width is not squared.": mean(kernel(-(apart**2) / (2 * width))),
        "neither the distance nor the width is squared.": mean(kernel(-apart / (2 * width))),
        "neither the distance nor the width is squared, and the 2 is missing.": mean(
            kernel(-apart / width)
        ),
        "the 2 in the exponent is missing.": mean(kernel(-((apart / width) ** 2))),
        "you multiply by the width; divide, so that a large width reaches far (mind the "
        "brackets).": mean(kernel(-(apart**2) / 2 * width**2)),
        "the minus sign is missing: far spots must weigh less.": mean(
            kernel(apart**2 / (2 * width**2))
        ),
        "the weights are one over the distance; take exp of minus its square.": mean(
            np.where(self, 0, 1 / np.where(self, 1, apart))
        ),
        "all spots within the width count alike; let the weight fall off with distance.": (
            lambda: np.nan_to_num(mean(np.where(self, 0, apart <= width) + 1e-300))
        ),
        "all other spots count alike, near or far.": mean(np.where(self, 0, 1.0)),
        "you measure how much spots differ in expression; distance is between positions.": (
            lambda: mean(np.where(self, 0, np.exp(-(cdist(x, x) ** 2) / (2 * width**2))) + 1e-300)
        ),
        "you take the softmax of the weights; they are exp of something already, so divide by "
        "their sum.": softmax(weights, axis=1) @ x,
        "you add the spot itself; return the mean of the others alone.": mean(weights) + x,
        "that is how far a spot differs from its neighbourhood; return the neighbourhood.": (
            x - mean(weights)
        ),
        "you return the expression as it was; mix the other spots' into it.": x,
    }
    otherwise = "that is not the mean of the other spots with weights exp(-d² / 2 width²)."
    diagnose(name, value, mistakes, otherwise)


@lru_cache
def _tumour():
    spots = data.load("tumour_spots")
    genes = np.argsort(-np.asarray(spots.X.mean(0)).ravel(), kind="stable")[:600]
    table = spots.X[:, genes]
    table = table.toarray() if hasattr(table, "toarray") else np.asarray(table)
    return np.log1p(table.astype(float)), spots.obs[["x", "y"]].to_numpy(dtype=float)
