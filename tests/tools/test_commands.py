"""`celltoken run`, `claims` and `budget`, as a reader calls them, on a tiny course."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from celltoken import lessons
from celltoken.lessons import notebooks
from celltoken.tools import budget, cli

ROOT = Path(__file__).resolve().parents[2]

ONE = [
    new_markdown_cell("# One of two"),
    new_code_cell(
        'words = "some"  # any word\n'
        'cells = "pbmc3k"  # a matrix; needs counts, 10 cells, 10 genes\n'
        'labels = "cell_type"  # column of .obs; needs 2 types of 3 cells\n'
        "seed = 0",
        metadata={"tags": ["parameters"]},
    ),
    new_code_cell(
        "import os, time\n"
        'if words == "broken" or seed == 3:\n'
        '    raise ValueError("the first line\\nthe last line")\n'
        'if words == "dead":\n'
        "    os._exit(1)\n"
        'if words == "slow":\n'
        '    open("begun", "w").close()\n'
        "    time.sleep(600)"
    ),
    new_code_cell(
        "from celltoken import claims\n"
        "\n"
        "rows = lambda: list(range(10))\n"
        '@claims.claim("C1", units={"words": rows, "cells": rows})\n'
        "def share(table, rng):\n"
        '    return {"value": 0.8 + seed / 1000 + rng.random() / 100, "permuted": 0.2}\n',
        metadata={"tags": ["claim"]},
    ),
    new_code_cell('claims.check("C1", share.measure(seed))'),
]
TWO = [
    new_markdown_cell("# Two of two"),
    new_code_cell("import numpy as np\n\nlarge = np.ones(40_000_000)  # 320 MB"),
]
TOC = """
root: book/welcome
parts:
  - chapters:
      - file: chapters/alpha/index
        sections: [{file: chapters/alpha/one}, {file: chapters/alpha/two}]
      - file: chapters/alpha/not_yet_written
"""
CLAIMS = """
[C1]
claim = "Planted."
review = "Nowhere."
citation = ["gilpin2025"]
lesson = "alpha/one"
statistic = "A number."
refuted_if = "Another number."
margin = 0.1
margin_reason = "Planted."
why = "Planted."
unit = { words = "rows", cells = "rows" }
not_replicated = { cells = "Planted." }
[C1.rivals]
permuted = "permutation"
[C1.replication.words]
words = "other"
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The real library beside two tiny lessons."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "celltoken", root / "celltoken")
    for folder in ("book", "data", "chapters/alpha"):
        (root / folder).mkdir(parents=True)
    for file in ("requirements.lock", "data/manifest.toml"):
        shutil.copy(ROOT / file, root / file)
    (root / "_toc.yml").write_text(TOC, encoding="utf-8")
    (root / "book/claims.toml").write_text(CLAIMS, encoding="utf-8")
    for name, cells in {"one": ONE, "two": TWO}.items():
        made = notebooks.strip(new_notebook(cells=cells))
        nbformat.write(made, root / f"chapters/alpha/{name}.ipynb")
    return root


@pytest.fixture
def here(tmp_path):
    """The folder where the reader is."""
    return tmp_path


def environment(course, **variables):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CELLTOKEN_")}
    data = {"CELLTOKEN_DATA": str(ROOT / "data")}
    return clean | data | {"PYTHONPATH": str(course)} | variables


def command(course, here, *arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "celltoken.tools.cli", *arguments],
        cwd=here,
        env=environment(course, **variables),
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def run(course, here, monkeypatch, capfd):
    """`celltoken run` in this process, which saves the time of importing scanpy's file format."""
    monkeypatch.setattr(lessons, "ROOT", course)
    monkeypatch.setenv("PYTHONPATH", str(course))  # for the lesson's own process
    monkeypatch.chdir(here)

    def call(*arguments):
        code = cli.main(["run", *arguments])
        return subprocess.CompletedProcess(arguments, code, *capfd.readouterr())

    return call


def refused(done) -> str:
    """The one sentence on the error stream."""
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line[-1] in ".?!" and "Traceback" not in done.stdout
    return line


