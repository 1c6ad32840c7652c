"""The numbers of a whole trial, again: from the same cells by scikit-learn, scipy and scanpy only.

Nothing of the trial's or the course's code is used on this side but the two halves of the counts,
which are random, and the control labels, which are checked to be what they should be.
"""

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import sparse, stats
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors, kneighbors_graph
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from celltoken.trial import Table, hold, judge
from celltoken.trial.measurements import ROWS, Questions

SIZE, WIDTH = 400, 8


@pytest.fixture(scope="module")
def cells():
    """Three types of unlike size, a state within them, three batches, and a noisy embedding."""
    rng = np.random.default_rng(3)
    kind, batch = rng.choice(3, SIZE, p=[0.5, 0.3, 0.2]), rng.integers(0, 3, SIZE)
    state = rng.normal(size=(SIZE, 2))
    level = rng.gamma(1, 1, size=(3, 300))[kind] * np.exp(0.5 * state @ rng.normal(size=(2, 300)))
    level = level * np.exp(0.4 * rng.normal(size=(3, 300)))[batch]
    counts = rng.poisson(level * rng.lognormal(0, 0.4, SIZE)[:, None]).astype("f4")
    known = [1.5 * np.eye(3)[kind], np.eye(3)[batch], state, np.log(counts.sum(1, keepdims=True))]
    x = np.hstack(known) @ rng.normal(size=(9, WIDTH)) + 1.2 * rng.normal(size=(SIZE, WIDTH)) + 0.5
    return {
        "x": x,
        "labels": np.array(list("abc"))[kind],
        "batch": np.array(list("uvw"))[batch],
        "counts": counts,
    }


@pytest.fixture(scope="module")
def trial(cells):
    """The trial, all cells asked about, and the two halves that it dealt the counts to."""
    halves, deal = [], judge.split
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "split", lambda *given: halves.append(deal(*given)) or halves[-1])
        found = hold(Table(**cells), asked=SIZE, resamples=20)
    assert len(halves) == 1 and (sum(halves[0]) != sparse.csr_matrix(cells["counts"])).nnz == 0
    return found, [half.toarray() for half in halves[0]]


@pytest.fixture(scope="module")
def other(cells, trial):
    return Other(cells, *trial[1])


def levels(counts):
    adata = anndata.AnnData(counts.copy())
    sc.pp.normalize_total(adata, target_sum=1e4)
    return sc.pp.log1p(adata, copy=True).X


def components(x):
    return PCA(WIDTH, svd_solver="full").fit_transform(np.asarray(x, float))


def ten_nearest(x):
    adata = anndata.AnnData(obs=pd.DataFrame(index=map(str, range(len(x)))), obsm={"X": x})
    sc.pp.neighbors(adata, n_neighbors=11, use_rep="X", method="gauss")
    return adata.obsp["distances"].tolil().rows


