"""What a notebook carries when it is committed, and that the tests compare it."""

import subprocess
import sys

import nbformat
import pytest

from celltoken.lessons import notebooks

CHECKED = {"tags": ["nbval-check-output"]}


@pytest.fixture
def notebook():
    new = nbformat.v4
    return new.new_notebook(
        cells=[
            new.new_markdown_cell("# A title"),
            new.new_code_cell("print('noise')"),
            new.new_code_cell("print('rank', 12.4)", metadata=dict(CHECKED)),
        ]
    )


def test_execute_keeps_the_checked_text_alone(notebook, tmp_path):
    done = notebooks.execute(notebook, tmp_path)
    assert [cell.get("outputs") for cell in done.cells[:2]] == [None, []]
    assert done.cells[2].outputs == [
        {"output_type": "stream", "name": "stdout", "text": "rank 12.4\n"}
    ]
    assert notebooks.is_clean(done)
    assert notebooks.execute(done, tmp_path) == done, "a second run changes nothing"


def test_strip_takes_out_what_an_editor_leaves(notebook):
    messy = notebooks.strip(notebook)
    messy.metadata.widgets = {"state": {}}
    messy.metadata.language_info.version = "3.11.7"
    messy.cells[1].metadata.execution = {"iopub.execute_input": "now"}
    messy.cells[1].outputs = [nbformat.v4.new_output("stream", text="noise\n")]
    picture = {"image/png": "iVBORw0=", "text/plain": "<Figure>"}
    messy.cells[2].outputs = [nbformat.v4.new_output("display_data", data=picture)]
    assert not notebooks.is_clean(messy)
    clean = notebooks.strip(messy)
    assert clean.cells[2].outputs[0].data == {"text/plain": "<Figure>"}
    assert "widgets" not in clean.metadata and not clean.cells[1].outputs
    assert "image/png" in messy.cells[2].outputs[0].data, "strip works on a copy"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("pass", "prints nothing"),
        ("import sys\nprint('x', file=sys.stderr)", "more than text"),
        ("from IPython.display import HTML\nHTML('<b>x</b>')", "more than text"),
    ],
)
def test_a_checked_cell_must_print_text(source, reason, notebook, tmp_path):
    notebook.cells[2].source = source
    with pytest.raises(ValueError, match=reason):
        notebooks.execute(notebook, tmp_path)


def test_command(notebook, tmp_path, capsys):
    file = tmp_path / "lesson.ipynb"
    nbformat.write(notebook, file)
    assert notebooks.main(["--execute", str(tmp_path)]) == 0
    assert notebooks.main(["--check", str(tmp_path)]) == 0
    file.write_text(file.read_text().replace('"Python 3"', '"My kernel"'))
    assert notebooks.main(["--check", str(file)]) == 1
    assert notebooks.main(["--fix", str(file)]) == 0
    assert notebooks.main(["--check", str(file)]) == 0
    assert notebooks.main(["--check", str(tmp_path / "nowhere")]) == 2
    file.write_text("{")
    assert notebooks.main(["--check", str(file)]) == 1
    assert "lesson.ipynb" in capsys.readouterr().err


def test_nbval_sees_one_changed_number(notebook, tmp_path):
    file = tmp_path / "lesson.ipynb"
    done = notebooks.execute(notebook, tmp_path)

    def nbval():
        nbformat.write(done, file)
        command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-c", "/dev/null"]
        return subprocess.run([*command, str(file)], capture_output=True, text=True, cwd=tmp_path)

    assert nbval().returncode == 0
    done.cells[2].outputs[0].text = "rank 12.5\n"
    failed = nbval()
    assert failed.returncode == 1 and "12.4" in failed.stdout and "12.5" in failed.stdout
