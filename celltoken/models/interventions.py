"""Change a token's state inside a causal model, and let the layers above run on."""

import numpy as np

from celltoken.models.attention import rms_norm, swiglu


def memory_before_last(kept):
    """The (keys, values) of one layer without those of the last token.

    ``kept`` is what :meth:`Decoder.iter_layers` yields: each (batch, heads, tokens, dimensions).
    """
    return tuple(each[:, :, :-1].copy() for each in kept)


def run_on(decoder, x, layer, memory, until=None):
    """The last token's state at a higher layer, from its state at a lower one.

    Parameters
    ----------
    decoder : celltoken.models.attention.Decoder
    x : array, shape (batch, dimensions)
        States at ``layer``, before any norm, changed or not.
    layer, until : int
        From 0, the embedding; by default up to the last layer, whose states carry the final norm.
    memory : list of (keys, values)
        :func:`memory_before_last` of the first, the second ... layer with weights, for the same
        batch.

    Returns
    -------
    array, shape (batch, dimensions)

    Raises
    ------
    ValueError
        If the layers are not in order, or the memory does not reach.
    """
    last = len(decoder.layers)
    until = last if until is None else until
    if not 0 <= layer <= until <= last:
        raise ValueError(f"layer and until must rise within 0 to {last}: not {layer} and {until}.")
    if len(memory) < until:
        raise ValueError(f"memory holds {len(memory)} layers, and layer {until} is asked for.")
    x = np.asarray(x, np.float32)[:, None]
    for number in range(layer, until):
        weights = decoder.layers[number]
        normed = rms_norm(x, weights["attention_norm"], decoder.epsilon)
        x = x + decoder.attend(normed, weights, memory[number])[0]
        normed = rms_norm(x, weights["mlp_norm"], decoder.epsilon)
        x = x + swiglu(normed, weights["gate"], weights["up"], weights["down"])
    if until == last > layer:
        x = rms_norm(x, decoder.final_norm, decoder.epsilon)
    return x[:, 0]