# -- finding a lesson ------------------------------------------------------------------------------


def test_the_reading_order_is_that_of_the_book():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    order = lessons.reading_order()
    assert order == sorted(order, key=lambda name: toc.index(f"chapters/{name}\n"))
    assert {"introduction/points_in_space", "context/choosing_a_metric"} <= set(order)
    assert all(lessons.path_of(name).is_file() for name in order)


@pytest.mark.parametrize(
    "name",
    [
        "context/choosing_a_metric",
        "choosing_a_metric",
        "chapters/context/choosing_a_metric.ipynb",
        "./chapters/context/choosing_a_metric.ipynb",
    ],
)
def test_a_lesson_is_found_by_any_of_its_names(name):
    assert lessons.find(name) == "context/choosing_a_metric"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("context/chosing_a_metrik", "did you mean context/choosing_a_metric?"),
        ("chosing_a_metrik", "did you mean context/choosing_a_metric?"),
        ("qqq", "the lessons are introduction/points_in_space,"),
    ],
)
def test_an_unknown_lesson_suggests_the_nearest(wrong, said, capsys):
    assert cli.main(["run", wrong]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_name_that_two_chapters_share_needs_its_chapter(monkeypatch):
    monkeypatch.setattr(lessons, "reading_order", lambda: ["a/exercises", "b/exercises"])
    with pytest.raises(lessons.LessonError, match="a/exercises or b/exercises"):
        lessons.find("exercises")
    assert lessons.find("b/exercises") == "b/exercises"


def test_what_a_lesson_says_of_itself(course, monkeypatch):
    monkeypatch.setattr(lessons, "ROOT", course)
    assert lessons.reading_order() == ["alpha/one", "alpha/two"]
    assert lessons.title_of("alpha/two") == "Two of two"
    assert lessons.claims_of("alpha/one") == ["C1"] and lessons.claims_of("alpha/two") == []
    defaults = {"words": "some", "cells": "pbmc3k", "labels": "cell_type", "seed": 0}
    assert lessons.parameters_of("alpha/one") == defaults
    assert lessons.parameters_of("alpha/two") == {}


# -- celltoken run ---------------------------------------------------------------------------------


def test_run_writes_the_executed_lesson_and_prints_its_claims(run, here):
    done = run("alpha/one", "--seed", "20")
    assert done.returncode == 0 and done.stderr == ""
    assert "C1 not measured over resamples yet: words 0.8" in done.stdout
    assert "one-run.ipynb" in done.stdout
    assert [path.name for path in here.iterdir()] == ["one-run.ipynb"]
    written = nbformat.read(here / "one-run.ipynb", as_version=4)
    nbformat.validate(written)
    assert any(cell.get("outputs") for cell in written.cells)
    assert "seed = 20" in written.cells[2].source


def test_run_on_other_data_reports_and_does_not_compare(run, here):
    done = run("one", "--words", "mine", "--seed", "100", "-o", "out.ipynb")
    assert done.returncode == 0
    assert "C1 here: words 0.90 against 0.20" in done.stdout  # as measured
    assert "not compared" in done.stdout and (here / "out.ipynb").is_file()


def test_run_without_data_compares_with_the_evidence(run, here, course):
    one = {"value": [0.8 + i / 1000 for i in range(20)], "rivals": {"permuted": [0.2] * 20}}
    stored = {
        "all": {side: {"value": 0.8, "permuted": 0.2} for side in ("words", "cells")},
        "halves": {"words": one, "cells": one},
        "fingerprint": {},
    }
    evidence = course / "book/evidence/C1.json"
    evidence.parent.mkdir(exist_ok=True)
    evidence.write_text(json.dumps(stored), encoding="utf-8")
    try:
        assert "C1 holds: words 0.80 against 0.20" in run("one").stdout
        said = refused(run("one", "--seed", "100", "-o", "other.ipynb"))
    finally:
        evidence.unlink()
    assert "C1: words, 'value' is 0.90" in said
    assert [path.name for path in here.iterdir()] == ["one-run.ipynb"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["alpha/two", "--words", "x"], "does not take --words"),
        (
            ["alpha/one", "--words", "broken"],
            "stopped in cell 3 of 5 with ValueError: the last line.",
        ),
        (["alpha/one", "--words", "dead"], "its process ended"),
        (["alpha/one", "--labels", "kind"], "choose one of cell_type."),
        (["alpha/one", "--cells", "pbmc3"], "did you mean 'pbmc3k'"),
        (["alpha/one", "--cells", "mine.h5ad"], "There is no file"),
        (["alpha/one", "-o", "out.html"], "end it in .ipynb"),
        (["alpha/one", "-o", "nowhere/out.ipynb"], "no folder that you can write to"),
    ],
)
def test_what_cannot_run_gets_one_sentence_and_leaves_nothing(run, here, arguments, said):
    assert said in refused(run(*arguments))
    assert list(here.iterdir()) == []


