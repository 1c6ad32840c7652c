"""The repository agrees with itself: lock, environment, addresses, versions, what is committed."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from celltoken import notebooks

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
NOTEBOOKS = notebooks.find([ROOT / "book", ROOT / "chapters"])


def tracked() -> list[Path]:
    git = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if git.returncode:
        pytest.skip("not a git checkout")
    return [path for name in git.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a data file
    return found


def test_environment_is_the_lock():
    spec = importlib.util.spec_from_file_location("environment", ROOT / ".ci" / "environment.py")
    environment = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(environment)
    expected = environment.render(LOCK)
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == expected, "run 'make lock'"


def test_every_pin_has_hashes():
    pins = re.split(r"\n(?=\S)", LOCK.strip())
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in LOCK, "the lock names a host"


def test_the_lock_knows_every_dependency():
    wanted = PROJECT["dependencies"] + sum(PROJECT["optional-dependencies"].values(), [])
    names = {re.match(r"[\w.-]+", each)[0].lower().replace("_", "-") for each in wanted}
    both = LOCK + (ROOT / "requirements-instructor.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([\w.-]+)==", both, re.MULTILINE))
    assert names - locked == set(), "run 'make lock'"


def test_committed_files_are_small():
    assert [path for path in tracked() if path.stat().st_size > 5_000_000] == []


def test_committed_files_name_no_machine():
    place = re.compile(r"(?<![\w.}~-])/(work|farm|root|home|tmp)/[a-z.]")
    registry = re.compile(r"https?://[^ )\"]*(pypi|npm|debian|hosted)", re.IGNORECASE)
    for path, text in texts():
        for number, line in enumerate(text.splitlines(), 1):
            assert not place.search(line), f"{path}:{number} names a place on one machine"
            assert not registry.search(line), f"{path}:{number} names a package registry's host"


def test_one_repository_address():
    url = CONFIG["repository"]["url"]
    owner, name = url.removeprefix("https://github.com/").split("/")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == url
    ours = re.compile(
        r"(?:github\.com|mybinder\.org/v2/gh|colab\.research\.google\.com/github)/"
        rf"(?:({owner})/([\w.-]+)|([\w.-]+)/({name})\b)"
    )
    for path, text in texts():
        for match in ours.finditer(text):
            found = "/".join(part for part in match.groups() if part).removesuffix(".git")
            assert found == f"{owner}/{name}", f"{path} has another address: {match[0]}"


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == PROJECT["version"]


def test_the_readme_names_commands_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = " ".join(re.findall(r"```.*?```|`[^`\n]+`", readme, re.DOTALL))
    named = set(re.findall(r"\bmake ([a-z]+)", code))
    assert {"book", "test"} <= named
    assert named - set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebooks_carry_only_checked_text(path):
    assert notebooks.is_clean(nbformat.read(path, as_version=4)), "run 'make format'"


@pytest.mark.parametrize("tool", ["ruff check", "ruff format --check", "codespell"])
def test_text_is_tidy(tool):
    program = Path(sys.executable).parent / tool.split()[0]
    run = subprocess.run([program, *tool.split()[1:]], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"run 'make format', then mend what is left:\n{run.stdout}"


def test_binder_reads_the_root():
    assert not (ROOT / "binder").exists(), "a binder folder hides environment.yml and postBuild"
    assert not (ROOT / ".binder").exists()
    for script in ("postBuild", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), f"{script} must be executable"
