"""A claim from its cell to the printed line: planted lessons, records and shifts."""

import json
import math
import re
import tomllib

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from celltoken import claims, lessons
from celltoken.claims import measure, registry, remeasure, scoreboard, storage

RECORD = """
[C1]
claim = "Means differ."
review = "Section 2."
citation = ["harris1954"]
lesson = "alpha/one"
statistic = "Mean."
refuted_if = "They do not."
unit = { words = "rows", cells = "rows" }
margin = 0.1
margin_reason = "A tenth is seen by eye."
why = "Planted."
[C1.rivals]
"permuted" = "permutation"
"nothing" = "baseline"
[C1.replication.words]
shift = 0.0
[C1.not_replicated]
cells = "There are no others."
"""
PARAMETERS = "shift = 0.5  # the planted effect\nseed = 0"
CLAIM = '''
import numpy as np
from celltoken import claims

def rows():
    return np.random.default_rng(1).normal(size=(200, 2)) * 0.2 + [shift, 0]

@claims.claim("C1", units={"words": rows, "cells": rows})
def difference(table, rng):
    """Mean of the first column."""
    permuted = rng.permutation(table.ravel()).mean()
    return {"value": table[:, 0].mean(), "permuted": permuted, "nothing": 0}
'''


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson with one claim, in place of this one."""
    (tmp_path / "chapters/alpha").mkdir(parents=True)
    (tmp_path / "book").mkdir()
    (tmp_path / "book/claims.toml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("root: x\nchapters: [{file: chapters/alpha/one}]\n")
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(registry, "BOOK", tmp_path / "book")
    monkeypatch.setattr(storage, "STORE", tmp_path / "_build/claims")
    monkeypatch.setattr(remeasure, "_apart", here)
    monkeypatch.delenv("CELLTOKEN_CLAIMS", raising=False)
    write(tmp_path)
    return tmp_path


def here(*job):
    """In place of a process of its own, which would not see the planted course."""
    remeasure._measure_here(*job)
    return 0.0, ""


def write(root, claim=CLAIM, parameters=PARAMETERS, page="assert False, 'the page was run'"):
    cells = [
        new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        new_code_cell(claim, metadata={"tags": ["claim"]}),
        new_code_cell(page),
    ]
    nbformat.write(new_notebook(cells=cells), root / "chapters/alpha/one.ipynb")


def sentence(error, call) -> str:
    with pytest.raises(error) as problem:
        call()
    text = str(problem.value)
    assert "\n" not in text and text[-1] in ".?"
    return text


def measured(value=0.5, **rivals):
    one = {"value": value, "permuted": 0.25, "nothing": 0.0} | rivals
    return {"words": dict(one), "cells": dict(one)}


# -- measuring -------------------------------------------------------------------------------------


def test_a_claim_is_measured_without_the_rest_of_the_page(course):
    found = measure.of_lesson("alpha/one")["C1"].measure(seed=3)
    assert found["words"]["value"] == pytest.approx(0.5, abs=0.05)
    assert set(found["cells"]) == {"value", "permuted", "nothing"}


def test_the_same_number_gives_the_same_half_and_another_another(course):
    claim = measure.of_lesson("alpha/one")["C1"]
    assert claim.resample(4, "words") == claim.resample(4, "words")
    assert claim.resample(4, "words") != claim.resample(5, "words")
    assert claim.resample(4, "words") != claim.resample(4, "cells")  # sides share no randomness


def test_evidence_is_stored_resumed_and_found_stale(course):
    assert remeasure.stale("C1") == ["it was never measured"]
    remeasure.claims(progress=lambda line: None)
    stored = claims.evidence("C1")
    assert len(stored["halves"]["words"]["rivals"]["permuted"]) == 20
    assert remeasure.stale("C1") == [] and scoreboard.outcomes()["C1"]["verdict"] == "holds"
    said = []
    remeasure.claims(progress=said.append)
    assert said[0].startswith("0 of 1")
    write(course, CLAIM.replace("* 0.2", "* 0.3"))
    assert remeasure.stale("C1") == ["cells"]
    write(course, CLAIM, PARAMETERS.replace("0.5", "0.4"))
    assert remeasure.stale("C1") == ["parameters"]
    write(course, CLAIM.replace('"""Mean', '# why\n    """Mean'), page="print('another page')")
    assert remeasure.stale("C1") == []


