"""Lock the dependencies of pyproject.toml: one resolution, written as a file for each group.

    python .ci/locks.py             # what is locked stays as it is where it can
    python .ci/locks.py --upgrade   # the newest of everything

`requirements.lock` is what readers need; `requirements-book.lock` and so on list only what a group
needs beside it. All come from one resolution of all groups together, so they fit each other. Then
`environment.yml` is written from the readers' lock.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"^([A-Za-z0-9._-]+==[^ \\]+)( ; [^\\]+?)? *\\?$", re.MULTILINE)
HEAD = """\
# Made from requirements.lock by `make lock`. Binder builds this, then runs postBuild.
name: cell-as-a-token
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def groups() -> list[str]:
    """Names of the groups beside the readers' own list."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["optional-dependencies"])


def lock_of(group: str) -> Path:
    """Where a group's lock is; the readers' is that of the group ``""``."""
    return ROOT / f"requirements{'-' * bool(group)}{group}.lock"


def entries(lock: str) -> list[str]:
    """The entries of a lock: a pin with its hashes each."""
    return [entry for entry in re.split(r"\n(?=\S)", lock.strip()) if entry]


def environment(lock: str) -> str:
    """The text of environment.yml for the text of the readers' lock."""
    return HEAD + "".join(f'      - "{name}{marker}"\n' for name, marker in PIN.findall(lock))


def resolve(names: list[str], target: Path, *options: str) -> str:
    """Let uv resolve the readers' list and some groups into a file; return its text."""
    command = [Path(sys.executable).with_name("uv"), "pip", "compile", "pyproject.toml"]
    command += ["--universal", "--fork-strategy", "fewest", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
    command += ["--quiet", "--output-file", target, *options]
    command += [part for name in names for part in ("--extra", name)]
    if subprocess.run(command, cwd=ROOT).returncode:
        sys.exit("The dependencies could not be locked: the lines above say why.")
    return target.read_text(encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        everything = Path(folder) / "everything.lock"
        kept = [lock_of(group) for group in ("", *groups()) if lock_of(group).is_file()]
        if not options.upgrade:  # what stands in the file that uv writes, it keeps
            pins = {e for lock in kept for e in entries(lock.read_text(encoding="utf-8"))}
            everything.write_text("\n".join(sorted(pins)) + "\n", encoding="utf-8")
        resolve(groups(), everything)
        texts = {
            group: resolve(
                [group] * bool(group), Path(folder) / lock_of(group).name, "-c", str(everything)
            )
            for group in ("", *groups())
        }
    readers = set(entries(texts[""]))
    for group, text in texts.items():
        mine = [entry for entry in entries(text) if not group or entry not in readers]
        lock_of(group).write_text("\n".join(mine) + "\n", encoding="utf-8")
    (ROOT / "environment.yml").write_text(environment(texts[""]), encoding="utf-8")


if __name__ == "__main__":
    main()
