"""A trial calls planted faults what they are, leaves a good embedding alone, and counts right."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import skdim
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from celltoken.data.store import DataError
from celltoken.methods import alignment, dimension, neighbours, probes
from celltoken.methods.downsampling import split
from celltoken.methods.inputs import as_matrix
from celltoken.tools import cli
from celltoken.trial import Table, hold, judge, measurements, page, reading, rivals
from celltoken.trial.measurements import Embedding, Questions

WIDTH = 12


@pytest.fixture(scope="module")
def world():
    """900 cells x 500 genes: four types, a continuous state within each, three donors, depth."""
    rng = np.random.default_rng(0)
    kind, donor = rng.integers(0, 4, 900), rng.integers(0, 3, 900)
    state = rng.normal(size=(900, 2))
    level = rng.gamma(0.5, 1, size=(4, 500))[kind]
    level = level * np.exp(0.5 * state @ rng.normal(size=(2, 500)))
    level = level * np.exp(0.25 * rng.normal(size=(3, 500)))[donor]
    depth = rng.lognormal(0, 0.3, 900)[:, None]
    counts = sparse.csr_matrix(rng.poisson(level * depth).astype("f4"))
    labels, batch = np.array(list("abcd"))[kind], np.array(list("xyz"))[donor]
    truth = np.hstack([4 * np.eye(4)[kind], state, 0.1 * rng.normal(size=(900, 6))])
    return {"counts": counts, "labels": labels, "batch": batch, "truth": truth}


@pytest.fixture(scope="module")
def table(world):
    """By name of an embedding, the table of it."""
    levels = Table(world["truth"], world["labels"], world["batch"], world["counts"]).levels()
    components = sc.pp.pca(levels, n_comps=WIDTH, svd_solver="arpack")

    def of(x=components, **changed):
        given = {each: world[each] for each in ("labels", "batch", "counts")} | changed
        return Table(x, **given)

    return of


def faults(world, x, rng):
    """The planted embeddings, and what each is to be called."""
    noise = rng.normal(size=(len(x), WIDTH))
    batch = (world["batch"][:, None] == np.unique(world["batch"])) * 1.0
    label = (world["labels"][:, None] == np.unique(world["labels"])) * 1.0
    turned = rng.normal(size=(WIDTH, WIDTH))
    return {
        "noise": (noise, {"noise"}),
        "batch and noise": (noise + 20 * batch @ turned[:3], {"batch"}),
        "batch over the counts": (x + 20 * x.std() * batch @ turned[:3], {"batch"}),
        "one direction": (np.outer(x[:, 0], turned[0]) + 0.01 * noise, {"collapsed"}),
        "two directions": (x * np.r_[9, 9, np.full(WIDTH - 2, 1e-3)], {"collapsed"}),
        "one-hot labels": (np.hstack([9 * label, noise[:, :8]]), {"leaked"}),
        "labels, turned": (noise + 9 * label @ turned[:4], {"leaked"}),
        "labels on a line": (
            np.outer(label @ np.arange(4) * 9, turned[0]) + noise,
            {"leaked"},
        ),
    }


FAULTS = (
    "noise",
    "batch and noise",
    "batch over the counts",
    "one direction",
    "two directions",
    "one-hot labels",
    "labels, turned",
    "labels on a line",
)
QUICK = {"asked": 500, "resamples": 40, "rows": ["labels"]}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_called_what_it_is(world, table, fault, seed):
    x, called = faults(world, table().x, np.random.default_rng(seed))[fault]
    found = hold(table(x), seed=seed, **QUICK)
    assert called <= {name for name, _ in found.alarms}, found.verdict
    # what lies along few directions because of its fault may be called collapsed as well
    assert {name for name, _ in found.alarms} - called <= {"collapsed"}


GOOD = {
    "PCA": lambda x, world: x,
    "whitened PCA": lambda x, world: x / x.std(0),
    "the truth": lambda x, world: world["truth"],
    "two components fewer": lambda x, world: x[:, :-2],
    "a random projection": lambda x, world: rivals.untrained(
        sparse.csr_matrix(np.log1p(world["counts"].toarray())), WIDTH, 5
    )["random projection"],
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("seed", [0, 1])
def test_an_embedding_without_a_fault_is_not_called_bad(world, table, name, seed):
    found = hold(table(GOOD[name](table().x, world)), seed=seed, **QUICK)
    assert found.alarms == [], found.verdict
    assert found.verdict.startswith("No alarm") and "Alarms cannot see" in found.verdict


# -- what cannot be told is said, and not more -----------------------------------------------------


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("batch", ["nested", "label"])
def test_one_type_a_lane_ends_in_a_page_that_says_what_cannot_be_told(world, table, batch, counts):
    lane = np.where(np.isin(world["labels"], ["a", "b"]), "x", "y")
    given = {"batch": lane if batch == "nested" else world["labels"]}
    found = hold(table(**given, **({} if counts else {"counts": None})), **QUICK)
    assert {row.name: why for row, why in found.missing if "batch" in row.needs} == {
        "recall": judge.NESTED,
        "mixing": judge.NESTED,
    }
    assert found.alarms == [] and found.unasked["batch"] == judge.NESTED
    text = page.as_html(found)
    assert "a batch in the lead (no label occurs in two batches, so batch and label" in text
    assert json.loads(page.as_json(found))["not_measured"]["mixing"] == judge.NESTED


def test_labels_of_one_batch_do_not_count_where_others_are_in_two(world, table):
    """Mixing is that of the labels that can mix, also on resamples of batches without any."""
    lanes = np.array(list("uvwxyz"))[np.arange(900) % 6]
    lanes[world["labels"] != "a"] = world["labels"][world["labels"] != "a"]
    found = hold(table(batch=lanes), **QUICK)
    questions = Questions(table(batch=lanes), np.arange(900))
    assert found.over.startswith("9 batches") and "batch" not in found.unasked
    measured = measurements.mixing(Embedding(table().x, questions))
    assert (np.isnan(measured[:, 0]) == (questions.labels != "a")).all()
    number = found.line("mixing").numbers["PCA"]
    assert number.low <= number.value <= number.high
    assert np.isnan(measurements.ratio(measured[questions.labels != "a"], None))


def test_counts_of_two_columns_get_one_sentence(world, table):
    with pytest.raises(DataError, match=r"counts have 2 column\(s\), and rivals need at least 3"):
        table(counts=world["counts"][:, :2])
    three = world["counts"][:, np.argsort(-np.asarray(world["counts"].sum(0)).ravel())[:3]]
    assert hold(table(counts=three), **QUICK).made["PCA"].shape[1] == 1


def test_the_verdict_acquits_of_nothing_that_was_not_looked_for(world, table):
    rng = np.random.default_rng(0)
    x = (world["labels"][:, None] == np.unique(world["labels"])) + 0.01 * rng.normal(size=(900, 4))
    acquitted = {}
    for name, given in {
        "all": {},
        "no counts": {"counts": None},
        "no batch": {"batch": None},
        "neither": {"counts": None, "batch": None},
    }.items():
        found = hold(table(table().x if name == "all" else x, **given), **QUICK)
        acquitted[name], _, left = found.verdict.partition("Not looked for: ")
        assert (left == "") == (name == "all")
        assert ("leaked" in left) == ("counts" in given), left
        assert ("a batch in the lead" in left) == ("batch" in given), left
        assert ("collapse (needs counts, or a width of ten)" in left) == ("counts" in given)
    for name in ("no counts", "neither"):
        assert "No alarm" in acquitted[name] and "leaked" not in acquitted[name]
        assert "collapse" not in acquitted[name]
    assert "batch in the lead" not in acquitted["neither"] + acquitted["no batch"]
    assert (
        "no sign of noise, of a batch in the lead, of collapse or of leaked labels."
        in acquitted["all"]
    )


def test_mixing_is_judged_only_where_batches_are_technical(world, table):
    """Donors moved on top of each other: a merit, or a loss of what differs between them."""
    x = table().x.copy()
    for label in "abcd":
        for donor in "xyz":
            rows = (world["labels"] == label) & (world["batch"] == donor)
            x[rows] -= x[rows].mean(0) - x[world["labels"] == label].mean(0)
    described = hold(table(x), **QUICK)
    assert described.line("mixing").status == "described"
    assert "more than PCA" in described.line("mixing").says
    judged = hold(table(x, technical=True), **QUICK)
    assert judged.line("mixing").status == "better"
    assert judged.line("mixing").numbers == described.line("mixing").numbers
    rows = [int(page._counted(each).split()[1]) for each in (judged, described)]
    assert rows[0] == rows[1] + 1
    noise = np.random.default_rng(0).normal(size=x.shape)
    assert hold(table(noise, technical=True), **QUICK).line("mixing").status == "no meaning"
    # random numbers mix best: without counts there is nothing to judge mixing by
    bare = hold(table(x, technical=True, counts=None), **QUICK)
    assert bare.line("mixing").status == "described"


def test_a_rare_label_on_the_wrong_places_is_seen_by_rows_with_labels_only(world, table):
    rng = np.random.default_rng(0)
    rows = np.flatnonzero(world["labels"] != "d")
    rows = np.sort(np.r_[rows, np.flatnonzero(world["labels"] == "d")[:30]])
    some = {each: world[each][rows] for each in ("labels", "batch", "counts")}
    x, rare = table().x[rows].copy(), np.flatnonzero(some["labels"] == "d")
    x[rare] = x[rng.choice(np.flatnonzero(some["labels"] != "d"), len(rare))]
    found = hold(table(x, **some), asked=900, resamples=40, rows=["labels"])
    assert found.line("labels").status == found.line("recall").status == "worse"
    assert found.line("held_out").status == "level"
    assert found.alarms == [] and "one of several labels" in found.verdict


@pytest.mark.parametrize(
    ("low", "high", "begins", "word"),
    [
        (-0.01, 0.01, "No better than", "chance"),
        (-0.2, -0.1, "No better than", "chance"),
        (-0.01, 0.09, "Not told from", "not told from chance"),
        (0.002, 0.079, "Hardly better than", "not told from chance"),
        (0.002, 0.01, "Hardly better than", "not told from chance"),
    ],
)
def test_undecided_is_not_called_chance(low, high, begins, word):
    line = line_of("labels", yours=0.27, PCA=0.6, Gaussian=0.25)
    middle = (low + high) / 2
    line.numbers["Gaussian"] = judge.Number(0.25, 0.25, 0.25, (middle, low, high))
    line.margin = 0.05
    text, status = judge._says(line, judge.Result(None, [], [], [], 9, 9, "", 0))
    assert (text, status) == (f"{begins} random numbers: 0.27 against 0.25.", word)


def test_less_depth_is_better_but_not_where_labels_are_at_chance():
    assert "(less is better)" in next(r.title for r in measurements.ROWS if r.name == "depth")
    for value, word in ((0.2, "better"), (0.8, "worse"), (0.5, "level")):
        line = line_of("depth", yours=value, PCA=0.5, Gaussian=0)
        result = judge.Result(None, [line], [], [], 9, 9, "", 0)
        assert judge._says(line, result)[1] == word
        result.lines.append(line_of("labels", yours=0.3, PCA=0.9, Gaussian=0.3))
        assert judge._says(line, result)[1] == (word if word != "better" else "no meaning")


def test_labels_alone_are_no_leak_where_there_is_nothing_else_to_know():
    """Types that differ in means and depth only: PCA finds nothing within them but depth."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 4, 800)
    level = rng.gamma(0.5, 1, size=(4, 500))[kind] * rng.lognormal(0, 0.6, 800)[:, None]
    x = 9 * np.eye(4)[kind] @ rng.normal(size=(4, WIDTH)) + rng.normal(size=(800, WIDTH))
    found = hold(
        Table(x, kind, counts=rng.poisson(level)), asked=500, resamples=40, rows=["labels"]
    )
    assert found.line("within_label").status == "not testable"
    assert found.alarms == []


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pca_on_trial_is_never_better_than_pca(table, seed):
    found = hold(table(), asked=400, resamples=40, seed=seed)
    for line in found.lines:
        if judge.YOURS not in line.numbers:
            continue
        mine, pca = line.numbers[judge.YOURS], line.numbers["PCA"]
        # single precision, and the order of two equal neighbours
        assert mine.value == pytest.approx(pca.value, abs=0.02), line.row.name
        assert line.status in ("level", "described"), (line.row.name, line.says)
        assert "Better" not in line.says
    assert page._counted(found).count("better") == 1  # in the words before the counts


