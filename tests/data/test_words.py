"""Corpora and lexicons: facts that a reader can check in a library, and every bad input."""

import numpy as np
import pandas as pd
import pytest
from gensim.test.utils import datapath

from celltoken import data
from celltoken.data import corpus, lexicons

# -- corpora ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def novels():
    return corpus.documents("novels")


def test_novels_are_whole_and_in_order(novels):
    assert list(novels) == ["tokens", "title", "chapter", "year"]
    chapters = novels.groupby("title", sort=False).chapter.max()
    assert chapters.to_dict() == {
        "Sense and Sensibility": 50,
        "Pride and Prejudice": 61,
        "Mansfield Park": 48,
        "Emma": 55,
        "Northanger Abbey": 31,
        "Persuasion": 24,
    }
    assert novels.year.is_monotonic_increasing and len(novels) == 269
    first = novels[novels.title == "Pride and Prejudice"].tokens.iloc[0]
    assert " ".join(first[:6]) == "it is a truth universally acknowledged"
    assert novels[novels.title == "Emma"].tokens.iloc[-1][-1] == "union"
    assert novels.tokens.map(len).sum() > 700_000


def test_headings_and_editors_are_left_out(novels):
    beginnings = [tokens[0] for tokens in novels.tokens]
    assert not {"chapter", "volume", "by"} & set(beginnings)
    ends = {tokens[-1] for tokens in novels.tokens}
    assert not {"finis", "end", "usage"} & ends
    every = set().union(*map(set, novels.tokens))
    assert not {"signet", "edition"} <= every and "1818" not in every


def test_novels_and_speeches_share_one_definition_of_a_word(novels):
    every = set().union(*map(set, novels.tokens))
    assert all(corpus.words_of(word) == [word] for word in every)


@pytest.mark.parametrize("name", ["novel", "nowhere.txt"])
def test_unknown_corpus_is_one_sentence(name):
    with pytest.raises(ValueError, match="'sotu', 'novels'") as error:
        corpus.documents(name)
    assert "\n" not in str(error.value)


