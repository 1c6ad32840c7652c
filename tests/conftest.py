"""Marks that the tests use (`--strict-markers` refuses any other), and the browser they share."""

import browser as chromium
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "network: needs the package registries; off by default")


# Not for the whole session: while Playwright runs, no other test can start an event loop.
@pytest.fixture(scope="module")
def browser():
    if not chromium.find():
        chromium.missing("no Chromium here: install it, or name it in the variable CHROMIUM")
    with chromium.launch() as program:
        yield program
