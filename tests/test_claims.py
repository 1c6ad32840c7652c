"""The record of claims: it can be failed, it is complete, and it holds over seeds."""

import copy
import json
import math
import re
import tomllib
from pathlib import Path

import pytest
from pybtex.database import parse_file

from celltoken import claims, lessons, scoreboard

ROOT = Path(__file__).resolve().parents[1]
RECORD = claims.record()
SEEDS = claims.over_seeds()
CITED = set(parse_file(str(ROOT / "book" / "references.bib")).entries)
TEXTS = ("claim", "review", "refuted_if", "statistic", "lesson", "verdict", "why")

PLANTED = """
[C1]
margin = 0.1
verdict = "holds"
words = { value = 0.80, null = 0.20, tolerance = 0.05 }
cells = { value = 0.90, null = 0.40, tolerance = 0.03 }
[C2]
margin = 0.1
verdict = "holds in part"
words = { value = 0.80, null = 0.20, tolerance = 0.05 }
cells = { value = 0.45, null = 0.40, tolerance = 0.10 }
"""
C1 = {"words": 0.8, "cells": 0.9, "null": {"words": 0.2, "cells": 0.4}}
C2 = {"words": 0.8, "cells": 0.45, "null": {"words": 0.2, "cells": 0.4}}


@pytest.fixture
def record(tmp_path, monkeypatch):
    (tmp_path / "claims.toml").write_text(PLANTED, encoding="utf-8")
    monkeypatch.setattr(claims, "BOOK", tmp_path)
    monkeypatch.delenv("CELLTOKEN_CLAIMS", raising=False)
    return tmp_path


def changed(measured, path, value):
    """A copy in which one number, such as ``null.words``, has another value."""
    measured = copy.deepcopy(measured)
    *outer, last = path.split(".")
    (measured[outer[0]] if outer else measured)[last] = value
    return measured


def fails(error, *args, **measured) -> str:
    with pytest.raises(error) as problem:
        claims.check(*args, **measured)
    text = str(problem.value)
    assert "\n" not in text and text[-1] in ".?"
    return text


# -- what check does -------------------------------------------------------------------------------


def test_recorded_numbers_pass_with_one_line(record, capsys):
    claims.check("C1", **C1)
    line = "C1 holds: words 0.80 (null 0.20), cells 0.90 (null 0.40)\n"
    assert capsys.readouterr().out == line


def test_within_tolerance_the_line_is_the_recorded_one(record, capsys):
    claims.check("C1", **C1)
    expected = capsys.readouterr().out
    claims.check("C1", words=0.76, cells=0.925, null={"words": 0.245, "cells": 0.38})
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("words", 0.74, "words value"),
        ("words", 0.86, "words value"),
        ("cells", 0.94, "cells value"),
        ("null.words", 0.26, "words null"),
        ("null.cells", 0.36, "cells null"),
        ("words", math.inf, "words value"),
    ],
)
def test_a_number_that_leaves_its_tolerance_is_named(record, path, value, named):
    text = fails(claims.ClaimError, "C1", **changed(C1, path, value))
    assert text.startswith("C1:") and named in text and "book/claims.toml" in text


def test_a_verdict_that_changes_within_tolerance_fails(record):
    text = fails(claims.ClaimError, "C2", **changed(C2, "cells", 0.52))
    assert "'holds'" in text and "'holds in part'" in text


@pytest.mark.parametrize(
    ("wrong", "nearest"), [("C11", "C1"), ("c2", "C2"), ("C2 ", "C2"), ("xyz", "add it")]
)
def test_an_unknown_id_suggests_the_nearest(record, wrong, nearest):
    assert nearest in fails(claims.ClaimError, wrong, **C1)


@pytest.mark.parametrize(
    ("path", "named"),
    [("words", "words"), ("cells", "cells"), ("null.words", "null words")],
)
@pytest.mark.parametrize("value", [math.nan, None, "much", [0.1, 0.2]])
def test_what_is_no_number_is_refused(record, path, named, value):
    assert named in fails(ValueError, "C1", **changed(C1, path, value))


@pytest.mark.parametrize(
    "null", [None, 0.2, {}, {"words": 0.2}, {"words": 0.2, "cells": 0.4, "genes": 0.1}, [0.2, 0.4]]
)
@pytest.mark.parametrize("mode", ["check", "measure", "report"])
def test_a_claim_without_its_null_is_refused(record, monkeypatch, null, mode):
    monkeypatch.setenv("CELLTOKEN_CLAIMS", mode)
    monkeypatch.setenv("CELLTOKEN_CLAIMS_FILE", str(record / "measured"))
    assert "null" in fails(ValueError, "C1", **(C1 | {"null": null}))
    assert not (record / "measured").exists()


