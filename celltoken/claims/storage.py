"""Where the measurements of claims are kept: half by half while they run, then a file a claim."""

import json
import re
from pathlib import Path

from celltoken import lessons
from celltoken.claims import registry, sampling
from celltoken.claims.registry import SIDES
from celltoken.lessons import fingerprint

STORE = lessons.ROOT / "_build" / "claims"
ALL = "all"
CHUNK = 7  # measurements a process makes before it ends and gives its memory back


def parts(claim_id, second=False):
    """Fingerprint of what a claim's numbers depend on: its cells, and how halves are drawn."""
    claim = registry.get(claim_id)
    parameters = dict(lessons.parameters_of(claim["lesson"]))
    if second:
        for side in SIDES:
            parameters |= {f"{side}: {k}": v for k, v in second_data(claim, side).items()}
    code = "\n".join(lessons.sources_of(claim["lesson"], "claim"))
    # The rest of this package prints and stores: numbers do not depend on it.
    code = re.sub(r"^(from celltoken import )claims(?:, |$)", r"\1", code, flags=re.MULTILINE)
    code = re.sub(r"^from celltoken import $", "", code, flags=re.MULTILINE)
    drawn = fingerprint.of(Path(sampling.__file__).read_text(encoding="utf-8"))
    return fingerprint.parts(code, parameters=parameters) | {"how halves are drawn": drawn}


def second_data(claim, side):
    return claim.get("replication", {}).get(side, {})


def jobs(claim_id, kind, resamples):
    """What is not kept yet: (claim, kind, side, numbers, folder)."""
    claim = registry.get(claim_id)
    folder = folder_of(claim_id, kind)
    for side in SIDES:
        if kind == "replication" and not second_data(claim, side):
            continue
        wanted = [ALL, *map(str, range(resamples))]
        missing = [each for each in wanted if not (folder / f"{side}-{each}.json").exists()]
        for start in range(0, len(missing), CHUNK):
            yield claim_id, kind, side, missing[start : start + CHUNK], folder


def folder_of(claim_id, kind):
    state = fingerprint.digest(parts(claim_id, second=kind == "replication"))
    return STORE / claim_id / f"{kind}-{state}"


def store(claim_id, kind, resamples, commit="") -> None:
    """Gather the kept measurements of one claim into its evidence file."""
    found = gather(claim_id, kind, resamples)
    stored = registry.evidence(claim_id) or {}
    if kind == "halves":
        before = stored.get("replication")
        stored = found | ({"replication": before} if before else {})
    else:
        earlier = stored.get("replication", {}).get("runs", 0)
        margin = registry.get(claim_id)["margin"]
        stored["replication"] = {"margin": margin, "frozen": commit, "runs": earlier + 1} | found
    lessons.write(registry.evidence_path(claim_id), dumps(stored))


def gather(claim_id, kind, resamples) -> dict:
    """What is kept of a claim's measurements, with its fingerprint."""
    claim, folder = registry.get(claim_id), folder_of(claim_id, kind)
    found = {"fingerprint": parts(claim_id, second=kind == "replication"), ALL: {}, "halves": {}}
    for side in SIDES:
        if kind == "replication" and not second_data(claim, side):
            continue
        runs = [
            json.loads((folder / f"{side}-{number}.json").read_text(encoding="utf-8"))
            for number in range(resamples)
        ]
        found[ALL][side] = json.loads((folder / f"{side}-{ALL}.json").read_text(encoding="utf-8"))
        found["halves"][side] = _transposed(runs)
    return found


def first_halves(series, count) -> list[dict]:
    """The first resamples of stored lists, a dict each."""
    flat = {name: each for name, each in series.items() if name != "rivals"} | series["rivals"]
    return [{name: each[i] for name, each in flat.items()} for i in range(count)]


def _transposed(runs) -> dict:
    """Lists over resamples in place of a list of resamples: value, rivals, planted."""
    names = runs[0].keys()
    series = {name: [run[name] for run in runs] for name in names}
    rivals = {name: each for name, each in series.items() if name not in ("value", "planted")}
    kept = {name: each for name, each in series.items() if name in ("value", "planted")}
    return kept | {"rivals": rivals}


def dumps(stored) -> str:
    """The evidence as text: a line for each list of numbers, so that a diff shows what moved."""
    text = json.dumps(stored, indent=1, ensure_ascii=False)
    return _one_line(text) + "\n"


def _one_line(text):
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda found: " ".join(found[0].split()), text)
