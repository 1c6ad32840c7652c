"""C1 and C2 on tables where the answer is known, and against independent implementations."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from gensim.models import Word2Vec
from scipy import sparse
from sklearn.neighbors import KNeighborsClassifier

from celltoken import claims
from celltoken.claims import measure
from celltoken.methods.cooccurrence import cooccurrences, ppmi
from celltoken.methods.downsampling import split
from celltoken.methods.nulls import shuffle_pairs

LESSON = "context/distributional_hypothesis"
KINDS, TOKENS, CONTEXTS = 6, 240, 300


@pytest.fixture(scope="module")
def found():
    return measure.of_lesson(LESSON)


@pytest.fixture(scope="module")
def lesson(found):
    """What the claim cells define, by name."""
    return found["C2"].function.__globals__


def counts_of_kinds(rng, depth=4.0, preference=6.0):
    """Tokens of six kinds, each of which prefers its own sixth of the contexts; unequal totals."""
    kind = np.arange(TOKENS) % KINDS
    own = kind[:, None] == (np.arange(CONTEXTS) % KINDS)[None]
    popular = rng.gamma(2, 0.5, CONTEXTS) * rng.gamma(2, 0.5, (TOKENS, 1))
    expected = popular * np.where(own, preference, 1.0) * depth / preference
    return sparse.csr_matrix(rng.poisson(expected).astype(float)), kind


def table_of(counts, kind, names=None):
    table = ad.AnnData(counts)
    table.obs_names = names or [f"{i:x}" for i in np.random.default_rng(7).permutation(TOKENS)]
    table.obs["label"] = kind.astype(str)
    return table


# -- C1 --------------------------------------------------------------------------------------------


def test_c1_says_yes_where_kinds_differ_in_context_and_no_where_they_do_not(found):
    rng = np.random.default_rng(1)
    counts, kind = counts_of_kinds(rng)
    margin = claims.record()["C1"]["margin"]
    yes = found["C1"](table_of(counts, kind), rng)
    assert yes["value"] > 0.9
    assert yes["value"] - max(x for name, x in yes.items() if name != "value") > margin
    no = found["C1"](table_of(counts, rng.permutation(kind)), rng)
    assert no["value"] - max(x for name, x in no.items() if name != "value") < margin


def test_c1_rivals_find_what_they_are_made_to_find(found):
    """Kinds planted in the totals only, or in the names only, are found by that rival alone."""
    rng = np.random.default_rng(2)
    kind = np.arange(TOKENS) % KINDS
    even = rng.poisson(np.outer(3.0 ** (1 + kind), np.ones(CONTEXTS)) / 9)
    by_total = found["C1"](table_of(sparse.csr_matrix(even.astype(float)), kind), rng)
    assert by_total["totals alone"] > 0.9 > by_total["spelling"] + 0.4
    endings = ["ness", "er", "tion", "ity", "ship", "dom"]  # one a kind
    names = [f"{i:03x}{endings[k]}" for i, k in enumerate(kind)]
    flat = sparse.csr_matrix(rng.poisson(2, (TOKENS, CONTEXTS)).astype(float))
    by_name = found["C1"](table_of(flat, kind, names), rng)
    assert by_name["spelling"] > 0.9 > by_name["value"] + 0.4


def test_c1_asks_only_tokens_that_have_a_label(found):
    rng = np.random.default_rng(3)
    counts, kind = counts_of_kinds(rng)
    table = table_of(counts, kind)
    table.obs.loc[table.obs_names[::2], "label"] = ""
    assert found["C1"](table, rng)["value"] > 0.9


def test_c1_value_is_scikit_learns_leave_one_out(found, lesson):
    rng = np.random.default_rng(4)
    counts, kind = counts_of_kinds(rng, preference=2.0)
    x = lesson["coordinates"](counts)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    right = 0
    for i in range(TOKENS):
        others = np.arange(TOKENS) != i
        vote = KNeighborsClassifier(5).fit(x[others], kind[others]).predict_proba(x[[i]])[0]
        right += vote[kind[i]] == vote.max() and (vote == vote.max()).sum() == 1
        tied = vote[kind[i]] == vote.max() and (vote == vote.max()).sum() > 1
        right += tied / 2  # kinds are equally common: our rule takes one of them
    value = found["C1"](table_of(counts, kind), rng)["value"]
    assert value == pytest.approx(right / TOKENS, abs=0.06)


def test_words_get_labels_from_wordnet_and_only_those_asked_about(lesson):
    text = ("january february march april may june july august september october november "
            "december monday tuesday wednesday thursday friday saturday sunday week month "
            "year day morning evening the of").split()  # fmt: skip
    texts = pd.DataFrame({"tokens": [text] * 9})
    table = lesson["word_table"]((texts, np.array(text)), None)
    assert set(table.obs.label) == {"", "time"}
    assert table.obs.label["the"] == "" and table.obs.label["week"] == "time"
    few = lesson["word_table"]((texts, np.array([w for w in text if w != "week"])), None)
    assert few.obs.label["week"] == "" and few.obs.label["month"] == "time"


# -- C2 --------------------------------------------------------------------------------------------


def test_c2_says_yes_for_kinds_and_no_without_them(found):
    rng, margin = np.random.default_rng(8), claims.record()["C2"]["margin"]
    for preference, enough in ((30.0, True), (1.0, False)):
        halves = split(counts_of_kinds(rng, 4.0, preference)[0], rng)
        measured = found["C2"](halves, rng)
        best = max(x for name, x in measured.items() if name != "value")
        assert (measured["value"] - best >= margin) == enough
        assert abs(measured["permuted contexts"] - 0.5) < 0.05
        assert measured["the mean token"] < 0.56  # no context suits everybody, once matched


def test_the_mean_token_finds_contexts_that_suit_everybody(found):
    """Contexts that become common in the hidden half alone are a rival's to find, not ours."""
    rng = np.random.default_rng(12)
    appeal = np.where(rng.random(CONTEXTS) < 0.5, 0.02, 0.2)
    seen = rng.poisson(np.tile(appeal, (TOKENS, 1)) * 0.5)
    hidden = rng.poisson(np.tile(appeal, (TOKENS, 1)) * 3)
    halves = [sparse.csr_matrix(each.astype(float)) for each in (seen, hidden)]
    measured = found["C2"](halves, rng)
    assert abs(measured["value"] - measured["the mean token"]) < 0.05


