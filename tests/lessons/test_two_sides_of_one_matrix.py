"""What the lesson on two sides computes, on tables whose answer is known, and its claim."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from celltoken.methods.cooccurrence import ppmi

NAME = "tokens/two_sides_of_one_matrix"
MARGIN = 0.05


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def graded(rng, depth, known="rate", tokens=300, contexts=160):
    """Tokens that hold four programmes in all proportions; ten contexts are asked about.

    What is ``known`` of a token and a context is the ``rate`` behind its count, or the ``count``.
    """
    share = rng.dirichlet(np.full(4, 0.4), tokens)
    programme = rng.gamma(0.5, 1, (4, contexts))
    rate = share @ programme / programme.mean()
    counts = rng.poisson(depth * rate)
    ask = rng.choice(np.flatnonzero(counts.any(0)), 10, replace=False)
    level = {"rate": rate / programme.mean(0), "count": counts}[known]
    truth = level > np.quantile(level, 0.8, axis=0)
    return {
        "counts": sparse.csr_matrix(counts.astype(float)),
        "dimension": 4,
        "square": False,
        "rows": np.tile(np.arange(tokens), 10),
        "columns": np.repeat(ask, tokens),
        "truth": truth[:, ask].T.ravel(),
        "question": np.repeat(np.arange(10), tokens),
    }


def test_products_of_the_two_sides_are_the_best_copy_of_the_table(lesson):
    counts = graded(np.random.default_rng(1), 1.0)["counts"]
    w, c = lesson["two_sides"](counts, 7)
    u, s, v = np.linalg.svd(ppmi(counts).toarray(), full_matrices=False)
    assert w @ c.T == pytest.approx(u[:, :7] * s[:7] @ v[:7], abs=1e-8)


def test_turning_the_table_exchanges_the_sides(lesson):
    counts = graded(np.random.default_rng(2), 1.0)["counts"]
    w, c = lesson["two_sides"](counts, 5)
    turned_w, turned_c = lesson["two_sides"](counts.T.tocsr(), 5)
    assert turned_w @ turned_c.T == pytest.approx((w @ c.T).T, abs=1e-8)


def test_ratio_is_one_where_totals_tell_all(lesson):
    independent = sparse.csr_matrix(np.outer([1.0, 2, 3], [2, 4, 1, 0]))
    found = lesson["against_chance"](independent)
    assert found[:, :3] == pytest.approx(1)
    assert (found[:, 3] == 0).all()


def test_auc_is_a_mean_over_questions_not_over_all(lesson):
    # Inside each question the order is right; between the questions it is wrong.
    truth, question = np.array([0, 0, 1, 0, 1, 1], bool), np.array([0, 0, 0, 1, 1, 1])
    table = {"truth": truth, "question": question}
    scores = np.array([21, 22, 23, 1, 2, 3])
    assert lesson["told"](scores, table) == pytest.approx(1)
    assert roc_auc_score(truth, scores) < 0.6


def test_ties_count_a_half_for_everybody(lesson):
    # Ten cells carry the protein. A count found them all; so did a cosine that orders the
    # background at random. Rank correlation with the level would prefer the count.
    rng = np.random.default_rng(7)
    truth = np.arange(200) < 10
    table = {"truth": truth, "question": np.zeros(200, int)}
    count, cosine = truth.astype(float), truth + 0.5 * rng.random(200)
    assert lesson["told"](count, table) == lesson["told"](cosine, table) == 1
    level = truth * 4 + rng.random(200)
    assert spearmanr(count, level).statistic > spearmanr(cosine, level).statistic + 0.1
    # A count that missed half of them is charged for it.
    missed = count * (np.arange(200) % 2)
    assert lesson["told"](missed, table) == pytest.approx(0.75)


def test_scores_times_loadings_are_centred_principal_components(lesson):
    rng = np.random.default_rng(3)
    counts = graded(rng, 2.0)["counts"]
    rows, columns = np.array([0, 5, 9]), np.array([1, 1, 7])
    logged = np.log1p(counts.toarray() / counts.sum(1) * 1e4)
    u, s, v = np.linalg.svd(np.asarray(logged - logged.mean(0)), full_matrices=False)
    expected = (u[:, :4] * s[:4] @ v[:4])[rows, columns]
    assert lesson["low_rank_scores"](counts, 4, rows, columns) == pytest.approx(expected, abs=1e-3)


def test_the_claim_is_above_own_counts_where_little_was_counted(lesson):
    rng = np.random.default_rng(4)
    found = lesson["contexts_describe_tokens"](graded(rng, 0.3), rng)
    assert found["value"] - found["own counts"] > MARGIN
    assert found["value"] - found["contexts permuted"] > 0.15


def test_the_claim_says_no_where_counts_are_what_is_known(lesson):
    rng = np.random.default_rng(5)
    found = lesson["contexts_describe_tokens"](graded(rng, 0.3, known="count"), rng)
    assert lead(found) < 0


def test_a_symmetric_table_is_also_read_with_both_as_tokens(lesson):
    rng = np.random.default_rng(6)
    half = rng.poisson(0.5, (80, 80))
    a, b = np.triu_indices(80, 1)
    table = {
        "counts": sparse.csr_matrix((half + half.T).astype(float)),
        "dimension": 10,
        "square": True,
        "rows": a,
        "columns": b,
        "truth": rng.random(len(a)) < 0.5,
        "question": np.zeros(len(a), int),
    }
    assert "both as tokens" in lesson["contexts_describe_tokens"](table, rng)


def test_word_table_asks_known_pairs_in_both_directions(lesson):
    texts = pd.DataFrame({"tokens": [["cup", "of", "coffee", "and", "tea"]] * 30})
    a, b = ["cup", "moon", "cup"], ["coffee", "tea", "and"]
    judged = pd.DataFrame({"a": a, "b": b, "score": [6.6, 1.0, 2.0]})
    table = lesson["word_table"]((texts, judged), None)
    words = table["names"][0]
    assert [words[i] for i in table["rows"]] == ["cup", "cup", "coffee", "and"]
    assert [words[i] for i in table["columns"]] == ["coffee", "and", "cup", "cup"]
    assert list(table["level"]) == [6.6, 2.0, 6.6, 2.0]
    assert list(table["truth"]) == [True, False, True, False]


def test_cell_table_asks_the_gene_of_each_protein(lesson):
    blood = lesson["sampled_cells"]()
    table = lesson["cell_table"](blood, None)
    genes = {g for listed in lesson["GENES"].values() for g in listed}
    assert set(table["asked"]) <= genes
    assert len(table["asked"]) >= 8
    asked = table["names"][1][table["columns"].reshape(len(table["asked"]), -1)]
    assert (asked == np.array(table["asked"])[:, None]).all()
    first = table["level"][table["question"] == 0]
    assert first == pytest.approx(np.log1p(blood.obs["protein_CD3"].to_numpy(float)))
