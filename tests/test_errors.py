"""Values of the input in messages: escaped, cut, on one line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError, MotifnetError, as_line, listed, quoted

ANY_TEXT = st.text(st.characters())  # surrogates too, which file names may contain


@given(ANY_TEXT)
def test_any_text_is_printable_on_one_line(text: str) -> None:
    for shown in (quoted(text), quoted([text]), listed([text]), as_line(text), str(FormatError(text, text, line=3))):
        assert shown.isprintable()
        shown.encode("ascii", "backslashreplace").decode("ascii")


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=80))
def test_short_names_are_quoted_as_they_are(name: str) -> None:
    assert eval(quoted(name)) == name  # a literal


@pytest.mark.parametrize("unit", ["A", "\x1b", "\N{GREEK SMALL LETTER ALPHA}", "'\"", "\\"])
def test_at_most_80_characters_of_a_value_are_shown(unit: str) -> None:
    name = unit * 1_000_000
    assert len(quoted(name)) == 82  # with its quotes
    assert len(listed([name] * 3)) == 3 * 80 + 4
    assert len(quoted(name.encode())) <= 80
    assert len(quoted([name, {name: name}])) <= 80
    with pytest.raises(InputError) as caught:
        check_type("tasks", name, int)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_message_is_cut_whatever_is_in_it(size: int) -> None:
    error = FormatError("p" * size, "m" * size, line=7, hint="h" * size)
    assert (error.path, error.line) == ("p" * size, 7)
    assert len(str(error)) <= 2 * 1000 + len("\n  ")
    assert len(str(error).splitlines()) == 2


def test_long_lists_show_their_first_names() -> None:
    assert listed(range(3)) == "0, 1, 2"
    shown = listed(f"task{i}" for i in range(1000))
    assert "task19" in shown
    assert "task20" not in shown


def test_values_that_have_no_short_representation() -> None:
    nested: list[object] = []
    for _ in range(5000):
        nested = [nested]
    assert len(quoted(nested)) <= 80
    assert len(quoted(10**6000)) <= 80
    assert len(quoted(np.zeros((1000, 4)))) <= 80


def test_line_breaks_in_names_do_not_make_lines_of_a_message() -> None:
    error = MotifnetError("a\nmotifnet: done", hint="b\rc\x1b[2J")
    assert len(str(error).splitlines()) == 2
    assert "\x1b" not in str(error)
