"""What is measured: a list of rows, each a function of an embedding giving a value a row asked.

A measurement returns one value (or a few) for every row that is asked about, and a summary turns
the values of any rows into the number: so every number can be resampled over rows or donors, and
two embeddings can be compared on the same resample.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import skdim
from scipy import sparse, stats
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from celltoken.methods.dimension import cluster
from celltoken.methods.neighbours import majority_label, rows_for_metric
from celltoken.methods.nulls import shuffle_labels
from celltoken.methods.probes import control_labels

K = 10  # neighbours
FOLDS = 4
CLUSTERS = 60  # of the control task
BLOCK = 4000  # rows compared with those asked at a time


# -- one embedding --------------------------------------------------------------------------------


@dataclass
class Questions:
    """What all embeddings of a table are asked alike."""

    table: object
    asked: np.ndarray  # rows asked about
    held_out: object = None  # levels of one half of the events
    seed: int = 0
    classes: np.ndarray = field(init=False)

    def __post_init__(self):
        self.labels = np.asarray(self.table.labels, str)
        self.classes = self.labels[self.asked]
        batch = self.table.batch
        self.batch = None if batch is None else np.asarray(batch, str)

    @cached_property
    def raw_neighbours(self):
        """Neighbours by the levels themselves (log-normalised counts, or PPMI)."""
        return nearest(self.table.levels(), self.asked, K, self.table.metric)

    @cached_property
    def split_of_rows(self):
        """Folds of the rows asked about, each class in all of them."""
        deal = StratifiedKFold(FOLDS, shuffle=True, random_state=self.seed)
        return list(deal.split(self.classes, self.classes))

    @cached_property
    def control(self):
        """Labels dealt at random to clusters of like rows: what only memory can tell."""
        x = self.table.x[self.asked]
        groups = cluster(x, min(CLUSTERS, len(x) // 10), self.seed)
        dealt = control_labels(self.classes, groups, np.random.default_rng(self.seed))
        if len(set(dealt)) < 2:  # one class is the commonest everywhere
            dealt = shuffle_labels(self.classes, self.seed)
        return dealt

    @cached_property
    def expected(self):
        """Powers of each row's depth, its group (one for all), curves of each group's columns."""
        return self._curves(np.zeros(len(self.labels), int))

    @cached_property
    def expected_within(self):
        """The same with a group for each label."""
        return self._curves(np.unique(self.labels, return_inverse=True)[1])

    def _curves(self, group):
        depth = np.log(self.table.totals)
        depth = (depth - depth.mean()) / (depth.std() or 1)
        powers = np.column_stack([np.ones(len(depth)), depth, depth**2])
        curves = np.zeros((group.max() + 1, 3, self.held_out.shape[1]), np.float32)
        for each in range(group.max() + 1):
            rows = np.flatnonzero(group == each)
            some = powers[rows] if len(rows) > 20 else powers[rows] * [1, 0, 0]
            curves[each] = np.linalg.pinv(some.T @ some) @ (self.held_out[rows].T @ some).T
        return powers, group, curves

    @cached_property
    def depth(self):
        """Logarithm of a row's total less the mean of its label, for the rows asked about."""
        depth = np.log(self.table.totals[self.asked])
        return depth - _mean_of_group(depth, self.classes)


class Embedding:
    """One embedding in the questions' hands; neighbours are searched once."""

    def __init__(self, x, questions):
        self.all, self.questions = x, questions
        self.x = np.asarray(x[questions.asked], np.float64)

    @cached_property
    def neighbours(self):
        """Nearest of all rows to those asked about."""
        return nearest(self.all, self.questions.asked, K, self.questions.table.metric)

    @cached_property
    def told(self):
        """1 where a probe tells the label; for two rows."""
        return _probed(self.x, self.questions.classes, self.questions)

    @cached_property
    def among_asked(self):
        """Nearest of the rows asked about, to each other."""
        every = np.arange(len(self.x))
        return nearest(self.x, every, K, self.questions.table.metric)


