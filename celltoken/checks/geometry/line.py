"""Exercise 5 of *Geometry*: where a point stands along a line, and how far off it."""

import numpy as np

from celltoken.checks.core import Exercise, fail
from celltoken.checks.values import array


def triples(rng):
    """Points anywhere, beyond either end, one on the line, one just off an end; elsewhere each
    time."""
    for place, aside in ((0.6, 1.3), (1.6, 0.2), (-0.4, 0.2), (0.3, 0.0), (-0.02, 0.7)):
        a, b, other = rng.normal(size=(3, 12)) * 2 + 1
        way, place = b - a, place * rng.uniform(0.8, 1.2)
        off = other - a - (other - a) @ way / (way @ way) * way
        off *= aside * rng.uniform(0.8, 1.2) * np.linalg.norm(way) / np.linalg.norm(off)
        yield a + place * way + off, a, b


def read(ask, merged, a, b):
    value = ask(merged, a, b)
    if isinstance(value, (float, np.floating)):
        fail("return two numbers: where along the line, and how far off it.")
    t, off = array(value, (2,), "two numbers, t and off")
    # On the line, roots of small differences (Pythagoras, Heron) lose half of the digits, and may
    # be roots of less than nothing.
    on_line = place(merged, a, b)[1] < 1e-7
    return {"t": t, "off": 0.0 if on_line and not abs(off) > 1e-6 else off}


def place(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return t, np.linalg.norm(out - t * way) / np.linalg.norm(way)


def size(x):
    return np.linalg.norm(x)


def with_t(t):
    """A wrong function of which only t is wrong: t from the point, a, b and the right t."""
    return lambda merged, a, b: (t(merged, a, b, place(merged, a, b)[0]), place(merged, a, b)[1])


def with_off(off):
    return lambda merged, a, b: (place(merged, a, b)[0], off(merged, a, b, *place(merged, a, b)))


project_on_line = Exercise("project_on_line", place, triples, read,
    hint="all three are vectors, and @ between two of them is one number",
    otherwise="those are not the share of the way from a to b, and the distance from the line in "
    "units of the distance from a to b.",
    gave_nan="NaN or infinity comes out; which length do you divide by?",
    mistakes=[
    ("the order is: first where along the line, then how far off it.",
     lambda merged, a, b: place(merged, a, b)[::-1]),
    ("t is a length; divide by the length of the way once more, for a share of it.",
     with_t(lambda m, a, b, t: t * size(b - a))),
    ("t is not normalised: divide by the squared length of the way.",
     with_t(lambda m, a, b, t: t * size(b - a) ** 2)),
    ("t is how far a is, sideways included; project on the way first.",
     with_t(lambda m, a, b, t: size(m - a) / size(b - a))),
    ("t compares the distances from both ends; project on the way instead.",
     with_t(lambda m, a, b, t: size(m - a) / (size(m - a) + size(m - b)))),
    ("t is a cosine, which forgets how far one has come; divide by the squared length of the way.",
     with_t(lambda m, a, b, t: t * size(b - a) / size(m - a))),
    ("t is counted from the origin; subtract a from merged first.",
     with_t(lambda m, a, b, t: m @ (b - a) / size(b - a) ** 2)),
    ("t is counted from b; it must be 0 at a and 1 at b.", with_t(lambda m, a, b, t: 1 - t)),
    ("t is a projection on b; the way is b - a.", with_t(lambda m, a, b, t: (m - a) @ b / (b @ b))),
    ("t is cut off at the ends; a point may lie before a or beyond b.",
     with_t(lambda m, a, b, t: np.clip(t, 0, 1))),
    ("t has lost its sign; before a it is negative.", with_t(lambda m, a, b, t: abs(t))),
    ("off is a length; divide it by the length of the way.",
     with_off(lambda m, a, b, t, off: off * size(b - a))),
    ("off is squared; take the root.", with_off(lambda m, a, b, t, off: off**2)),
    ("off is squared, and so is its unit; take the root.",
     with_off(lambda m, a, b, t, off: (off * size(b - a)) ** 2)),
    ("off is divided by the squared length of the way; divide by the length.",
     with_off(lambda m, a, b, t, off: off / size(b - a))),
    ("off is the distance from a; take it from the nearest point of the line.",
     with_off(lambda m, a, b, t, off: size(m - a) / size(b - a))),
    ("off is the distance from b; take it from the nearest point of the line.",
     with_off(lambda m, a, b, t, off: size(m - b) / size(b - a))),
    ("off is the distance from the middle; take it from the nearest point of the line.",
     with_off(lambda m, a, b, t, off: size(m - (a + b) / 2) / size(b - a))),
    ("off is the distance from the nearer end; take it from the nearest point of the line.",
     with_off(lambda m, a, b, t, off: min(size(m - a), size(m - b)) / size(b - a))),
    ("off is in units of the distance from a; the unit is the length of the way.",
     with_off(lambda m, a, b, t, off: off * size(b - a) / size(m - a))),
    ("the nearest point of the line is a + t (b - a); you left a out.",
     with_off(lambda m, a, b, t, off: size(m - t * (b - a)) / size(b - a))),
    ("the nearest point of the line is a + t (b - a); you went from b.",
     with_off(lambda m, a, b, t, off: size(m - b - t * (b - a)) / size(b - a))),
    ("off stops at the ends; go on along the line through a and b.",
     with_off(lambda m, a, b, t, off: size(m - a - np.clip(t, 0, 1) * (b - a)) / size(b - a))),
    ("off adds the differences as they are (city block); square them, and take the root.",
     with_off(lambda m, a, b, t, off: np.abs(m - a - t * (b - a)).sum() / size(b - a))),
])  # fmt: skip
