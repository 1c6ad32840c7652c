import numpy as np
import pandas as pd
import pytest

from celltoken.models.language_model import language_model
from celltoken.models.left_out import losses, one_token, read_passages


def test_batched_losses_are_those_of_texts_read_one_by_one():
    words = "the president lives in the white house".split()
    model = language_model()

    def log_probability(before):
        return np.log(model.next_probabilities(" " + " ".join(before), [" house"])[0])

    full = log_probability(words[:-1])
    wanted = [full - log_probability(words[:i] + words[i + 1 : -1]) for i in range(6)]
    np.testing.assert_allclose(losses(words), wanted, atol=2e-3)


def test_passages_end_in_a_word_of_one_token_that_is_not_common():
    texts = pd.DataFrame({"tokens": [["the", "house", "of", "the", "king"] * 20] * 3})
    found = read_passages(texts, count=2, words=4, common=1)
    assert len(found) == 2
    for each in found:
        assert len(each["words"]) == 4
        assert one_token(each["words"][-1])
        assert each["words"][-1] != "the"
        assert each["effect"].shape == (3,)
        assert each["effect"].min() >= 0


def test_a_target_of_two_tokens_is_refused():
    with pytest.raises(ValueError, match="one token"):
        losses(["a", "very", "antidisestablishmentarianism"])