def test_null_cannot_be_left_out(record):
    with pytest.raises(TypeError, match="null"):
        claims.check("C1", words=0.8, cells=0.9)


def test_report_prints_the_reader_s_numbers_and_checks_nothing(record, monkeypatch, capsys):
    monkeypatch.setenv("CELLTOKEN_CLAIMS", "report")
    claims.check("C1", words=0.1, cells=0.6, null={"words": 0.1, "cells": 0.1})
    said = capsys.readouterr().out
    assert said == "C1 holds in part: words 0.10 (null 0.10), cells 0.60 (null 0.10)\n"


def test_measure_writes_one_line_for_each_measurement(record, monkeypatch, capsys):
    file = record / "measured.jsonl"
    monkeypatch.setenv("CELLTOKEN_CLAIMS", "measure")
    monkeypatch.setenv("CELLTOKEN_CLAIMS_FILE", str(file))
    claims.check("C1", words=0.123456, cells=0.6, null={"words": 0.1, "cells": 0.1})
    claims.check("C2", **C2)
    first, second = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert first == {
        "id": "C1",
        "verdict": "holds in part",
        "words": {"value": 0.123456, "null": 0.1},
        "cells": {"value": 0.6, "null": 0.1},
    }
    assert second["id"] == "C2"


@pytest.mark.parametrize(
    ("words", "cells", "said"),
    [
        (0.5, 0.5, "holds"),
        (0.25, 0.25, "holds"),  # the margin itself is enough
        (0.5, 0.2, "holds in part"),
        (0.2, 0.5, "holds in part"),
        (0.2, 0.2, "does not hold here"),
        (-1.0, -1.0, "does not hold here"),
    ],
)
def test_the_verdict_counts_the_sides_that_exceed_their_null(words, cells, said):
    assert claims.verdict({"margin": 0.25}, words, cells, {"words": 0.0, "cells": 0.0}) == said


# -- what the record must say ----------------------------------------------------------------------


def checks_in(lesson: str) -> list[str]:
    return lessons.claims_of(lesson) if lessons.path_of(lesson).is_file() else []


def problems(claim_id: str, claim: dict) -> list[str]:
    """What a claim's entry lacks; nothing if it is complete and consistent."""
    found = [f"no {key}" for key in TEXTS if not str(claim.get(key, "")).strip()]
    keys = claim.get("citation", [])
    keys = re.split(r",\s*", keys) if isinstance(keys, str) else keys
    found += ["no citation"] if not keys else []
    found += [f"{key} is not in references.bib" for key in keys if key not in CITED]
    if claim_id not in checks_in(claim.get("lesson", "")):
        found.append("its lesson does not exist or does not check it")
    numbers = {"margin": claim.get("margin")}
    for side in claims.SIDES:
        table = claim.get(side, {})
        numbers |= {f"{side} {key}": table.get(key) for key in ("value", "null", "tolerance")}
    lacking = [
        name
        for name, number in numbers.items()
        if isinstance(number, bool) or not isinstance(number, (int, float))
    ]
    found += [f"no number for {name}" for name in lacking]
    found += [
        f"{name} must be positive"
        for name, number in numbers.items()
        if name not in lacking and name.endswith(("margin", "tolerance")) and not number > 0
    ]
    if found:
        return found
    null = {side: claim[side]["null"] for side in claims.SIDES}
    said = claims.verdict(claim, claim["words"]["value"], claim["cells"]["value"], null)
    if claim["verdict"] != said:
        found.append(f"its numbers say '{said}', it says '{claim['verdict']}'")
    for side in claims.SIDES:
        gap = claim[side]["value"] - null[side]
        if gap >= claim["margin"] and not claim[side]["tolerance"] < gap:
            found.append(f"{side}: the null itself lies within the tolerance of the value")
    return found


@pytest.mark.parametrize("claim_id", RECORD)
def test_every_claim_is_complete(claim_id):
    assert problems(claim_id, RECORD[claim_id]) == []


def test_the_record_has_claims_and_no_id_is_out_of_form():
    assert RECORD and all(re.fullmatch(r"[A-Z]\d+", claim_id) for claim_id in RECORD)


