"""Eras of a corpus, words near marks, stages in order: small cases by hand."""

import numpy as np
import pandas as pd
import pytest

from celltoken.data.eras import counts_near, eras_of, tables_of, typical_contexts
from celltoken.methods.cooccurrence import cooccurrences
from celltoken.methods.trajectory import in_order


def test_eras_hold_all_documents_in_order_and_about_as_many_words():
    rng = np.random.default_rng(0)
    texts = pd.DataFrame({"tokens": [["w"] * n for n in rng.integers(5, 60, 80)]})
    eras = eras_of(texts, 6)
    assert list(pd.concat(eras).index) == list(texts.index)
    sizes = [era.map(len).sum() for era in eras]
    assert max(sizes) - min(sizes) < 2 * 60
    with pytest.raises(ValueError, match="have no words"):
        eras_of(texts[:3], 6)


def test_words_are_those_whose_rarest_era_has_most():
    eras = [[list("aaaabbbcd")], [list("aaaabccdd")], [list("aaabbccdd")]]
    tables, seen, names = tables_of(eras, most=4, words=2, skip=1)
    assert list(names) == ["b", "c"] or list(names) == ["c", "d"] or len(names) == 2
    counted = {word: [era[0].count(word) for era in eras] for word in "bcd"}
    for name, row in zip(names, seen, strict=True):
        assert list(row) == counted[name]
    assert min(seen.min(1)) >= max(min(v) for k, v in counted.items() if k not in names)
    assert all(table.shape == (2, 4) for table in tables)


def test_tables_are_rows_of_the_co_occurrences_of_each_era():
    eras = [[list("abcabdab")], [list("bacbadba")]]
    tables, _, names = tables_of(eras, most=4, words=4, skip=0)
    for era, table in zip(eras, tables, strict=True):
        whole = cooccurrences(era, list(names)).toarray()
        np.testing.assert_array_equal(table.toarray(), whole)


def test_typical_contexts_names_what_stands_near_and_nothing_for_an_unknown_word():
    era = [["sun", "hot", *["x"] * 9]] * 5 + [["ice", "cold", *["x"] * 9]] * 5
    said = typical_contexts(["sun", "snow"], era, best=1)
    assert said["sun"] == "hot" and said["snow"] == ""
    assert "hot" not in typical_contexts(["sun"], era, fewest=6)["sun"]


def test_counts_near_marks_are_those_of_a_slow_loop():
    rng = np.random.default_rng(1)
    texts = [list(rng.choice(list("abcdWF"), 40)) for _ in range(5)] + [[], list("ab")]
    found = counts_near(texts, {"W", "F"}, list("abcd"), window=3).toarray()
    for text, row in zip(texts, found, strict=True):
        slow = dict.fromkeys("abcd", 0)
        for i, word in enumerate(text):
            around = text[max(0, i - 3) : i + 4]
            if word in slow and ("W" in around or "F" in around):
                slow[word] += 1
        assert list(row) == list(slow.values())


def test_stages_are_numbered_and_the_rest_comes_last():
    labels = ["duct", "beta", "bud", "alpha", "duct"]
    assert list(in_order(labels, "duct, bud")) == [0, 2, 1, 2, 0]
    assert list(in_order(pd.Categorical(labels), ["bud", "duct"])) == [1, 2, 0, 2, 1]
    with pytest.raises(ValueError, match="No token is called 'gland'"):
        in_order(labels, "gland")
    with pytest.raises(ValueError, match="one stage"):
        in_order(["duct", "duct"], "duct")
