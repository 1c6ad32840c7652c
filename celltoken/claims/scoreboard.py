"""The page of claims: a picture with a row for each, then what each says and how it fared."""

import html
import re
from importlib.resources import files

from celltoken import lessons
from celltoken.claims import verdict
from celltoken.claims.registry import KINDS, SIDES, evidence, record
from celltoken.data.store import manifest

SYMBOLS = {
    "holds": "●",
    "holds in part": "◐",
    "does not hold here": "○",
    "undecided": "?",
    "not testable here": "∅",
    "not measured yet": "·",
}
# The picture's axis: value minus strongest rival, counted in margins, cut off at both ends.
LEFT, RIGHT, WIDTH, HEIGHT = -3.0, 6.0, 150, 34


def outcomes() -> dict[str, dict]:
    """What the evidence says of each claim: a dict from id to ``verdict``, ``sides``, ``again``.

    ``sides`` is a dict from side to :class:`verdict.Side`, empty if nothing was measured; ``again``
    is the same pair of verdict and sides on second data, or None.
    """
    found = {}
    for claim_id, claim in record().items():
        one = evidence(claim_id)
        said, sides = verdict.judge(one["halves"], claim["margin"]) if one else (None, {})
        second = (one or {}).get("replication")
        again = verdict.judge(second["halves"], second["margin"]) if second else None
        found[claim_id] = {"verdict": said or "not measured yet", "sides": sides, "again": again}
    return found


def summary() -> str:
    """One paragraph for the welcome page: how many claims held, how many on second data as well,
    and on how many second data had been measured before."""
    found = outcomes()
    counted = _counted([each["verdict"] for each in found.values()])
    text = f"Of {len(found)} claims, {counted}."
    again = {claim_id: each for claim_id, each in found.items() if each["again"]}
    if not again:
        return text
    same = sum(each["again"][0] == each["verdict"] for each in again.values())
    supported = [
        each["again"][1][side].says
        for each in again.values()
        for side, one in each["sides"].items()
        if one.says == "supports" and side in each["again"][1]
    ]
    known = sum(evidence(each)["replication"]["runs"] > 1 for each in again)
    return (
        f"{text} On second data {same} of {len(again)} have the same verdict, and of the "
        f"{len(supported)} sides that support a claim {supported.count('supports')} support it "
        f"again. Second data of {known} claims were measured more than once, mostly as a "
        "rival, a statistic or the data had been changed: these were known by then."
    )


def _counted(verdicts) -> str:
    words = {
        "holds": ("holds", "hold"),
        "holds in part": ("holds in part", "hold in part"),
        "does not hold here": ("does not hold here", "do not hold here"),
        "undecided": ("is undecided", "are undecided"),
        "not testable here": ("is not testable here", "are not testable here"),
        "not measured yet": ("is not measured yet", "are not measured yet"),
    }
    parts = [
        f"{verdicts.count(name)} {forms[verdicts.count(name) != 1]}"
        for name, forms in words.items()
        if name in verdicts
    ]
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)


# -- the picture ----------------------------------------------------------------------------------


def as_html() -> str:
    """The picture: one row a claim, sortable and filterable without a kernel."""
    claims, found = record(), outcomes()
    rows = "".join(_row(place, key, claims[key], found[key]) for place, key in enumerate(found))
    met = {each["verdict"] for each in found.values()}
    verdicts = [each for each in SYMBOLS if each in met]  # from the best to the worst
    chapters = dict.fromkeys(claim["lesson"].split("/")[0] for claim in claims.values())
    script = files("celltoken.claims").joinpath("scoreboard.js").read_text(encoding="utf-8")
    return (
        '<figure class="scoreboard" role="group" aria-label="Scoreboard of claims">'
        f"<form>{_choice('verdict', verdicts)}{_choice('chapter', chapters)}"
        '<label>sort by <select name="sort"><option value="order">order of the review</option>'
        '<option value="words">words</option><option value="cells">cells</option>'
        '<option value="verdict">verdict</option></select></label>'
        '<output aria-live="polite"></output></form>'
        f"<table><caption>{_legend()}</caption><thead><tr><th>Claim</th><th>Words</th>"
        f"<th>Cells</th><th>Verdict</th></tr></thead><tbody>{rows}</tbody></table></figure>"
        f"<script>{script}</script>"
    )


def _choice(name, values) -> str:
    options = "".join(f"<option>{html.escape(value)}</option>" for value in values)
    options = f'<option value="">all</option>{options}'
    return f'<label>{name} <select name="{name}">{options}</select></label>'


def _legend() -> str:
    return (
        "Dot: value minus strongest rival, median over random halves of the data; bar: its 90 % "
        "interval, in which a further half would lie nine times in ten; grey line: zero, where "
        "the rival does as well; dashed line: the margin, which is also the unit of the scale; "
        "open diamond and thin bar: second data. What lies beyond an end of the scale stands at "
        "that end."
    )


def _row(place, claim_id, claim, found) -> str:
    sides = "".join(f'<td data-side="{side}">{_strip(side, claim, found)}</td>' for side in SIDES)
    again = f"<small>second data: {found['again'][0]}</small>" if found["again"] else ""
    numbers = {
        side: getattr(found["sides"].get(side), "difference", -9) / claim["margin"]
        for side in SIDES
    }
    data = " ".join(f'data-{key}="{value:.4f}"' for key, value in numbers.items())
    return (
        f'<tr data-order="{place}" data-verdict="{found["verdict"]}" {data} '
        f'data-chapter="{claim["lesson"].split("/")[0]}">'
        f'<th scope="row"><a href="#claim-{claim_id.lower()}">{claim_id}</a> '
        f"{html.escape(_in_brief(claim_id, claim))}</th>{sides}"
        f"<td><b>{SYMBOLS[found['verdict']]} {found['verdict']}</b> {again}</td></tr>"
    )