COMPLETE = {
    "claim": "A.",
    "review": "Section 2",
    "citation": ["gilpin2025"],
    "refuted_if": "B.",
    "statistic": "C.",
    "lesson": "context/choosing_a_metric",
    "margin": 0.1,
    "verdict": "holds",
    "why": "D.",
    "words": {"value": 0.8, "null": 0.2, "tolerance": 0.05},
    "cells": {"value": 0.9, "null": 0.4, "tolerance": 0.05},
}


def test_a_complete_claim_has_no_problem():
    assert problems("C3", COMPLETE) == []
    assert problems("C3", COMPLETE | {"citation": "gilpin2025"}) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *[({key: " "}, f"no {key}") for key in TEXTS],
        ({"citation": []}, "no citation"),
        ({"citation": "nobody1900"}, "nobody1900 is not in references.bib"),
        ({"lesson": "context/nowhere"}, "does not check it"),
        ({"lesson": "context/distributional_hypothesis"}, "does not check it"),
        ({"margin": None}, "no number for margin"),
        ({"margin": 0}, "margin must be positive"),
        ({"words": {"value": 0.8, "null": 0.2}}, "no number for words tolerance"),
        ({"cells": {"value": "0.9", "null": 0.4, "tolerance": 0.1}}, "no number for cells value"),
        ({"verdict": "holds in part"}, "its numbers say 'holds'"),
        ({"words": {"value": 0.8, "null": 0.2, "tolerance": 0.7}}, "within the tolerance"),
    ],
)
def test_an_incomplete_claim_has_one(change, said):
    assert any(said in problem for problem in problems("C3", COMPLETE | change))


# -- over seeds ------------------------------------------------------------------------------------


def seed_problems(claim: dict, seeds: dict) -> list[str]:
    """Where the record and its repetition over seeds disagree."""
    found = []
    if set(seeds["verdicts"]) != {claim["verdict"]}:
        found.append(f"over seeds the verdicts are {seeds['verdicts']}")
    for side in claims.SIDES:
        for key in ("value", "null"):
            recorded, tolerance = claim[side][key], claim[side]["tolerance"]
            low, high = seeds[side][key]["min"] - tolerance, seeds[side][key]["max"] + tolerance
            if not low <= recorded <= high:
                found.append(f"{side} {key} {recorded} lies outside [{low:.3f}, {high:.3f}]")
    return found


@pytest.mark.parametrize("claim_id", SEEDS)
def test_every_claim_keeps_its_verdict_over_seeds(claim_id):
    assert SEEDS[claim_id]["seeds"] >= 20, "run 'make claims'"
    assert seed_problems(RECORD[claim_id], SEEDS[claim_id]) == []


def test_every_claim_was_measured_over_seeds():
    if not SEEDS:
        pytest.skip("no seeds were measured yet: run 'make claims'")
    assert set(RECORD) == set(SEEDS), "run 'make claims'"


def test_a_run_is_repeated_if_what_its_lesson_imports_has_changed():
    names = {path.stem for path in scoreboard._modules_of("from celltoken import geometry, claims")}
    assert names == {"__init__", "geometry", "_inputs", "claims"}
    assert "archives" in {
        path.stem for path in scoreboard._modules_of("import celltoken.transformer")
    }
    assert {path.stem for path in scoreboard._modules_of("import numpy")} == {"__init__"}


def spread(value):
    return {"median": value, "min": value - 0.01, "max": value + 0.01}


def test_a_claim_that_moves_with_the_seed_is_found():
    seeds = {
        "seeds": 20,
        "verdicts": {"holds": 20},
        "words": {"value": spread(0.8), "null": spread(0.2)},
        "cells": {"value": spread(0.9), "null": spread(0.4)},
    }
    assert seed_problems(COMPLETE, seeds) == []
    moved = seeds | {"verdicts": {"holds": 19, "holds in part": 1}}
    assert "verdicts" in seed_problems(COMPLETE, moved)[0]
    moved = seeds | {"cells": {"value": spread(0.9), "null": spread(0.5)}}
    assert "cells null" in seed_problems(COMPLETE, moved)[0]


def test_the_record_is_read_in_its_order():
    text = (ROOT / "book" / "claims.toml").read_text(encoding="utf-8")
    assert list(tomllib.loads(text)) == list(RECORD)
    chapters = list(dict.fromkeys(claim_id[0] for claim_id in RECORD))
    place = {claim_id: (chapters.index(claim_id[0]), int(claim_id[1:])) for claim_id in RECORD}
    assert list(RECORD) == sorted(RECORD, key=place.get)