def line_of(row, **values):
    """A line of planted values with narrow intervals, the first the embedding's."""
    mine = values["yours"]
    numbers = {
        name.replace("_", " "): judge.Number(v, v, v, (mine - v, mine - v, mine - v))
        for name, v in values.items()
    }
    row = next(each for each in measurements.ROWS if each.name == row)
    return judge.Line(row, numbers, margin=0.02)


def test_held_out_rows_ask_for_both_kinds_of_pca():
    pca = {"PCA": 0.5, "PCA_of_half": 0.4, "random_projection": 0.1, "Gaussian": 0}
    for value, word, said in (
        (0.6, "better", "Better than PCA"),
        (0.5, "level", "Level with PCA: 0.50 against 0.50 (of one half of the events: 0.40)"),
        (0.45, "level", "Between PCA of half of the events (0.40) and of all (0.50): 0.45."),
        (0.3, "worse", "Worse than PCA"),
    ):
        line = line_of("held_out", yours=value, **pca)
        text, status = judge._says(line, judge.Result(None, [], [], [], 9, 9, "", 0))
        assert (status, text.startswith(said)) == (word, True), text


def test_a_rival_that_learned_nothing_is_said_first():
    values = {"PCA": 0.4, "random_projection": 0.6, "Gaussian": 0.1}
    line = line_of("labels", yours=0.6, **values)
    text, status = judge._says(line, judge.Result(None, [], [], [], 9, 9, "", 0))
    assert text.startswith("A random projection does as well (0.60). Better than PCA")
    assert status == "level"  # not better, as long as it does not beat that one
    line = line_of("labels", yours=0.1, PCA=0.4, Gaussian=0.1)
    text, status = judge._says(line, judge.Result(None, [], [], [], 9, 9, "", 0))
    assert text.startswith("No better than random numbers") and status == "chance"


