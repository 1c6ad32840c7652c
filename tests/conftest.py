"""Marks that the tests use (`--strict-markers` refuses any other), and the browser they share."""

import os

import pytest

from celltoken.tools import browser as chromium


def pytest_configure(config):
    config.addinivalue_line("markers", "network: needs the package registries; off by default")


def pytest_collection_modifyitems(items):
    """Under ``--dist loadgroup``: a module whose tests share something costly stays on one
    process, and all other tests go to whichever process is free.

    With pytest 9.2 the marks have no effect: xdist 3.8 writes the group into `_nodeid`, which no
    longer exists. Each process then makes what is costly for itself.
    """
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs if hasattr(item, "_fixtureinfo") else {}
        if any(
            made[-1].scope == "module" and "_xunit" not in name for name, made in fixtures.items()
        ):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def missing():
    """Skip with one sentence; in continuous integration a missing piece is a failure.

    A fixture, not an import: two rooms have a ``conftest``, and the name means either.
    """
    return pytest.fail if os.environ.get("CI") else pytest.skip


@pytest.fixture(scope="session")
def sandboxed(missing):
    """Skip where no student's code can be shut in, as under root without bubblewrap."""
    from celltoken import coursework
    from celltoken.coursework import sandbox, session

    try:
        session.Session(sandbox.LIMITS).close()
    except (coursework.CourseworkError, OSError) as problem:
        missing(str(problem))


# Not for the whole session: while Playwright runs, no other test can start an event loop.
@pytest.fixture(scope="module")
def browser(missing):
    if not chromium.find():
        missing("no Chromium here: install it, or name it in the variable CHROMIUM")
    with chromium.launch() as program:
        yield program
