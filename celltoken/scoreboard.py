"""Every claim over many seeds, and the page that shows what became of it."""

import ast
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from celltoken import claims, lessons

STORE = lessons.ROOT / "_build" / "claims"
SYMBOLS = {"holds": "●", "holds in part": "◐", "does not hold here": "○"}


def measure(
    seeds: int,
    only: Iterable[str] = (),
    progress: Callable[[str], None] = print,
    processes: int = 2,
) -> Path:
    """Measure claims anew for seeds 0, 1, ... and write ``book/claims_over_seeds.json``.

    Each run is kept in ``_build/claims``; an interrupted measurement goes on where it stopped, and
    a run is repeated only if its lesson, the library, the packages or the data have changed.

    Parameters
    ----------
    seeds : int
        How many.
    only : iterable of str
        Ids of claims; all by default. Claims not named keep what was stored for them.
    progress : callable
        Receives one line of text per run.
    processes : int
        How many lessons run at once.

    Raises
    ------
    LessonError
        If an id is unknown or a lesson fails; then nothing is written but the runs that passed.
    """
    record, only = claims.record(), list(only)
    if seeds < 1:
        raise lessons.LessonError(f"--seeds must be at least 1, not {seeds}.")
    if unknown := [claim_id for claim_id in only if claim_id not in record]:
        raise lessons.LessonError(
            f"There is no claim {unknown[0]!r} in book/claims.toml: it has {', '.join(record)}."
        )
    chosen = [
        name
        for name in lessons.reading_order()
        if set(lessons.claims_of(name)) & set(only or record)
    ]
    runs = {
        (name, seed): _store(name, seed)
        for seed in range(seeds)
        for name in chosen
        if seed == 0 or "seed" in lessons.parameters_of(name)
    }
    missing = {run: path for run, path in runs.items() if not path.exists()}
    progress(f"{len(runs)} runs of {len(chosen)} lessons; {len(runs) - len(missing)} are there")
    _measure_all(missing, progress, processes)

    found = {}
    for path in runs.values():
        for line in path.read_text(encoding="utf-8").splitlines():
            measured = json.loads(line)
            found.setdefault(measured["id"], []).append(measured)
    stored = claims.over_seeds() | {key: summary(record[key], each) for key, each in found.items()}
    target = claims.BOOK / "claims_over_seeds.json"
    kept = {claim_id: stored[claim_id] for claim_id in record if claim_id in stored}
    lessons.write(target, json.dumps(kept, indent=1) + "\n")
    return target


def summary(claim: dict, measured: list[dict]) -> dict:
    """Verdicts of all runs, and median, minimum and maximum of the four numbers."""
    verdicts = Counter(
        claims.verdict(
            claim,
            run["words"]["value"],
            run["cells"]["value"],
            {side: run[side]["null"] for side in claims.SIDES},
        )
        for run in measured
    )
    numbers = {
        side: {key: _spread([run[side][key] for run in measured]) for key in ("value", "null")}
        for side in claims.SIDES
    }
    return {"seeds": len(measured), "verdicts": dict(verdicts), **numbers}


