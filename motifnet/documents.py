"""Read JSON documents and tables that motifnet wrote: bounded in size and depth, and checked against declarations.

Nothing in these files is executed, and no path in them is opened. Damaged files raise `FormatError` with the place of
the fault.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from motifnet.errors import FormatError, quoted

if TYPE_CHECKING:
    import pandas as pd

#: Maximum number of characters of a JSON document, of nested levels, and of digits of an integer.
MAX_CHARACTERS, MAX_DEPTH, MAX_DIGITS = 1 << 25, 32, 18
#: Maximum number of bytes of a line of a table, and of columns.
MAX_LINE, MAX_COLUMNS = 1 << 26, 1 << 17
_HINT = "The file is damaged or was changed: write it again, or use a copy."
_MATCH_TEXTS = ("match", "match_name", "match_family", "match_class", "match_kind", "match_others", "orientation")
#: Columns that are read as text in every table, even where all their values look like numbers.
TEXT_COLUMNS = (
    *("name", "motif", "filter", "filters", "consensus", "strand", "split", "status", "task", "direction", "test"),
    *("chrom", "genome_strand", "replicates", "before", "matched_sequence", "after", "other", "baseline"),
    *("variant_of", "variant_kind", "pattern", "patterns", "motif_strand", "source"),
    *("check", "verdict", "finding", "advice", "Query_ID", "Target_ID", "Target_name", *_MATCH_TEXTS),
)
#: Characters that cells of tables cannot have: control characters, line ends of any program, and the backslash.
SPECIAL = re.compile("[\\\\\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:[\\tnr]|x[0-9a-f]{2}|u[0-9a-f]{4})")


def _check_is_file(path: str | Path) -> None:
    if not Path(path).is_file():
        what = "not a regular file" if Path(path).exists() else "there is no such file"
        raise FormatError(path, what, hint="Check the path.")


# --- JSON ---


def read_json(path: str | Path, template: Any = None) -> Any:
    """Read a JSON document of UTF-8 text.

    Parameters
    ----------
    path : str or Path
        A regular file: pipes and devices are refused.
    template
        See `check_structure`; None accepts every document.

    Returns
    -------
    dict, list, str, int, float, bool or None
        The document.

    Raises
    ------
    FormatError
        If the file cannot be read, is not JSON, is too large or too deeply nested, repeats a key of an object, has a
        number that is not finite or an integer of more than 18 digits, or does not have the structure of the template.
    """
    _check_is_file(path)
    try:
        with Path(path).open(encoding="utf-8", newline="") as handle:
            text = handle.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise FormatError(path, f"cannot be read: {error.strerror or error}", hint="Check its permissions.") from None
    except UnicodeDecodeError as error:
        raise FormatError(path, f"not UTF-8 text: {error.reason} at byte {error.start}", hint=_HINT) from None
    document = parse_json(text, path)
    if template is not None:
        check_structure(path, document, template)
    return document


def parse_json(text: str, path: str | Path, *, hint: str = _HINT) -> Any:
    """Parse a JSON text; errors are those of `read_json`, with `path` and `hint`."""
    if len(text) > MAX_CHARACTERS:
        raise FormatError(path, f"more than {MAX_CHARACTERS >> 20} million characters", hint=hint)
    try:
        document = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_number
        )
        if re.search(r"\\u[dD][89a-fA-F]", text):  # half of a surrogate pair is not text
            json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise FormatError(path, f"invalid JSON: {error.msg}", line=error.lineno, hint=hint) from None
    except UnicodeEncodeError:
        raise FormatError(path, "invalid JSON: half of a surrogate pair", hint=hint) from None
    except RecursionError:
        raise FormatError(path, f"invalid JSON: more than {MAX_DEPTH} nested levels", hint=hint) from None
    except ValueError as error:
        raise FormatError(path, f"invalid JSON: {error}", hint=hint) from None
    _check_depth(document, path, hint)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"key {quoted(_repeated([name for name, _ in pairs]))} is repeated")
    return found


def _repeated(names: Sequence[str]) -> str | None:
    """The most frequent name, if it occurs more than once."""
    name, count = Counter(names).most_common(1)[0]
    return name if count > 1 else None


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"an integer has more than {MAX_DIGITS} digits")
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{quoted(text)} is not a finite number")
    return value


def _check_depth(document: Any, path: str | Path, hint: str) -> None:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MAX_DEPTH):
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [child for children in inside for child in children if isinstance(child, dict | list)]
        if not level:
            return
    raise FormatError(path, f"invalid JSON: more than {MAX_DEPTH} nested levels", hint=hint)


def check_structure(path: str | Path, value: Any, template: Any, place: str = "") -> None:
    """Raise FormatError, with the path of the file and the place in the document, unless a value fits a template.

    Parameters
    ----------
    path : str or Path
    value
        Of a JSON document.
    template
        A dict of templates by key (``"*"`` is for all other keys, which are ignored without it), a list of one template
        for its items, or the type of the value: ``str``, ``bool``, ``int`` or ``float`` (any number). Missing keys and
        null fit every template, but items of lists may not be null.
    place : str
        Keys that lead to the value.

    Examples
    --------
    >>> check_structure("metrics.json", {"positive": {"auroc": 0.9}}, {"*": {"auroc": float}})
    >>> check_structure("metrics.json", {"positive": {"auroc": "a"}}, {"*": {"auroc": float}})
    Traceback (most recent call last):
        ...
    motifnet.errors.FormatError: metrics.json: positive.auroc must be a number. Got 'a' instead
      The file is damaged or was changed: write it again, or use a copy.
    """
    if value is None:
        return
    kind = template if isinstance(template, type) else type(template)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number if kind is float else isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
        where = place or "the document"
        raise FormatError(path, f"{where} must be {_KINDS[kind]}. Got {quoted(value)} instead", hint=_HINT)
    if isinstance(template, dict):
        for name, child in value.items():
            inside = template.get(name, template.get("*"))
            if inside is not None:
                check_structure(path, child, inside, f"{place}.{_key(name)}" if place else _key(name))
    elif isinstance(template, list):
        for number, child in enumerate(value):
            where = f"{place}[{number}]"
            if child is None:
                raise FormatError(path, f"{where} must not be null", hint=_HINT)
            check_structure(path, child, template[0], where)


_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "an integer",
    float: "a number",
}


def _key(name: str) -> str:
    return name if name.isidentifier() and len(name) <= 80 else quoted(name)


# --- tables ---


def escape_cell(cell: Any) -> Any:
    """A text as a cell of a table, with Python's escapes for `SPECIAL` characters; other values unchanged.

    >>> print(escape_cell("a\\tb"), split_row("a\\\\tb\\t1\\n"))
    a\\tb ['a\\tb', '1']
    """
    if not isinstance(cell, str):
        return cell
    return SPECIAL.sub(lambda match: match[0].encode("unicode_escape").decode(), cell)


def split_row(line: str) -> list[str]:
    """The cells of a line of a table of `outputs.write_table`."""
    return [_unescape(cell) for cell in line.rstrip("\r\n").split("\t")]


def _unescape(cell: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].encode().decode("unicode_escape"), cell) if "\\" in cell else cell


def read_table(
    path: str | Path,
    columns: Collection[str] = (),
    *,
    texts: Collection[str] = TEXT_COLUMNS,
    key: Sequence[str] = (),
    filled: Collection[str] = (),
    has_more: bool = False,
) -> pd.DataFrame:
    """Read a tab-separated table of `outputs.write_table`.

    Parameters
    ----------
    path : str or Path
    columns : collection of str
        Declared columns, all of which are required; those not in `texts` must contain numbers. Other columns are
        dropped. Without declared columns, all columns are read without checks.
    texts : collection of str
        Columns of text, in which empty cells are empty strings; in all others they are NaN.
    key : sequence of str
        Columns that together identify a row.
    filled : collection of str
        Columns of numbers in which every cell must be a finite number, smaller than 2^63.
    has_more : bool
        Also read further columns, which must contain numbers, e.g. one per task.

    Returns
    -------
    DataFrame
        One row per line after the header.

    Raises
    ------
    FormatError
        If the file cannot be read, a column is missing or repeated, or a line or cell is invalid; with the line.
    """
    import pandas as pd

    _check_is_file(path)
    try:
        with Path(path).open("rb") as handle:
            names = _check_lines(handle, path, columns)
            handle.seek(0)
            table = pd.read_csv(
                handle,
                names=names,
                header=0,
                sep="\t",
                quoting=csv.QUOTE_NONE,
                keep_default_na=False,
                na_values=[""],
                dtype={name: str for name in names if name in texts},
                skip_blank_lines=False,
                index_col=False,
                low_memory=False,
            )
    except OSError as error:
        raise FormatError(path, f"cannot be read: {error.strerror or error}", hint="Check its permissions.") from None
    except (ValueError, OverflowError) as error:  # pandas' ParserError and UnicodeDecodeError are among them
        if isinstance(error, FormatError):
            raise
        raise FormatError(path, f"not a tab-separated table: {str(error).strip()[:200]}", hint=_HINT) from None
    if columns:
        table = table if has_more else table[list(columns)]
        for name in table.columns:
            if name not in texts:
                _check_numbers(path, table[name], is_filled=name in filled)
    for name in (name for name in table.columns if name in texts):
        column = table[name].fillna("")
        table[name] = column.map(_unescape) if column.str.contains("\\", regex=False).any() else column
    if key and (is_repeated := table.duplicated(list(key))).any():
        line = int(is_repeated.idxmax()) + 2
        raise FormatError(path, f"a second row for the same {' and '.join(key)}", line=line, hint=_HINT)
    return table


def _check_lines(handle: BinaryIO, path: str | Path, columns: Collection[str]) -> list[str]:
    """Check the header and the number of cells of each line; return the names of the columns."""
    header = handle.readline(MAX_LINE).rstrip(b"\r\n")
    if not header or (n_columns := header.count(b"\t") + 1) > MAX_COLUMNS:
        what = f"{n_columns:,} columns, at most {MAX_COLUMNS:,} are read" if header else "the table is empty"
        raise FormatError(path, what, line=1, hint=_HINT)
    names = split_row(header.decode())
    if repeated := _repeated(names):
        raise FormatError(path, f"column {quoted(repeated)} is repeated", line=1, hint=_HINT)
    if missing := next((name for name in columns if name not in names), None):
        raise FormatError(path, f"column {quoted(missing)} is missing", line=1, hint=_HINT)
    number = 1
    while line := handle.readline(MAX_LINE):
        number += 1
        if (n_cells := line.count(b"\t") + 1) != len(names):
            what = f"{n_cells} {'cell' if n_cells == 1 else 'cells'}, but the table has {len(names)} columns"
            raise FormatError(path, what, line=number, hint=_HINT)
        if b"\0" in line or b"\r" in line[:-2]:
            raise FormatError(path, "a control character in the line", line=number, hint=_HINT)
    return names


def _check_numbers(path: str | Path, column: pd.Series[Any], *, is_filled: bool) -> None:
    """Raise FormatError for the first cell of a column that is not a number, or, if all must be, not a finite one."""
    import numpy as np
    import pandas as pd

    if column.dtype.kind not in "if" and len(column):  # text, true and false, or integers above 2^63
        known = column.astype(str).where(column.notna(), "0")
        numbers = pd.to_numeric(known.where(known.str.len() <= MAX_DIGITS + 10, "too long"), errors="coerce")
        required, is_wrong = "numbers", ~(numbers.abs() < 2.0**63).to_numpy()
    else:
        # Sums and ratios of larger numbers would overflow.
        is_finite = np.abs(column.to_numpy(dtype=float)) < 2.0**63
        required, is_wrong = "a finite number in each row", ~is_finite & is_filled
        if not is_wrong.any():
            return
    index = int(is_wrong.argmax())
    what = f"column {quoted(column.name)} must contain {required}. Got {quoted(str(column.iloc[index]))} instead"
    raise FormatError(path, what, line=index + 2, hint=_HINT)
