"""Marks that the tests use (`--strict-markers` refuses any other)."""


def pytest_configure(config):
    config.addinivalue_line("markers", "network: needs the package registries; off by default")
