"""A submission as it is graded: read whatever an editor or a download has made of it.

Cells are known by their ``grade_id``, as for nbgrader's autograder. Where that is lost they are
known by their text; an answer in pieces is joined, and one elsewhere is found. Of locked cells ours
are used, and what the student added runs where it stands. Whatever was put right is remarked.
"""

import ast
import codecs
import contextlib
import json
import re
from dataclasses import replace

import chardet

from celltoken.coursework.assignment import (
    CODE_STUB,
    HIDDEN,
    LARGEST,
    TEXT_STUB,
    Cell,
    SourceAssignment,
    Unreadable,
    cells_of,
    cleared,
    parsed,
    seeded,
)

PASTED = dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009\u202f\u3000"), " ")
PASTED |= dict.fromkeys(map(ord, "\u200b\ufeff"), "") | str.maketrans("“”„‘’", '"""\'\'')
# What Windows saves text in where that is not UTF-8, in Latin script and in others.
ASIAN = ["cp932", "cp949", "gb18030", "big5"]
LATIN = ["cp1252", "cp1250", "cp1254", *ASIAN]
OTHERS = ["cp1251", "cp1253", "cp1255", "cp1256", "cp874", *ASIAN]
OF_A_MAC = rb"[A-Za-z][\x87-\x91\x93-\x9f][a-z]"  # its letters are where Windows has signs
FOREIGN = bytes(range(128, 256))
ELSEWHERE = "# This answer stands in another cell."
LARGEST_FILE = 64 * 2**20  # bytes of a notebook with its outputs


def _windows_letters(problem):
    wrong = problem.object[problem.start : problem.end]
    return wrong.decode("cp1252", "replace"), problem.end


codecs.register_error("windows_letters", _windows_letters)