# -- the numbers, by other implementations ---------------------------------------------------------


@pytest.fixture(scope="module")
def asked(world, table):
    """Everything of a table asked about, and one embedding."""
    one = table()
    _, half = split(one.counts, 0)
    questions = Questions(one, np.arange(len(one)), one.levels(half, 0.5))
    return questions, Embedding(one.x, questions)


def test_neighbours_are_those_of_scikit_learn(table):
    x, rows = table().x, np.arange(0, 900, 7)
    found = measurements.nearest(x, rows, 10)
    nearest = NearestNeighbors(n_neighbors=11).fit(x).kneighbors(x[rows], return_distance=False)
    assert (found == nearest[:, 1:]).mean() > 0.999
    blocked = measurements.nearest(np.repeat(x, 9, 0) + 1e-4 * np.arange(8100)[:, None], rows, 5)
    assert (np.abs(blocked // 9 - rows[:, None] // 9) <= 900).all()  # more rows than a block
    cosine = measurements.nearest(sparse.csr_matrix(np.abs(x)), rows, 10, "cosine")
    close = neighbours.similarity(np.abs(x[rows]), np.abs(x))
    close[np.arange(len(rows)), rows] = -2
    assert (np.sort(cosine) == np.sort(np.argsort(-close)[:, :10])).mean() > 0.99


def test_votes_are_those_of_the_course_and_of_scikit_learn(asked):
    questions, one = asked
    right = measurements.label_agreement(one)
    course = neighbours.label_accuracy(one.neighbours, questions.labels)
    assert right.mean() == pytest.approx(course)
    # leave one out, by a classifier that has the row itself: eleven neighbours, less its own vote
    near = NearestNeighbors(n_neighbors=11).fit(one.x).kneighbors(one.x)[1][:, 1:]
    fit = KNeighborsClassifier(10, metric="precomputed")
    apart = np.full((len(one.x), len(one.x)), 9e9)
    np.put_along_axis(apart, near, 1.0, 1)
    told = fit.fit(np.zeros_like(apart), questions.labels).predict(apart)
    theirs = recall_score(questions.labels, told, average="macro")
    ours = measurements.balanced(right.astype(float), questions.classes)
    assert ours == pytest.approx(theirs, abs=0.01)  # ties are broken in another way


def test_kept_neighbours_are_those_of_the_course(asked):
    questions, one = asked
    raw = neighbours.neighbours(questions.table.levels(), 10, "euclidean")
    mine = neighbours.neighbours(one.x, 10, "euclidean")
    theirs = neighbours.neighbour_overlap(raw, mine)
    assert measurements.kept_neighbours(one).mean() == pytest.approx(theirs, abs=2e-3)


def test_labels_across_batches_are_those_of_the_course(asked):
    questions, one = asked
    theirs = alignment.meetings(one.x, questions.batch, questions.labels, 10)["alike"]
    assert measurements.recall_across(one).mean() == pytest.approx(theirs, abs=0.01)


def test_mixing_is_counted_by_hand(asked):
    """Neighbours of the own label from elsewhere, over what the label's composition gives."""
    questions, one = asked
    met = expected = 0
    for i, near in enumerate(one.neighbours):
        kin = [j for j in near if questions.labels[j] == questions.labels[i]]
        met += sum(questions.batch[j] != questions.batch[i] for j in kin)
        others = np.flatnonzero(questions.labels == questions.labels[i])
        others = others[others != i]
        expected += len(kin) * (questions.batch[others] != questions.batch[i]).mean()
    found = measurements.ratio(measurements.mixing(one), questions.classes)
    assert found == pytest.approx(met / expected)


def test_noise_mixes_perfectly_and_batches_apart_not_at_all(table, world):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(900, WIDTH))
    apart = noise + 99 * (world["batch"] == "x")[:, None] + 999 * (world["batch"] == "y")[:, None]
    for x, value in ((noise, 1), (apart, 0)):
        questions = Questions(table(x), np.arange(900))
        found = measurements.ratio(measurements.mixing(Embedding(x, questions)), questions.classes)
        assert found == pytest.approx(value, abs=0.06)


def test_held_out_agreement_by_hand_and_at_zero_for_random_neighbours(asked, table):
    questions, one = asked
    found = measurements.held_out_agreement(one)
    held = questions.held_out.toarray().astype(float)
    depth = np.log(questions.table.totals)
    depth = (depth - depth.mean()) / depth.std()
    design = np.column_stack([np.ones(900), depth, depth**2])
    left = held - design @ np.linalg.lstsq(design, held, rcond=None)[0]
    byhand = [np.corrcoef(left[i], left[one.neighbours[i]].mean(0))[0, 1] for i in range(40)]
    np.testing.assert_allclose(found[:40], byhand, atol=1e-3)
    noise = Embedding(np.random.default_rng(1).normal(size=(900, WIDTH)), questions)
    # four standard errors of a mean of 900 correlations
    assert abs(measurements.held_out_agreement(noise).mean()) < 0.02
    assert abs(measurements.held_out_agreement(noise, within=True).mean()) < 0.02
    within = measurements.held_out_agreement(one, within=True)
    assert 0.02 < within.mean() < found.mean()


def test_geometry_is_that_of_the_course_and_of_scikit_dimension(asked):
    questions, one = asked
    spread = measurements.participation(measurements.coordinates(one), questions.classes)
    assert spread == pytest.approx(dimension.participation_ratio(one.x))
    local = measurements.harmonic(measurements.local_dimension(one), questions.classes)
    theirs = skdim.id.MLE().fit(one.x, n_neighbors=20).dimension_
    assert local == pytest.approx(theirs, rel=0.02)
    close = neighbours.similarity(one.x, metric="euclidean")
    np.fill_diagonal(close, -np.inf)
    hubs = measurements.skewness(measurements.times_neighbour(one), questions.classes)
    assert hubs == pytest.approx(alignment.hubness(close, 10), abs=0.02)
    cosine = neighbours.similarity(one.x)
    off = (cosine.sum() - np.trace(cosine)) / (900 * 899)
    assert measurements.mean_cosine(one).mean() == pytest.approx(off, abs=1e-6)


def test_probes_are_those_of_the_course_up_to_the_folds(asked):
    questions, one = asked
    ours = measurements.balanced(measurements.probe(one), questions.classes)
    theirs = probes.probe_accuracy(
        one.x, questions.classes, np.random.default_rng(0), folds=measurements.FOLDS
    )
    assert ours == pytest.approx(theirs, abs=0.02)
    few = measurements.balanced(measurements.best_columns(one), questions.classes)
    assert 0.5 < few <= 1


def test_a_control_label_is_learned_by_memory_only(asked):
    questions, _ = asked
    noise = Embedding(np.random.default_rng(1).normal(size=(900, WIDTH)), questions)
    found = measurements.balanced(measurements.selectivity(noise), questions.classes)
    assert abs(found) < 0.1


def test_depth_is_read_where_it_is_and_not_from_noise(asked):
    questions, _ = asked
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(900, WIDTH))
    told = noise.copy()
    told[:, 0] = np.log(questions.table.totals) * 9
    for x, low, high in ((noise, -0.1, 0.05), (told, 0.9, 1)):
        found = measurements.explained(
            measurements.depth_told(Embedding(x, questions)), questions.classes
        )
        assert low <= found <= high


