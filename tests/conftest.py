"""Marks that the tests use (`--strict-markers` refuses any other), and the browser they share."""

import functools
import os
import re

import pytest
from xdist.scheduler import LoadScopeScheduling

from celltoken.tools import browser as chromium


def pytest_configure(config):
    config.addinivalue_line("markers", "network: needs the package registries; off by default")


def pytest_xdist_make_scheduler(config, log):
    return BySharedModule(config, log)


class BySharedModule(LoadScopeScheduling):
    """A module whose tests share something costly stays on one process; of all others each test
    goes to whichever process is free.

    What is shared is seen in the module's text, because the process that deals the tests does not
    load them. (With pytest 9.2 the marks of xdist 3.8 for groups have no effect.)
    """

    def _split_scope(self, nodeid):
        module = nodeid.split("::")[0]
        return module if _shares(self.config.rootpath / module) else nodeid


@functools.cache
def _shares(module):
    return re.search(
        r'scope="module"|\bbrowser\b|^NAME = ', module.read_text("utf-8"), re.MULTILINE
    )


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
