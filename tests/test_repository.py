"""The repository agrees with itself: lock, environment, addresses, versions, what is committed."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml

from celltoken.lessons import notebooks

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


@pytest.fixture(scope="module")
def locks():
    spec = importlib.util.spec_from_file_location("locks", ROOT / ".ci" / "locks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_environment_is_the_readers_lock(locks):
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == locks.environment(LOCK), (
        "run 'make lock'"
    )


def test_every_pin_has_hashes_and_no_lock_names_a_host(locks):
    for group in ("", *locks.groups()):
        text = locks.lock_of(group).read_text(encoding="utf-8")
        assert [e.split()[0] for e in locks.entries(text) if "--hash=sha256:" not in e] == []
        assert "://" not in text


def pins(locks, group) -> dict[str, str]:
    found = re.findall(
        r"^([\w.-]+)==([^\s;]+)", locks.lock_of(group).read_text(encoding="utf-8"), re.MULTILINE
    )
    return dict(found)


def test_no_package_has_two_versions(locks):
    versions = {}
    for group in ("", *locks.groups()):
        for name, version in pins(locks, group).items():
            assert versions.setdefault(name, version) == version, f"{name}: run 'make lock'"


def test_every_group_locks_what_it_declares_and_readers_get_no_tools(locks):
    readers = pins(locks, "")
    declared = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    for group, wanted in declared.items():
        names = {re.match(r"[\w.-]+", each)[0].lower().replace("_", "-") for each in wanted}
        assert names - set(pins(locks, group)) - set(readers) == set(), "run 'make lock'"
    assert {"pytest", "ruff", "uv", "sphinx", "nbgrader", "rdata"} & set(readers) == set()


# Which groups may be imported where; every place may import what readers have.
PLACES = {
    "celltoken/lessons/": ["book"],
    "celltoken/tools/": ["book", "test", "scale"],
    "celltoken/coursework/": ["instructor"],
    "celltoken/": [],
    "chapters/": [],
    "book/": ["book"],
    "data/build/": ["data"],
    "tests/models/reference/": None,  # made once with packages that the course does without
    "tests/": ["book", "test", "lint", "instructor", "scale"],
    ".ci/": ["lint"],
}


def imported(path: Path) -> set[str]:
    """Top-level names that a module or notebook imports."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = nbformat.reads(text, 4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names


def test_what_is_imported_is_declared_where_it_is_imported():
    known = metadata.packages_distributions()
    declared = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    groups = {
        group: {re.match(r"[\w.-]+", each)[0].lower().replace("_", "-") for each in wanted}
        for group, wanted in declared.items()
    }
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        place = next((each for each in PLACES if name.startswith(each)), None)
        if path.suffix not in (".py", ".ipynb") or place is None or PLACES[place] is None:
            continue
        allowed = set().union(*(groups[group] for group in ["", *PLACES[place]]))
        for top in imported(path):
            beside = [path.parent / f"{top}.py", ROOT / top, ROOT / "tests" / f"{top}.py"]
            owners = {re.sub("[-_.]+", "-", each).lower() for each in known.get(top, [top])}
            if not any(each.exists() for each in beside):
                assert owners & allowed, f"{name} imports {top}, which no group of it declares"


def test_committed_files_are_small_and_few():
    sizes = {path: path.stat().st_size for path in tracked()}
    assert [path for path, size in sizes.items() if size > 5_000_000] == []
    assert sum(sizes.values()) <= 70_000_000


def ill_named(names: list[str]) -> list[str]:
    """Names that a program may take for an option, or that no terminal shows as they are."""
    wrong = re.compile(r"(^|/)-|[\x00-\x1f\x7f]")
    return [name for name in names if wrong.search(name)]


def test_committed_files_have_sound_names():
    assert ill_named([path.relative_to(ROOT).as_posix() for path in tracked()]) == []
    planted = ["--help/page.png", "a/-b", "a\nb", "a-b/c"]
    assert ill_named(planted) == planted[:3]


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


def test_the_command_starts_with_what_readers_have(locks):
    """Binder runs `celltoken fetch` where no tool of the book or the tests is installed."""
    readers = set(pins(locks, "")) | {"celltoken", "pip", "setuptools"}
    banned = [
        top
        for top, owners in metadata.packages_distributions().items()
        if not {re.sub("[-_.]+", "-", each).lower() for each in owners} & readers
    ]
    assert "pytest" in banned and "numpy" not in banned
    code = (
        "import sys\n"
        f"banned = set({banned!r})\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in banned:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "import anndata, scanpy  # these only ask whether something is there\n"
        "for name in [each for each in sys.modules if each.split('.')[0] in banned]:\n"
        "    del sys.modules[name]\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from celltoken.tools import cli\n"
        "cli.main(['claims', '--only', 'C1', '--stale'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