@pytest.mark.parametrize("units", [5, 8, 12, 120])
def test_intervals_cover_a_mean_as_often_as_they_say(units):
    rng, inside = np.random.default_rng(0), 0
    for _ in range(1000):
        values = rng.normal(size=units)
        draws = values[rng.integers(0, units, (200, units))].mean(1)
        low, high = judge._interval(draws, values.mean(), units)
        inside += low < 0 < high
    # 90 % with four standard errors of a thousand; percentiles alone cover 77 % with five units
    assert 0.86 < inside / 1000 < 0.94


def test_five_donors_are_resampled_as_wholes(world, table):
    donors = np.array([f"d{i % 6}" for i in range(900)])
    found = hold(table(batch=donors), **QUICK)
    assert found.over.startswith("6 batches")
    assert "too few to resample" in hold(table(), **QUICK).over


def test_the_seed_decides_and_nothing_else(table):
    one, two = (page.as_json(hold(table(), **QUICK)) for _ in "12")
    assert one == two


# -- the page --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leaked(world, table):
    x, _ = faults(world, table().x, np.random.default_rng(0))["one-hot labels"]
    return hold(table(x, name="a <b> & c.h5ad"), asked=400, resamples=30)


def test_the_page_stands_alone_and_says_what_was_found(leaked):
    text = page.as_html(leaked)
    assert "<script" not in text and "src=" not in text and "@import" not in text
    assert "Labels leaked" in text and "a &lt;b&gt; &amp; c.h5ad" in text
    assert text.count("<svg") == text.count('role="img" aria-label=') == len(leaked.lines)
    for line in leaked.lines:
        assert line.says.replace("'", "&#x27;") in text and f'id="{line.row.name}"' in text
        assert f"chapters/{line.row.lesson}.ipynb" in text
    assert "prefers-color-scheme: dark" in text and "<details>" in text