def nearest(x, asked, k, metric="euclidean", barred=None):
    """The k nearest rows to some rows, nearest first, in memory that grows with the rows asked.

    Parameters
    ----------
    x : array or sparse matrix, shape (rows, columns)
    asked : array of int
        Rows whose neighbours are wanted; none is its own.
    k : int
    metric : {"euclidean", "cosine"}
    barred : array, length rows, optional
        A row never gets neighbours of its own value here (its batch).

    Returns
    -------
    numpy.ndarray of int, shape (rows asked, k)
        -1 where there are fewer than k.
    """
    x = rows_for_metric(x, metric)
    dense = (lambda part: part.toarray()) if sparse.issparse(x) else np.asarray
    kind = np.float32 if sparse.issparse(x) else np.float64
    ours = np.asarray(dense(x[asked]), kind)
    best = np.full((len(asked), k), np.inf, kind)
    found = np.full((len(asked), k), -1)
    for start in range(0, x.shape[0], BLOCK):
        part = np.asarray(dense(x[start : start + BLOCK]), kind)
        numbers = np.arange(start, start + len(part))
        apart = (part**2).sum(1) - 2 * ours @ part.T  # less |ours|^2, which changes no order
        apart[asked[:, None] == numbers] = np.inf
        if barred is not None:
            apart[barred[asked][:, None] == barred[numbers]] = np.inf
        best, found = _keep_best(best, found, apart, numbers, k)
    found[~np.isfinite(best)] = -1
    return found


