"""Parts of a corpus in time, and cells in two contexts."""

import anndata as ad
import numpy as np
import pandas as pd

from celltoken.data.corpus import TimedCorpus
from celltoken.data.recipes import in_two_contexts
from celltoken.methods.cooccurrence import cooccurrences


def test_counts_of_any_documents_are_those_of_the_library():
    rng = np.random.default_rng(2)
    texts = pd.DataFrame({"tokens": [list(rng.choice(list("abcdefgh"), 60)) for _ in range(12)]})
    read = TimedCorpus(texts, parts=3)
    for keep in (np.ones(12, bool), np.arange(12) < 5):
        expected = cooccurrences(texts.tokens[keep], read.vocab, window=5).toarray()
        assert (read.counts(keep).toarray() == expected).all()
    assert np.bincount(read.part).tolist() == [4, 4, 4]


def test_words_missing_from_one_part_are_left_out():
    texts = pd.DataFrame({"tokens": [["a", "b", "old"]] * 4 + [["a", "b", "new"]] * 4})
    assert TimedCorpus(texts, parts=2).vocab == ["a", "b"]


def test_only_types_met_in_the_two_commonest_contexts_stay():
    obs = pd.DataFrame(
        {
            "kind": ["T"] * 30 + ["B"] * 30 + ["rare"] * 14 + ["T"] * 5,
            "when": ["rest", "later"] * 30 + ["rest"] * 12 + ["later"] * 2 + ["never"] * 5,
        },
        index=[f"c{i}" for i in range(79)],
    )
    kept, token, where = in_two_contexts(ad.AnnData(np.ones((79, 3)), obs=obs), "kind", "when")
    assert set(kept.obs.kind) == {"T", "B"} and len(kept) == 60
    assert (np.array(["B", "T"])[token] == kept.obs.kind).all()
    assert (np.array(["later", "rest"])[where] == kept.obs.when).all()
