"""Measure claims on random halves of their data, and once more on second data.

`make claims` measures what is stale, `make replicate` what has never been measured on its second
data since claim, statistic and margin were last changed. Each half is kept in ``_build/claims`` as
soon as it is measured, so an interrupted run goes on where it stopped.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from celltoken import lessons
from celltoken.claims import measure as measuring
from celltoken.claims import registry, storage
from celltoken.claims.registry import ClaimError
from celltoken.lessons import fingerprint

SPOT = 2  # halves measured again to see whether numbers are the stored ones


def claims(resamples=20, only=(), progress=print, processes=2) -> Path:
    """Measure every claim that is stale, or those of ``only``; write ``book/evidence/``.

    Parameters
    ----------
    resamples : int
        Random halves for each side; at least 19, or an interval of 90 % means nothing.
    only : iterable of str
        Ids; these are measured whether stale or not, but a half that is kept is not repeated.
    progress : callable
        Receives one line of text per step.
    processes : int
        How many measure at once.

    Raises
    ------
    ClaimError
        If an id is unknown, there are too few resamples, or a measurement fails.
    """
    if resamples < 19:
        raise ClaimError(f"{resamples} resamples are too few for an interval of 90 %: take 20.")
    chosen = _chosen(only)
    due = chosen if only else [each for each in chosen if stale(each)]
    _confirm(due, "halves", progress, processes)
    due = [each for each in due if stale(each)]
    progress(f"{len(due)} of {len(chosen)} claims to measure, {resamples} halves a side")
    return _measure_all(due, "halves", resamples, progress, processes)


def replicate(only=(), progress=print, processes=2) -> Path:
    """Measure claims on their second data, once after each freeze; write the same file.

    A claim is frozen when its lesson and its record are committed and its evidence is up to date.
    Second data are measured on as many halves as the first.

    Raises
    ------
    ClaimError
        If a claim is not frozen, an id is unknown, or a measurement fails.
    """
    chosen = _chosen(only)
    due = [each for each in chosen if not replicated(each)]
    _confirm([each for each in due if replication_stale(each)], "replication", progress, processes)
    due = [each for each in due if not replicated(each)]
    for claim_id in due:
        if reasons := stale(claim_id):
            raise ClaimError(f"{claim_id} is stale ({reasons[0]}): run `make claims` first.")
    changed = _uncommitted([registry.get(each)["lesson"] for each in due])
    if changed:
        raise ClaimError(
            f"{changed[0]} has changes that are not committed: commit the lesson, the statistic "
            "and the margin before the second data are looked at."
        )
    counts = [len(registry.evidence(each)["halves"]["words"]["value"]) for each in due]
    resamples = min(counts, default=0)
    progress(f"{len(due)} of {len(chosen)} claims to replicate, {resamples} halves a side")
    return _measure_all(due, "replication", resamples, progress, processes)


def _confirm(due, kind, progress, processes) -> None:
    """Renew the fingerprint of claims whose numbers did not change, though their code did.

    Where neither parameters nor margin changed, all data and two halves of each side are measured
    again; if every number is the stored one, the evidence stands.
    """
    doubtful = [each for each in due if _perhaps_the_same(each, kind)]
    if not doubtful:
        return
    progress(f"{len(doubtful)} claims whose code or data changed: are their numbers the same?")
    _measure_jobs(
        [job for each in doubtful for job in storage.jobs(each, kind, SPOT)], progress, processes
    )
    for claim_id in doubtful:
        same = _same_numbers(claim_id, kind)
        progress(f"{claim_id}: {'the same' if same else 'no, it is measured anew'}")
        if same:
            stored = registry.evidence(claim_id)
            part = stored if kind == "halves" else stored["replication"]
            part["fingerprint"] = storage.parts(claim_id, second=kind == "replication")
            lessons.write(registry.evidence_path(claim_id), storage.dumps(stored))


def _perhaps_the_same(claim_id, kind) -> bool:
    """Whether evidence is stale by code, data or packages alone: numbers may be the same."""
    stored = registry.evidence(claim_id)
    if stored is None:
        return False
    reasons = stale(claim_id) if kind == "halves" else replication_stale(claim_id)
    own = [each for each in reasons if each == "parameters" or "margin" in each]
    return bool(reasons) and not own


def _same_numbers(claim_id, kind) -> bool:
    stored = registry.evidence(claim_id)
    stored = stored if kind == "halves" else stored["replication"]
    found = storage.gather(claim_id, kind, SPOT)
    for side, one in found["halves"].items():
        before = storage.first_halves(stored["halves"][side], SPOT)
        pairs = [(found[storage.ALL][side], stored[storage.ALL][side])]
        pairs += zip(storage.first_halves(one, SPOT), before, strict=True)
        for new, old in pairs:
            if set(new) != set(old) or any(abs(new[key] - old[key]) > 2e-4 for key in new):
                return False
    return True


def stale(claim_id) -> list[str]:
    """Why the stored evidence of a claim no longer fits; an empty list if it does."""
    stored = registry.evidence(claim_id)
    if stored is None:
        return ["it was never measured"]
    return fingerprint.differences(stored["fingerprint"], storage.parts(claim_id))


def replicated(claim_id) -> bool:
    """Whether the second data were measured with the claim as it stands."""
    stored = (registry.evidence(claim_id) or {}).get("replication")
    return stored is not None and not replication_stale(claim_id)


def replication_stale(claim_id) -> list[str]:
    """Why the stored replication no longer fits the claim; empty if it does or there is none."""
    stored = (registry.evidence(claim_id) or {}).get("replication")
    if stored is None:
        return []
    reasons = fingerprint.differences(stored["fingerprint"], storage.parts(claim_id, second=True))
    margin = registry.get(claim_id)["margin"]
    if stored["margin"] != margin:
        reasons.append(f"the margin was {stored['margin']} then and is {margin} now")
    return reasons


def _chosen(only: Iterable[str]) -> list[str]:
    for claim_id in only:
        registry.get(claim_id)
    return list(only) or list(registry.record())


def _uncommitted(names) -> list[str]:
    paths = [str(lessons.path_of(name).relative_to(lessons.ROOT)) for name in dict.fromkeys(names)]
    paths.append("book/claims.toml")
    done = subprocess.run(
        ["git", "status", "--porcelain", "--", *paths],
        cwd=lessons.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return [line[3:] for line in done.stdout.splitlines()]


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=lessons.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def _measure_all(due, kind, resamples, progress: Callable[[str], None], processes) -> Path:
    target = registry.BOOK / "evidence"
    target.mkdir(exist_ok=True)
    jobs = [job for claim_id in due for job in storage.jobs(claim_id, kind, resamples)]
    left = {claim_id: sum(job[0] == claim_id for job in jobs) for claim_id in due}
    for claim_id in [each for each in due if not left[each]]:
        storage.store(claim_id, kind, resamples, _commit())

    def done(claim_id):
        left[claim_id] -= 1
        if not left[claim_id]:
            storage.store(claim_id, kind, resamples, _commit())

    _measure_jobs(jobs, progress, processes, done)
    return target


def _measure_jobs(jobs, progress, processes, done=lambda claim_id: None) -> None:
    """Run jobs in processes of their own; ``done`` hears of each that passed."""
    failures = []
    pool = ThreadPoolExecutor(processes)
    try:
        running = {pool.submit(_apart, *job): job for job in jobs}
        for number, future in enumerate(as_completed(running), 1):
            claim_id, _, side, *_ = running[future]
            seconds, problem = future.result()
            progress(f"[{number}/{len(jobs)}] {claim_id}, {side}: {problem or f'{seconds:.0f} s'}")
            failures += [problem] if problem else []
            if not problem:
                done(claim_id)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if failures:
        raise ClaimError(
            f"{len(failures)} of {len(jobs)} measurements failed; the first says: {failures[0]}"
        )


def _apart(claim_id, kind, side, wanted, folder) -> tuple[float, str]:
    """Measure in a process of its own: seconds, and the sentence that says what failed."""
    begin = time.perf_counter()
    order = json.dumps([claim_id, kind, side, wanted, str(folder)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "celltoken.claims.remeasure"],
        input=order, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if line.strip()]
    problem = (said or [f"exit code {done.returncode}."])[-1] if done.returncode else ""
    return time.perf_counter() - begin, f"{claim_id}, {side}: {problem}" if problem else ""


def _measure_here(claim_id, kind, side, wanted, folder) -> None:
    """What a process does: measure one side, each number kept in one step."""
    claim = registry.get(claim_id)
    parameters = storage.second_data(claim, side) if kind == "replication" else {}
    defined = measuring.of_lesson(claim["lesson"], parameters)
    if claim_id not in defined:
        raise ClaimError(
            f"The lesson {claim['lesson']} defines no claim {claim_id}: "
            f'write @claims.claim("{claim_id}", ...) in a cell tagged claim.'
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in wanted:
        if number == storage.ALL:
            found = defined[claim_id].measure(seed=0, sides=(side,))[side]
        else:
            found = defined[claim_id].resample(int(number), side)
        kept = {name: round(value, 5) for name, value in found.items()}
        lessons.write(folder / f"{side}-{number}.json", json.dumps(kept) + "\n")


if __name__ == "__main__":
    try:
        _measure_here(*json.load(sys.stdin))
    except (ClaimError, lessons.LessonError, ValueError) as problem:
        sys.exit(" ".join(str(problem).split()))
