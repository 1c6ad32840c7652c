"""Coursework: the edition that students get, and the grading of what they hand in.

Two commands use this package, ``celltoken student`` and ``celltoken grade``; the instructor's guide
is ``book/teaching/grading.md``. What a student wrote runs in a process of its own (`worker`), shut
in by `sandbox`. That process knows no check and no points: it only answers "what does your function
return for this?", in plain data (`wire`). The checks run on the other side (`autograder`), in a
process that no code of a student ever enters, so there is nothing to patch and nothing to forge.
"""


class CourseworkError(Exception):
    """Coursework cannot be released or graded. The message is one sentence that says what to do."""