def guessed(raw: bytes) -> bool:
    """Whether nothing but its letters tells how a text was written."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return b"\0" not in raw  # else it is UTF-16
    return False


def decoded(raw: bytes) -> str:
    """The text of a file, whichever way a program has written it."""
    if b"\0" in raw[:400] or raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode(chardet.detect(raw)["encoding"] or "utf-16", "replace")
    with contextlib.suppress(UnicodeDecodeError):
        return raw.decode("utf-8-sig")
    text = raw.decode("utf-8-sig", "replace")
    if text.count("\ufffd") < len(re.findall(r"[^\x00-\x7f\ufffd]", text)):
        # UTF-8, in which a spreadsheet that took it for Windows' code may have let somebody type.
        return raw.decode("utf-8-sig", "windows_letters")
    if len(re.findall(OF_A_MAC, raw)) > len(re.findall(rb"[\xc0-\xff]", raw)):
        return raw.decode("mac-roman")
    # A word in Latin script has letters of ASCII too; what has few of them is told by itself.
    words = b"".join(re.findall(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*", raw))
    telling, codes = raw, LATIN
    if len(words.translate(None, FOREIGN)) < len(words) / 4:
        parts = re.findall(rb'[^\n\t",;]+', raw)
        telling, codes = b"\n".join(part for part in parts if not part.isascii()), OTHERS
    most = {"max_bytes": len(raw), "prefer_superset": True}
    found = chardet.detect(telling, include_encodings=codes, **most)
    return raw.decode(found["encoding"] or "cp1252", "replace")


def lean(raw: bytes) -> str:
    """The text of a notebook without its outputs; Unreadable, with the reason, if it is none."""
    if not raw.strip():
        raise Unreadable("the file is empty")
    if len(raw) > LARGEST_FILE:
        raise Unreadable(f"the file is larger than {LARGEST_FILE // 2**20} MB")
    text = decoded(raw)
    try:
        notebook = parsed(text)
    except Unreadable:
        if re.search("^<<<<<<< ", text, re.MULTILINE):
            raise Unreadable("it holds the marks of a merge conflict (<<<<<<<)") from None
        raise
    metadata = notebook.get("metadata")
    own = metadata.get("celltoken") if isinstance(metadata, dict) else None
    cells = [
        {key: cell[key] for key in ("cell_type", "metadata", "source") if key in cell}
        for cell in notebook["cells"]
        if isinstance(cell, dict)
    ]
    text = json.dumps({"nbformat": 4, "metadata": {"celltoken": own}, "cells": cells})
    if len(text) > LARGEST:
        raise Unreadable(f"without its outputs it is larger than {LARGEST // 2**20} MB")
    return text


def made_for(text: str) -> int | None:
    """The seed that `release` wrote into a notebook, if it is still there."""
    try:
        seed = json.loads(text)["metadata"]["celltoken"]["seed"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return seed if type(seed) is int else None


def rebuild(master: SourceAssignment, text: str) -> tuple[list[Cell], list[str]]:
    """The submission as it is graded, and remarks on what was put right; Unreadable if the text is
    no notebook."""
    work = _Rebuilt(master, cells_of(text))
    work.read_pasted()
    work.match_by_text()
    for own in master.cells:
        if own.solution and own.kind == "code":
            work.join_code(own)
        elif own.solution:
            work.join_text(own)
    work.take_ours()
    work.check_after_answers()
    if names := ", ".join(work.matched[:4]) + ", ..." * (len(work.matched) > 4):
        work.remarks.append(f"Cells had lost their marks and were matched by their text: {names}.")
    return work.cells, list(dict.fromkeys(work.remarks))[:20]


class _Rebuilt:
    """The cells of a submission while they are put right."""

    def __init__(self, master, cells):
        self.master, self.remarks, self.matched = master, [], []
        self.cells = [each if each.id in master.by_id else replace(each, id="") for each in cells]

    def places(self, name):
        return [place for place, cell in enumerate(self.cells) if cell.id == name]

    def read_pasted(self):
        """Read signs that only a web page or a text processor writes as those that Python knows."""
        for place, cell in enumerate(self.cells):
            plain = cell.source.translate(PASTED)
            ours = self.master.by_id.get(cell.id, cell)
            if "code" in (cell.kind, ours.kind) and plain != cell.source and _broken(cell.source):
                if not _broken(plain):
                    self.cells[place] = replace(cell, source=plain)
                    self.remarks.append("Pasted quotes or spaces were read as plain ones.")

    def match_by_text(self):
        """Give cells that have lost their marks those that nobody has."""
        for own in self.master.cells:
            fits = defines(own.id) if own.solution else _same(own)
            found = [at for at, each in enumerate(self.cells) if not each.id and fits(each.source)]
            if found and not own.is_open and not self.places(own.id):
                at = found[-1] if own.solution else found[0]
                self.cells[at] = replace(self.cells[at], id=own.id, kind=own.kind)
                self.matched.append(own.id)

    def join_code(self, own):
        """The answer is the last cell of its mark in which something is defined that was asked for,
        else the last without a mark; pieces that alone are no Python are joined first."""
        at = max(self.places(own.id), default=-9)
        for beside in (self.places(own.id), [at, at + 1], [at, at + 1, at + 2], [at - 1, at]):
            if self._join(own, beside):
                break
        stub, names_it = _squeezed(cleared(own.source, CODE_STUB)), defines(own.id)
        named = [at for at, each in enumerate(self.cells) if names_it(each.source)]
        named = [at for at in named if _squeezed(self.cells[at].source) != stub]
        good = [at for at in named if self.cells[at].id in ("", own.id)]
        answers = {each.name for each in self.master.exercises}
        if not good and (among := [at for at in named if self.cells[at].id in answers]):
            return self._leave_among_others(own, self.cells[among[-1]])
        marked = self.places(own.id)
        chosen = max([at for at in good if at in marked] or good or marked, default=None)
        if marked and chosen not in marked:
            self.remarks.append(f"The answer {own.id} was found in another cell.")
        elif len(marked) > 1:
            self.remarks.append(f"Several cells are marked {own.id}: one was graded.")
        for at in {*marked, chosen} - {None}:
            text = self.cells[at].source
            if at == chosen:
                self.cells[at] = Cell(own.id, "code", text)
            else:
                self.cells[at] = Cell("", "code", "" if _squeezed(text) == stub else text)

    def _leave_among_others(self, own, holder):
        """Where one cell holds several answers, an empty one stands below it for this one, in place
        of what was given out, which would define it again."""
        self.cells = [each for each in self.cells if each.id != own.id]
        self.cells.insert(self.cells.index(holder) + 1, Cell(own.id, "code", ELSEWHERE))
        self.remarks.append(f"The answer {own.id} was found in another cell.")

    def _join(self, own, places):
        pieces = [self.cells[at] for at in places if 0 <= at < len(self.cells)]
        free = all(each.id in ("", own.id) and each.kind == "code" for each in pieces)
        joined = "\n".join(each.source for each in pieces)
        if len(pieces) < max(2, len(places)) or not free or _broken(joined):
            return False
        if not any(_broken(each.source) for each in pieces):
            return False
        for at in places:
            self.cells[at] = Cell("", "code", "")
        self.cells[places[-1]] = Cell(own.id, "code", joined)
        self.remarks.append(f"The answer {own.id} was joined from {len(places)} cells.")
        return True

    def join_text(self, own):
        """The answer is all that was written in cells of its mark and in new ones around it; if
        that is nothing, in new ones anywhere."""
        places = self.places(own.id)
        added = [at for at in range(len(self.cells)) if at not in places and self._written(own, at)]
        around = set(places)
        for at in places:
            for step in (-1, 1):
                near = at + step
                while near in added:
                    around.add(near)
                    near += step
        parts = {at: self._written(own, at) for at in sorted(around)}
        if not any(parts.values()):
            parts = {at: self._written(own, at) for at in added}
        wrote = [at for at, each in parts.items() if each]
        texts = list(dict.fromkeys(parts[at] for at in wrote))
        if texts and (len(texts) > 1 or not set(wrote) & set(places)):
            cells = f"{len(texts)} cells" if len(texts) > 1 else "another cell"
            self.remarks.append(f"The answer {own.id} was read from {cells}.")
        kept = [each for at, each in enumerate(self.cells) if at not in places[:-1]]
        self.cells = kept
        for at in self.places(own.id):
            self.cells[at] = replace(own, source="\n\n".join(texts), locked=False)
        if not places and texts:
            self.cells.append(replace(own, source="\n\n".join(texts)))

    def _written(self, own, at):
        """What the student wrote in a cell that is text: not the words that were there before."""
        cell, text = self.cells[at], self.cells[at].source
        if cell.id not in ("", own.id) or (
            cell.kind == "code" and not cell.id and not _prose(text)
        ):
            return ""
        for given in (cleared(own.source, "").strip(), TEXT_STUB):
            text = text.replace(given, "", 1) if given else text
        lines, ours = text.splitlines(), set()
        for given in self.master.prose:
            its = {_letters(line) for line in given.splitlines()} - {""}
            if len(its) < 2 * len(its.intersection(map(_letters, lines))):
                ours |= its
        return "\n".join(line for line in lines if _letters(line) not in ours).strip()

    def take_ours(self):
        """Locked cells are the master's, and what is missing is put back."""
        last = {cell.id: place for place, cell in enumerate(self.cells)}
        kept = []
        for place, cell in enumerate(self.cells):
            own = self.master.by_id.get(cell.id)
            if own is None or last[cell.id] != place:
                if own is not None:
                    self.remarks.append(f"Two cells are marked {own.id}: ours was used.")
                if cell.kind == "code":
                    kept.append(Cell("", "code", cell.source))
                continue
            if own.locked:
                hidden = "HIDDEN" in own.source or not cell.source.strip()
                if not hidden and not _same(own)(cell.source):
                    self.remarks.append(f"The locked cell {own.id} was changed: ours was used.")
                kept.append(own)
            else:
                kept.append(replace(own, source=cell.source))
        have = {cell.id for cell in kept}
        for before, own in zip([None, *self.master.cells], self.master.cells, strict=False):
            if own.id in have:
                continue
            if "HIDDEN" not in own.source:
                self.remarks.append(f"The cell {own.id} was missing.")
            at = next((i + 1 for i, c in enumerate(kept) if before and c.id == before.id), 0)
            kept.insert(at, own if own.locked else replace(own, source=""))
        self.cells = kept

    def check_after_answers(self):
        """An answer below its check was moved there: that check, and those of exercises that may
        build on the answer, are made when it has run."""
        at = {cell.id: place for place, cell in enumerate(self.cells)}
        late, last = [], 0
        for exercise in self.master.exercises:
            if exercise.checks and at[exercise.name] > min(at[each.id] for each in exercise.checks):
                last = max(last, at[exercise.name])
            if last:
                late += [each for each in exercise.checks if at[each.id] < last]
        rest = [cell for cell in self.cells[: last + 1] if cell not in late]
        self.cells = rest + late + self.cells[last + 1 :]