def _keep_best(best, found, apart, numbers, k):
    near = np.argpartition(apart, k - 1, axis=1)[:, :k] if apart.shape[1] > k else None
    near = np.tile(np.arange(apart.shape[1]), (len(apart), 1)) if near is None else near
    best = np.hstack([best, np.take_along_axis(apart, near, 1)])
    found = np.hstack([found, numbers[near]])
    order = np.argsort(best, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(best, order, 1), np.take_along_axis(found, order, 1)


# -- measurements: a value for each row asked ------------------------------------------------------


def label_agreement(one):
    """1 where the ten nearest vote for the row's own label."""
    asked = one.questions.asked
    return (majority_label(one.neighbours, one.questions.labels) == one.questions.labels[asked]) * 1


def held_out_agreement(one, within=False):
    """Correlation of a row's held-out profile with the mean one of its neighbours.

    Both less what is expected at the rows' depths (a parabola in the log total for each column, of
    all rows or, ``within``, of the label), so that random neighbours give zero, and so do
    neighbours that are alike in nothing but depth.
    """
    questions = one.questions
    near = nearest_within(one.all, questions) if within else one.neighbours
    return _agreement(questions, near, within)


def _agreement(questions, near, within):
    levels, asked = questions.held_out, questions.asked
    depth, group, expected = questions.expected_within if within else questions.expected
    found = np.empty(len(asked))
    for start in range(0, len(asked), 500):
        rows = slice(start, start + 500)
        k = (near[rows] >= 0).sum(1)
        members = near[rows][near[rows] >= 0]
        share = np.repeat(1 / np.maximum(k, 1), k)
        place = (share, (np.repeat(np.arange(len(k)), k), members))
        mean = sparse.csr_matrix(place, shape=(len(k), levels.shape[0]))
        curve = expected[group[asked[rows]]]
        ours = levels[asked[rows]].toarray() - _at(depth[asked[rows]], curve)
        theirs = (mean @ levels).toarray() - _at(mean @ depth, curve)
        found[rows] = _row_correlation(ours, theirs) * (k > 0)
    return found


def _at(depth, curve):
    return np.einsum("id,idc->ic", depth, curve)


def nearest_within(x, questions):
    """Nearest rows of the same label, searched among all rows of that label."""
    found = np.full((len(questions.asked), K), -1)
    for name in np.unique(questions.classes):
        rows = np.flatnonzero(questions.labels == name)
        mine = np.flatnonzero(questions.classes == name)
        place = np.searchsorted(rows, questions.asked[mine])
        near = nearest(x[rows], place, min(K, len(rows) - 1), questions.table.metric)
        found[mine, : near.shape[1]] = np.where(near >= 0, rows[near], -1)
    return found


def kept_neighbours(one):
    """Share of the ten nearest by raw counts that are among the ten nearest here."""
    return shared(one.questions.raw_neighbours, one.neighbours)


def shared(a, b):
    """Share of each row's neighbours that two lists have in common."""
    return (a[:, :, None] == b[:, None, :]).any(2).mean(1)


def recall_across(one):
    """1 where the ten nearest of other batches vote for the row's own label; NaN if none has it."""
    questions = one.questions
    near = nearest(one.all, questions.asked, K, questions.table.metric, questions.batch)
    near = np.where(near >= 0, near, near[:, :1])
    right = (majority_label(near, questions.labels) == questions.classes) * 1.0
    right[~_met_elsewhere(questions)] = np.nan
    return right


def _met_elsewhere(questions):
    """Whether a row's label occurs in another batch, for the rows asked about."""
    pairs = {(label, batch) for label, batch in zip(questions.labels, questions.batch, strict=True)}
    batches = {}
    for label, batch in pairs:
        batches.setdefault(label, set()).add(batch)
    mine = zip(questions.classes, questions.batch[questions.asked], strict=True)
    return np.array([bool(batches[label] - {batch}) for label, batch in mine])


def mixing(one):
    """Of neighbours of the own label: those from other batches, and as many as are expected.

    Expected is the share of other batches among the rows of the label; NaN if there is none.
    """
    questions = one.questions
    near, asked = one.neighbours, questions.asked
    away = questions.batch[near] != questions.batch[asked][:, None]
    same = questions.labels[near] == questions.classes[:, None]
    both = np.char.add(np.char.add(questions.labels, "\x1f"), questions.batch)
    sizes, parts = _sizes(questions.labels), _sizes(both)
    own = np.array([sizes[questions.labels[row]] for row in asked])
    here = np.array([parts[both[row]] for row in asked])
    other = (own - here) / np.maximum(own - 1, 1)
    found = np.column_stack([(away & same).sum(1), same.sum(1) * other])
    return np.where(_met_elsewhere(questions)[:, None], found, np.nan)


def probe(one):
    """1 where a linear probe that was fitted to other rows tells the label."""
    return one.told


def best_columns(one):
    """The same from as many single columns of the counts, those that tell labels best."""
    questions = one.questions
    x = questions.table.levels()[questions.asked].toarray()
    return _probed(x, questions.classes, questions, columns=one.all.shape[1])


def every_column(one):
    """The same from all columns of the levels."""
    questions = one.questions
    x = questions.table.levels()[questions.asked].toarray()
    return _probed(x, questions.classes, questions)


def selectivity(one):
    """Right on the label less right on a control label, by two probes alike."""
    questions = one.questions
    control = _probed(one.x, questions.control, questions)
    return probe(one) - control


def _probed(x, labels, questions, columns=None):
    told = np.empty(len(labels), dtype=labels.dtype)
    for learn, ask in questions.split_of_rows:
        kept = np.arange(x.shape[1])
        if columns is not None and columns < len(kept):
            varied = np.flatnonzero(np.ptp(x[learn], axis=0) > 0)
            telling = f_classif(x[learn][:, varied], labels[learn])[0]
            kept = varied[np.argsort(-telling, kind="stable")[:columns]]
        if len(set(labels[learn])) < 2:
            told[ask] = labels[learn[0]]
            continue
        fit = LogisticRegression(C=0.1, class_weight="balanced", max_iter=300, tol=1e-3)
        model = make_pipeline(StandardScaler(), fit).fit(x[learn][:, kept], labels[learn])
        told[ask] = model.predict(x[ask][:, kept])
    return (told == labels) * 1.0


def depth_told(one):
    """Squared error of the depth told from the embedding, and squared depth: within labels."""
    y = one.questions.depth
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 7)))
    deal = KFold(FOLDS, shuffle=True, random_state=one.questions.seed)
    x = one.x - _mean_of_group(one.x, one.questions.classes)
    return np.column_stack([(y - cross_val_predict(model, x, y, cv=deal)) ** 2, y**2])


def mean_cosine(one):
    """Mean cosine of a row with the other rows asked about."""
    x = rows_for_metric(one.x, "cosine")
    return (x @ x.sum(0) - (x**2).sum(1)) / (len(x) - 1)


