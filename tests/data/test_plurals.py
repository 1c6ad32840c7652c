"""Singular and plural by WordNet, on words whose number every dictionary gives."""

import pytest

from celltoken.data.plurals import grammatical_number, irregular


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("plural", "years things men women taxes countries lives feet children hands arms"),
        ("singular", "year thing man woman tax life foot child congressman happiness"),
        ("", "means troops people police country series thanks texas nosuchword"),
    ],
)
def test_numbers_of_nouns(number, words):
    found = grammatical_number(words.split())
    assert found.index.tolist() == words.split()
    assert (found == number).all(), found[found != number]


def test_what_wordnet_lists_by_itself_may_still_be_a_plural():
    from celltoken.data.lexicons import wordnet

    listed = [word for word in ("years", "things", "men", "times") if word in wordnet().index]
    assert listed == ["years", "things", "men", "times"]
    assert (grammatical_number(listed) == "plural").all()


def test_the_irregular_forms_are_a_table_of_pairs():
    assert irregular()["men"] == ("man",)
    assert irregular()["feet"] == ("foot",)
    assert all(form.isalpha() for form in irregular())