class Other:
    """Each row of a trial, by other means."""

    def __init__(self, cells, half, held_out):
        self.y, self.batch, self.counts = cells["labels"], cells["batch"], cells["counts"]
        self.total = self.counts.sum(1)
        self.half = self.half_levels(half)
        self.held_out = self.half_levels(held_out)
        self.commonest = pd.Series(self.y).value_counts().index
        self.folds = StratifiedKFold(4, shuffle=True, random_state=0)

    def half_levels(self, half):
        return np.log1p(half / (self.total[:, None] / 2) * 1e4)

    def vote(self, near):
        """The commonest label of each list; of two alike the one that more cells have."""
        order = {name: -place for place, name in enumerate(self.commonest)}
        votes = [pd.Series(self.y[list(rows)]).value_counts() for rows in near]
        return [max(each.index, key=lambda name: (each[name], order[name])) for each in votes]

    def labels(self, x):
        return balanced_accuracy_score(self.y, self.vote(ten_nearest(x)))

    def left(self, rows):
        """Held-out levels less what a parabola in the log total expects."""
        depth = PolynomialFeatures(2).fit_transform(stats.zscore(np.log(self.total))[:, None])
        fit = LinearRegression().fit(depth[rows], self.held_out[rows])
        return self.held_out - fit.predict(depth)

    def held_out_row(self, x):
        left = self.left(np.arange(SIZE))
        pairs = ((left[i], left[rows].mean(0)) for i, rows in enumerate(ten_nearest(x)))
        return np.mean([stats.pearsonr(*pair)[0] for pair in pairs])

    def within_label(self, x):
        found = []
        for name in self.commonest:
            rows = np.flatnonzero(self.y == name)
            near = NearestNeighbors(n_neighbors=10).fit(x[rows]).kneighbors()[1]
            left = self.left(rows)[rows]
            found += [
                stats.pearsonr(a, left[b].mean(0))[0] for a, b in zip(left, near, strict=True)
            ]
        return np.mean(found)

    def kept(self, x):
        pairs = zip(ten_nearest(levels(self.counts)), ten_nearest(x), strict=True)
        return np.mean([len({*a} & {*b}) / 10 for a, b in pairs])

    def recall(self, x):
        told = np.empty(SIZE, object)
        for name in np.unique(self.batch):
            away = np.flatnonzero(self.batch != name)
            near = (
                NearestNeighbors(n_neighbors=10).fit(x[away]).kneighbors(x[self.batch == name])[1]
            )
            told[self.batch == name] = self.vote(away[near])
        return balanced_accuracy_score(self.y, told.astype(str))

    def mixing(self, x):
        table = pd.DataFrame(
            [(i, j) for i, rows in enumerate(ten_nearest(x)) for j in rows], columns=["one", "near"]
        )
        for end in ("one", "near"):
            table[f"label {end}"], table[f"batch {end}"] = (
                self.y[table[end]],
                self.batch[table[end]],
            )
        kin = table[table["label one"] == table["label near"]]
        size = pd.crosstab(self.y, self.batch)
        own = size.sum(1)[kin["label one"]].to_numpy()
        here = size.stack().loc[list(zip(kin["label one"], kin["batch one"], strict=True))]
        expected = 1 - (here.to_numpy() - 1) / (own - 1)
        return (kin["batch one"] != kin["batch near"]).mean() / expected.mean()

    def told(self, x, y, *steps):
        fit = LogisticRegression(C=0.1, class_weight="balanced", max_iter=5000, tol=1e-6)
        model = make_pipeline(*steps, StandardScaler(), fit)
        return cross_val_predict(model, x, y, cv=list(self.folds.split(self.y, self.y)))

    def probe(self, x):
        return balanced_accuracy_score(self.y, self.told(x, self.y))

    def all_columns(self):
        return self.probe(levels(self.counts))

    def best_columns(self):
        told = self.told(levels(self.counts), self.y, SelectKBest(k=WIDTH))
        return balanced_accuracy_score(self.y, told)

    def selectivity(self, x, control):
        right = pd.Series(self.told(x, control) == control).groupby(self.y).mean().mean()
        return self.probe(x) - right

    def depth(self, x):
        table = pd.DataFrame(np.column_stack([np.log(self.total), x]))
        table = table - table.groupby(self.y).transform("mean")
        y, x = table[0].to_numpy(), table.drop(columns=0).to_numpy()
        deal = KFold(4, shuffle=True, random_state=0)
        return r2_score(y, cross_val_predict(LinearRegression(), x, y, cv=deal))

    def half_depth(self):
        pairs = (components(levels(self.counts)), components(self.half))
        pairs = zip(*map(ten_nearest, pairs), strict=True)
        return np.mean([len({*a} & {*b}) / 10 for a, b in pairs])

    def anisotropy(self, x):
        return cosine_similarity(x)[~np.eye(SIZE, dtype=bool)].mean()

    def hubness(self, x):
        often = kneighbors_graph(x, 10).sum(0)
        return stats.skew(np.asarray(often).ravel())

    def directions(self, x):
        share = PCA().fit(x).explained_variance_ratio_
        return 1 / (share**2).sum()

    def dimension(self, x):
        """Levina and Bickel (2004), the inverses averaged as MacKay and Ghahramani proposed."""
        far = NearestNeighbors(n_neighbors=20).fit(x).kneighbors()[0]
        return 1 / np.log(far[:, -1:] / far[:, :-1]).mean()