def test_a_changed_library_with_the_same_numbers_renews_the_evidence(course, monkeypatch):
    remeasure.claims(progress=lambda line: None)
    path = course / "book/evidence/C1.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["fingerprint"]["module celltoken.methods.nulls"] = "another"
    path.write_text(json.dumps(stored), encoding="utf-8")
    said = []
    remeasure.claims(progress=said.append)
    assert "C1: the same" in said and "0 of 1 claims to measure, 20 halves a side" in said
    assert remeasure.stale("C1") == []
    stored["all"]["words"]["value"] += 0.01  # as if the library now gave another number
    path.write_text(json.dumps(stored), encoding="utf-8")
    said.clear()
    remeasure.claims(progress=said.append)
    assert "C1: no, it is measured anew" in said
    assert claims.evidence("C1")["all"]["words"]["value"] != stored["all"]["words"]["value"]


def test_an_interrupted_run_goes_on_where_it_stopped(course, monkeypatch):
    list(storage.jobs("C1", "halves", 20))
    job = next(storage.jobs("C1", "halves", 20))
    remeasure._measure_here(*job)
    left = [number for each in storage.jobs("C1", "halves", 20) for number in each[3]]
    assert len(left) == 2 * 21 - len(job[3])


def test_second_data_are_measured_once_and_stay_beside_the_first(course, monkeypatch):
    monkeypatch.setattr(remeasure, "_uncommitted", lambda names: [])
    said = sentence(claims.ClaimError, lambda: remeasure.replicate(progress=lambda line: None))
    assert "make claims" in said
    remeasure.claims(progress=lambda line: None)
    remeasure.replicate(progress=lambda line: None)
    again = claims.evidence("C1")["replication"]
    assert list(again["halves"]) == ["words"] and again["runs"] == 1  # cells have no second data
    assert np.median(again["halves"]["words"]["value"]) == pytest.approx(0, abs=0.05)
    assert scoreboard.outcomes()["C1"]["again"][0] == "does not hold here"
    lines = []
    remeasure.replicate(progress=lines.append)
    assert lines[0].startswith("0 of 1")
    record_text = RECORD.replace("margin = 0.1", "margin = 0.05")
    (course / "book/claims.toml").write_text(record_text, encoding="utf-8")
    assert "margin" in remeasure.replication_stale("C1")[0]


def test_second_data_wait_for_a_commit(course, monkeypatch):
    remeasure.claims(progress=lambda line: None)
    monkeypatch.setattr(remeasure, "_uncommitted", lambda names: ["book/claims.toml"])
    assert "commit" in sentence(claims.ClaimError, remeasure.replicate)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("x = page_only", "must not need cells without the tag"),
        (CLAIM.replace('"C1"', '"C7"'), "defines no claim C1"),
        (CLAIM.replace("size=(200, 2)", "size=(5, 2)"), "cannot be resampled"),
        (CLAIM.replace("table[:, 0].mean()", "float('nan')"), "NaN"),
        (CLAIM.replace("table[:, 0].mean()", "table"), "must be one number"),
        (CLAIM.replace('"value"', '"valeu"'), "'value'"),
    ],
)
def test_what_cannot_be_measured_says_why(course, claim, said):
    write(course, claim)
    call = lambda: remeasure.claims(progress=lambda line: None)  # noqa: E731
    assert said in sentence((claims.ClaimError, ValueError), call)


def test_too_few_resamples_and_unknown_parameters_are_refused(course):
    assert "too few" in sentence(claims.ClaimError, lambda: remeasure.claims(resamples=5))
    said = sentence(claims.ClaimError, lambda: measure.of_lesson("alpha/one", {"cells": "x"}))
    assert "no parameter 'cells'" in said


# -- checking --------------------------------------------------------------------------------------


def store(course, value=0.5):
    """Evidence with that value, and a spread of 0.05."""
    steps = np.linspace(-0.05, 0.05, 20)
    one = {
        "value": list(value + steps),
        "rivals": {"permuted": list(0.25 + steps / 5), "nothing": [0.0] * 20},
    }
    sides = {side: one for side in claims.SIDES}
    stored = {"all": measured(value), "halves": sides, "fingerprint": {}}
    (course / "book/evidence").mkdir(exist_ok=True)
    (course / "book/evidence/C1.json").write_text(json.dumps(stored), encoding="utf-8")


def test_what_is_printed_is_what_was_measured(course, capsys):
    store(course)
    claims.check("C1", measured(0.52))
    line = capsys.readouterr().out
    assert line.startswith("C1 holds: words 0.52 against 0.25 (permutation: permuted); cells 0.52")


def test_a_planted_shift_is_printed_or_refused(course, capsys):
    store(course)
    claims.check("C1", measured(0.48))
    assert "0.48" in capsys.readouterr().out
    said = sentence(claims.ClaimError, lambda: claims.check("C1", measured(0.6)))
    assert "words, 'value' is 0.600 but was 0.500" in said
    said = sentence(claims.ClaimError, lambda: claims.check("C1", measured(nothing=0.2)))
    assert "'nothing'" in said