def test_the_json_holds_the_same_numbers(leaked):
    stored = json.loads(page.as_json(leaked))
    assert stored["alarms"] == ["leaked"]
    names = {each["name"] for each in stored["measured"]}
    assert names == {row.name for row in measurements.ROWS}
    labels = next(each for each in stored["measured"] if each["name"] == "labels")
    assert labels["numbers"]["yours"]["value"] == pytest.approx(1)
    assert {"PCA", "random projection", "untrained network", "Gaussian"} <= set(labels["numbers"])


def test_each_row_leads_to_a_lesson_that_exists():
    from celltoken import lessons

    known = lessons.reading_order()
    assert [row.name for row in measurements.ROWS if row.lesson not in known] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_in_a_browser(browser, leaked, tmp_path, theme, width):
    from celltoken.tools import browser as chromium

    (tmp_path / "page.html").write_text(page.as_html(leaked), encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert chromium.serious(tab) == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    tab.keyboard.press("Tab")  # to the link that skips
    summary = tab.locator("summary").first
    summary.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details").first.get_attribute("open") is not None
    tab.close()


# -- files -----------------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path, world):
    """Write a file of cells, changed before; return its path."""

    def write(change=lambda adata: None, name="mine.h5ad"):
        obs = pd.DataFrame(
            {"type": world["labels"], "donor": world["batch"], "size": np.arange(900) * 1.5},
            index=[f"cell {i}" for i in range(900)],
        )
        adata = anndata.AnnData(world["counts"].copy(), obs=obs)
        adata.obsm["X_mine"] = world["truth"].astype("f4")
        change(adata)
        adata.write_h5ad(tmp_path / name)
        return tmp_path / name

    return write


def run(*arguments):
    return cli.main(["trial", *map(str, arguments)])


def test_the_command_writes_a_page_and_a_json(mine, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = ("--embedding", "X_mine", "--labels", "type", "--batch", "donor", "--asked", 200)
    assert run(mine(), *given, "--technical") == 0
    said = capsys.readouterr().out
    mixing = next(
        each
        for each in json.loads((tmp_path / "mine-trial.json").read_text())["measured"]
        if each["name"] == "mixing"
    )
    assert mixing["status"] in ("better", "level", "worse", "undecided")
    assert "measuring 1 of" in said and "mine-trial.html" in said
    assert (tmp_path / "mine-trial.html").is_file()
    assert json.loads((tmp_path / "mine-trial.json").read_text())["rows"] == 900
    assert run(mine(), *given) == 0  # nothing is written over
    assert (tmp_path / "mine-trial-2.html").is_file()


def set_nan(adata):
    adata.obsm["X_mine"][3, 1] = np.nan


def one_class(adata):
    adata.obs["type"] = "a"


def normalised(adata):
    adata.X = adata.X / 3


def flat(adata):
    adata.obsm["X_mine"] = np.ones((900, 3), "f4")


BAD = {
    "no such embedding": (None, ("--embedding", "X_no"), "no embedding 'X_no' in .obsm"),
    "no such labels": (None, ("--labels", "kind"), "no column 'kind' in .obs: with --labels"),
    "no such batch": (None, ("--batch", "run"), "no column 'run' in .obs: with --batch"),
    "NaN": (set_nan, (), "NaN or infinite values in 1 of 900 rows"),
    "one class": (one_class, (), "1 class(es)"),
    "numbers as labels": (None, ("--labels", "size"), "is a measurement and names no classes"),
    "no such counts": (None, ("--counts", "umi"), "no counts 'umi': with --counts choose one"),
    "counts normalised": (normalised, ("--counts", "X"), "fractions or negative values"),
    "flat": (flat, (), "the same in all rows"),
    "too few asked": (None, ("--asked", 3), "--asked is 3"),
    "wrong length": (None, ("--embedding", "short.npy"), "short.npy has 10 rows and mine.h5ad 900"),
    "no such file": (None, ("--embedding", "none.npy"), "There is no file"),
    "an odd page": (None, ("-o", "page.txt"), "end it in .html"),
    "text for cells": (None, ("--text", "sotu"), "--text is for words"),
    "technical, but what": (None, ("--technical", None), "--technical speaks of batches"),
}


@pytest.mark.parametrize(("change", "given", "said"), BAD.values(), ids=BAD)
def test_bad_input_gets_one_sentence(mine, tmp_path, monkeypatch, capsys, change, given, said):
    monkeypatch.chdir(tmp_path)
    np.save("short.npy", np.ones((10, 3)))
    path = mine(change or (lambda adata: None))
    usual = {"--embedding": "X_mine", "--labels": "type"}
    usual |= dict(zip(given[::2], given[1::2], strict=True))
    assert run(path, *[part for pair in usual.items() for part in pair if part]) == 2
    message = capsys.readouterr().err.strip()
    assert said in message and "\n" not in message
    assert list(tmp_path.glob("*trial*")) == []


def test_what_is_missing_on_the_command_line_is_asked_for(mine, capsys):
    for given in (
        (),
        (mine(), "--words", "glove"),
        (mine(),),
        ("--words", "glove", "--batch", "x"),
    ):
        assert run(*given) == 2
    assert run("none.h5ad", "--embedding", "X", "--labels", "a") == 2
    assert "There is no file" in capsys.readouterr().err


def test_without_counts_the_rows_that_need_them_are_named(mine, tmp_path, capsys):
    out = tmp_path / "page.html"
    given = ("--embedding", "X_mine", "--labels", "type", "--asked", 200, "-o", out)
    assert run(mine(normalised), *given) == 0
    assert "No whole counts were found" in capsys.readouterr().out
    head = out.read_text().split("Verdict")[0]
    assert "Without counts there is no PCA" in head
    assert "Not measured: neighbours agree on held-out counts (needs counts)" in head
    stored = json.loads(out.with_suffix(".json").read_text())
    assert set(stored["measured"][0]["numbers"]) == {"yours", "Gaussian"}


def test_a_file_is_read_by_blocks_and_sampled(mine, world, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK", 130)
    whole = reading.cells(mine(), "X_mine", "type")
    np.testing.assert_allclose(whole.x, world["truth"].astype("f4"))
    assert (whole.counts != world["counts"]).nnz == 0
    some = reading.cells(mine(), "X_mine", "type", "donor", most=300)
    rows = np.sort(np.random.default_rng(0).permutation(900)[:300])
    np.testing.assert_allclose(some.x, world["truth"][rows].astype("f4"))
    assert (some.counts != world["counts"][rows]).nnz == 0
    assert (some.labels == world["labels"][rows]).all() and "drawn at random" in some.said[0]


def dense(adata):
    adata.X = adata.X.toarray()


def by_column(adata):
    adata.X = sparse.csc_matrix(adata.X)


def layer(adata):
    adata.layers["counts"] = adata.X.copy()
    adata.X = np.log1p(adata.X)


def raw(adata):
    adata.raw = adata.copy()
    adata.X = np.log1p(adata.X)


@pytest.mark.parametrize("stored", [dense, by_column, layer, raw])
def test_counts_are_found_however_they_are_stored(mine, world, stored, monkeypatch):
    monkeypatch.setattr("celltoken.trial.table.COLUMNS", 100)
    found = reading.cells(mine(stored), "X_mine", "type")
    plain = reading.cells(mine(), "X_mine", "type")
    np.testing.assert_allclose(found.totals, np.asarray(world["counts"].sum(1)).ravel())
    assert (found.counts != plain.counts).nnz == 0


def twice(part, rows):
    """A part of a table with some rows again at its end."""
    stack = sparse.vstack if sparse.issparse(part) else np.concatenate
    return stack([part, part[rows]])


def test_cells_that_are_there_twice_are_left_out_and_said(world, table):
    """A copy's counts are the held-out counts, so that noise copied with its cell would pass."""
    noise, rows = np.random.default_rng(0).normal(size=(900, WIDTH)), np.arange(900)
    doubled = {each: twice(world[each], rows) for each in ("labels", "batch", "counts")}
    one = table(twice(noise, rows), **doubled)
    assert len(one) == 900 and one.said == [
        "900 cells with the counts and the embedding of another were left out: they are there "
        "twice."
    ]
    np.testing.assert_array_equal(one.x, noise)
    assert {name for name, _ in hold(one, **QUICK).alarms} == {"noise"}
    # embedded elsewhere, or without counts, they stay, and it is said
    moved = np.vstack([noise, noise[:40] + 1e-6])
    some = {each: twice(world[each], rows[:40]) for each in ("labels", "batch", "counts")}
    for x, counts, said in (
        (moved, some["counts"], "40 cells have the counts of another, embedded elsewhere"),
        (twice(noise, rows[:40]), None, "40 cells have the embedding of another"),
    ):
        one = table(x, **(some | {"counts": counts}))
        assert len(one) == 940 and len(one.said) == 1 and one.said[0].startswith(said)
    assert table(noise).said == []


def test_rows_without_a_label_are_left_out_and_said(table, world):
    labels = world["labels"].astype(object)
    labels[:7] = None
    one = table(labels=labels)
    assert len(one) == 893 and one.said == ["7 cells without a label were left out."]


def test_words_from_a_vector_file_and_a_table(tmp_path):
    from gensim.models import KeyedVectors

    rng = np.random.default_rng(0)
    names = [f"word{i}" for i in range(200)]
    kinds = np.array(["p", "q"])[np.arange(200) % 2]
    vectors = KeyedVectors(9)
    vectors.add_vectors(names, (rng.normal(size=(200, 9)) + (kinds == "p")[:, None]).astype("f4"))
    vectors.save(str(tmp_path / "mine.kv"))
    vectors.save_word2vec_format(str(tmp_path / "mine.txt"))
    pd.DataFrame({"word": names, "kind": kinds}).to_csv(tmp_path / "kinds.csv", index=False)
    for name in ("mine.kv", "mine.txt"):
        one = reading.words(tmp_path / name, tmp_path / "kinds.csv")
        assert one.unit == "words" and one.metric == "cosine" and len(one) == 200
    found = hold(one, asked=150, resamples=30)
    assert found.line("labels").status == "above chance"
    assert {row.name for row, _ in found.missing} >= {"held_out", "mixing", "depth"}
    with pytest.raises(DataError, match="no table|no file|has 0 words|give words"):
        reading.words(tmp_path / "mine.kv")
    with pytest.raises(DataError, match="There is no file"):
        reading.words(tmp_path / "none.kv")
    (tmp_path / "broken.kv").write_text("no pickle")
    with pytest.raises(DataError, match="cannot be read as word vectors"):
        reading.words(tmp_path / "broken.kv")


def test_word_counts_are_those_of_the_course_with_a_text():
    one = reading.words("glove", text="sotu")
    assert one.counts.shape[0] == len(one) > 500 and one.counts.shape[1] == 2000
    assert as_matrix(one.levels()).min() >= 0


def test_an_unknown_row_is_named(table):
    with pytest.raises(ValueError, match="no row 'beauty'"):
        hold(table(), rows=["beauty"])


def test_logistic_regression_is_scikit_learn_s_own(asked):
    """One fold, refitted from scratch."""
    questions, one = asked
    learn, ask = questions.split_of_rows[0]
    x = (one.x - one.x[learn].mean(0)) / one.x[learn].std(0)
    fit = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    told = fit.fit(x[learn], questions.classes[learn]).predict(x[ask])
    assert ((told == questions.classes[ask]) == measurements.probe(one)[ask]).mean() > 0.97