BY_EMBEDDING = {
    "labels": (Other.labels, 1e-9),
    "held_out": (Other.held_out_row, 1e-4),
    "within_label": (Other.within_label, 1e-4),
    "kept": (Other.kept, 2e-3),
    "recall": (Other.recall, 1e-9),
    "mixing": (Other.mixing, 1e-9),
    "probe": (Other.probe, 0.01),  # where the solver stops
    "depth": (Other.depth, 0.01),  # ridge with a faint penalty
    "anisotropy": (Other.anisotropy, 1e-6),
    "hubness": (Other.hubness, 1e-6),
    "directions": (Other.directions, 1e-6),
    "dimension": (Other.dimension, 1e-3),
}


@pytest.mark.parametrize("row", BY_EMBEDDING)
def test_a_number_is_that_of_another_implementation(cells, trial, other, row):
    theirs, tolerance = BY_EMBEDDING[row]
    ours = trial[0].line(row).numbers["yours"].value
    assert ours == pytest.approx(theirs(other, cells["x"]), abs=tolerance)
    # so close is not every embedding: with its rows in other places it has another number
    if row not in ("anisotropy", "hubness", "directions", "dimension"):
        moved = cells["x"][np.random.default_rng(0).permutation(SIZE)]
        assert abs(ours - theirs(other, moved)) > 5 * tolerance + 0.02
    else:  # and with its mean gone and its columns drawn out
        centred = cells["x"] - cells["x"].mean(0)
        assert abs(ours - theirs(other, centred * np.geomspace(1, 9, WIDTH))) > 0.05


@pytest.mark.parametrize("rival", ["PCA", "PCA of half"])
@pytest.mark.parametrize("row", ["labels", "held_out", "within_label", "mixing"])
def test_a_rival_is_what_it_is_called(cells, trial, other, row, rival):
    x = components(levels(cells["counts"]) if rival == "PCA" else other.half)
    ours = trial[0].line(row).numbers[rival].value
    assert ours == pytest.approx(BY_EMBEDDING[row][0](other, x), abs=5e-3)  # single precision


def test_rows_that_no_embedding_goes_into(trial, other):
    found = trial[0]
    assert found.line("half_depth").numbers["PCA"].value == pytest.approx(
        other.half_depth(), abs=5e-3
    )
    columns = found.line("probe").numbers
    assert columns["all columns"].value == pytest.approx(other.all_columns(), abs=0.01)
    assert columns["best columns"].value == pytest.approx(other.best_columns(), abs=0.01)


def test_selectivity_on_control_labels_that_are_clusters_dealt_anew(cells, trial, other):
    control = Questions(Table(**cells), np.arange(SIZE)).control
    seed = int(np.random.default_rng(0).integers(2**31))
    cluster = KMeans(SIZE // 10, n_init=4, random_state=seed).fit_predict(cells["x"])
    table = pd.DataFrame({"cluster": cluster, "control": control, "label": cells["labels"]})
    assert (table.groupby("cluster").control.nunique() == 1).all()
    each = table.groupby("cluster").agg(
        control=("control", "first"), label=("label", lambda names: names.mode()[0])
    )
    assert sorted(each.control) == sorted(each.label) and (each.control != each.label).any()
    ours = trial[0].line("selectivity").numbers["yours"].value
    assert ours == pytest.approx(other.selectivity(cells["x"], control), abs=0.02)
    assert ours > 0.2 > other.selectivity(cells["x"], cells["labels"])


def test_no_row_is_forgotten(trial):
    others = {"selectivity", "half_depth"}
    assert {row.name for row in ROWS} == set(BY_EMBEDDING) | others
    assert {line.row.name for line in trial[0].lines} == set(BY_EMBEDDING) | others
