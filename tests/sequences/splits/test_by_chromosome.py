"""Coordinates in the names of sequences."""

from __future__ import annotations

import pytest

from motifnet.errors import InputError
from motifnet.sequences.input_spec import SplitSpec


def test_split_specs_that_contradict_themselves() -> None:
    for options in (
        {"test_chromosomes": ("chr1",), "valid_chromosomes": ("chr1",)},
        {"splits": "splits.tsv", "split": "chromosomes"},
    ):
        with pytest.raises(InputError):
            SplitSpec(**options)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        SplitSpec(test_chromosomes=("chr1",)).check_alone("test.fa")
