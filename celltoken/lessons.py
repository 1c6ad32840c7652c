"""Lessons as programs: find one in the reading order, run it with other parameters.

A lesson names its inputs in one cell tagged ``parameters``; papermill puts a reader's values after
it and runs the notebook in a process of its own. Nothing is written before all of it has run.
"""

import ast
import contextlib
import difflib
import os
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLAIM_LINE = re.compile(r"^[A-Z]\d+ (?:holds|does not hold).*", re.MULTILINE)
CLAIM_ID = re.compile(r"claims\.check\(\s*[\"']([A-Z]\d+)[\"']")


class LessonError(Exception):
    """A lesson cannot be found or run. The message is one sentence that says what to do."""


def reading_order() -> list[str]:
    """Names of the chapters' notebooks, such as ``context/low_rank``, in the book's order."""
    import yaml

    def files(node):
        if isinstance(node, list):
            return [file for each in node for file in files(each)]
        if not isinstance(node, dict):
            return []
        own = [node["file"]] if "file" in node else []
        return own + [file for key, value in node.items() if key != "file" for file in files(value)]

    listed = files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    names = [name.removeprefix("chapters/") for name in listed if name.startswith("chapters/")]
    return [name for name in names if path_of(name).is_file()]


def path_of(name: str) -> Path:
    """Where the notebook of a lesson is."""
    return ROOT / "chapters" / f"{name}.ipynb"


def find(wanted: str) -> str:
    """The full name of a lesson, also from its last part alone or from its path.

    Raises
    ------
    LessonError
        If no lesson or more than one fits; the message suggests the nearest name.
    """
    known = reading_order()
    name = wanted.removesuffix(".ipynb").removeprefix("./").removeprefix("chapters/")
    fitting = [each for each in known if name in (each, each.split("/")[-1])]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise LessonError(f"{wanted!r} is the name of several lessons: {' or '.join(fitting)}?")
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    near = near or difflib.get_close_matches(name, [each.split("/")[-1] for each in known], n=1)
    hint = f"did you mean {find(near[0])}?" if near else f"the lessons are {', '.join(known)}."
    raise LessonError(f"There is no lesson {wanted!r}: {hint}")


def code_of(name: str) -> str:
    """All code of a lesson as one text."""
    return "\n".join(cell.source for cell in _read(name).cells if cell.cell_type == "code")


def claims_of(name: str) -> list[str]:
    """The ids of the claims that a lesson checks, in its order."""
    cells = [cell for cell in _read(name).cells if cell.cell_type == "code"]
    checked = [cell.source for cell in cells if "claims.check(" in cell.source]
    return CLAIM_ID.findall("\n".join(checked))


def parameters_of(name: str) -> dict:
    """What a lesson's ``parameters`` cell sets, name to default; nothing if it has no such cell."""
    for cell in _read(name).cells:
        if "parameters" in cell.metadata.get("tags", []):
            found = [s for s in ast.parse(cell.source).body if isinstance(s, ast.Assign)]
            return {s.targets[0].id: ast.literal_eval(s.value) for s in found}
    return {}


def title_of(name: str) -> str:
    """The heading of a lesson."""
    for cell in _read(name).cells:
        if heading := re.match(r"# (.+)", cell.source):
            return heading[1].strip()
    return name


def run(name: str, parameters: dict, output: Path) -> list[str]:
    """Run a lesson with a reader's parameters and write the executed notebook.

    Where the data are the reader's own, claims are reported and not compared with the record.

    Parameters
    ----------
    name : str
        As :func:`find` returns it.
    parameters : dict
        Some of :func:`parameters_of`.
    output : Path
        The notebook to write, in one step and only after the lesson has run to its end.

    Returns
    -------
    list of str
        The lines that ``claims.check`` printed.

    Raises
    ------
    LessonError
        If a parameter is unknown to the lesson, the output cannot be written, or the lesson fails.
    DataError
        If the cells cannot be loaded.
    """
    known = parameters_of(name)
    if unknown := [each for each in parameters if each not in known]:
        takes = ", ".join(f"--{each}" for each in known) or "none"
        raise LessonError(
            f"The lesson {name} does not take --{unknown[0]}: leave it out (it takes {takes})."
        )
    _must_be_writable(output)
    if {"cells", "labels"} <= set(known) and {"cells", "labels"} & set(parameters):
        _must_have_labels(name, parameters)
    mode = {"CELLTOKEN_CLAIMS": "report"} if set(parameters) - {"seed"} else {}
    with environment(mode):
        notebook = execute(name, parameters)
    import nbformat

    write(output, nbformat.writes(notebook) + "\n")
    return claim_lines(notebook)