def test_gensims_word2vec_recognises_unseen_pairs_too(lesson):
    """An independent SGNS, trained on text: it chooses right where ours does."""
    rng = np.random.default_rng(9)
    words = np.array([f"w{i}" for i in range(120)])
    kind = np.arange(120) % KINDS

    def sentences(n):
        topics = rng.integers(KINDS, size=n)
        pools = [np.where(kind == k, 100.0, 1.0) for k in range(KINDS)]
        return [list(rng.choice(words, 8, p=pools[t] / pools[t].sum())) for t in topics]

    read, unread = sentences(120), sentences(120)
    seen, hidden = (cooccurrences(part, list(words), window=3) for part in (read, unread))
    token, right, wrong = lesson["unseen_choices"](seen, hidden, rng)
    model = Word2Vec(
        read, vector_size=12, window=3, sg=1, negative=5, min_count=1, epochs=40, seed=1,
        workers=1, sample=0, shrink_windows=False,
    )  # fmt: skip
    w = model.wv[list(words)]  # every word was read
    c = model.syn1neg[[model.wv.key_to_index[word] for word in words]]
    mine_w, mine_c = lesson["sgns"](seen, 12, seed=1)
    for x, y in ((w, c), (mine_w, mine_c)):
        of_right, of_wrong = (np.vecdot(x[token], y[j]) for j in (right, wrong))
        assert lesson["right_choices"](of_right, of_wrong) > 0.6
    shuffled = lesson["sgns"](shuffle_pairs(seen, rng), 12, seed=1)
    of_right, of_wrong = (np.vecdot(shuffled[0][token], shuffled[1][j]) for j in (right, wrong))
    assert abs(lesson["right_choices"](of_right, of_wrong) - 0.5) < 0.06


def test_a_factored_ppmi_is_a_product_of_two_factors(lesson):
    """The page reads contexts' coordinates off those of the tokens: w c' is the low-rank copy."""
    counts = counts_of_kinds(np.random.default_rng(10))[0]
    w = lesson["coordinates"](counts)
    c = ppmi(counts).T @ w / (w**2).sum(0)
    u, s, v = np.linalg.svd(ppmi(counts).toarray())
    assert np.allclose(w @ c.T, (u[:, :50] * s[:50]) @ v[:50], atol=1e-6)


def test_genes_and_words_are_chosen_by_the_training_half(lesson):
    rng = np.random.default_rng(11)
    atlas = ad.AnnData(sparse.csr_matrix(rng.poisson(0.3, (60, 2300)).astype(np.float32)))
    atlas.var_names = [f"g{i}" for i in range(2300)]
    seen, hidden = lesson["molecule_halves"](atlas, np.random.default_rng(1))
    assert seen.shape == hidden.shape == (60, 2000)
    first = split(atlas.X, np.random.default_rng(1))[0]
    assert not np.array_equal(seen.sum(0), first[:, :2000].sum(0))
    texts = pd.DataFrame({"tokens": [["a", "b", f"only{i}"] for i in range(12)]})
    seen, hidden = lesson["text_halves"](texts, np.random.default_rng(1))
    assert seen.shape == hidden.shape == (8, 8)  # a, b and the six that the first half holds
    assert hidden[2:].sum() == 0