def times_neighbour(one):
    """How often a row is among the ten nearest of the other rows asked about."""
    return np.bincount(one.among_asked.ravel(), minlength=len(one.x)).astype(float)


def coordinates(one):
    return one.x


def local_dimension(one):
    """Maximum-likelihood dimension around each row, from its twenty nearest (scikit-dimension)."""
    spread = np.abs(one.x).max() or 1
    noise = np.random.default_rng(0).normal(size=one.x.shape) * spread * 1e-9  # parts equal rows
    if one.x.shape[1] < 2:
        return np.full(len(one.x), np.nan)
    fitted = skdim.id.MLE().fit(one.x + noise, n_neighbors=min(20, len(one.x) - 1))
    return fitted.dimension_pw_


# -- summaries: from values of some rows to the number ---------------------------------------------


def balanced(values, classes):
    """Mean over classes of the mean over a class's rows; rows that are NaN are not asked."""
    known = ~np.isnan(values)
    if not known.any():  # a resample of batches none of whose labels is in another
        return float("nan")
    names, code = np.unique(classes[known], return_inverse=True)
    return float((np.bincount(code, values[known]) / np.bincount(code)).mean())


def mean(values, classes):
    return float(np.nanmean(values))


def ratio(values, classes):
    known = values[~np.isnan(values).any(1)]
    return float(known[:, 0].sum() / max(known[:, 1].sum(), 1e-12)) if len(known) else np.nan


def explained(values, classes):
    return float(1 - values[:, 0].sum() / max(values[:, 1].sum(), 1e-12))


def skewness(values, classes):
    return float(stats.skew(values))


def participation(values, classes):
    """(sum v)^2 / sum v^2 of the variances v along the main directions."""
    x = values - values.mean(0)
    square = x.T @ x if x.shape[1] <= len(x) else x @ x.T
    return float(np.trace(square) ** 2 / (square**2).sum())


def harmonic(values, classes):
    """The maximum-likelihood estimate of all rows: harmonic mean of the local ones."""
    good = values[np.isfinite(values) & (values > 0)]
    return float(1 / (1 / good).mean()) if len(good) else float("nan")


def _row_correlation(a, b):
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(1) / np.where(length > 0, length, 1)


def _mean_of_group(values, group):
    names, code = np.unique(group, return_inverse=True)
    member = sparse.csr_matrix((np.ones(len(code)), (code, np.arange(len(code)))))
    size = np.asarray(member.sum(1)).ravel()
    means = member @ values
    return (means / (size[:, None] if values.ndim > 1 else size))[code]


def _sizes(names):
    return dict(zip(*np.unique(names, return_counts=True), strict=True))


