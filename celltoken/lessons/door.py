"""The one door through which a reader's data reach a lesson."""

from pathlib import Path

from celltoken import data, lessons
from celltoken.data import lexicons, own_cells, own_text, pairs
from celltoken.data.corpus import documents, vocabulary
from celltoken.lessons import needs as declared


def through(wanted, parameters, folder, layer, most_cells):
    """Look at a reader's files before a lesson runs, and bring them into the one form.

    Parameters
    ----------
    wanted : dict of Need
        Of every parameter of the lesson, as :func:`celltoken.lessons.needs.of` gives it.
    parameters : dict
        What the reader chose.
    folder : Path
        Where prepared files are written.
    layer, most_cells
        As in :func:`celltoken.data.own_cells.prepare`.

    Returns
    -------
    ready : dict
        The parameters, files replaced by prepared ones.
    said : list of str
        What was done to them.

    Raises
    ------
    LessonError, DataError
        In one sentence, if something that the lesson needs is not there.
    """
    ready, said, have = dict(parameters), [], {}
    for parameter, need in wanted.items():
        value = str(parameters.get(parameter, need.default)).strip()
        mine = parameter in parameters and not _embedded(value, parameter, need)
        if need.is_text and mine:
            ready[parameter], lines = _text(value, need, folder / f"{parameter}{own_text.READY}")
            said += lines
        elif need.is_matrix and mine:
            target = folder / f"{parameter}.h5ad"
            adata, lines = _matrix(value, need, wanted, parameters, layer, most_cells)
            adata.write_h5ad(target)
            ready[parameter], said = str(target), said + lines
            if parameter == "cells" and "only" in ready:  # it has been done
                ready["only"] = ""
            _named(adata.obs, value, parameter, wanted, parameters)
        elif need.is_matrix and (
            parameter in parameters
            or _chosen(parameter, wanted, parameters)
            or (parameter == "cells" and "only" in parameters)
        ):
            _look_at(value, parameter, need, wanted, parameters)
        have[parameter] = value
    for parameter, need in wanted.items():
        _counted_in(parameter, need, wanted, ready, have, parameters)
    return ready, said


def _embedded(value, parameter, need):
    """Whether a value names data of the course that fit a parameter; one sentence if they do not.

    A matrix that may also be a corpus says so in what it is.
    """
    listed = data.manifest()
    corpora = {"sotu", *listed.get("corpora", {})}
    texts, matrices = corpora | {need.default}, {*data.names(), need.default}
    matrices |= listed.get("larger", {}).keys()
    if need.is_text and value in data.names() and value not in texts:
        raise lessons.LessonError(
            f"{value} is a matrix and no text: with --{parameter} give a text file or one of "
            f"{', '.join(sorted(corpora))}."
        )
    if need.is_matrix and value in corpora and "corpus" not in need.about:
        raise lessons.LessonError(
            f"{value} is a text and no matrix: with --{parameter} give {need.about}."
        )
    return value in (texts if need.is_text else matrices | corpora)


def _look_at(value, parameter, need, wanted, parameters) -> None:
    """Say before the lesson runs that data of the course do not have what it needs of them."""
    if value not in data.names():
        return
    obs = data.load(value).obs
    _must_have_columns(obs, value, parameter, wanted, parameters)
    if value != need.default:
        _matrix(data.embedded_file(value), need, wanted, parameters, None, None)
    only = str(parameters.get("only", "")) if parameter == "cells" else ""
    if only and len(own_cells.rows_where(obs, only, value)) < need.amounts.get("cells", 1):
        raise lessons.LessonError(
            f"{value} has too few cells where {only}: {parameter} needs {need.amounts['cells']:,}."
        )
    _named(obs, value, parameter, wanted, parameters)


def _counted_in(parameter, need, wanted, ready, have, parameters) -> None:
    """Say before the lesson runs that too few pairs, scales or words occur in other data."""
    for unit, count in COUNTED.items():
        other = parameter if unit == "analogies" else need.listed_in
        if unit not in need.amounts or not {parameter, other} & set(parameters):
            continue
        value = str(ready.get(other, have[other]))
        asked = str(ready.get(parameter, have[parameter]))
        if unit == "rows" and value == "glove" and parameter in parameters:
            _must_be_english(asked, have[parameter], other)
        found = count(asked, _rows_of(value, wanted[other]))
        if found < need.amounts[unit]:
            where = Path(have[other]).name
            raise lessons.LessonError(
                f"{where} has {found} of the {unit} that this lesson needs (at least "
                f"{need.amounts[unit]}): {FITTING[unit]}."
            )


def _must_be_english(text, name, other) -> None:
    if text not in data.names() and not own_text.is_english(documents(text).tokens):
        raise lessons.LessonError(
            f"{Path(name).name} does not look English, and the vectors are of English words: with "
            f"--{other} give vectors of its own language."
        )


