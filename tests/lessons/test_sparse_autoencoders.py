"""What the lesson on sparse autoencoders measures, on tokens whose concepts were put in."""

import numpy as np
import pandas as pd
import pytest

from celltoken.data.concepts import Tokens

NAME = "cross_lingual/sparse_autoencoders"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


def tokens_of(x, mixed, partner, holds, crossing):
    kinds = pd.DataFrame(holds).rename(columns=str)
    kind = holds.argmax(1).astype(str)
    same = np.eye(x.shape[1])
    known = np.ones(len(x), bool)
    return Tokens(x, x, partner, mixed, x, same, kind, crossing, kinds, known)


def superposed(rng, rows=4000, concepts=125, columns=60, active=4):
    """More concepts than columns, each a direction of its own, a few of them in each token."""
    directions = rng.normal(size=(concepts, columns))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    code = np.zeros((rows, concepts))
    for row in code:
        row[rng.choice(concepts, active, replace=False)] = rng.uniform(1, 2, active)
    other = rng.permutation(rows)
    x = code @ directions
    mixed = (code + code[other]) @ directions
    return tokens_of(x, mixed, x[other], code[:, :30] > 0, code[:, 0] > 0)


def clustered(rng, rows=1500, kinds=20, columns=40):
    """One kind a token, far apart, and nothing else but noise."""
    kind = rng.integers(kinds, size=rows)
    x = 4 * rng.normal(size=(kinds, columns))[kind] + rng.normal(size=(rows, columns))
    other = rng.permutation(rows)
    return tokens_of(x, (x + x[other]) / 2, x[other], np.eye(kinds)[kind] > 0, kind < 5)


# -- X9, X12 ---------------------------------------------------------------------------------------


def test_superposed_concepts_have_a_latent_each_and_mixtures_are_unfolded(lesson):
    rng = np.random.default_rng(0)
    tokens = superposed(rng)
    assert lead(lesson["one_latent_one_concept"](tokens, rng)) > 0.05
    assert lead(lesson["both_parents_held"](tokens, rng)) > 0.1


def test_clusters_and_examples_refute_one_latent_one_concept(lesson):
    rng = np.random.default_rng(1)
    found = lesson["one_latent_one_concept"](clustered(rng), rng)
    assert max(found["clusters"], found["examples"]) > found["value"] - 0.05


def test_single_columns_refute_it_where_each_column_is_a_concept(lesson):
    rng = np.random.default_rng(2)
    holds = rng.random((1500, 12)) < 0.2
    x = holds * rng.uniform(1, 2, holds.shape) + 0.05 * rng.normal(size=holds.shape)
    tokens = tokens_of(x, x, x, holds, holds[:, 0])
    found = lesson["one_latent_one_concept"](tokens, rng)
    assert found["single columns"] > 0.9
    assert lead(found) < 0.05


def test_independent_sources_refute_unfolding(lesson):
    rng = np.random.default_rng(3)
    sources = np.where(rng.random((2500, 20)) < 0.12, rng.uniform(1, 2, (2500, 20)), 0)
    other = rng.permutation(2500)
    x = sources @ rng.normal(size=(20, 20))
    tokens = tokens_of(x, (x + x[other]) / 2, x[other], sources > 0, sources[:, 0] > 0)
    found = lesson["both_parents_held"](tokens, rng)
    assert found["independent components"] > 0.5
    assert lead(found) < 0.1


def test_nothing_is_found_where_labels_are_permuted(lesson):
    rng = np.random.default_rng(4)
    tokens = clustered(rng)
    mixed = tokens.concepts.sample(frac=1, random_state=0).reset_index(drop=True)
    tokens = tokens_of(tokens.x, tokens.mixed, tokens.partner, mixed.to_numpy(), tokens.crossing)
    found = lesson["one_latent_one_concept"](tokens, rng)
    assert found["value"] < 0.2
    assert abs(lead(found)) < 0.05


def test_an_answer_that_is_always_on_refutes_it_where_all_concepts_are_common(lesson):
    rng = np.random.default_rng(8)
    holds = rng.random((800, 4)) < 0.9
    x = rng.normal(size=(800, 30))
    tokens = tokens_of(x, x, x, holds, holds[:, 0])
    found = lesson["one_latent_one_concept"](tokens, rng)
    assert found["always on"] > 0.9
    assert lead(found) < 0.05


# -- X13 -------------------------------------------------------------------------------------------


def halves(tokens, effect):
    first = np.arange(len(tokens.x)) % 2 == 0
    return tokens, [(first, effect), (~first, effect)]


def test_a_latent_of_the_concept_turned_up_does_what_it_does(lesson):
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(90, 40))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    code = (rng.random((3000, 90)) < 0.03) * rng.uniform(1, 2, (3000, 90))
    code[:, 0] = (rng.random(3000) < 0.3) * 1.5
    x = code @ directions
    tokens = tokens_of(x, x, x, code[:, :5] > 0, code[:, 0] > 0)
    # The outcome listens to what the first direction has apart from all the others' mean.
    found = lesson["turned_up"](halves(tokens, lambda added: added @ directions[0]), rng)
    assert found["value"] > 0.8
    assert found["other latents"] < 0.4
    assert abs(found["random directions"]) < 0.4


def test_a_concept_that_one_main_direction_holds_refutes_it(lesson):
    rng = np.random.default_rng(6)
    tokens = clustered(rng)
    here = rng.random(len(tokens.x)) < 0.5
    tokens.x[:, 0] += 40 * here
    tokens = tokens_of(tokens.x, tokens.x, tokens.x, tokens.concepts.to_numpy(), here)
    found = lesson["turned_up"](halves(tokens, lambda added: added[:, 0]), rng)
    assert found["principal components"] > 0.9
    assert lead(found) < 0.2


# -- tables ----------------------------------------------------------------------------------------


def test_cells_become_tokens_with_types_and_condition(lesson):
    from celltoken import data

    atlas = data.load(lesson["cells"])
    rng = np.random.default_rng(7)
    some = atlas[rng.choice(atlas.n_obs, 400, replace=False)].copy()
    tokens = lesson["cell_table"](some, rng)
    assert tokens.x.shape == tokens.mixed.shape
    assert tokens.concepts.columns[-1] == "stimulated"
    assert tokens.crossing.sum() == tokens.concepts["stimulated"].sum()
    assert np.isclose(tokens.concepts.iloc[:, :-1].sum(axis=1), 1).all()


def test_a_reader_is_told_when_the_gene_set_is_not_there(lesson):
    from celltoken import data

    sets = data.load("hallmark")
    assert lesson["response"] in sets.obs_names
    with pytest.raises(KeyError):
        sets["NO SUCH SET"]