# -- the list --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of the trial.

    ``better``: +1 if more speaks for the embedding, -1 if less does, 0 if neither (``mixing``: +1
    if batches are technical). ``margin``: the
    least difference that matters; ``relative``: as a share of what the rival gains over the
    Gaussian.
    """

    name: str
    title: str
    measure: Callable
    summary: Callable
    better: int
    margin: float
    means: str
    lesson: str
    needs: tuple = ()  # of "counts", "batch"
    relative: bool = False
    also: tuple = ()  # (name, measurement): further rivals
    rival: str = "PCA"  # the one to beat


ROWS = (
    Row(
        "labels",
        "Neighbours share the label",
        label_agreement,
        balanced,
        +1,
        0.05,
        "How often a row's ten nearest vote for its own label, a mean over labels; if labels were "
        "made from the same counts, this is partly circular.",
        "context/distributional_hypothesis",
    ),
    Row(
        "held_out",
        "Neighbours agree on held-out counts",
        held_out_agreement,
        mean,
        +1,
        0.1,
        "Correlation of a row's half of the events with that of its ten nearest, which no label "
        "went into, beyond what depth explains; zero for random neighbours. What was made from "
        "these events has an advantage: PCA of all and probably yours, but not PCA of half. Better "
        "is only what beats the first, worse what does not reach the second.",
        "tokens/which_unit_recurs",
        needs=("counts",),
        relative=True,
        rival="PCA of half",
    ),
    Row(
        "within_label",
        "The same within a label",
        lambda one: held_out_agreement(one, within=True),
        mean,
        +1,
        0.1,
        "As above among rows of one label: what the embedding knows beyond the label. An embedding "
        "that was given the labels and nothing else is at zero.",
        "limits/your_embedding_on_trial",
        needs=("counts",),
        relative=True,
        rival="PCA of half",
    ),
    Row(
        "kept",
        "Neighbours by raw counts are kept",
        kept_neighbours,
        mean,
        +1,
        0.1,
        "Share of a row's ten nearest by the raw counts that are among its ten nearest here. More "
        "is nearer to the raw counts, noise included, so a better embedding may keep fewer.",
        "context/choosing_a_metric",
        needs=("counts",),
        relative=True,
    ),
    Row(
        "recall",
        "The label is found in other batches",
        recall_across,
        balanced,
        +1,
        0.05,
        "How often a row's ten nearest of other batches vote for its label, which holds also where "
        "the batches lie apart.",
        "cross_lingual/aligning_languages_and_species",
        needs=("batch",),
    ),
    Row(
        "mixing",
        "Batches mix within labels",
        mixing,
        ratio,
        0,
        0.05,
        "Of neighbours that share the label, how many are from other batches, as a share of what "
        "perfect mixing would give. Noise mixes perfectly, so read it with the row above. Whether "
        "more is better depends on what batches are: to lose a run is a merit, to lose a condition "
        "is a loss. It is judged if you say that batches are technical, with --technical.",
        "context/static_and_contextual_coordinates",
        needs=("batch",),
    ),
    Row(
        "probe",
        "A linear probe reads the label",
        probe,
        balanced,
        +1,
        0.05,
        "Balanced accuracy of logistic regression on rows it was not fitted to, beside the same "
        "from as many best single columns of the counts, and from all of them.",
        "cross_lingual/linear_probes",
        also=(("best columns", best_columns), ("all columns", every_column)),
    ),
    Row(
        "selectivity",
        "The probe reads more than it memorises",
        selectivity,
        balanced,
        +1,
        0.05,
        "Accuracy on labels less accuracy on labels dealt at random to sixty clusters of like "
        "rows, which only memory can tell. Wide embeddings make memory cheap.",
        "cross_lingual/linear_probes",
    ),
    Row(
        "depth",
        "Depth can be read from it (less is better)",
        depth_told,
        explained,
        -1,
        0.05,
        "Share of the variance of a row's log total that ridge regression tells, within labels. "
        "Depth is mostly technical, though large cells do have more molecules.",
        "geometry/read_depth_and_second_channels",
        needs=("counts",),
    ),
    Row(
        "half_depth",
        "Neighbours survive half the depth",
        None,  # only what can be made anew: see judge
        mean,
        +1,
        0.05,
        "Share of ten neighbours that stay when every event is kept with one half chance. A given "
        "embedding cannot be made anew from here, so this is for its rivals only: make yours "
        "from thinned counts, and compare.",
        "geometry/read_depth_and_second_channels",
        needs=("counts",),
    ),
    Row(
        "anisotropy",
        "Rows point the same way",
        mean_cosine,
        mean,
        0,
        0.05,
        "Mean cosine of two rows: near one, the embedding is a narrow cone, and cosines must be "
        "centred before they are read.",
        "geometry/dynamic_embeddings",
    ),
    Row(
        "hubness",
        "Some rows are everybody's neighbours",
        times_neighbour,
        skewness,
        0,
        0.5,
        "Skewness of how often a row is among another's ten nearest: zero if all are alike, above "
        "one if hubs take the votes.",
        "cross_lingual/aligning_languages_and_species",
    ),
    Row(
        "directions",
        "Directions that hold the variance",
        coordinates,
        participation,
        0,
        0.5,
        "Participation ratio: over how many directions the variance is spread, whatever the width.",
        "analogies/dimension",
    ),
    Row(
        "dimension",
        "Intrinsic dimension",
        local_dimension,
        harmonic,
        0,
        1.0,
        "Dimension from distances to twenty neighbours. Only below that of a Gaussian of the same "
        "covariance does it speak for a manifold (or for clusters, which lower it too).",
        "analogies/dimension",
    ),
)
