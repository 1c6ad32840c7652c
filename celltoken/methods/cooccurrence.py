"""From counts to coordinates: count contexts, weigh them by surprise, keep the main directions."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from celltoken.methods.inputs import as_counts, as_dimension, as_matrix, as_sequences


def cooccurrences(sequences, vocabulary, window=5):
    """Count how often each token of a vocabulary has each other one within a window.

    Parameters
    ----------
    sequences : iterable of sequences of str
        Ordered tokens: the words of a text, or the genes of a cell from most to least expressed.
        No window reaches from one sequence into the next.
    vocabulary : sequence of str, length n
        Tokens to count. Others still take up a place in the window; word2vec drops unknown
        words before it opens a window, so that its windows reach farther.
    window : int
        How many places to look to each side.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (n, n)
        Entry (i, j): how often token j stands within ``window`` places of token i. Symmetric.

    Raises
    ------
    ValueError
        If a sequence is plain text, the vocabulary is empty or repeats a token, or ``window`` is
        not a positive whole number.

    References
    ----------
    Church and Hanks (1990), Computational Linguistics 16, aclanthology:J90-1003.
    """
    index = {token: i for i, token in enumerate(vocabulary)}
    if not index or len(index) != len(vocabulary):
        raise ValueError("vocabulary must list at least one token, and each token only once.")
    if not (isinstance(window, (int, np.integer)) and window >= 1):
        raise ValueError(f"window must be a whole number of at least 1, not {window!r}.")
    n = len(index)
    # A gap of `window` places between sequences keeps them apart, so that one array holds them all.
    gap = [-1] * window
    ids = np.fromiter(
        (
            i
            for sequence in as_sequences(sequences)
            for i in [*(index.get(t, -1) for t in sequence), *gap]
        ),
        dtype=np.int64,
    )
    total = np.zeros(n * n) if n <= 4096 else None
    pairs = sparse.csr_matrix((n, n))
    for step in range(1, window + 1):
        left, right = ids[:-step], ids[step:]
        both = (left >= 0) & (right >= 0)
        code = left[both] * n + right[both]
        if total is not None:
            total += np.bincount(code, minlength=n * n)
        else:
            ones = np.ones(len(code))
            pairs = pairs + sparse.csr_matrix((ones, (left[both], right[both])), shape=(n, n))
    if total is not None:
        pairs = sparse.csr_matrix(total.reshape(n, n))
    return (pairs + pairs.T).tocsr()


def pmi(counts):
    """Pointwise mutual information of every pair that was seen.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative counts.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, contexts)
        log [ p(token, context) / (p(token) p(context)) ] in nats where the count is positive.
        Pairs never seen, whose value would be minus infinity, are left out (stored as nothing).

    References
    ----------
    Church and Hanks (1990), Computational Linguistics 16, aclanthology:J90-1003.
    """
    counts = as_counts(counts).astype(np.float64).tocoo()
    rows, columns = np.asarray(counts.sum(1)).ravel(), np.asarray(counts.sum(0)).ravel()
    value = np.log(counts.data * counts.data.sum() / (rows[counts.row] * columns[counts.col]))
    return sparse.csr_matrix((value, (counts.row, counts.col)), shape=counts.shape)


def ppmi(counts, shift=0.0):
    """Positive pointwise mutual information: how much more often a pair was seen than by chance.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative counts.
    shift : float
        Subtracted before negative values are cut off; log k gives the shifted PMI that skip-gram
        with k negative samples factorizes.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, contexts)
        max(PMI - shift, 0), in nats.

    References
    ----------
    Levy and Goldberg (2014), Neural word embedding as implicit matrix factorization, NeurIPS 27.
    """
    surprise = pmi(counts)
    surprise.data = np.maximum(surprise.data - shift, 0)
    surprise.eliminate_zeros()
    return surprise


def svd_embedding(x, dimension=50, *, power=0.5):
    """Coordinates of the rows along the main directions of a matrix (exact truncated SVD).

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        Used as it is: centre it first if you want principal components.
    dimension : int
        How many directions to keep.
    power : float
        Exponent of the singular values: 1 keeps distances, 0.5 shares the values between rows and
        columns (usual for words), 0 whitens.

    Returns
    -------
    numpy.ndarray, shape (tokens, dimension)
        Strongest direction first. Signs are fixed so that each direction's largest entry by
        absolute value is positive, which makes runs comparable.

    Raises
    ------
    ValueError
        If ``dimension`` does not fit the matrix.

    References
    ----------
    Levy, Goldberg and Dagan (2015), TACL 3, doi:10.1162/tacl_a_00134 (choice of ``power``).
    """
    x = as_matrix(x, min_rows=2)
    dimension = as_dimension(dimension, x.shape)
    if dimension > 0.5 * min(x.shape):
        dense = x.toarray() if sparse.issparse(x) else x
        u, s, _ = np.linalg.svd(dense, full_matrices=False)
    else:
        # ARPACK to machine precision, not a randomized SVD: on noisy matrices the latter does not
        # converge, and the neighbours then depend on the order of the columns.
        start = np.random.default_rng(0).normal(size=min(x.shape))
        u, s, _ = svds(x.astype(np.float64), k=dimension, v0=start, solver="arpack")
    order = np.argsort(-s)[:dimension]
    u, s = u[:, order], s[order]
    u = u * np.sign(u[np.abs(u).argmax(0), np.arange(dimension)])
    return u * s**power


def sgns(counts, dimension=50, *, negatives=5, steps=100, learning_rate=0.1, seed=0):
    """Skip-gram with negative sampling on any matrix of counts, by full-batch Adam.

    Finds vectors w (tokens) and c (contexts) whose dot product tells pairs that were seen from
    pairs drawn at random: it maximizes, over all pairs (i, j),
    ``n_ij log s(w_i.c_j) + k (n_i n_j / n) log s(-w_i.c_j)`` with s the logistic function. That is
    the objective that Levy and Goldberg analyse, in expectation: nothing is sampled, only the
    starting point is random. word2vec itself draws negatives by frequency^0.75, thins common words
    and makes few passes, and gets less far.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative counts.
    dimension : int
        Length of the vectors.
    negatives : int or float
        k, how many random pairs each seen pair is weighed against.
    steps : int
        Passes over the whole matrix.
    learning_rate : float
        Adam's step size; it falls linearly to zero.
    seed : int
        Seed of the starting vectors.

    Returns
    -------
    w : numpy.ndarray, shape (tokens, dimension), float32
    c : numpy.ndarray, shape (contexts, dimension), float32

    References
    ----------
    Mikolov et al. (2013), arXiv:1310.4546; Levy and Goldberg (2014), NeurIPS 27;
    Kingma and Ba (2015), arXiv:1412.6980.
    """
    counts = as_counts(counts)
    dimension = as_dimension(dimension, counts.shape)
    seen = counts.toarray().astype(np.float32)
    rows, columns = seen.sum(1, dtype=np.float64), seen.sum(0, dtype=np.float64)
    random = (negatives * rows / rows.sum())[:, None] * columns[None]
    weight = (seen + random).astype(np.float32)

    rng = np.random.default_rng(seed)
    vectors = [
        (rng.normal(size=(n, dimension)) / np.sqrt(dimension)).astype(np.float32)
        for n in counts.shape
    ]
    mean = [np.zeros_like(v) for v in vectors]
    square = [np.zeros_like(v) for v in vectors]
    for step in range(1, steps + 1):
        w, c = vectors
        # d loss / d (w.c) = (n + random) s(w.c) - n
        slope = w @ c.T
        np.negative(slope, out=slope)
        np.exp(slope, out=slope)
        slope += 1
        np.divide(weight, slope, out=slope)
        slope -= seen
        for v, m, s, gradient in zip(vectors, mean, square, (slope @ c, slope.T @ w), strict=True):
            m += 0.1 * (gradient - m)
            s += 0.01 * (gradient**2 - s)
            rate = learning_rate * (1 - (step - 1) / steps)
            v -= rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.99**step)) + 1e-12)
    return vectors[0], vectors[1]
