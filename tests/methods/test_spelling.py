"""How alike words are spelt, against the same counted by hand."""

import math
from collections import Counter

import numpy as np

from celltoken.methods import spelling


def runs(word):
    word = f" {word} "
    return Counter(word[i : i + n] for n in range(1, 5) for i in range(len(word) - n + 1))


def test_cosines_are_those_counted_by_hand():
    a, b = ["king", "lion", "sea"], ["lion", "roi", "mer", "kings"]
    rows = [runs(each) for each in [*a, *b]]
    weight = {
        run: math.log((1 + len(rows)) / (1 + sum(run in row for row in rows))) + 1
        for row in rows
        for run in row
    }

    def cosine(x, y):
        x, y = ({run: n * weight[run] for run, n in each.items()} for each in (x, y))
        length = [math.sqrt(sum(v * v for v in each.values())) for each in (x, y)]
        return sum(v * y.get(run, 0) for run, v in x.items()) / math.prod(length)

    found = spelling.alike(a, b)
    want = [[cosine(runs(x), runs(y)) for y in b] for x in a]
    assert found.shape == (3, 4) and np.allclose(found, want)
    assert found.argmax(1).tolist()[:2] == [3, 0]


def test_case_and_accents_do_not_count():
    found = spelling.alike(["Egypt", "prophet"], ["égypt", "PROPHÈT", "qui"])
    assert np.allclose(np.diag(found), 1) and (found[:, 2] < 0.1).all()