def test_the_strongest_rival_and_its_kind_are_named(course, capsys, monkeypatch):
    monkeypatch.setenv("CELLTOKEN_CLAIMS", "report")
    claims.check("C1", measured(0.9, nothing=0.8))
    assert "C1 here: words 0.90 against 0.80 (baseline: nothing)" in capsys.readouterr().out


def test_without_evidence_the_line_says_so(course, capsys):
    claims.check("C1", measured())
    assert capsys.readouterr().out.startswith("C1 not measured over resamples yet: words 0.50")


@pytest.mark.parametrize(("wrong", "nearest"), [("C11", "C1"), ("c1", "C1"), ("xyz", "add it")])
def test_an_unknown_id_suggests_the_nearest(course, wrong, nearest):
    assert nearest in sentence(claims.ClaimError, lambda: claims.check(wrong, measured()))


@pytest.mark.parametrize("value", [math.nan, None, "much", [0.1, 0.2]])
def test_what_is_no_number_is_refused(course, value):
    assert "value" in sentence(ValueError, lambda: claims.check("C1", measured(value)))


def test_a_rival_that_the_record_does_not_name_is_refused(course):
    said = sentence(claims.ClaimError, lambda: claims.check("C1", measured(other=0.1)))
    assert "'other'" in said and "kind" in said


def test_a_figure_shows_medians_with_intervals_or_this_run(course, monkeypatch):
    assert claims.for_figure("C1", measured())["words"]["low"] is None
    store(course)
    row = claims.for_figure("C1", measured(0.1))["words"]
    assert row["value"] == pytest.approx(0.5) and row["low"] < row["value"] < row["high"]
    assert row["margin"] == pytest.approx(0.35)
    monkeypatch.setenv("CELLTOKEN_CLAIMS", "report")
    assert claims.for_figure("C1", measured(0.1))["words"]["value"] == 0.1


def test_what_second_data_said_is_a_line_a_claim(course, capsys):
    claims.on_second_data("C1")
    assert capsys.readouterr().out == "C1 on second data: not measured yet\n"


# -- the record ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"permutation"', '"null"', "choose one of permutation, baseline"),
        ('words = "rows", ', "", "unit of resampling for words"),
        ("[C1.replication.words]\nshift = 0.0\n", "", "second data for words"),
        ('[C1.rivals]\n"permuted" = "permutation"\n"nothing" = "baseline"\n', "", "no rival"),
        ("margin = 0.1\n", "", "no margin"),
        ('margin_reason = "A tenth is seen by eye."', "", "'margin_reason'"),
        ('statistic = "Mean."', 'statistic = " "', "'statistic'"),
    ],
)
def test_a_record_that_lacks_something_says_what(course, old, new, said):
    assert old in RECORD
    (course / "book/claims.toml").write_text(RECORD.replace(old, new), encoding="utf-8")
    assert said in sentence(claims.ClaimError, lambda: registry.get("C1"))


def test_the_scoreboard_shows_each_claim_once_with_its_sentence(course):
    store(course)
    page = scoreboard.as_html()
    assert page.count("<tr data-order") == 1 and "Means differ." in page
    assert page.count("<svg") == 2 and "0.50 against 0.25 (permuted)" in page
    assert "1 holds" in scoreboard.summary()
    assert "### C1. Means differ" in scoreboard.as_markdown()
    table = "| claim | words |\n|---|---|\n| **C1** They differ | rows |\n"
    (course / "chapters/alpha/index.md").write_text(table, encoding="utf-8")
    assert "They differ</th>" in scoreboard.as_html()


def test_the_summary_says_how_often_second_data_support_again_and_were_measured_before(course):
    store(course)
    stored = claims.evidence("C1")
    said = scoreboard.summary()
    assert "On second data" not in said
    stored["replication"] = {"halves": stored["halves"], "margin": 0.1, "runs": 2}
    registry.evidence_path("C1").write_text(json.dumps(stored), encoding="utf-8")
    said = scoreboard.summary()
    assert "1 of 1 have the same verdict, and of the 2 sides that support a claim 2" in said
    assert "Second data of 1 claims were measured more than once" in said


def test_names_are_escaped_in_the_picture(course):
    text = RECORD.replace("Means differ.", "Means <b>differ</b> & more.")
    (course / "book/claims.toml").write_text(text, encoding="utf-8")
    assert "<b>differ" not in scoreboard.as_html()


def test_evidence_reads_line_by_line():
    text = storage.dumps({"C1": {"value": [0.1, 0.2, 0.3], "names": ["a, b"]}})
    assert "[ 0.1, 0.2, 0.3 ]" in text and json.loads(text)["C1"]["names"] == ["a, b"]
    assert re.search(r'"value": \[[^\n]*\]', text)
    assert tomllib  # the record is TOML, the evidence JSON