def test_a_failed_run_leaves_the_earlier_one_alone(run, here):
    (here / "one-run.ipynb").write_text("earlier", encoding="utf-8")
    refused(run("one", "--words", "broken"))
    assert (here / "one-run.ipynb").read_text(encoding="utf-8") == "earlier"


def test_run_does_not_overwrite_the_course(run, course):
    target = course / "chapters/alpha/one.ipynb"
    before = target.read_bytes()
    assert "choose another name" in refused(run("one", "-o", str(target)))
    assert target.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of Unix")
def test_an_interrupted_run_leaves_nothing(course, here):
    process = subprocess.Popen(
        [sys.executable, "-m", "celltoken.tools.cli", "run", "one", "--words", "slow"],
        cwd=here,
        env=environment(course),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job ignores Ctrl-C, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline().startswith("running")
    while not (here / "begun").exists() and process.poll() is None:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    error = process.communicate(timeout=120)[1]
    (here / "begun").unlink()
    assert process.returncode == 130, error
    assert error.strip().splitlines()[-1].startswith("Interrupted"), error
    assert "Traceback" not in error
    assert list(here.iterdir()) == []


# -- celltoken claims ------------------------------------------------------------------------------


def test_claims_are_measured_kept_and_measured_again_after_a_change(course, here):
    target = course / "book/evidence/C1.json"
    assert "C1: it was never measured" in command(course, here, "claims", "--stale").stdout
    done = command(course, here, "claims", "--resamples", "19")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 claims to measure" in done.stdout and "[6/6] C1" in done.stdout
    stored = json.loads(target.read_text(encoding="utf-8"))
    assert len(stored["halves"]["cells"]["value"]) == 19
    assert len(set(stored["halves"]["cells"]["value"])) > 1
    assert "0 of 1 claims to measure" in command(course, here, "claims").stdout
    replicated = command(course, here, "replicate")
    assert "1 of 1 claims to replicate" in replicated.stdout, replicated.stderr
    again = json.loads(target.read_text(encoding="utf-8"))["replication"]
    assert list(again["halves"]) == ["words"] and again["runs"] == 1
    for module, change, said in (
        ("methods/nulls", "# a remark", "up to date"),
        ("methods/nulls", "EXTRA = 1", "up to date"),  # which the claim does not import
        ("claims/check", "EXTRA = 1", "up to date"),  # which only prints
        ("claims/sampling", "EXTRA = 1", "how halves are drawn"),
    ):
        changed = course / f"celltoken/{module}.py"
        before = changed.read_text(encoding="utf-8")
        try:
            changed.write_text(f"{before}\n{change}\n", encoding="utf-8")
            assert said in command(course, here, "claims", "--stale").stdout
        finally:
            changed.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["claims", "--only", "C99"], "There is no claim 'C99'"),
        (["claims", "--resamples", "3"], "3 resamples are too few"),
        (["replicate", "--only", "C99"], "There is no claim 'C99'"),
    ],
)
def test_claims_that_cannot_be_measured_get_one_sentence(arguments, said, capsys):
    assert cli.main(arguments) == 2
    assert said in capsys.readouterr().err


# -- celltoken budget ------------------------------------------------------------------------------