def _rows_of(value, need):
    """Names of the rows of a matrix, or the common words of a text."""
    if need.is_matrix and value in data.names() or value.endswith(".h5ad"):
        return list(data.load(value).obs_names)
    return vocabulary(documents(value).tokens, size=6000)


def _in_lexicon(listed):
    """How many entries of a list have all their words among the rows; none of an unknown list."""

    def count(name, rows):
        try:
            return len(listed(name, rows))
        except ValueError as problem:
            if "no list" in str(problem):
                raise lessons.LessonError(str(problem)) from None
            return 0

    return count


def _rows_in_common(text, rows):
    if text in data.names():
        return len(set(data.load(text).obs_names) & set(rows))
    return len(set(vocabulary(documents(text).tokens, size=6000)) & set(rows))


COUNTED = {
    "pairs": _in_lexicon(lexicons.word_pairs),
    "scales": _in_lexicon(lexicons.scales),
    "analogies": _in_lexicon(lambda _, rows: pairs.google_pairs(rows)),
    "rows": _rows_in_common,
}
ENGLISH = "name rows by English words in lower case"
FITTING = {
    "pairs": "it takes English words in lower case, and pairs of common ones",
    "scales": f"{ENGLISH}, or choose another list",
    "analogies": ENGLISH,
    "rows": "give vectors of the words of this text, in its language",
}


def _text(value, need, target):
    text_needs = own_text.TextNeeds(
        words=need.amounts.get("words", 1),
        documents=need.amounts.get("documents", 1),
        english=need.english,
        different=own_text.DIFFERENT,
    )
    prepared = own_text.prepare(value, text_needs)
    own_text.write(prepared.documents, target)
    return str(target), prepared.said


def _columns(table, wanted, parameters, chosen=False):
    """The columns of one matrix that the lesson asks for: unit -> (parameter, column, need)."""
    return {
        unit: (parameter, str(parameters.get(parameter, need.default)), need)
        for parameter, need in wanted.items()
        if need.is_column and need.table == table and (parameter in parameters or not chosen)
        for unit in declared.COLUMN & set(need.amounts)
    }


def _chosen(table, wanted, parameters):
    """Whether the reader chose a column of this matrix, or types that occur in it."""
    named = any(need.entries_of and need.table == table for need in map(wanted.get, parameters))
    return named or bool(_columns(table, wanted, parameters, chosen=True))


def _matrix(value, need, wanted, parameters, layer, most_cells):
    columns = _columns(need.parameter, wanted, parameters)
    amounts = {unit: each.amounts for unit, (_, _, each) in columns.items()}
    named = {
        unit: own_cells.Column(column, option) for unit, (option, column, _) in columns.items()
    }
    cell_needs = own_cells.CellNeeds(
        counts=need.counts,
        cells=need.amounts.get("cells", need.amounts.get("vectors", 1)),
        genes=need.amounts.get("genes", need.amounts.get("numbers", 1)),
        types=amounts.get("types", {}).get("types", 2),
        of_each=amounts.get("types", {}).get("of_each", 1),
        conditions=amounts.get("values", {}).get("values", 2),
        commonest="values" in columns and columns["values"][2].commonest,
        columns=need.columns,
        named=need.genes,
        unit="vectors" if "vectors" in need.amounts else "cells",
        layers=need.layers,
    )
    prepared = own_cells.prepare(
        value,
        cell_needs,
        labels=named.get("types"),
        condition=named.get("values"),
        only=str(parameters.get("only", "")) if need.parameter == "cells" else "",
        layer=layer if need.counts else None,
        **({"most": most_cells} if most_cells else {}),
    )
    return prepared.adata, prepared.said


def _must_have_columns(obs, name, table, wanted, parameters) -> None:
    """Say before the lesson runs that a data set of the course lacks a column."""
    for option, column, _ in _columns(table, wanted, parameters).values():
        if column not in obs:
            raise lessons.LessonError(
                f"{name} has no column {column!r} in .obs: with --{option} choose one of "
                f"{', '.join(map(str, obs.columns))}."
            )


def _named(obs, name, table, wanted, parameters) -> None:
    """Say before the lesson runs that what an option names does not occur in its column."""
    for option, need in wanted.items():
        if not need.entries_of or need.table != table:
            continue
        column, chosen = need.entries_of, wanted.get(need.entries_of)
        if chosen and chosen.is_column:
            column = str(parameters.get(chosen.parameter, chosen.default))
        have = sorted(set(obs[column].astype(str)))
        listed = [part.strip() for part in str(parameters.get(option, need.default)).split(",")]
        missing = [part for part in listed if part not in have]
        asked, many = need.amounts["names"], need.or_more
        if missing or len(listed) < asked or (len(listed) > asked and not many):
            what = f"has no {missing[0]!r} in {column!r}" if missing else "is ready"
            raise lessons.LessonError(
                f"{Path(name).name} {what}: with --{option} name {asked}{' or more' * many} of "
                f"{', '.join(have[:12])}{' ...' if len(have) > 12 else ''}"
                + (", with commas between." if asked > 1 or many else ".")
            )
