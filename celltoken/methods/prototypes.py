"""Labels given at the moment of asking: prototypes of a few labelled tokens, nothing trained."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from celltoken.methods.few_labels import labelled_few


def told_from_shots(x, labels, one, rng, shots=4, draws=10, how="prototypes"):
    """How well one class is told from all others, by a few labelled tokens of each class.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    labels : sequence, length tokens
    one : str
        The class.
    rng : numpy.random.Generator
        Draws the labelled tokens.
    shots, draws : int
        Labelled tokens a class; how often they are drawn.
    how : str
        ``"prototypes"``: the nearest mean of a class. ``"permuted"``: the same, with the labels of
        the shots permuted. ``"nearest"``: the label of the nearest shot. ``"markers"``: prototypes
        in the five columns of each class whose mean lies farthest above that of the other shots.

    Returns
    -------
    float
        Mean over draws of the balanced accuracy on tokens without a label; guessing has a half.
    """
    labels, found = np.asarray(labels).astype(str), []
    for _ in range(draws):
        learn, ask = labelled_few(labels, shots, rng)
        said = rng.permutation(labels[learn]) if how == "permuted" else labels[learn]
        columns = _markers(x[learn], said) if how == "markers" else slice(None)
        given = x[learn][:, columns]
        if how != "nearest":
            names = np.unique(said)
            given, said = np.array([given[said == name].mean(0) for name in names]), names
        told = KNeighborsClassifier(1).fit(given, said).predict(x[ask][:, columns]) == one
        true = labels[ask] == one
        found.append((told[true].mean() + (~told[~true]).mean()) / 2)
    return float(np.mean(found))


def _markers(x, labels, each=5):
    kept = set()
    for label in np.unique(labels):
        above = x[labels == label].mean(0) - x[labels != label].mean(0)
        kept.update(np.argsort(-above, kind="stable")[:each].tolist())
    return sorted(kept)