def defines(name):
    """Whether a text is code that defines a name, magics and all."""
    found = re.compile(rf"^(?:async\s+)?def\s+{name}\b|^{name}\s*=[^=]", re.MULTILINE)
    return lambda source: bool(found.search(source))


def _same(own):
    """Whether a text is that of one of our cells, as students get it."""
    given = cleared(own.source, "").strip() or HIDDEN
    known = {_squeezed(seeded(text, 0)) for text in (own.source, given)}
    return lambda source: _squeezed(seeded(source, 0)) in known - {""}


def _prose(source):
    """Whether a cell of code holds words: nothing but comments and texts, or no Python."""
    tree = _parsed(source)
    return tree is None or all(
        isinstance(each, ast.Expr) and isinstance(getattr(each.value, "value", None), str)
        for each in tree.body
    )


def _squeezed(text):
    return "".join(text.split())


def _letters(text):
    """What every code and every editor leaves of a line."""
    return re.sub("[^0-9A-Za-z]", "", text)


def _parsed(source):
    """A cell as Python reads it, None if it is no Python by itself; lines that only a notebook
    knows do not count."""
    plain = re.sub(r"^(\s*)(?:\w+\s*=\s*)?[%!].*", r"\1pass", source, flags=re.MULTILINE)
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse(plain)


def _broken(source):
    return _parsed(source) is None
