"""Does what goes together with a target also act on it? Ranks of associations and of effects."""

import numpy as np
from scipy.stats import spearmanr


def ranks_agree(scores, effects):
    """Rank correlation of scores and effects of the sources of each target, mean over targets.

    Parameters
    ----------
    scores, effects : sequences of arrays
        One array a target: a number for each source. Targets on which all effects, or all scores,
        are equal count nought.

    Returns
    -------
    float
        1 if scores order sources as effects do, 0 if they say nothing.

    Raises
    ------
    ValueError
        If lengths differ or a target has fewer than three sources.
    """
    found = []
    for score, effect in zip(scores, effects, strict=True):
        score, effect = np.asarray(score, float), np.asarray(effect, float)
        if score.shape != effect.shape or len(score) < 3:
            raise ValueError("every target needs a score and an effect of three sources or more.")
        constant = np.ptp(score) == 0 or np.ptp(effect) == 0
        found.append(0.0 if constant else spearmanr(score, effect).statistic)
    return float(np.mean(found))