def _in_brief(claim_id, claim) -> str:
    """A claim as its chapter's page has it in its table; as recorded if it is not there."""
    page = lessons.ROOT / "chapters" / claim["lesson"].split("/")[0] / "index.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    row = re.search(rf"^\| \*\*{claim_id}\*\* (.+?) \|", text, re.MULTILINE)
    return row[1] if row else claim["claim"]


def _strip(side, claim, found) -> str:
    """One side of one claim as a small SVG, and as words for those who do not see it."""
    if side not in found["sides"]:
        return "not measured"
    one = found["sides"][side]
    two = found["again"][1].get(side) if found["again"] else None
    text = f"{side}: {_in_words(one)}" + (f"; second data: {_in_words(two)}" if two else "")
    middle, margin = HEIGHT * (0.36 if two else 0.5), claim["margin"]
    zero, low, high, x = (_x(each, margin) for each in (0, one.low, one.high, one.difference))
    marks = [
        f'<line class="base" x1="0" x2="{WIDTH}" y1="{HEIGHT - 1}" y2="{HEIGHT - 1}"/>',
        f'<line class="zero" x1="{zero}" x2="{zero}" y1="2" y2="{HEIGHT - 2}"/>',
        f'<line class="margin" x1="{_x(margin, margin)}" x2="{_x(margin, margin)}" '
        f'y1="2" y2="{HEIGHT - 2}"/>',
        f'<line class="range {side}" x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"/>',
        f'<circle class="{side}" cx="{x}" cy="{middle}" r="4.5"/>',
    ]
    if two:
        low, high, x = (_x(each, margin) for each in (two.low, two.high, two.difference))
        y = HEIGHT * 0.76
        marks += [
            f'<line class="range thin {side}" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>',
            f'<path class="again {side}" d="M{x - 4} {y}l4 -4 4 4 -4 4z"/>',
        ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(text)}">'
        f"<title>{html.escape(text)}</title>{''.join(marks)}</svg>"
    )


def _x(value, margin) -> float:
    share = (min(max(value / margin, LEFT), RIGHT) - LEFT) / (RIGHT - LEFT)
    return round(8 + share * (WIDTH - 16), 1)


def _in_words(side) -> str:
    return (
        f"{side.value:.2f} against {side.rival:.2f} ({side.rival_name}), difference "
        f"{side.difference:.2f} [{side.low:.2f}, {side.high:.2f}], {side.says}"
    )


# -- the details ----------------------------------------------------------------------------------


def as_markdown() -> str:
    """A section for each claim (MyST): what is claimed, measured, held against it, and found."""
    found = outcomes()
    return "\n\n".join(_section(key, claim, found[key]) for key, claim in record().items()) + "\n"


def _section(claim_id, claim, found) -> str:
    keys = claim.get("citation", [])
    cites = f" It cites {{cite:t}}`{','.join(keys)}` there." if keys else ""
    ours = claim.get("ours", [])
    cites += f" Sources that we add: {{cite:t}}`{','.join(ours)}`." if ours else ""
    facts = {
        "In the review": f"{claim['review']}{cites}",
        "Measured": claim["statistic"],
        "Rivals": "; ".join(f"{name} ({kind})" for name, kind in claim["rivals"].items()) + ".",
        "Resampled": "; ".join(f"{side}: {claim['unit'][side]}" for side in SIDES) + ".",
        "Margin": f"{claim['margin']}. {claim['margin_reason']}",
        "Refuted if": claim["refuted_if"],
        **_found(claim, found),
        "Verdict": f"{found['verdict'].capitalize()}.",
        "Lesson": f"[{lessons.title_of(claim['lesson'])}](../chapters/{claim['lesson']}.ipynb).",
    }
    lines = [f"* **{term}.** {text}" for term, text in facts.items()]
    heading = f"(claim-{claim_id.lower()})=\n### {claim_id}. {claim['claim'].rstrip('.')}"
    why = f":::{{dropdown}} Why these rivals, and how this record came about\n{claim['why']}\n:::"
    return "\n\n".join([heading, "\n".join(lines), why])


def _found(claim, found) -> dict[str, str]:
    facts = {}
    for side, one in found["sides"].items():
        facts[f"Found, {side}"] = (
            f"{_in_words(one)}; the margin is reached in {one.agree:.0%} of {one.resamples} halves."
        )
    for side in SIDES:
        second = claim.get("replication", {}).get(side)
        if not second:
            facts[f"Second data, {side}"] = claim["not_replicated"][side]
            continue
        two = found["again"][1].get(side) if found["again"] else None
        text = f"{_second(second)}: {_in_words(two) if two else 'not measured yet'}."
        facts[f"Second data, {side}"] = text
    return facts


def _second(parameters) -> str:
    """The parameters of second data: a data set by its title, with a link to what it is."""
    titles = {
        name: f"{{ref}}`{entry['title']} <{kind}-{name}>`"
        for table, kind in (
            ("datasets", "dataset"),
            ("corpora", "corpus"),
            ("references", "reference"),
        )
        for name, entry in manifest()[table].items()
    }
    return ", ".join(titles.get(value, f"`{key} = {value}`") for key, value in parameters.items())


def kinds() -> str:
    """The kinds of rivals as a Markdown list."""
    return "\n".join(f"* **{kind}**: {meaning}" for kind, meaning in KINDS.items())
