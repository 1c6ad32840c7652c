"""What lessons show of claims: figures and printed lines agree with the verdict."""

import numpy as np

from celltoken import claims
from celltoken.claims import shown, verdict


def halves(value, rival):
    return {"value": list(value), "rivals": {"rival": list(rival)}}


def test_a_dot_lies_right_of_its_margin_exactly_where_the_median_difference_reaches_it():
    rng = np.random.default_rng(0)
    for _ in range(50):
        rival = rng.normal(0, 0.1, 20)
        measured = halves(rival + rng.normal(0.05, 0.05, 20), rival)
        found = shown._from_halves(measured, 0.05)
        judged = verdict.side(measured, 0.05)
        assert (found["value"] >= found["margin"]) == (judged.difference >= 0.05)
        assert found["supports"] == (judged.says == "supports")


def test_a_single_run_supports_where_it_reaches_the_margin():
    assert shown._from_run({"value": 0.5, "a": 0.3, "b": 0.2}, 0.1)["supports"]
    assert not shown._from_run({"value": 0.5, "a": 0.45}, 0.1)["supports"]


def test_second_data_are_told_as_they_were_judged(monkeypatch, capsys):
    rng = np.random.default_rng(1)
    good = halves(rng.normal(0.5, 0.01, 20), rng.normal(0.2, 0.01, 20))
    stored = {"replication": {"margin": 0.1, "halves": {"words": good}}}
    monkeypatch.setattr(shown, "evidence", {"C1": stored}.get)
    claims.on_second_data("C1", "C2")
    first, side, second = capsys.readouterr().out.splitlines()
    assert first == "C1 on second data: holds"
    assert "(rival)" in side and side.endswith("supports")
    assert second == "C2 on second data: not measured yet"


def test_in_a_run_on_a_reader_s_data_second_data_are_called_the_course_s(monkeypatch, capsys):
    monkeypatch.setenv("CELLTOKEN_CLAIMS", "report")
    monkeypatch.setattr(shown, "evidence", {}.get)
    claims.on_second_data("C1")
    assert capsys.readouterr().out == "C1 on the course's second data: not measured yet\n"
