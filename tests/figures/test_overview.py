"""The drawn overview: everything that it names fits into it."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from celltoken import figures
from celltoken.figures import overview


@pytest.fixture
def drawn():
    with mpl.rc_context():
        figures.use_style()
        figure, ax = plt.subplots(figsize=(6.8, 5.4))
        overview.foundation_models(ax)
        figure.canvas.draw()
        yield figure, ax
        plt.close(figure)


def test_all_texts_are_inside_and_apart(drawn):
    figure, ax = drawn
    frame, boxes = ax.get_window_extent(), {}
    for text in ax.texts:
        box = text.get_window_extent()
        assert frame.x0 - 2 <= box.x0 and box.x1 <= frame.x1 + 2, text.get_text()
        assert frame.y0 - 2 <= box.y0 and box.y1 <= frame.y1 + 2, text.get_text()
        for other, there in boxes.items():
            assert not box.overlaps(there), (text.get_text(), other)
        boxes[text.get_text() + str(text.get_position())] = box
    assert sum("?" == text.get_text() for text in ax.texts) == 2  # one hidden on each side


def test_every_question_is_asked_of_the_one_vector(drawn):
    _, ax = drawn
    words = " ".join(text.get_text() for text in ax.texts)
    for task in ("transfer", "alignment", "zero-shot", "perturbation", "probes"):
        assert f"({task}" in words or f"{task})" in words
