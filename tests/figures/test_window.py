"""A window shows what it is told to, and nothing where nothing is named."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from celltoken.figures.window import window

XY = pd.DataFrame([[0.0, 0.0], [1.0, 2.0], [5.0, 5.0]], ["here", "there", "elsewhere"])


@pytest.mark.parametrize("how", ["line", "arrow"])
def test_named_points_lie_inside_and_others_may_not(how):
    figure, ax = plt.subplots()
    window(ax, XY, [(["here", "there"], "red", how)])
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left < 0 < 1 < right < 5 and low < 0 < 2 < high < 5
    assert {text.get_text() for text in ax.texts} >= {"here", "there"}
    plt.close(figure)


def test_one_point_alone_has_room_and_nothing_named_is_an_empty_window():
    figure, (one, none) = plt.subplots(1, 2)
    window(one, XY, [(["there"], "blue", "ring")])
    assert one.get_xlim()[0] < 1 < one.get_xlim()[1]
    window(none, XY, [])
    assert not none.collections and not none.texts
    plt.close(figure)