def execute(name: str, parameters: dict | None = None):
    """Run a lesson in a fresh process; return the executed notebook, which is written nowhere.

    Controls come as ready-made frames: nobody turns them here, and a live one, whose messages
    cross those of the cells, made a run in thirty wait for ever.

    Raises
    ------
    LessonError
        With the last line of the error that stopped the lesson.
    """
    import logging

    for chatty in ("papermill", "asyncio"):  # what is wrong is said below
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    with environment({"CELLTOKEN_STATIC": "1"}):
        return _execute(name, parameters or {})


def _execute(name: str, parameters: dict):
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    try:
        for attempt in range(3):
            try:
                return papermill.execute_notebook(
                    path_of(name),
                    None,  # no half-executed file is left behind
                    parameters,
                    kernel_name="python3",
                    progress_bar=False,
                    execution_timeout=600,  # a cell; a kernel that hangs must not hang the run
                    extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
                )
            except DeadKernelError:
                raise
            except RuntimeError as problem:
                # Another process may take the port that was meant for this one.
                if "Kernel died before replying" not in str(problem) or attempt == 2:
                    raise
    except papermill.PapermillExecutionError as problem:
        last = [line for line in str(problem.evalue).splitlines() if line.strip()] or [""]
        text = f"The lesson {name} stopped with {problem.ename}: {last[-1].strip()}"
    except (DeadKernelError, CellTimeoutError, RuntimeError) as problem:
        text = (
            f"The lesson {name} stopped because its process ended ({type(problem).__name__}): "
            "free some memory, or give it fewer tokens."
        )
    raise LessonError(text if text[-1] in ".?!" else f"{text}.")


def claim_lines(notebook) -> list[str]:
    """What ``claims.check`` printed in an executed notebook."""
    printed = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    ]
    return CLAIM_LINE.findall("\n".join(printed))


@contextlib.contextmanager
def environment(variables: dict[str, str]):
    """Set environment variables, which a notebook's process inherits, for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def write(path: Path, text: str) -> None:
    """Write a text file in one step: whoever looks finds the old file or the new one, whole."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".celltoken-") as folder:
        whole = Path(folder) / path.name
        whole.write_text(text, encoding="utf-8")
        os.replace(whole, path)


def _read(name: str):
    import nbformat

    return nbformat.read(path_of(name), as_version=4)


def _must_be_writable(output: Path) -> None:
    if output.suffix != ".ipynb":
        raise LessonError(f"{output} is no name for a notebook: end it in .ipynb.")
    if ROOT / "chapters" in output.resolve().parents:
        raise LessonError(f"{output} is among the course's own lessons: choose another name.")
    if not output.parent.is_dir() or not os.access(output.parent, os.W_OK):
        raise LessonError(f"{output.parent} is no folder that you can write to: choose another.")


def _must_have_labels(name: str, parameters: dict) -> None:
    """Say before the lesson runs that the cells lack the column, and which they have."""
    from celltoken import data

    inputs = parameters_of(name) | parameters
    cells, labels = inputs["cells"], inputs["labels"]
    columns = list(data.load(cells).obs)
    if labels not in columns:
        raise LessonError(
            f"{cells} has no column {labels!r} in .obs: "
            f"with --labels choose one of {', '.join(columns)}."
            if columns
            else f"{cells} has no column in .obs: add one that says what each cell is."
        )