def test_budget_measures_every_notebook(course, here):
    done = command(course, here, "budget")
    assert done.returncode == 0, done.stderr
    found = json.loads((course / "book/budget.json").read_text(encoding="utf-8"))
    assert list(found["notebooks"]) == ["alpha/one", "alpha/two"]
    assert 0.3 < found["notebooks"]["alpha/two"]["peak_gb"] < 0.8  # 320 MB and an interpreter
    assert 0 < found["notebooks"]["alpha/one"]["seconds"] < 60
    assert found["machine"]["cores"] >= 1
    assert "alpha/two" in done.stdout and "over budget" not in done.stdout
    before = found["notebooks"]["alpha/one"]
    assert command(course, here, "budget", "alpha/two").returncode == 0
    again = json.loads((course / "book/budget.json").read_text(encoding="utf-8"))
    assert list(again["notebooks"]) == ["alpha/one", "alpha/two"]
    assert again["notebooks"]["alpha/one"] == before


def test_what_is_over_budget_is_marked(tmp_path, monkeypatch):
    found = {
        "machine": {"cores": 2, "python": "3.11.0"},
        "notebooks": {
            "a/slow": {"seconds": 46, "peak_gb": 0.5},
            "a/light_one": {"seconds": 10, "peak_gb": 0.5},
        },
        "book": {"from_cache": {"seconds": 21, "peak_gb": 0.5}},
        "pages": {"book/heavy": {"own_kb": 601}},
    }
    marked = [line.split()[1] for line in budget.table(found).splitlines() if "over" in line]
    assert marked == ["a/slow", "from_cache", "book/heavy"]
    monkeypatch.setattr(budget, "FILE", tmp_path / "budget.json")
    monkeypatch.setattr(lessons, "title_of", lambda name: f"Title of {name}")
    assert "make budget" in budget.as_markdown()
    budget.FILE.write_text(json.dumps(found), encoding="utf-8")
    page = budget.as_markdown()
    assert "| [Title of a/slow](../chapters/a/slow.ipynb) | 46 (over budget) | 0.5 |" in page
    assert "| [Title of a/light_one](../chapters/a/light_one.ipynb) | 10 | 0.5 |" in page
    assert "| `book/heavy` | 601 (over budget) |" in page


def test_a_page_weighs_its_text_and_its_pictures(tmp_path):
    (tmp_path / "chapters/a").mkdir(parents=True)
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images/one.png").write_bytes(bytes(50_000))
    picture = '<img src="../../_images/one.png">'
    (tmp_path / "chapters/a/b.html").write_text(picture + picture, encoding="utf-8")
    assert budget.pages(tmp_path) == {"chapters/a/b": {"own_kb": 50}}


def test_the_recorded_budget_is_kept():
    if not budget.FILE.exists():
        pytest.skip("nothing was measured yet: run 'make budget'")
    found = json.loads(budget.FILE.read_text(encoding="utf-8"))
    assert list(found["notebooks"]) == lessons.reading_order(), "run 'make budget'"
    kept = {name: budget.over(cost, limits) for _, name, cost, limits in budget.rows(found)}
    # Over it when they were last measured; made lighter since, to be measured on a quiet machine.
    known = {
        "amortization/zero_shot_and_simple_baselines": ["seconds"],
        "cross_lingual/topology_and_dimension": ["seconds"],
        "cross_lingual/linear_probes": ["seconds"],
        "cross_lingual/sparse_autoencoders": ["seconds"],
    }
    assert {name: wrong for name, wrong in kept.items() if wrong} == known


@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("false", False), ("1", True), ("0", False)]
)
def test_a_switch_is_off_when_it_says_so(text, value):
    options = cli._parameters("analogies/velocity_and_drift").parse_args(["--full_pancreas", text])
    assert options.full_pancreas is value


def test_a_switch_that_says_neither_is_refused(capsys):
    parser = cli._parameters("analogies/velocity_and_drift")
    with pytest.raises(SystemExit):
        parser.parse_args(["--full_pancreas", "maybe"])
    assert "'maybe' is neither True nor False" in capsys.readouterr().err