def test_altered_corpus_is_refused(tmp_path, monkeypatch):
    (tmp_path / "manifest.toml").write_bytes((data.data_folder() / "manifest.toml").read_bytes())
    (tmp_path / "novels.npz").write_bytes(b"no zip")
    monkeypatch.setenv("CELLTOKEN_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match="git checkout -- data/novels.npz"):
        corpus.documents("novels")


# -- lexicons --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "pairs"), [("wordsim353", 353), ("simlex999", 999)])
def test_pairs_are_those_that_gensim_reads(name, pairs):
    """gensim scores a vector space; given the judges' own scores it must reach 1."""
    table = lexicons.word_pairs(name)
    assert list(table) == ["a", "b", "score"] and len(table) == pairs
    assert table.score.between(0, 10).all()
    assert (table.a == table.a.str.lower()).all() and (table.b == table.b.str.lower()).all()
    with open(datapath(lexicons.JUDGEMENTS[name]), encoding="utf-8") as lines:
        last = lines.readlines()[-1].split()
    assert table.iloc[-1].tolist() == [last[0].lower(), last[1].lower(), float(last[2])]


def test_pairs_within_a_vocabulary():
    table = lexicons.word_pairs("simlex999", iter(["old", "new", "smart"]))
    assert table.to_dict("list") == {"a": ["old"], "b": ["new"], "score": [1.58]}


def test_analogies_are_all_there():
    table = lexicons.analogies()
    assert len(table) == 19_544 and table.section.nunique() == 14
    assert table.iloc[0].tolist() == [
        "capital-common-countries",
        *("athens", "greece", "baghdad", "iraq"),
    ]


def test_classes_are_wordnets():
    words = "president soldiers dog dogs women nation january house run the zzz".split()
    classes = lexicons.noun_classes(words, smallest=1)
    assert classes["president"] == classes["soldiers"] == classes["women"] == "person"
    assert classes["dog"] == classes["dogs"] == "animal"
    assert classes["january"] == "time"
    assert not {"run", "the", "zzz"} & set(classes.index)
    assert list(classes.index) == [word for word in words if word in classes.index]
    assert list(lexicons.noun_classes(words, smallest=3).unique()) == ["person"]


def test_a_known_word_is_not_taken_for_a_plural():
    """ "Means" is a noun of its own: not the plural of the verb "mean"."""
    assert lexicons.sense_counts(["means"]).tags.item() == lexicons.wordnet().tags["means"]


def test_speeches_have_hundreds_of_classed_words():
    words = corpus.vocabulary(corpus.documents("sotu").tokens, 3000)
    classes = lexicons.noun_classes(words)
    assert 600 < len(classes) < 700 and classes.value_counts().min() >= 15


def test_senses_are_counted():
    table = lexicons.sense_counts(["bank", "banks", "photon", "january"])
    assert table.loc["bank"].equals(table.loc["banks"].rename("bank"))
    assert table.senses["bank"] == 18 and table.senses["january"] == 1
    assert "photon" not in table.index


def test_the_table_agrees_with_itself():
    table = lexicons.wordnet()
    assert table.index.is_unique and table.index.is_monotonic_increasing
    assert (table[["noun", "verb", "adjective", "adverb"]].sum(axis=1) == table.tags).all()
    assert (table.tags >= 3).all() and (table.tagged_senses <= table.senses).all()
    assert (table.top_sense_tags * table.tagged_senses >= table.tags).all()
    assert (table.noun_class_tags <= table.noun).all()
    assert ((table.noun_class == "") == (table.noun == 0)).all()
    assert table.noun_class.nunique() == 27  # 26 files, and none
    entry = data.manifest()["lexicons"]["wordnet"]
    assert list(table.shape) == entry["shape"] and list(table) == list(entry["fields"])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: lexicons.word_pairs("men"), "wordsim353, simlex999"),
        (lambda: lexicons.word_pairs("simlex999", "old new"), "list of words"),
        (lambda: lexicons.noun_classes("old new"), "list of words"),
        (lambda: lexicons.sense_counts("old new"), "list of words"),
    ],
)
def test_bad_questions_are_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as error:
        call()
    assert "\n" not in str(error.value) and str(error.value).endswith(".")


def test_empty_vocabularies_give_empty_answers():
    assert lexicons.noun_classes([]).empty and lexicons.sense_counts(["zzz"]).empty
    assert isinstance(lexicons.noun_classes([]), pd.Series)
    assert lexicons.word_pairs("simlex999", []).empty
    assert np.issubdtype(lexicons.wordnet().tags.dtype, np.integer)


def test_scales_are_known_words_in_threes():
    found = lexicons.scales("ordered", ["cold", "warm", "hot", "small", "large"])
    assert found == [["cold", "warm", "hot"]]
    found = lexicons.scales("comparatives", ["good", "better", "best", "bad", "worse", "worst"])
    assert sorted(found) == [["bad", "worse", "worst"], ["good", "better", "best"]]
    for name, words in (("ordered", ["zebra"]), ("sorted", ["cold"])):
        with pytest.raises(ValueError, match="list"):
            lexicons.scales(name, words)


def test_the_tree_of_mammals_is_closed():
    pairs = lexicons.hypernyms()
    known = set(zip(pairs.kind, pairs.of, strict=True))
    assert len(known) == len(pairs)
    assert {("dog", "canine"), ("dog", "mammal"), ("canine", "mammal")} <= known
    assert ("mammal", "dog") not in known
    assert set(pairs.of[pairs.kind == "poodle"]) >= {"dog", "carnivore", "placental", "mammal"}
    names = set(pairs.kind) | {"mammal"}
    assert set(pairs.of) <= names and (pairs.of == "mammal").sum() == len(names) - 1
    wider = pairs.groupby("kind").of.agg(set)
    assert all(
        wider.get(other, set()) <= wider[kind]
        for kind in ("poodle", "whale")
        for other in wider[kind]
    )
    direct = pairs[pairs.steps == 1]
    assert len(direct) == data.manifest()["lexicons"]["hypernyms"]["shape"][0]
