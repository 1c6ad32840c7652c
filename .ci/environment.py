"""environment.yml (conda, Binder), made from requirements.lock so that the two cannot differ."""

import re
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


def render(lock: str) -> str:
    """The text of environment.yml for the text of a lock."""
    return HEAD + "".join(f'      - "{name}{marker}"\n' for name, marker in PIN.findall(lock))


if __name__ == "__main__":
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (ROOT / "environment.yml").write_text(render(lock), encoding="utf-8")
