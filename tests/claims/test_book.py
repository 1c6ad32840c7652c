"""This course's own record and evidence: complete, cited, and not stale."""

import re
from pathlib import Path

import pytest
from pybtex.database import parse_file

from celltoken import claims, lessons
from celltoken.claims import registry, remeasure, verdict

ROOT = Path(__file__).resolve().parents[2]
IDS = list(claims.record())
CITED = set(parse_file(str(ROOT / "book" / "references.bib")).entries)


@pytest.mark.parametrize("claim_id", IDS)
def test_every_claim_is_complete(claim_id):
    claim = registry.get(claim_id)
    keys = [*claim.get("citation", []), *claim.get("ours", [])]
    assert [key for key in keys if key not in CITED] == []
    assert claim_id in lessons.claims_of(claim["lesson"])


@pytest.mark.parametrize("claim_id", IDS)
def test_every_claim_is_defined_in_a_cell_of_its_lesson(claim_id):
    code = "\n".join(lessons.sources_of(registry.get(claim_id)["lesson"], "claim"))
    assert f'"{claim_id}"' in code


@pytest.mark.parametrize("claim_id", IDS)
def test_the_evidence_of_every_claim_fits_lesson_library_data_and_lock(claim_id):
    assert remeasure.stale(claim_id) == [], f"{claim_id} is stale: run `make claims`"
    stored = claims.evidence(claim_id)
    measured = {len(stored["halves"][side]["value"]) for side in claims.SIDES}
    assert min(measured) >= 19
    for side in claims.SIDES:
        assert set(stored["halves"][side]["rivals"]) <= set(registry.get(claim_id)["rivals"])
    assert verdict.judge(stored["halves"], registry.get(claim_id)["margin"])[0] in verdict.VERDICTS


@pytest.mark.parametrize("claim_id", IDS)
def test_what_was_measured_on_second_data_fits_the_claim_as_it_stands(claim_id):
    assert remeasure.replication_stale(claim_id) == [], f"{claim_id}: run `make replicate`"
    stored = (claims.evidence(claim_id) or {}).get("replication")
    if stored is None:
        return  # the scoreboard says that it was not measured yet
    assert set(stored["halves"]) == set(registry.get(claim_id).get("replication", {}))


def test_no_evidence_is_left_of_claims_that_are_gone():
    stored = {path.stem for path in (ROOT / "book" / "evidence").glob("*.json")}
    assert stored <= set(IDS)


def test_ids_are_in_form_and_order():
    assert IDS and all(re.fullmatch(r"[A-Z]\d+", claim_id) for claim_id in IDS)
    chapters = list(dict.fromkeys(claim_id[0] for claim_id in IDS))
    place = {claim_id: (chapters.index(claim_id[0]), int(claim_id[1:])) for claim_id in IDS}
    assert sorted(IDS, key=place.get) == IDS
