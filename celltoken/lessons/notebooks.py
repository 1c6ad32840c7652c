"""Keep notebooks as small texts: sources, and the printed lines that the tests compare.

    python -m celltoken.lessons.notebooks --check   chapters   # say which files carry more, exit 1
    python -m celltoken.lessons.notebooks --fix     chapters   # take it out
    python -m celltoken.lessons.notebooks --execute chapters   # run, store checked lines anew

A cell tagged `nbval-check-output` keeps what it prints, as text; every other cell keeps nothing.
Pictures, tables and timings are made again at every build and would only blur the diffs.
"""

import argparse
import copy
import os
import sys
from pathlib import Path

import nbformat

CHECKED = "nbval-check-output"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LEFT_BY_EDITORS = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled", "trusted")


def strip(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with the sources, the text of the checked cells and the least metadata.

    The result depends on nothing else: not on the run, the editor or the kernel's version.
    """
    notebook = copy.deepcopy(notebook)
    kept = {key: notebook.metadata[key] for key in ("mystnb",) if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}, **kept}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        for key in LEFT_BY_EDITORS:
            cell.metadata.pop(key, None)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs = _text_of(cell.outputs) if is_checked(cell) else []
            # nbval compares a cell only where it has a number; one that is always 1 never changes
            cell.execution_count = 1 if cell.outputs else None
    return notebook


def is_checked(cell: nbformat.NotebookNode) -> bool:
    """Whether the tests compare what this cell prints."""
    return cell.cell_type == "code" and CHECKED in cell.metadata.get("tags", [])


def is_clean(notebook: nbformat.NotebookNode) -> bool:
    """Whether the notebook carries nothing that `strip` would take out."""
    return strip(notebook) == notebook


def execute(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run the notebook in its folder; return it stripped, with the checked cells' new text.

    ValueError if a checked cell shows what cannot be compared as text.
    """
    from nbclient import NotebookClient

    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ["CELLTOKEN_STATIC"] = "1"  # a live control can stall a run (see lessons.run.execute)
    notebook = copy.deepcopy(notebook)
    NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    for number, cell in enumerate(notebook.cells):
        if is_checked(cell):
            _must_be_text(cell, number)
    return strip(notebook)


def _must_be_text(cell: nbformat.NotebookNode, number: int) -> None:
    if not cell.outputs:
        raise ValueError(f"cell {number} is checked but prints nothing: print a rounded value")
    for output in cell.outputs:
        kinds = {kind for kind in output.get("data", {}) if not kind.startswith("image/")}
        if output.get("name") == "stderr" or any(not _is_text(kind) for kind in kinds):
            raise ValueError(
                f"cell {number} is checked but shows more than text: print() its values instead"
            )


def _is_text(kind: str) -> bool:
    return kind.endswith("text/plain")  # a glued value's kind ends so too


def _text_of(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    kept = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stdout":
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
            else:
                kept.append(output)
        elif output.output_type in ("display_data", "execute_result"):
            output.data = {kind: text for kind, text in output.data.items() if _is_text(kind)}
            if "execution_count" in output:
                output.execution_count = 1
            if output.data:
                kept.append(output)
    return kept


def find(paths: list[Path]) -> list[Path]:
    """The notebooks among the paths and below them, without editors' checkpoints."""
    found = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"no such file or folder: {path}")
        inside = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        found += [each for each in inside if ".ipynb_checkpoints" not in each.parts]
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="celltoken.lessons.notebooks", description=__doc__.split("\n")[0]
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="name the notebooks to fix; exit 1")
    action.add_argument("--fix", action="store_true", help="strip them")
    action.add_argument("--execute", action="store_true", help="run them, store checked text anew")
    parser.add_argument("paths", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    try:
        notebooks = find(options.paths)
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 2

    failed = 0
    for path in notebooks:
        before = path.read_text(encoding="utf-8")
        try:
            notebook = nbformat.reads(before, as_version=4)
            if options.execute:
                print(f"running {path}", flush=True)
                notebook = execute(notebook, path.parent)
        except Exception as problem:  # a notebook may raise anything: name it, go on with the rest
            print(f"{path}: {problem}", file=sys.stderr)
            failed += 1
            continue
        after = nbformat.writes(strip(notebook)) + "\n"
        if after == before:
            continue
        if options.check:
            print(f"{path} carries outputs or editor's metadata: run 'make format'")
            failed += 1
        else:
            path.write_text(after, encoding="utf-8")
            print(f"wrote {path}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