def as_markdown() -> str:
    """The record and its repetition over seeds: one table, then a section for each claim (MyST)."""
    record, seeds = claims.record(), claims.over_seeds()
    rows = [
        "| Claim | Words (null) | Cells (null) | Verdict | Over seeds: median [range] | Lesson |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for claim_id, claim in record.items():
        sides = [f"{claim[side]['value']:.2f} ({claim[side]['null']:.2f})" for side in claims.SIDES]
        again = _again(seeds.get(claim_id))
        verdict = f"{SYMBOLS[claim['verdict']]} {claim['verdict']}"
        name = f"[{claim_id}](#claim-{claim_id.lower()})"
        rows.append("| " + " | ".join([name, *sides, verdict, again, _link(claim)]) + " |")
    sections = [_section(claim_id, record[claim_id], seeds.get(claim_id)) for claim_id in record]
    return "\n\n".join(["\n".join(rows), *sections]) + "\n"


def _section(claim_id: str, claim: dict, seeds: dict | None) -> str:
    keys = claim["citation"]
    keys = keys if isinstance(keys, str) else ",".join(keys)
    facts = {
        "In the review": f"{claim['review']} Cites {{cite:t}}`{keys}`.",
        "Measured": claim["statistic"],
        "Refuted if": claim["refuted_if"],
        "Counts as support": f"A value that exceeds its null by {claim['margin']} or more.",
        "Verdict": f"{claim['verdict'].capitalize()}. {claim['why']}",
    }
    if seeds:
        verdicts = ", ".join(f"{verdict} in {n}" for verdict, n in seeds["verdicts"].items())
        facts["Over seeds"] = f"Of {seeds['seeds']}, {verdicts}."
    facts["Lesson"] = f"{_link(claim)}."
    lines = [f"* **{term}.** {text}" for term, text in facts.items()]
    heading = f"(claim-{claim_id.lower()})=\n## {claim_id}. {claim['claim'].rstrip('.')}"
    return "\n\n".join([heading, "\n".join(lines)])


def _link(claim: dict) -> str:
    title = lessons.title_of(claim["lesson"])
    return f"[{title}](../chapters/{claim['lesson']}.ipynb)"


def _again(seeds: dict | None) -> str:
    if seeds is None:
        return "not yet measured"
    values = {side: seeds[side]["value"] for side in claims.SIDES}
    return "<br>".join(
        f"{side} {value['median']:.2f} [{value['min']:.2f}, {value['max']:.2f}]"
        for side, value in values.items()
    )


def _spread(numbers: list[float]) -> dict:
    return {
        "median": round(statistics.median(numbers), 4),
        "min": round(min(numbers), 4),
        "max": round(max(numbers), 4),
    }


def _measure_all(missing: dict, progress: Callable[[str], None], processes: int) -> None:
    failures = []
    pool = ThreadPoolExecutor(processes)
    try:
        runs = {pool.submit(_measure_apart, *run, path): run for run, path in missing.items()}
        for done, future in enumerate(as_completed(runs), 1):
            name, seed = runs[future]
            seconds, problem = future.result()
            failures += [f"seed {seed}: {problem}"] if problem else []
            progress(
                f"[{done}/{len(missing)}] {name}, seed {seed}: {problem or f'{seconds:.0f} s'}"
            )
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if failures:
        raise lessons.LessonError(
            f"{len(failures)} of {len(missing)} runs failed, so nothing was recorded; "
            f"the first, {failures[0]}"
        )


def _measure_apart(name: str, seed: int, path: Path) -> tuple[float, str]:
    """Measure in a process of its own: seconds, and the sentence that says what failed."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "celltoken.scoreboard", name, str(seed), str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if line.strip()]
    problem = (said or [f"exit code {done.returncode}."])[-1] if done.returncode else ""
    return time.perf_counter() - begin, problem


def _measure_one(name: str, seed: int, path: Path) -> None:
    """Run one lesson with one seed; keep its measurements in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    mode = {"CELLTOKEN_CLAIMS": "measure", "CELLTOKEN_CLAIMS_FILE": str(part)}
    try:
        with lessons.environment(mode):
            takes = lessons.parameters_of(name)
            lessons.execute(name, {"seed": seed} if "seed" in takes else {})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _store(name: str, seed: int) -> Path:
    return STORE / name.replace("/", ".") / _state(name) / f"{seed:03d}.jsonl"


def _state(name: str) -> str:
    """A fingerprint of all that can change what a lesson measures."""
    code, inputs = lessons.code_of(name), ("data/manifest.toml", "requirements.lock")
    texts = [
        code,
        # Comments and layout do not count.
        *(ast.dump(ast.parse(path.read_text(encoding="utf-8"))) for path in _modules_of(code)),
        *((lessons.ROOT / path).read_text(encoding="utf-8") for path in inputs),
    ]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _modules_of(code: str) -> list[Path]:
    """The library's modules that some code imports, and those that these import."""
    library = lessons.ROOT / "celltoken"
    found, left = set(), [code, "import celltoken.__init__"]
    while left:
        for node in ast.walk(ast.parse(left.pop())):
            if isinstance(node, ast.ImportFrom):
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                path = library / f"{name.removeprefix('celltoken.').replace('.', '/')}.py"
                if name.startswith("celltoken.") and path.is_file() and path not in found:
                    found.add(path)
                    left.append(path.read_text(encoding="utf-8"))
    return sorted(found)


if __name__ == "__main__":  # one run, for `_measure_apart`
    try:
        _measure_one(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    except lessons.LessonError as problem:
        sys.exit(str(problem))
