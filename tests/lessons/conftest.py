"""What tests of a lesson share: the names that its claim cells define."""

import pytest

from celltoken import lessons
from celltoken.claims import measure


@pytest.fixture(scope="module")
def lesson(request):
    """What the claim cells of the lesson ``NAME`` of the test's module define, by name."""
    name = request.module.NAME
    names = {"__name__": name, **lessons.parameters_of(name)}
    for source in lessons.sources_of(name, "claim"):
        exec(compile(source, name, "exec"), names)
    measure._defined.clear()
    return names
